"""How a value is written in a query, kept as a *form* that writes another value the same way."""

import re
from collections.abc import Callable
from datetime import date, time
from functools import lru_cache
from typing import Protocol

import msgspec

from apigen.models.offline.calendar import read_date, read_datetime, read_time
from apigen.models.offline.numerals import Numeral
from apigen.models.offline.phrases import families
from apigen.records import Json


class Form(Protocol):
    """Writes a value as the query wrote the one it replaces."""

    def render(self, value: Json) -> str:
        """The value's text in the query."""
        ...


class NumberForm(msgspec.Struct, frozen=True):
    """A number; ``factor`` is 0.01 where ``5%`` stands for 0.05."""

    numeral: Numeral
    factor: float = 1

    def render(self, value: Json) -> str:
        """The digits or words, without currency sign and unit."""
        return self.numeral.render(value / self.factor)


class DateForm(msgspec.Struct, frozen=True):
    """A date, also the one inside a date and time."""

    write: Callable[[date], str]
    lower: bool = False

    def render(self, value: Json) -> str:
        """The date in the same form."""
        moment = read_datetime(value)
        day = moment.date() if moment else read_date(value)
        text = self.write(day) if day else str(value)
        return text.lower() if self.lower else text


class TimeForm(msgspec.Struct, frozen=True):
    """A time of day, also the one inside a date and time."""

    write: Callable[[time], str]
    upper: bool = False

    def render(self, value: Json) -> str:
        """The time in the same form."""
        moment = read_datetime(value)
        clock = moment.time() if moment else read_time(value)
        text = self.write(clock) if clock else str(value)
        return text.upper() if self.upper else text


class TextForm(msgspec.Struct, frozen=True):
    """A string as it stands, or a choice of a list in its words."""

    lower: bool = False
    upper: bool = False
    words: bool = False
    glue: str = " "

    def render(self, value: Json) -> str:
        """The string, in the case in which the query wrote it."""
        text = spoken(str(value)).replace(" ", self.glue) if self.words else str(value)
        return text.upper() if self.upper else text.lower() if self.lower else text


def spoken(value: str) -> str:
    """An identifier in words: ``fixed_rate`` and ``fixedRate`` are said "fixed rate"."""
    if re.fullmatch(r"[a-z]+(?:[A-Z][a-z]+)+", value):
        value = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", value).lower()
    return re.sub(r"[_\s]+", " ", value).strip()


@lru_cache(maxsize=2048)
def unit_of(value: str) -> tuple[int, str] | None:
    """Which unit a value names: its family's index and its key."""
    wanted = spoken(value).lower()
    for index, family in enumerate(families()):
        for key, surfaces in family.items():
            if wanted == key.replace("_", " ") or any(wanted == surface.lower() for surface in surfaces):
                # One letter may say anything: a unit, a note, a sex, a grade.
                return (index, key) if len(wanted) > 1 else None
    return None


@lru_cache(maxsize=2048)
def choice_patterns(value: str) -> tuple[re.Pattern[str], ...]:
    """How a choice of an enum may stand in a query, a unit's own ways of writing first."""
    found = []
    if unit := unit_of(value):
        family, key = unit
        for surface in families()[family][key]:
            bare = surface.strip("°").lower()
            before = r"(?:(?<=\d)|(?<=\d ))" if len(bare) == 1 or bare in ("in", "mi") else r"(?<![A-Za-z])"
            found.append(re.compile(rf"{before}{re.escape(surface)}(?![\w°])", re.IGNORECASE))
    if literal := r"[\s_-]?".join(re.escape(word) for word in spoken(value).split()):
        found.append(re.compile(rf"(?<![\w-]){literal}(?![\w-])", re.IGNORECASE))
    return tuple(found)
