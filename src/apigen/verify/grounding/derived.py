"""Numbers that the query does not say but that follow from it by a stated conversion.

Each rule names what states it: a unit at both ends ("half an hour" for ``minutes``), the description's own code list
("1 for Bangkok"), a bound ("more than 5 players"), a word of extent ("full volume") with the limit in the schema.
"""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import pairwise

from apigen.verify.grounding.leaves import Leaf
from apigen.verify.grounding.numbers import ORDINALS, TENS, close, key
from apigen.verify.grounding.reading import Reading, Span
from apigen.verify.grounding.relative import days_between, today
from apigen.verify.grounding.told import is_constant
from apigen.verify.grounding.units import UNITS, converted, units_taken
from apigen.verify.grounding.words import content_stems, split_words, stem_set

_CODED = re.compile(
    r"(?<![\w.])[\"'`]?(\d{1,18})[\"'`]?\s*(?:[:=(]|-\s|for\b|means?\b|is\b|represents?\b|represent(?:ing)?\b|to\b"
    r"|corresponds? to\b|corresponding to\b|refers? to\b|denotes?\b|indicates?\b|stands? for\b|being\b)"
    r"\s*[\"'`]?([A-Za-z][^,;.()\n\d\"'`]{0,60})"
)
_CODED_AFTER = re.compile(r"([A-Za-z][A-Za-z -]{0,40}?)\s*(?:\(|=\s?|:\s?)[\"'`]?(\d{1,18})[\"'`]?(?=[),;.]|\s*$)")
_ABOVE = re.compile(
    r"\b(?:more|greater|higher|larger|bigger|longer|older|other) than |\b(?:over|above|exceeding) ", re.IGNORECASE
)
_BELOW = re.compile(r"\b(?:less|fewer|lower|smaller|shorter|younger) than |\b(?:under|below) ", re.IGNORECASE)
_POSITIONS = stem_set("index offset start position skip page from begin idx first")
_TOPS = stem_set("top limit count num number n k results max maximum quantity rank amount")
_SUPERLATIVE = re.compile(
    r"\b(?:the|my|its|their|single|\w+'s) (?:\w+ )?(?:\w{3,}est|best|most|top|latest|last|first)\b", re.IGNORECASE
)
_EXTENT = {
    "maximum": re.compile(r"\b(?:max(?:imum)?|fullest|full|highest|loudest|brightest|fastest)\b", re.IGNORECASE),
    "minimum": re.compile(r"\b(?:min(?:imum)?|lowest|quietest|dimmest|mute|slowest)\b", re.IGNORECASE),
}  # fmt: skip
_LIMITS = re.compile(
    r"(?:range of|ranging from|ranges? from|from|between|range:?|\(|^)\s*(-?\d+(?:\.\d+)?)(?:\s?\([^)]*\))?"
    r"\s*(?:to|and|-)\s*(-?\d+(?:\.\d+)?)",
    re.IGNORECASE,
)
_PERCENTS = re.compile(r"percent|\bpct\b|%", re.IGNORECASE)
_LIMIT = re.compile(r"\b(max|min)(?:imum)?(?: value| allowed)?(?: is| of| ?[:=])? (-?\d+(?:\.\d+)?)", re.IGNORECASE)
_AGO = re.compile(r"\b(?:ago|before|back|earlier)\b|\b(?:past|last|previous)\b", re.IGNORECASE)
_PERCENT = stem_set("percent percentage pct rate")
_ABBREVIATED_YEAR = re.compile(r"(?<![\w'])'(\d\d)(?!\d|'|\w)")
_TENS = {word[:-1] + "ies": ten for word, ten in TENS.items()}
_TWO_DIGITS = 2
_DECADE = re.compile(rf"(?<!\d)((?:1\d|20)?\d0(?='?s\b)|\b(?:{'|'.join(_TENS)})\b)", re.IGNORECASE)
_CENTURY = re.compile(r"\b(\d{1,2}|[a-z]+)(?:st|nd|rd|th)?[- ]century\b", re.IGNORECASE)
_EXACT = 1e-9
_UP_TO = re.compile(r"\s*(?:to|through|until|up to|and|-|\.\.\.?)\s*", re.IGNORECASE)
_STEP = re.compile(
    r"\b(?:increment(?:s|ing)?(?: by| of)|steps? of|chang(?:e|es|ing) by|increas(?:e|es|ing) by|in|by) (\d+(?:\.\d+)?)",
    re.IGNORECASE,
)
_NOT_ANY = re.compile(r"\b(?:not|n't|never) (?:\w+ ){0,2}any\b|\b(?:free of charge|for free)\b", re.IGNORECASE)
_TEMPERATURE = re.compile(r"(?:°|degrees?|deg)?\s*(celsius|centigrade|c|fahrenheit|f|kelvin|k)\b", re.IGNORECASE)
_HUGE = 1e18
"""Beyond this nothing is converted; infinity is no quantity."""

_ROUGHLY = 0.005
"""A converted value may be rounded by so much of itself."""


def derived(reading: Reading, leaf: Leaf, value: float) -> tuple[Span, ...] | None:
    """Where the query says what a number follows from; ``None`` if it follows from nothing."""
    if not -_HUGE < value < _HUGE:
        return None
    if is_constant(leaf.name, value) and "efault" not in leaf.description:
        return ()
    for rule in _RULES:
        spans = tuple(dict.fromkeys(rule(reading, leaf, value)))
        if spans:
            return spans
    return None


def _in_sequence(reading: Reading, leaf: Leaf, value: float) -> Iterator[Span]:
    """An item of a list of "the numbers from 1 to 10", or of "22 to 80 in steps of 2"."""
    if "[" not in leaf.path:
        return
    steps = {float(match[1]) for match in _STEP.finditer(reading.text)} or {1.0}
    for one, other in pairwise(reading.numbers):
        if _UP_TO.fullmatch(reading.text, one.end, other.start) and one.values[0] < value < other.values[0]:
            away = value - one.values[0]
            if any(step and abs(away / step - round(away / step)) < _EXACT for step in steps):
                yield one.start, other.end


def _by_code(reading: Reading, leaf: Leaf, value: float) -> Iterator[Span]:
    """The words by which the description explains a number: "2 for Chiang Mai"."""
    if value != int(value):
        return
    for telling in code_words(leaf.description).get(int(value), ()):
        found = [span for one in telling for span in reading.find((one,))[:1]]
        if found and 2 * len(found) > len(telling):
            yield from found


@lru_cache(maxsize=4096)
def code_words(description: str) -> dict[int, list[tuple[str, ...]]]:
    """What each number in a description stands for, without the words that all of them share."""
    pairs = [(int(code), content_stems(text)) for code, text in _CODED.findall(description)]
    pairs += [(int(code), content_stems(text)) for text, code in _CODED_AFTER.findall(description)]
    shared = set.intersection(*(set(stems) for _, stems in pairs)) if len({code for code, _ in pairs}) > 1 else set()
    table: dict[int, list[tuple[str, ...]]] = {}
    for code, stems in pairs:
        telling = tuple(one for one in stems if one not in shared)
        if telling:
            table.setdefault(code, []).append(telling)
    return table


def _by_unit(reading: Reading, leaf: Leaf, value: float) -> Iterator[Span]:
    taken = f"{leaf.name} {leaf.path}"
    for quantity in reading.quantities:
        for amount in converted(quantity, taken, leaf.description):
            if _agree(amount, value):
                yield quantity.start, quantity.end
    if not _PERCENT.isdisjoint((*content_stems(leaf.name), *content_stems(leaf.description))):
        for number in reading.numbers:
            if 0 < number.values[0] <= 1 and _agree(100 * number.values[0], value):
                yield number.start, number.end


def _agree(amount: float, value: float) -> bool:
    """Equal, or equal as far as the value's own digits go."""
    if close(amount, value, _EXACT):
        return True
    if isinstance(value, int) or value.is_integer():
        return abs(amount) >= 10 and abs(amount - value) < 0.5 and abs(amount - value) <= _ROUGHLY * abs(amount)
    decimals = len(repr(value).partition(".")[2])
    return bool(abs(amount - value) <= min(0.5 * 10**-decimals + 1e-12, 5 * _ROUGHLY * abs(amount)))


def _by_temperature(reading: Reading, leaf: Leaf, value: float) -> Iterator[Span]:
    taken = {word[0] for word in split_words(f"{leaf.name} {leaf.description}") if word in _SCALES}
    for number in reading.numbers if taken else ():
        match = _TEMPERATURE.match(reading.text, number.end + (reading.text[number.end : number.end + 1] == " "))
        scale = match[1][0].lower() if match else ""
        for spoken in number.values if scale else ():
            kelvin = spoken if scale == "k" else spoken + 273.15 if scale == "c" else (spoken + 459.67) / 1.8
            targets = {"k": kelvin, "c": kelvin - 273.15, "f": kelvin * 1.8 - 459.67}
            if any(abs(targets[one] - value) <= 0.05 + 1e-9 for one in taken if one != scale):
                yield number.start, number.end


_SCALES = frozenset({"celsius", "centigrade", "fahrenheit", "kelvin"})


def _by_bound(reading: Reading, leaf: Leaf, value: float) -> Iterator[Span]:
    """ "more than 5" is 6 or more; "not any" is none."""
    if value != int(value):
        return
    for step, pattern in ((1, _ABOVE), (-1, _BELOW)):
        for start, end in reading.spans_by_number.get(key(int(value) - step), ()):
            if any(match.end() >= start - 1 for match in pattern.finditer(reading.text, max(0, start - 16), start)):
                yield start, end
    if value == 0:
        yield from (match.span() for match in _NOT_ANY.finditer(reading.text))


def _by_position(reading: Reading, leaf: Leaf, value: float) -> Iterator[Span]:
    """Position 0 for "the first", one result for "the highest"."""
    name = frozenset(content_stems(leaf.name)) | set(split_words(leaf.name))
    if not name.isdisjoint(_POSITIONS) and value >= 0 and value == int(value):
        for number in reading.numbers:
            if not number.digits and key(value + 1) == number.values[0]:
                yield number.start, number.end
    if value == 1 and not name.isdisjoint(_TOPS):
        yield from (match.span() for match in _SUPERLATIVE.finditer(reading.text))


def _by_extent(reading: Reading, leaf: Leaf, value: float) -> Iterator[Span]:
    """The limit that the schema or its description states, for "full", "maximum", "lowest"."""
    for side, pattern in _EXTENT.items():
        if value in limits(leaf, side):
            yield from (match.span() for match in pattern.finditer(reading.text))


def limits(leaf: Leaf, side: str) -> set[float]:
    """The largest (``maximum``) or smallest (``minimum``) value that the schema or its description allows."""
    stated = leaf.schema.get(side)
    found = {stated} if isinstance(stated, (int, float)) and -_HUGE < stated < _HUGE else set()
    found |= {float(match[2 if side == "maximum" else 1]) for match in _LIMITS.finditer(leaf.description)}
    if _PERCENTS.search(f"{leaf.name} {leaf.description}"):
        found.add(100.0 if side == "maximum" else 0.0)
    return found | {float(match[2]) for match in _LIMIT.finditer(leaf.description) if match[1].lower() == side[:3]}


def _by_year(reading: Reading, leaf: Leaf, value: float) -> Iterator[Span]:
    """2016 for "seven years ago" said in 2023, 2024 for "next year", 2019 for "'19"."""
    if not 1000 <= value <= 2999 or value != int(value):
        return
    for match in _ABBREVIATED_YEAR.finditer(reading.text):
        if value in {2000 + int(match[1]), 1900 + int(match[1])}:
            yield match.span()
    now = today(reading, reading.before)
    years = {int(number.values[0]): number.start for number in reading.numbers if 1900 <= number.values[0] <= 2100}
    if now:
        years.setdefault(now.year, 0)
    for quantity in reading.quantities:
        span = (quantity.start, quantity.end)
        years_away = quantity.amount / UNITS["year"][0].factor
        if quantity.kind != "time" or years_away != int(years_away):
            continue
        said = reading.text[max(0, quantity.start - 2) : quantity.end + 12]
        away = -years_away if _AGO.search(said) else years_away
        if any(year + away == value for year in years):
            yield span


def _by_length(reading: Reading, leaf: Leaf, value: float) -> Iterator[Span]:
    """How long it is from one stated day, or time of day, to another."""
    taken = {word for word, units in units_taken(leaf.name, leaf.description) if units[0].kind == "time"}
    if taken & {"day", "days", "night", "nights"}:
        yield from (span for days, span in days_between(reading) if days == value)
    if taken & {"hour", "hours", "minute", "minutes"}:
        per_hour = 60 if taken & {"minute", "minutes"} else 1
        times = reading.times
        for one, other in pairwise(times):
            for a in one.readings:
                for b in other.readings:
                    minutes = (b[0] * 60 + b[1] - a[0] * 60 - a[1]) % 1440
                    if minutes and value in {minutes * per_hour / 60, minutes / 60}:
                        yield one.start, other.end


def _by_period(reading: Reading, leaf: Leaf, value: float) -> Iterator[Span]:
    """The first and last year of "the 1990s", "the 90s" or "the 18th century"."""
    if not 1000 <= value <= 2100:
        return
    for match in _DECADE.finditer(reading.text):
        said = match[1].lower()
        first = 1900 + _TENS[said] if said in _TENS else int(said) if len(said) > _TWO_DIGITS else 1900 + int(said)
        if value in {first, first + 9, first + 10} or (first % 100 == 0 and value == first + 99):
            yield match.span()
    for match in _CENTURY.finditer(reading.text):
        number = int(match[1]) if match[1].isdigit() else ORDINALS.get(match[1].lower(), 0)
        if value in {100 * number - 100, 100 * number - 99, 100 * number - 1, 100 * number}:
            yield match.span()


def _by_counterpart(reading: Reading, leaf: Leaf, value: float) -> Iterator[Span]:
    """A radius for its diameter, a significance for its confidence, and the other way round."""
    for named, said, counterpart in _COUNTERPARTS:
        if named.search(leaf.name) and (spoken := said.search(reading.text)):
            for start, end in reading.spans_by_number.get(key(counterpart(value)), ()):
                yield min(start, spoken.start()), max(end, spoken.end())


def _by_coefficient(reading: Reading, leaf: Leaf, value: float) -> Iterator[Span]:
    """The 1 that nobody writes before the x of an equation."""
    if abs(value) == 1 and (len(leaf.name) == 1 or "coef" in leaf.name.lower()):
        yield from (match.span() for match in _BARE.finditer(reading.text) if ("-" in match[0]) == (value < 0))


_COUNTERPARTS: tuple[tuple[re.Pattern[str], re.Pattern[str], Callable[[float], float]], ...] = (
    (re.compile("radius", re.IGNORECASE), re.compile(r"\bdiameters?\b", re.IGNORECASE), lambda value: 2 * value),
    (re.compile("diameter", re.IGNORECASE), re.compile(r"\bradi(?:us|i)\b", re.IGNORECASE), lambda value: value / 2),
    (re.compile("signif|alpha"), re.compile(r"\bconfiden\w+", re.IGNORECASE), lambda value: 1 - value),
    (re.compile("confiden"), re.compile(r"\bsignifican\w+|\balpha\b", re.IGNORECASE), lambda value: 1 - value),
)
_BARE = re.compile(r"(?<![\w.)^*])-?\s?[xyz](?=\^|²|\s?[-+=]|\*\*)")

_RULES = (
    _by_code,
    _by_counterpart,
    _by_coefficient,
    _by_period,
    _by_unit,
    _by_temperature,
    _by_bound,
    _by_position,
    _by_extent,
    _by_year,
    _by_length,
    _in_sequence,
)
