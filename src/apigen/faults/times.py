"""Faults of dates and times of day, as ISO texts."""

import random
import re
from collections.abc import Callable
from datetime import date, timedelta

from apigen.faults.base import Faulty, Pool
from apigen.faults.editing import Slot, mentions, slots, value_fault
from apigen.records import Candidate

_ISO_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?=$|[T ])")
_ISO_TIME = re.compile(r"(?:(?<=[T ])|^)(\d{2}):(\d{2})(?=$|:\d{2}|[Z+-])")
_NUMERIC_DATE = re.compile(r"\b\d{1,2}[/.-]\d{1,2}(?:[/.-]\d{2,4})?\b")
_SAYS_HALF = re.compile(
    r"\d\s?[ap]\.?m\b|\b(?:morning|afternoon|evening|night|noon|midnight|tonight)\b|\b(?:1[3-9]|2[0-3]|0\d)[:h.]\d{2}",
    re.IGNORECASE,
)
"""How a query says which half of the day it means."""


def date_off_by_one(right: Candidate, rng: random.Random, pool: Pool) -> Faulty | None:
    """A date one day early or late."""
    step = timedelta(days=rng.choice((-1, 1)))
    return _redated(right, rng, lambda day: day + step)


def year_slip(right: Candidate, rng: random.Random, pool: Pool) -> Faulty | None:
    """A date in another year, where the query says the year."""
    step = rng.choice((-1, 1))

    def other(day: date) -> date | None:
        if str(day.year) not in right.query or (day.month, day.day) == (2, 29):
            return None
        return day.replace(year=day.year + step)

    return _redated(right, rng, other)


def day_and_month_exchanged(right: Candidate, rng: random.Random, pool: Pool) -> Faulty | None:
    """The third of July for the seventh of March; not where the query writes the date in figures alone."""
    if _NUMERIC_DATE.search(right.query):
        return None
    return _redated(right, rng, lambda day: day.replace(month=day.day, day=day.month) if day.day <= 12 else None)


def _redated(right: Candidate, rng: random.Random, other: Callable[[date], date | None]) -> Faulty | None:
    return _rewritten(right, rng, _ISO_DATE, lambda found: _moved(found, other))


def _moved(found: re.Match[str], other: Callable[[date], date | None]) -> str | None:
    try:
        moved = other(date(*map(int, found.groups())))
    except (ValueError, OverflowError):
        return None
    return moved.isoformat() if moved else None


def half_of_day_slip(right: Candidate, rng: random.Random, pool: Pool) -> Faulty | None:
    """3 am for 3 pm, where the query says which."""
    if not _SAYS_HALF.search(right.query):
        return None
    return _rewritten(right, rng, _ISO_TIME, lambda found: f"{(int(found[1]) + 12) % 24:02d}:{found[2]}")


def time_off_by_an_hour(right: Candidate, rng: random.Random, pool: Pool) -> Faulty | None:
    """A time of day one hour early or late."""
    step = rng.choice((-1, 1))
    return _rewritten(right, rng, _ISO_TIME, lambda found: f"{(int(found[1]) + step) % 24:02d}:{found[2]}")


def _rewritten(
    right: Candidate, rng: random.Random, pattern: re.Pattern[str], new: Callable[[re.Match[str]], str | None]
) -> Faulty | None:
    texts: list[Slot] = [slot for slot in slots(right) if isinstance(slot.value, str)]
    rng.shuffle(texts)
    for slot in texts:
        found = pattern.search(slot.value)
        text = new(found) if found else None
        if found is None or text is None:
            continue
        value = slot.value[: found.start()] + text + slot.value[found.end() :]
        wrong = value_fault(right, slot, value)
        if wrong and not mentions(right.query, value):
            return wrong
    return None
