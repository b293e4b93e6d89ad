"""Where numbers, dates, times and booleans stand in a query.

Every function returns the places that can ground a value (perhaps none are needed: an empty tuple), or ``None`` if
nothing in the query speaks of it.
"""

import calendar
import re
from functools import lru_cache

from apigen.verify.grounding.dates import MONTHS, WEEKDAYS, Moment, find_quarters
from apigen.verify.grounding.derived import derived
from apigen.verify.grounding.leaves import Leaf
from apigen.verify.grounding.numbers import key
from apigen.verify.grounding.reading import Reading, Span
from apigen.verify.grounding.relative import relative_day
from apigen.verify.grounding.synonyms import synonyms
from apigen.verify.grounding.words import content_stems, stem_set, typo_of

Evidence = tuple[Span, ...] | None

_DAY = 86400
_YEAR_DIGITS = 4
_NEAR = 30
"""Characters between a month and its day in "the 3rd, 5th and 9th of March"."""

_DOWNWARD = stem_set(
    """
    below minus negative drop dropped loss lost lose losing fall fell fallen down decrease decreased decline declined
    reduce reduced debit withdraw withdrew withdrawal south west s w bc bce debt deficit overdrawn behind under cold sub
    underwater spent outflow invest invested depth spend pay paid donate donated
    """
)
"""Words that give the number beside them a minus sign."""

_COUNTING = stem_set(
    "quantity qty count number copies guests people adults rooms tickets passengers persons seats units items"
)
_BOOLEAN_FILLERS = stem_set(
    """
    whether if include included including return returned true false flag enable enabled optional default should only be
    is set when indicates specify add use apply boolean bool instead result value values counts count as not without no
    or and the treat considered consider do does
    """
)
_PER_YEAR = {
    "annually": 1, "yearly": 1, "annual": 1, "year": 1, "semiannually": 2, "quarterly": 4, "quarter": 4, "monthly": 12,
    "month": 12, "weekly": 52, "biweekly": 26, "fortnightly": 26, "daily": 365,
}  # fmt: skip
_FALSE = re.compile(
    r"([^,.;:()]{3,40}?) (?:if|when) [\"'`]?false\b"
    r"|(?:\b(?:else|otherwise)|[\"'`]?false[\"'`]? (?:for|means|indicates|is)|\bif (?:set to )?false),?"
    r" ([^,.;()\"'`]{3,60})",
    re.IGNORECASE,
)
_ORDINAL = re.compile(r"\d{1,2}(?:st|nd|rd|th)", re.IGNORECASE)
_ASKS_YEAR = re.compile(r"\byyyy\b|\biso[ -]?8601\b|\b(?:19|20)\d\d-\d\d|/(?:19|20)\d\d\b", re.IGNORECASE)
_ZONE = re.compile(r"\b(?:utc|gmt|z|[ecmp][sd]?t|cest|cet|bst|ist|jst|aest|zone|zulu)\b", re.IGNORECASE)


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
    words = [token for token in reading.tokens if token.stem in _DOWNWARD]
    return [
        span
        for span in spans
        if any(-25 < token.start - span[1] < 25 or -25 < span[0] - token.end < 25 for token in words)
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
    """Month 3 for "March", hour 15 for "3pm", weekday 1 for "Monday"."""
    about = f"{leaf.name} {leaf.description}".lower()
    spans: list[Span] = []
    if "month" in about:
        spans += [(start, end) for month, start, end in reading.months if month == value]
    if "hour" in about or "time" in about or "minute" in about:
        for time in reading.times:
            if any(value in reading_[:2] for reading_ in time.readings):
                spans.append((time.start, time.end))
    if "per year" in about or "compound" in about or "frequency" in about:
        spans += [(token.start, token.end) for token in reading.tokens if _PER_YEAR.get(token.word) == value]
    if "week" in about or "day" in about:
        spans += [
            (token.start, token.end) for token in reading.tokens if WEEKDAYS.get(token.word) in {value, value + 1}
        ]
    return spans


def boolean_evidence(reading: Reading, leaf: Leaf, value: bool, about_tool: str) -> Evidence:
    """Where the query speaks of a flag: a word of its name or description, and for ``False`` a negation of it."""
    tool_stems = set(content_stems(about_tool))
    hints = set(content_stems(leaf.name)) - _BOOLEAN_FILLERS
    hints = hints - set(content_stems(about_tool.partition(" ")[0])) or hints
    described = {one for one in content_stems(leaf.description) if len(one) > 2} - _BOOLEAN_FILLERS
    hints |= {one for one in described if one not in tool_stems or one.isdigit()}
    places = [index for hint in hints for index in _hinted(reading, hint)]
    negated = [index for index in places if any(-6 < negation - index < 4 for negation in reading.negations)]
    chosen = [index for index in places if index not in negated] or places if value else negated
    if chosen:
        return tuple(reading.span(index, index) for index in sorted(set(chosen)))
    if value:
        return None
    found = [span for one in _meaning_false(leaf.description) - tool_stems for span in reading.find((one,))]
    return tuple(found) or tuple(reading.span(index, index) for index in reading.negations) or None


@lru_cache(maxsize=4096)
def _meaning_false(description: str) -> frozenset[str]:
    """The words by which a description explains ``False``: "array if false", "else use the last known rate"."""
    texts = [text for pair in _FALSE.findall(description) for text in pair if text]
    told = {one for text in texts for one in content_stems(text)} - _BOOLEAN_FILLERS
    rest = content_stems(_FALSE.sub(" ", description))
    return frozenset(one for one in told if one not in rest)


def _hinted(reading: Reading, hint: str) -> list[int]:
    found = reading.positions.get(hint, [])
    if not found and len(hint) >= 5:  # "smoker" for "smoking", "inclusive" for "including"
        root = hint[: max(4, len(hint) - 2)]
        found = [index for index, token in enumerate(reading.tokens) if token.word.startswith(root)]
    if not found:
        starts = {span[0] for synonym in synonyms(hint) for span in reading.find_synonym(synonym)}
        found = [index for index, token in enumerate(reading.tokens) if token.start in starts]
    if not found and len(hint) >= 7:
        found = [index for index, token in enumerate(reading.tokens) if typo_of(token.stem, hint)]
    return found


def moment_evidence(reading: Reading, moment: Moment, leaf: Leaf) -> Evidence:
    """Where a date and a time of day are named."""
    spans: tuple[Span, ...] = ()
    if moment.year is not None or moment.month is not None:
        dated = _date(reading, moment, leaf) or tuple(relative_day(reading, reading.before, moment))
        if not dated:
            return None
        spans = dated
    if moment.clock is not None:
        timed = _clock(reading, moment)
        if timed is None:
            return None
        spans += timed
    return spans


def _date(reading: Reading, moment: Moment, leaf: Leaf) -> Evidence:
    year, month, day = moment.year, moment.month, moment.day
    year_spans = reading.spans_by_number.get(year, []) if year is not None else []
    open_year = year is not None and not year_spans and _year_is_open(reading, leaf)
    found = [
        (mention.start, mention.end)
        for mention in reading.dates
        for y, m, d in mention.readings
        if m == month and d == day and (y == year or year is None or (y is None and (year_spans or open_year)))
    ]
    if found:
        return tuple(dict.fromkeys(found))
    if year is not None and not year_spans and not open_year:
        return None
    named = [(start, end) for number, start, end in reading.months if number == month]
    if day is None:
        digits = reading.spans_by_number.get(month or 0, [])
        return tuple(named or digits) or None
    days = [span for span in reading.spans_by_number.get(day, []) if span[1] - span[0] != _YEAR_DIGITS]
    for span in named:
        for first, last in days:
            ordinal = len(reading.months) == 1 and _ORDINAL.fullmatch(reading.text, first, last + 2)
            if ordinal or max(span[0], first) - min(span[1], last) <= _NEAR:
                found.append((min(span[0], first), max(span[1], last)))
    if found:
        return tuple(found)
    return _edge(reading, moment, named, year_spans)


def _year_is_open(reading: Reading, leaf: Leaf) -> bool:
    """Whether the parameter asks for a year where the query, and what was said before it, state none."""
    if not _ASKS_YEAR.search(leaf.description) and leaf.schema.get("format") not in {"date", "date-time"}:
        return False
    numbers = [*reading.numbers, *(reading.before.numbers if reading.before else ())]
    return not any(1900 <= value <= 2100 for number in numbers for value in number.values)


def _edge(reading: Reading, moment: Moment, named: list[Span], year_spans: list[Span]) -> Evidence:
    """The first or last day of a month or year that is named without a day."""
    year, month, day = moment.year, moment.month, moment.day
    if year is None or month is None or day is None:
        return None
    if any(m == month for mention in reading.dates for _, m, _ in mention.readings):
        return None
    if named and day in {1, calendar.monthrange(year, month)[1] if 1 <= year <= 9999 and 1 <= month <= 12 else 1}:
        return tuple(named)
    for quarter, start, end in find_quarters(reading.text):
        last = calendar.monthrange(year, 3 * quarter)[1] if 1 <= year <= 9999 else 0
        if (month, day) in {(3 * quarter - 2, 1), (3 * quarter, last)}:
            return ((start, end),)
    if (month, day) in {(1, 1), (12, 31)} and not reading.months and not reading.dates:
        return tuple(year_spans)
    return None


def _clock(reading: Reading, moment: Moment) -> Evidence:
    if (
        moment.zone
        and moment.zone not in {"Z", "+00:00", "+0000"}
        and moment.zone not in reading.text
        and not _ZONE.search(reading.text)
    ):
        return None
    found = [(time.start, time.end) for time in reading.times if moment.clock in time.readings]
    if found:
        return tuple(found)
    found = _shifted(reading, moment.clock)
    if found:
        return tuple(found)
    if moment.year is not None and not reading.times and moment.clock in {(0, 0, 0), (23, 59, 59), (23, 59, 0)}:
        return ()
    return None


def _shifted(reading: Reading, clock: tuple[int, int, int] | None) -> list[Span]:
    """The end of "11 am for 2 hours", the start of an hour before noon."""
    if clock is None:
        return []
    meant = clock[0] * 3600 + clock[1] * 60 + clock[2]
    lengths = [each for each in reading.quantities if each.kind == "time" and 0 < each.amount < _DAY]
    return [
        (min(time.start, length.start), max(time.end, length.end))
        for time in reading.times
        for hour, minute, second in time.readings
        for length in lengths
        for sign in (1, -1)
        if (hour * 3600 + minute * 60 + second + sign * length.amount - meant) % _DAY == 0
    ]


def month_or_weekday(reading: Reading, value: str) -> Evidence:
    """Where a month or weekday given as a word stands, abbreviated or not."""
    for table in (MONTHS, WEEKDAYS):
        number = table.get(value.lower())
        if number is not None:
            spans = [(token.start, token.end) for token in reading.tokens if table.get(token.word) == number]
            spans = spans or [
                (token.start, token.end)
                for token in reading.tokens
                if table.get(token.word.removesuffix("s")) == number
            ]
            return tuple(spans) or None
    return None


def mentions_nothing(reading: Reading) -> Evidence:
    """Where the query asks for an empty value: "no", "none", "empty"."""
    spans = [
        (token.start, token.end)
        for token in reading.tokens
        if token.word in {"no", "none", "empty", "nothing", "without", "blank"}
    ]
    return tuple(spans) or None
