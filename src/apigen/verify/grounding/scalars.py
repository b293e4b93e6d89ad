"""Where numbers stand in a query, and what asks for nothing.

Every function returns the places that can ground a value (perhaps none are needed: an empty tuple), or ``None`` if
nothing in the query speaks of it.
"""

from apigen.verify.grounding.dates import WEEKDAYS
from apigen.verify.grounding.derived import derived
from apigen.verify.grounding.leaves import Leaf
from apigen.verify.grounding.numbers import key
from apigen.verify.grounding.reading import Reading, Span, near
from apigen.verify.grounding.synonyms import synonyms
from apigen.verify.grounding.words import content_stems, stem_set

Evidence = tuple[Span, ...] | None

_DOWNWARD = stem_set(
    """
    below minus negative drop dropped loss lost lose losing fall fell fallen down decrease decreased decline declined
    reduce reduced debit withdraw withdrew withdrawal south west s w bc bce debt deficit overdrawn behind under cold sub
    underwater spent outflow invest invested depth spend pay paid donate donated
    """
)
"""Words that give the number beside them a minus sign."""

_BESIDE = 25
"""Characters between such a word and the number."""

_COUNTING = stem_set(
    "quantity qty count number copies guests people adults rooms tickets passengers persons seats units items"
)
_PER_YEAR = {
    "annually": 1, "yearly": 1, "annual": 1, "year": 1, "semiannually": 2, "quarterly": 4, "quarter": 4, "monthly": 12,
    "month": 12, "weekly": 52, "biweekly": 26, "fortnightly": 26, "daily": 365,
}  # fmt: skip


def number_evidence(reading: Reading, leaf: Leaf, value: float) -> Evidence:
    """Where a number is mentioned, in any of its forms."""
    spans = reading.spans_by_number.get(key(value))
    whole = isinstance(value, int) or value.is_integer()
    if not spans and not whole:
        spans = _rounded(reading, value)
    if not spans and value < 0:
        spans = _downward(reading, value)
    if not spans and value == 1:
        spans = _article(reading, leaf)
    if not spans and whole:
        spans = _calendar(reading, leaf, int(value))
    return tuple(spans) if spans else derived(reading, leaf, value)


def _rounded(reading: Reading, value: float) -> list[Span]:
    """0.667 for "two thirds": as many digits as the value gives, two at least."""
    decimals = len(repr(value).partition(".")[2])
    if decimals < 2:
        return []
    tolerance = 0.5 * 10**-decimals + 1e-12
    return [
        (number.start, number.end)
        for number in reading.numbers
        for spoken in number.values
        if isinstance(spoken, float) and not spoken.is_integer() and abs(spoken - value) <= tolerance
    ]


def _downward(reading: Reading, value: float) -> list[Span]:
    spans = reading.spans_by_number.get(key(-value), [])
    words = [(token.start, token.end) for token in reading.tokens if token.stem in _DOWNWARD] if spans else []
    return [
        span
        for span in spans
        if any(
            -_BESIDE < start - span[1] < _BESIDE or -_BESIDE < span[0] - end < _BESIDE
            for start, end in near(words, span, 2 * _BESIDE)
        )
    ]


def _article(reading: Reading, leaf: Leaf) -> list[Span]:
    """ "a week", "per person", "a guest": one, where the noun is a unit or what the parameter counts."""
    about = {*content_stems(leaf.name), *content_stems(leaf.description)}
    counts = not _COUNTING.isdisjoint(content_stems(leaf.name))
    spans = []
    for token, following in zip(reading.tokens, reading.tokens[1:], strict=False):
        if token.word in {"a", "an", "per", "another", "this", "my"} and (
            counts or following.stem in about or (token.word != "my" and synonyms(following.word))
        ):
            spans.append((token.start, following.end))
    return spans


def _calendar(reading: Reading, leaf: Leaf, value: int) -> list[Span]:
    """Month 3 for "March", hour 15 or time 1500 for "3pm", weekday 1 for "Monday"."""
    about = f"{leaf.name} {leaf.description}".lower()
    spans: list[Span] = []
    if "month" in about:
        spans += [(start, end) for month, start, end in reading.months if month == value]
    if "hour" in about or "time" in about or "minute" in about:
        for time in reading.times:
            if any(value in (hour, minute, 100 * hour + minute) for hour, minute, _ in time.readings):
                spans.append((time.start, time.end))
    if "per year" in about or "compound" in about or "frequency" in about:
        words = [word for word, times in _PER_YEAR.items() if times == value]
        spans += [span for word in words for one in synonyms(word) for span in reading.find_synonym(one)]
    if "week" in about or "day" in about:
        spans += [
            (token.start, token.end) for token in reading.tokens if WEEKDAYS.get(token.word) in {value, value + 1}
        ]
    return spans


def mentions_nothing(reading: Reading) -> Evidence:
    """Where the query asks for an empty value: "no", "none", "empty"."""
    spans = [
        (token.start, token.end)
        for token in reading.tokens
        if token.word in {"no", "none", "empty", "nothing", "without", "blank"}
    ]
    return tuple(spans) or None
