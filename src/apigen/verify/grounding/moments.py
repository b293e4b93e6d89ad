"""Where the days and times of day that a value stands for are named in a query."""

import calendar
import re

from apigen.verify.grounding.dates import MONTHS, WEEKDAYS, Moment, find_quarters
from apigen.verify.grounding.leaves import Leaf
from apigen.verify.grounding.reading import MOST_COMBINED, Reading, Span, near
from apigen.verify.grounding.relative import relative_day
from apigen.verify.grounding.scalars import Evidence

_DAY = 86400
_YEAR_DIGITS = 4
_NEAR = 30
"""Characters between a month and its day in "the 3rd, 5th and 9th of March"."""

_BESIDE = 4
"""Characters between a month and its year in "March of 2024"."""

_ORDINAL = re.compile(r"\d{1,2}(?:st|nd|rd|th)", re.IGNORECASE)
_ASKS_YEAR = re.compile(r"\byyyy\b|\biso[ -]?8601\b|\b(?:19|20)\d\d-\d\d|/(?:19|20)\d\d\b", re.IGNORECASE)
_ZONE = re.compile(r"\b(?:utc|gmt|z|[ecmp][sd]?t|cest|cet|bst|ist|jst|aest|zone|zulu)\b", re.IGNORECASE)


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
        for first, last in days if len(reading.months) == 1 else near(days, span, 2 * _NEAR):
            ordinal = len(reading.months) == 1 and _ORDINAL.fullmatch(reading.text, first, last + 2)
            if ordinal or max(span[0], first) - min(span[1], last) <= _NEAR:
                found.append((min(span[0], first), max(span[1], last)))
    if found:
        return tuple(found)
    return _edge(reading, moment, named, year_spans)


def _year_is_open(reading: Reading, leaf: Leaf) -> bool:
    """Whether the parameter asks for a year where the query, and what was said before it, state none."""
    dated = "date" in leaf.name.lower() or leaf.schema.get("format") in {"date", "date-time"}
    if not dated and not _ASKS_YEAR.search(leaf.description):
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
    if (month, day) in {(1, 1), (12, 31)}:
        return tuple(span for span in year_spans if _alone(reading, span)) or None
    return None


def _alone(reading: Reading, year: Span) -> bool:
    """Whether a year is named without a month or day of its own."""
    months = near([(start, end) for _, start, end in reading.months], year, _NEAR)
    days = near([(mention.start, mention.end) for mention in reading.dates], year, _NEAR)
    return not any(end + _BESIDE >= year[0] and start <= year[1] for start, end in (*months, *days))


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
    lengths = lengths[:MOST_COMBINED]
    return [
        (min(time.start, length.start), max(time.end, length.end))
        for time in reading.times[:MOST_COMBINED]
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
