"""Dates and times: the ISO forms that calls carry, and the forms in which people write them.

A value is read into a :class:`Moment`; the query is asked whether it mentions that day (any usual form, both orders
of 3/4/2024) and that time ("3pm", "15:30", "half past three", "noon").
"""

import re
from typing import NamedTuple

from apigen.verify.grounding.numbers import UNITS

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul", "august aug",
            "september sept sep", "october oct", "november nov", "december dec",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
"""Month names and their abbreviations."""

WEEKDAYS = {
    name: number
    for number, names in enumerate(
        (
            "monday mon",
            "tuesday tue tues",
            "wednesday wed",
            "thursday thu thurs",
            "friday fri",
            "saturday sat",
            "sunday sun",
        ),
        start=1,
    )
    for name in names.split()
}
"""Weekday names; Monday is 1, as in ISO 8601."""

_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
_ISO = re.compile(
    r"(?P<y>\d{4})-(?P<m>\d{2})(?:-(?P<d>\d{2}))?"
    r"(?:[T ](?P<H>\d{2}):(?P<M>\d{2})(?::(?P<S>\d{2})(?:\.\d+)?)?(?P<zone>Z|[+-]\d{2}:?\d{2})?)?"
)
_CLOCK = re.compile(r"(?P<H>[01]?\d|2[0-4]):(?P<M>[0-5]\d)(?::(?P<S>[0-5]\d)(?:\.\d+)?)?(?P<zone>Z|[+-]\d{2}:?\d{2})?")
_CLOCK_12 = re.compile(
    r"(?:at )?(?P<H>[01]?\d|2[0-4])(?::(?P<M>[0-5]\d)(?::(?P<S>[0-5]\d))?)?(?:(?<=:\d\d)|(?=\s?[ap]))"
    r"(?:\s?(?P<half>[ap]\.?m\.?))?",
    re.IGNORECASE,
)
_NUMERIC_DATE = re.compile(r"(?<!\d)(\d{1,4})([-/.])(\d{1,2})\2(\d{4}|\d{1,2})(?!\d)")
_DAY_AND_MONTH = re.compile(r"(?<![\d./])(\d{1,2})(?:/(\d{1,2})(?![\d/.])|\.(\d{1,2})\.(?!\d))")
_COMPACT_DATE = re.compile(r"(?<!\d)((?:19|20)\d\d)([01]\d)([0-3]\d)(?!\d)")
_NAMED_DATE = re.compile(
    rf"\b(?:(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?: of)?[ -](?P<m>{_MONTH})\b\.?(?:,?[ -](?P<y>\d{{4}}))?"
    rf"|(?P<m2>{_MONTH})(?![a-z])\.? ?(?:the )?(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?\b(?!:)(?:,? ?(?P<y2>\d{{4}}))?)",
    re.IGNORECASE,
)
_HOLIDAYS = {
    "newyearsday": (1, 1), "newyearseve": (12, 31), "valentinesday": (2, 14), "stpatricksday": (3, 17),
    "aprilfoolsday": (4, 1), "mayday": (5, 1), "bastilleday": (7, 14), "halloween": (10, 31),
    "christmaseve": (12, 24), "christmasday": (12, 25), "christmas": (12, 25), "boxingday": (12, 26),
}  # fmt: skip
"""Holidays that fall on one day of the calendar everywhere."""

_HOLIDAY = re.compile(
    r"\b(?P<name>new year'?s (?:day|eve)|valentine'?s day|st patrick'?s day|april fool'?s day|may day|bastille day"
    r"|halloween|christmas(?: eve| day)?|boxing day)\b(?:,? (?:of |in )?(?P<y>\d{4}))?",
    re.IGNORECASE,
)
_QUARTER = re.compile(r"\b(?:q(?P<n>[1-4])|(?P<word>first|second|third|fourth|last) quarter)\b", re.IGNORECASE)
_MONTH_WORD = re.compile(rf"\b({_MONTH})\b", re.IGNORECASE)
_HOUR = r"(?:2[0-4]|[01]?\d|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)"
_TIME = re.compile(
    rf"(?<![\d:.])(?P<h>{_HOUR})(?!\d)(?:[:.h](?P<m>[0-5]\d)(?::(?P<s>[0-5]\d))?)?"
    r"(?:\s?(?P<half>[ap]\.?m\b\.?|(?:o'?clock )?(?:(?:in the|this) (?:morning|afternoon|evening)|at night|tonight)\b"
    r"|o'?clock|hrs\b|h\b))?",
    re.IGNORECASE,
)
_SPOKEN = re.compile(
    r"\b(?P<part>half|quarter|five|ten|twenty(?:[- ]five)?|\d{1,2})(?: minutes?)? (?P<side>past|after|to|before|till) "
    rf"(?P<h>{_HOUR})\b\s?(?P<half>[ap]\.?m\b)?",
    re.IGNORECASE,
)
_MONTHS_A_YEAR = 12
_NAMED_TIME = re.compile(r"\b(noon|midday|midnight)\b", re.IGNORECASE)
_MILITARY = re.compile(r"(?<!\d)([01]\d|2[0-3])([0-5]\d)\s?(?:hours|hrs|h|utc|gmt|z)\b", re.IGNORECASE)
_LATER = re.compile("afternoon|evening|night")
_TO_HOUR = re.compile(rf"\s?(?:-|to|and|until)\s?{_HOUR}(?:[:.]\d\d)?\s?[ap]\.?m\b", re.IGNORECASE)
_AT = re.compile(r"\b(?:at|from|to|until|till|by|between|and|around|before|after|-)\s*$", re.IGNORECASE)

Span = tuple[int, int]


class Moment(NamedTuple):
    """A date, a time, or both, as far as it is stated."""

    year: int | None = None
    month: int | None = None
    day: int | None = None
    clock: tuple[int, int, int] | None = None
    zone: str | None = None


class DateMention(NamedTuple):
    """A day named in the query; numeric forms that end with the year, or have none, may be read in either order."""

    readings: tuple[tuple[int | None, int, int], ...]
    """Each as (year or None, month, day)."""
    start: int
    end: int


class TimeMention(NamedTuple):
    """A time of day named in the query; without am or pm it has two readings."""

    readings: tuple[tuple[int, int, int], ...]
    start: int
    end: int


def read_moments(value: str) -> tuple[Moment, ...]:
    """The dates or times that a call's value can stand for: 3/4/2024 is read in both orders."""
    moment = read_moment(value)
    if moment is None or moment.month is None or moment.day is None or _ISO.fullmatch(value.strip()):
        return (moment,) if moment else ()
    readings = find_dates(value)[0].readings
    return tuple(moment._replace(year=year, month=month, day=day) for year, month, day in readings)


def read_moment(value: str) -> Moment | None:
    """The date or time that a call's value stands for, or ``None`` if it is no date and no time."""
    if not any(character.isdigit() for character in value) or len(value) > 40:
        return None
    if match := _ISO.fullmatch(value.strip()):
        clock = (int(match["H"]), int(match["M"]), int(match["S"] or 0)) if match["H"] else None
        day = int(match["d"]) if match["d"] else None
        return Moment(int(match["y"]), int(match["m"]), day, clock, match["zone"])
    if match := _CLOCK.fullmatch(value.strip()):
        return Moment(clock=(int(match["H"]), int(match["M"]), int(match["S"] or 0)), zone=match["zone"])
    dates, text = find_dates(value), value.strip()
    if len(dates) == 1 and text[0] != " " and value.find(text) == dates[0].start:
        year, month, day = dates[0].readings[0]
        rest = value[dates[0].end :].strip(" ,T")
        if not rest:
            return Moment(year, month, day)
        if match := _CLOCK_12.fullmatch(rest):
            return Moment(year, month, day, clock=_clock_12(match))
    if match := _CLOCK_12.fullmatch(text):
        return Moment(clock=_clock_12(match))
    return None


def _clock_12(match: re.Match[str]) -> tuple[int, int, int]:
    return _halves(int(match["H"]), int(match["M"] or 0), int(match["S"] or 0), match["half"])[0]


def find_dates(text: str) -> list[DateMention]:
    """Every day that the text names in one piece."""
    found: list[tuple[list[tuple[int | None, int, int]], re.Match[str]]] = []
    for match in _NUMERIC_DATE.finditer(text):
        a, b, c = int(match[1]), int(match[3]), int(match[4])
        if len(match[1]) == 4:
            # A date that begins with the year goes on with the month, unless there is no such month.
            found.append(([(a, b, c) if b <= _MONTHS_A_YEAR else (a, c, b)], match))
        elif len(match[1]) <= 2:
            years = [c] if len(match[4]) == 4 else [2000 + c, 1900 + c]
            found.append(([(year, month, day) for year in years for month, day in ((a, b), (b, a))], match))
    for match in _DAY_AND_MONTH.finditer(text):
        one, other = int(match[1]), int(match[2] or match[3])
        swapped: list[tuple[int | None, int, int]] = [(None, other, one)]
        found.append(([(None, one, other), *swapped] if "/" in match[0] else swapped, match))
    found += [([(int(match[1]), int(match[2]), int(match[3]))], match) for match in _COMPACT_DATE.finditer(text)]
    for match in _NAMED_DATE.finditer(text):
        year = match["y"] or match["y2"]
        month = MONTHS[(match["m"] or match["m2"]).lower()]
        found.append(([(int(year) if year else None, month, int(match["d"] or match["d2"]))], match))
    for match in _HOLIDAY.finditer(text):
        month, day = _HOLIDAYS["".join(match["name"].lower().replace("'", "").split())]
        found.append(([(int(match["y"]) if match["y"] else None, month, day)], match))
    mentions = []
    for orders, match in found:
        real = tuple(dict.fromkeys(order for order in orders if 1 <= order[1] <= 12 and 1 <= order[2] <= 31))
        if real:
            mentions.append(DateMention(real, *match.span()))
    return sorted(mentions, key=lambda mention: mention.start)


def find_months(text: str) -> list[tuple[int, int, int]]:
    """Every month name as (number, start, end)."""
    return [(MONTHS[match[1].lower()], *match.span()) for match in _MONTH_WORD.finditer(text)]


def find_quarters(text: str) -> list[tuple[int, int, int]]:
    """Every quarter of a year as (number, start, end)."""
    words = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": 4}
    return [(int(match["n"] or words[match["word"].lower()]), *match.span()) for match in _QUARTER.finditer(text)]


def find_times(text: str) -> list[TimeMention]:
    """Every time of day that the text names."""
    found = []
    for match in _NAMED_TIME.finditer(text):
        midnight = match[1].lower() == "midnight"
        found.append(TimeMention(((0, 0, 0), (24, 0, 0)) if midnight else ((12, 0, 0),), *match.span()))
    for match in _SPOKEN.finditer(text):
        minutes = {"half": 30, "quarter": 15, "five": 5, "ten": 10, "twenty": 20}.get(match["part"].lower())
        minutes = minutes or (int(match["part"]) if match["part"].isdigit() else 25)
        total = _hour(match["h"]) * 60 + (minutes if match["side"].lower() in {"past", "after"} else -minutes)
        hour, minute = divmod(total % (24 * 60), 60)
        found.append(TimeMention(_halves(hour, minute, 0, match["half"]), *match.span()))
    found += [TimeMention(((int(match[1]), int(match[2]), 0),), *match.span()) for match in _MILITARY.finditer(text)]
    for match in _TIME.finditer(text):
        stated = match["m"] or match["half"]
        if not stated and match["h"].isdigit():
            stated = _AT.search(text, max(0, match.start() - 9), match.start())
        if not stated and not _TO_HOUR.match(text, match.end()):
            continue
        readings = _halves(_hour(match["h"]), int(match["m"] or 0), int(match["s"] or 0), match["half"])
        found.append(TimeMention(readings, *match.span()))
    return found


def _hour(text: str) -> int:
    return int(text) if text.isdigit() else UNITS[text.lower()]


def _halves(hour: int, minute: int, second: int, half: str | None) -> tuple[tuple[int, int, int], ...]:
    said = (half or "").lower()
    mark = "a" if "morning" in said else "p" if _LATER.search(said) else said[:1]
    if mark == "a":
        return ((hour % 12, minute, second),)
    if mark == "p":
        return ((hour % 12 + 12, minute, second),)
    return ((hour, minute, second), ((hour + 12) % 24, minute, second)) if hour <= 12 else ((hour, minute, second),)
