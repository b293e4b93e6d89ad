"""Is a number given in the unit that its parameter expects, and not ruled out by the query?

"over 30 years" does not ask for ``term_months`` 30, and "6 guests instead of 4" does not ask for 4.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from apigen.records import Reason
from apigen.verify.grounding import Span
from apigen.verify.grounding.leaves import Leaf
from apigen.verify.grounding.negation import contrasted
from apigen.verify.grounding.words import STOP_WORDS, split_words
from apigen.verify.rules.case import Case, Reject

_KINDS = (
    """
    millisecond milliseconds ms msec | second seconds sec secs | minute minutes min mins | hour hours hr hrs |
    day days night nights | week weeks wk wks | month months mo mos | year years yr yrs
    """,
    """
    mm millimeter millimeters millimetre millimetres | cm cms centimeter centimeters centimetre centimetres |
    m meter meters metre metres mtr | km kms kilometer kilometers kilometre kilometres | inch inches | foot feet ft |
    yard yards yd yds | mile miles mi
    """,
    """
    mg milligram milligrams | gram grams gr | kg kgs kilo kilos kilogram kilograms kilogramme kilogrammes |
    ounce ounces oz | pound pounds lb lbs | stone stones | tonne tonnes ton tons
    """,
    """
    ml milliliter milliliters millilitre millilitres | cl centiliter centiliters centilitre centilitres |
    dl deciliter deciliters decilitre decilitres | liter liters litre litres ltr | gallon gallons gal gals |
    pint pints | quart quarts
    """,
    """
    kb kilobyte kilobytes | mb megabyte megabytes | gb gigabyte gigabytes | tb terabyte terabytes
    """,
    "kbps | mbps | gbps",
    "hz hertz | khz kilohertz | mhz megahertz | ghz gigahertz",
    "celsius centigrade | fahrenheit | kelvin",
    "watt watts | kw kilowatt kilowatts | mw megawatt megawatts",
)
"""Units by kind; alternatives between bars are one unit."""

UNITS = {
    word: (kind, unit)
    for kind, text in enumerate(_KINDS)
    for unit, words in enumerate(text.split("|"))
    for word in words.split()
}
"""Kind and unit of each name."""

_METRIC = {UNITS["mm"], UNITS["cm"], UNITS["km"]}
_BARE_M = re.compile(r"[\d\s-]m$")
_CALENDAR = frozenset({"year", "month", "day", "hour", "minute", "second", "week"})
"""As parameters these are parts of a date or ordinals rather than lengths of time."""

_IN_UNIT = re.compile(r"\b(?:in|number of|whole) ([a-z]+)(?=\s*(?:[.,;:)]|$))", re.IGNORECASE)
_AFTER = re.compile(r"[\s-]{0,2}(?:°\s?)?(?:full |whole |calendar )?([a-z]+)", re.IGNORECASE)
_DIGITS = re.compile(r"[\d.,]*\d")
_INSTEAD = re.compile(r"(?P<wanted>[\w'*.:/-]+)[\"')]?,? (?:instead of|rather than|in place of) [\"'(]?(?:the |a )?$")
_SURNAME = re.compile(r"\s*(?:/|per\b|an?\b|[²³^]|squared|cubed)", re.IGNORECASE)
"""What makes another unit of the one before: "5 km/h", "5 gallons per minute"."""


def misstated(case: Case) -> Reject | None:
    """The first number that the query gives in another unit than its parameter takes, or sets aside for another."""
    for trace in case.traces:
        value = trace.leaf.value
        if not trace.spans or isinstance(value, bool) or not isinstance(value, (int, float, str)):
            continue
        if isinstance(value, str):
            if all(_set_aside(case, span) for span in trace.spans):
                said = case.reading.text[slice(*trace.spans[0])]
                return Reject(Reason.UNGROUNDED, f"{trace.leaf.path} is {value!r}, but the query rules {said!r} out")
            continue
        call = case.candidate.calls[trace.call].name
        unit = _other_unit(case, trace.leaf, [span for span in trace.spans if _says(case, span, value)])
        if unit:
            return Reject(Reason.UNGROUNDED, f"{call}: {trace.leaf.path} is {value!r}, but the query says {unit!r}")
        if all(contrasted(case.reading, span) for span in trace.spans) and _alternative(case, trace.spans[0]):
            return Reject(Reason.UNGROUNDED, f"{call}: {trace.leaf.path} is {value!r}, which the query rules out")
    return None


def _set_aside(case: Case, span: Span) -> bool:
    """Whether something else is wanted "instead of" a text, and no call uses that."""
    match = _INSTEAD.search(case.reading.text, 0, span[0])
    return (
        match is not None and match["wanted"].lower() not in STOP_WORDS and not case.is_claimed(*match.span("wanted"))
    )


def _says(case: Case, span: Span, value: float) -> bool:
    """Whether a place says this very number, rather than one that it is converted from."""
    inside = [number for number in case.reading.numbers if number.start < span[1] and span[0] < number.end]
    return any(abs(said - value) < 1e-9 for number in inside for said in number.values)


def _other_unit(case: Case, leaf: Leaf, spans: Sequence[Span]) -> str | None:
    """The number with its unit, if every mention has a unit of the parameter's kind that is another one."""
    meant = unit_of(leaf.name, leaf.description)
    if meant is None or not spans:
        return None
    said = ""
    for span in spans:
        unit, end = _unit_after(case, *span)
        if unit is None or unit == meant or (unit[0] != meant[0] and not _foreign(leaf, unit)):
            return None
        text = case.reading.text[span[0] : end]
        if _BARE_M.search(text) and meant not in _METRIC:
            return None  # miles rather than metres
        said = said or text
    return said


def _foreign(leaf: Leaf, unit: tuple[int, int]) -> bool:
    """Whether a unit is of another kind than the one in the parameter's name: 183 cm for ``weight_kg``."""
    named = [UNITS[word] for word in split_words(leaf.name) if word in UNITS]
    return bool(named) and unit[0] not in {kind for kind, _ in named} and "per" not in leaf.name


@lru_cache(maxsize=8192)
def unit_of(name: str, description: str) -> tuple[int, int] | None:
    """The one unit that a parameter's name, or else its description, states."""
    words = split_words(name)
    if "per" in words:
        words = ()
    named = {UNITS[word] for word in words if word in UNITS and word not in _CALENDAR}
    if len(named) > 1 and words[-1] in UNITS:
        return UNITS[words[-1]]  # ``foot_length_cm``
    if not named and not _CALENDAR.intersection(words):
        found = [word.lower() for word in _IN_UNIT.findall(description)]
        named = {UNITS[word] for word in found if word in UNITS}
    return named.pop() if len(named) == 1 else None


def _unit_after(case: Case, start: int, end: int) -> tuple[tuple[int, int] | None, int]:
    text = case.reading.text
    if not any(number.start <= start < number.end for number in case.reading.numbers):
        return None, end  # a month's name, a time of day
    digits = _DIGITS.match(text, start)
    match = _AFTER.match(text, digits.end() if digits else end)
    if not match or _SURNAME.match(text, match.end()):
        return None, end
    return UNITS.get(match[1].lower()), match.end()


def _alternative(case: Case, span: Span) -> bool:
    """Whether another number near by, which the query wants instead, goes unused."""
    return any(
        mention.kind == "number"
        and mention.weight
        and (mention.start, mention.end) != span
        and abs(mention.start - span[0]) < 60
        and not case.is_claimed(mention.start, mention.end)
        for mention in case.mentions
    )
