"""Dates and times of day as people write them."""

import re
from collections.abc import Callable
from datetime import date, datetime, time
from typing import TypeVar

from apigen.models.offline.numerals import ordinal_suffix

MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]


def _short(day: date) -> str:
    return MONTHS[day.month - 1][:3]


def _long(day: date) -> str:
    return MONTHS[day.month - 1]


def _nth(day: date) -> str:
    return f"{day.day}{ordinal_suffix(day.day)}"


DATE_FORMS: tuple[Callable[[date], str], ...] = (
    lambda d: d.isoformat(),
    lambda d: f"{_long(d)} {d.day}, {d.year}",
    lambda d: f"{d.day} {_long(d)} {d.year}",
    lambda d: f"{_long(d)} {d.day} {d.year}",
    lambda d: f"{_long(d)} {_nth(d)}, {d.year}",
    lambda d: f"{_long(d)} {_nth(d)} {d.year}",
    lambda d: f"{_nth(d)} {_long(d)} {d.year}",
    lambda d: f"{_nth(d)} of {_long(d)} {d.year}",
    lambda d: f"{_nth(d)} of {_long(d)}, {d.year}",
    lambda d: f"{_nth(d)} {_long(d)}, {d.year}",
    lambda d: f"{d.day} {_long(d)}, {d.year}",
    lambda d: f"{d.day} of {_long(d)} {d.year}",
    lambda d: f"{_short(d)} {d.day}, {d.year}",
    lambda d: f"{d.day} {_short(d)} {d.year}",
    lambda d: f"{_short(d)} {d.day} {d.year}",
    lambda d: f"{_short(d)} {_nth(d)}, {d.year}",
    lambda d: f"{_short(d)} {_nth(d)} {d.year}",
    lambda d: f"{_nth(d)} {_short(d)} {d.year}",
    lambda d: f"{_short(d)}. {d.day}, {d.year}",
    lambda d: f"{d.year}/{d.month:02}/{d.day:02}",
    lambda d: f"{d.year}.{d.month:02}.{d.day:02}",
)
"""Every way of writing a date that we read; the year is always there."""

SPOKEN_DATE = DATE_FORMS[1]


def _hour(moment: time) -> int:
    return (moment.hour + 11) % 12 + 1


def _half(moment: time) -> str:
    return "am" if moment.hour < 12 else "pm"


def _dotted(moment: time) -> str:
    return "a.m." if moment.hour < 12 else "p.m."


def _clock(moment: time) -> str:
    return f":{moment.minute:02}"


TIME_FORMS: tuple[Callable[[time], str], ...] = (
    lambda t: f"{t:%H:%M:%S}",
    lambda t: f"{_hour(t)}{_clock(t)} {_half(t)}",
    lambda t: f"{_hour(t)}{_clock(t)}{_half(t)}",
    lambda t: f"{_hour(t)}{_clock(t)} {_dotted(t)}",
    lambda t: f"{_hour(t)} {_half(t)}" if not t.minute else f"{_hour(t)}{_clock(t)} {_half(t)}",
    lambda t: f"{_hour(t)}{_half(t)}" if not t.minute else f"{_hour(t)}{_clock(t)}{_half(t)}",
    lambda t: f"{_hour(t)} {_dotted(t)}" if not t.minute else f"{_hour(t)}{_clock(t)} {_dotted(t)}",
    lambda t: f"{t:%H:%M}",
    lambda t: f"{t.hour}{_clock(t)}",
)
"""Every way of writing a time of day that we read, the most specific first."""

Moment = TypeVar("Moment")

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}$")
_TIME = re.compile(r"\d{2}:\d{2}(:\d{2})?$")
_DATETIME = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2})?$")


def read_date(value: object) -> date | None:
    """An ISO date, or nothing."""
    return _read(value, _DATE, date.fromisoformat)


def read_time(value: object) -> time | None:
    """An ISO time of day without a zone, or nothing."""
    return _read(value, _TIME, time.fromisoformat)


def read_datetime(value: object) -> datetime | None:
    """An ISO date and time without a zone, or nothing."""
    return _read(value, _DATETIME, datetime.fromisoformat)


def _read(value: object, form: re.Pattern[str], parse: Callable[[str], Moment]) -> Moment | None:
    if not isinstance(value, str) or not form.match(value):
        return None
    try:
        return parse(value)
    except ValueError:
        return None
