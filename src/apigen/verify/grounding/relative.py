"""Relative dates: "tomorrow", "next Friday", "three nights from June 1st".

The day they count from must be stated ("today is 2023-10-01"), in the query or in what was said before it. Without
one, a named weekday grounds any date that falls on it, and "tomorrow" grounds nothing.
"""

import re
from collections.abc import Iterator
from datetime import date, timedelta

from apigen.verify.grounding.dates import WEEKDAYS, Moment
from apigen.verify.grounding.reading import MOST_COMBINED, Reading, Span

_TODAY = re.compile(r"\b(?:today|now|current(?:ly)?|date is|it'?s|it is|as of)\b", re.IGNORECASE)
_NEAR = 40
"""Characters between "today" and its date."""

_DAYS = (
    (re.compile(r"\bthe day after tomorrow\b|\bday after tomorrow\b|\bovermorrow\b", re.IGNORECASE), 2),
    (re.compile(r"(?<!day after )\b(?:tomorrow|tmrw|tomorow)\b", re.IGNORECASE), 1),
    (re.compile(r"\b(?:today|tonight|this (?:morning|afternoon|evening)|now|current(?:ly)?)\b", re.IGNORECASE), 0),
    (re.compile(r"(?<!day before )\byesterday\b|\blast night\b", re.IGNORECASE), -1),
    (re.compile(r"\bday before yesterday\b", re.IGNORECASE), -2),
)
_SPAN_WORD = re.compile(
    r"\b(?P<which>next|coming|upcoming|following|this|last|past) (?P<unit>week|month|year)\b", re.IGNORECASE
)
_WEEKDAY = re.compile(rf"\b({'|'.join(sorted(WEEKDAYS, key=len, reverse=True))})s?\b", re.IGNORECASE)
_WEEKEND = re.compile(r"\bweek-?ends?\b", re.IGNORECASE)
_BACK = re.compile(r"\b(?:ago|before|back|earlier|past|last|previous)\b", re.IGNORECASE)
_LASTING = re.compile(r"(?!an?\b|per\b|each\b|every\b).*\b(?:day|night|week|month|year)", re.IGNORECASE)
"""A length of time in days or more; "84 a night" and "2 a day" are rates, and last nothing."""
_DAY = 86400
_AHEAD = 15
"""Days within which "next Friday" lies, however one counts."""


def today(reading: Reading, before: Reading | None) -> date | None:
    """The day that counts as today, as far as one is stated."""
    for text in (reading, before):
        if text is None:
            continue
        for mention in text.dates:
            year, month, day = mention.readings[0]
            near = text.text[max(0, mention.start - _NEAR) : mention.end + _NEAR]
            if year is not None and (text is before or _TODAY.search(near)):
                return _real(year, month, day)
    return None


def stated_days(reading: Reading, year: int | None) -> list[tuple[date, Span]]:
    """Every day of the query as a date; days without a year get the one given."""
    found = []
    for mention in reading.dates:
        for y, month, day in mention.readings:
            if (whole := _real(y or year or 0, month, day)) is not None:
                found.append((whole, (mention.start, mention.end)))
    return found


def relative_day(reading: Reading, before: Reading | None, moment: Moment) -> list[Span]:
    """Where the query tells the day by its distance from today or from another day."""
    value = whole_day(moment)
    if value is None:
        return []
    now = today(reading, before)
    spans = list(_named_weekday(reading, value, now))
    if now is not None:
        spans += _from_today(reading, value, now)
    return spans + list(_later(reading, value))


def _from_today(reading: Reading, value: date, now: date) -> Iterator[Span]:
    text, distance = reading.text, (value - now).days
    for pattern, days in _DAYS:
        if days == distance:
            yield from (match.span() for match in pattern.finditer(text))
    for match in _SPAN_WORD.finditer(text):
        if _within(value, now, match["which"].lower(), match["unit"].lower()):
            yield match.span()
    for quantity in reading.quantities:
        if quantity.kind != "time":
            continue
        days = round(quantity.amount / _DAY)
        back = _BACK.search(text, max(0, quantity.start - 12), quantity.end + 12)
        month = 30 * _DAY
        slack = 2 if any(factor >= month for _, factor in quantity.parts) else 0
        if quantity.amount >= _DAY and abs(distance - (-days if back else days)) <= slack:
            yield quantity.start, quantity.end
    for mention in reading.dates:  # "April 13th of next year"
        year, month, day = mention.readings[0]
        shifted = {"next year": 1, "last year": -1, "this year": 0}
        for words, step in shifted.items():
            if year is None and (month, day) == (value.month, value.day) and value.year == now.year + step:
                place = reading.lower.find(words)
                if place >= 0:
                    yield mention.start, mention.end


def _within(value: date, now: date, which: str, unit: str) -> bool:
    """The first, last or same day of a period that is named by its distance."""
    step = {"this": 0, "last": -1, "past": -1}.get(which, 1)
    if unit == "week":
        monday = now - timedelta(days=now.weekday()) + timedelta(weeks=step)
        return value in {monday, monday + timedelta(days=6), now + timedelta(weeks=step)} or (
            step == 1 and value == monday - timedelta(days=1)
        )
    if unit == "month":
        months = now.year * 12 + now.month - 1 + step
        first = (value.year, value.month) == divmod(months, 12) or (value.year * 12 + value.month - 1) == months
        return first and (value.day in {1, now.day} or (value + timedelta(days=1)).day == 1)
    return value.year == now.year + step and (value.month, value.day) in {(1, 1), (12, 31), (now.month, now.day)}


def _named_weekday(reading: Reading, value: date, now: date | None) -> Iterator[Span]:
    """ "next Friday"; where the query says which weekday today is, its word counts as much as the calendar's."""
    shifts = {0}
    if now is not None:
        if not -8 <= (value - now).days <= _AHEAD:
            return
        for match in _WEEKDAY.finditer(reading.text):
            near = reading.text[max(0, match.start() - 25) : match.start()]
            if _TODAY.search(near):
                shifts.add((WEEKDAYS[match[1].lower()] - now.isoweekday()) % 7)
    elif any(mention.readings[0][0] is not None for mention in reading.dates):
        return
    for match in _WEEKDAY.finditer(reading.text):
        if any((value.isoweekday() + shift - 1) % 7 + 1 == WEEKDAYS[match[1].lower()] for shift in shifts):
            yield match.span()
    for match in _WEEKEND.finditer(reading.text):
        if any((value.isoweekday() + shift - 1) % 7 + 1 >= 5 for shift in shifts):
            yield match.span()


def _later(reading: Reading, value: date) -> Iterator[Span]:
    """A stated day with a stated length of time after or before it: "3 nights from June 1st"."""
    for whole, span in stated_days(reading, value.year)[:MOST_COMBINED]:
        distance = abs((value - whole).days)
        for quantity in reading.quantities[:MOST_COMBINED]:
            lasts = _LASTING.match(reading.text, quantity.start, quantity.end)
            if quantity.kind == "time" and lasts and distance and distance == round(quantity.amount / _DAY):
                yield min(span[0], quantity.start), max(span[1], quantity.end)


def days_between(reading: Reading) -> Iterator[tuple[int, Span]]:
    """The lengths, in days, between the days that the query names, without and with the last one."""
    days = stated_days(reading, 2023)[:MOST_COMBINED]
    for index, (one, first) in enumerate(days):
        for other, last in days[index + 1 :]:
            distance = abs((other - one).days)
            if distance and first != last:
                yield distance, (min(first[0], last[0]), max(first[1], last[1]))
                yield distance + 1, (min(first[0], last[0]), max(first[1], last[1]))


def whole_day(moment: Moment) -> date | None:
    """The date of a moment, if it has one."""
    return _real(moment.year or 0, moment.month or 0, moment.day or 0)


def _real(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
