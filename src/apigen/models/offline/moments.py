"""Other dates and times that fit the same place in a query and in a call."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random

from apigen.models.offline.calendar import read_date, read_datetime, read_time
from apigen.models.offline.locate import Slot
from apigen.records import Json

OCCASIONS = re.compile(
    r"\b(mon|tues|wednes|thurs|fri|satur|sun)day\b|christmas|easter|halloween|new year|valentine|thanksgiving|leap|"
    r"solstice|equinox|\b(war|battle|moon|independence|wall|eclipse|hurricane|landing|apollo|touched down)\b",
    re.IGNORECASE,
)
DAYPARTS = re.compile(r"morning|noon|evening|night|breakfast|lunch|dinner|dawn|dusk|sunrise|sunset|bed", re.IGNORECASE)


def is_moment(value: Json) -> bool:
    """Whether a value is a date, a time or both."""
    return bool(read_datetime(value) or read_date(value) or read_time(value))


def vary_moments(rng: Random, slots: Sequence[Slot], query: str) -> dict[Slot, Json]:
    """All dates move together and all times do, so that their order and rough distance stay."""
    if not slots:
        return {}
    days = rng.choice([-1, 1]) * rng.randint(5, 300)
    if OCCASIONS.search(query):
        days = 0
    hours = rng.choice([-1, 1]) if DAYPARTS.search(query) else rng.choice([-3, -2, -1, 1, 2])
    dates = sorted(slot.leaf.value[:10] for slot in slots if not read_time(slot.leaf.value))
    gaps = [(datetime.fromisoformat(b) - datetime.fromisoformat(a)).days for a, b in pairwise(dates)]
    slack = min(25, *(gap // 3 for gap in gaps)) if gaps else 0
    clocks = [moment.hour for slot in slots if (moment := read_time(slot.leaf.value) or read_datetime(slot.leaf.value))]
    if clocks and not 0 <= min(clocks) + hours <= max(clocks) + hours <= 23:
        hours = -hours
    if clocks and not 0 <= min(clocks) + hours <= max(clocks) + hours <= 23:
        hours = 0
    fresh = {}
    for slot in slots:
        delta = timedelta(days=days + (rng.randint(-slack, slack) if days else 0), hours=hours)
        fresh[slot] = _shifted(slot.leaf.value, delta)
    return {slot: value for slot, value in fresh.items() if value != slot.leaf.value}


def _shifted(value: str, delta: timedelta) -> str:
    try:
        if moment := read_datetime(value):
            # Days and hours apart: a leap over midnight would read well and mean something else.
            return (moment + delta).isoformat(sep=value[10], timespec="seconds" if len(value) > 16 else "minutes")
        if day := read_date(value):
            return (day + timedelta(days=delta.days)).isoformat()
        moment = datetime.fromisoformat(f"2000-01-02T{value}") + timedelta(hours=delta.seconds // 3600)
        return moment.time().isoformat(timespec="seconds" if len(value) > 5 else "minutes")
    except OverflowError:
        return value
