"""Units of measure: what one is worth in another, where a query states a quantity, which unit a parameter takes.

A conversion is *stated* when both ends are: the query gives a number with its unit ("half an hour"), and the
parameter's name or description names the unit that it takes ("in seconds"). The factors are in units.txt; a month
counts 30 days or 1/12 of a year, a year 365 days or 52 weeks.
"""

import math
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise
from typing import NamedTuple

from apigen.verify.grounding.numbers import Number
from apigen.verify.grounding.words import split_words, word_set

_ASIDE = word_set("s h d m l t g c a n f w j v in st pt mo min kn mb mw mc cup case kt")
"""Units that a parameter's description names only by their full word."""


class Unit(NamedTuple):
    """One unit of a kind."""

    kind: str
    factor: float
    """Of the kind's base unit, such as seconds or meters."""


def _units() -> dict[str, tuple[Unit, ...]]:
    table: dict[str, tuple[Unit, ...]] = {}
    kind = ""
    for line in files("apigen.verify.grounding").joinpath("units.txt").read_text("utf-8").splitlines():
        if line.endswith(":"):
            kind = line[:-1]
        elif line and not line.startswith("#"):
            factor, *names = line.split()
            for name in names:
                table[name] = (*table.get(name, ()), Unit(kind, float(factor)))
    return table


UNITS = _units()
"""The units that a word can mean; "pound" is a mass and money, "MB" is 10^6 or 2^20 bytes."""


class Quantity(NamedTuple):
    """A number with its unit, or several that belong together: "1 hour 20 minutes"."""

    amount: float
    """In the base unit of ``kind``."""
    kind: str
    parts: tuple[tuple[float, float], ...]
    """Each as (number, factor)."""
    start: int
    end: int


_UNIT_WORD = re.compile(
    r"[\s-]{0,2}(?:full |whole |more |additional |consecutive |business |working )?"
    r"(km/h|m/s|(?:cubic|square|sq) [a-z]+|[a-z]+ per (?:second|hour)|[^\W\d_]+[23²³]?(?![^\W_])|°|\$)",
    re.IGNORECASE,
)
_PHRASE = re.compile(r"\b(?:(?:cubic|square|sq) [a-z]+|[a-z]+ per (?:second|hour))\b", re.IGNORECASE)
_COMPOUNDING = re.compile(r"\s*(?:/\s?[a-z]|per\b|[²³^]|squared|cubed)", re.IGNORECASE)
_ONE = re.compile(
    r"\b(?P<half>half (?:an?|of an?) |half[- ])?(?P<one>an?|one|per|each|every|this|next|past|last|previous|prior|"
    r"upcoming|coming|following|entire|whole|full)?(?: (?:single|whole|full|entire|half)\b)? ?"
    r"(?P<unit>second|minute|hour|day|night|week|fortnight|month|quarter|year|decade|century)(?:'s)?\b",
    re.IGNORECASE,
)
_ADVERB = re.compile(r"\b(?:hourly|daily|weekly|monthly|yearly|annual)\b", re.IGNORECASE)
_FEET = re.compile(r"(?<![\w.])(\d+)\s?(?:'|ft|feet|foot)\s?(\d+(?:\.\d+)?)\s?(?:\"|''|in|inch|inches)?(?![\w'])")
_AND_HALF = re.compile(r"\s(?:and a half)\b", re.IGNORECASE)


def find_quantities(text: str, numbers: Sequence[Number]) -> list[Quantity]:
    """Every number with a unit right after it, and every "a week", "half an hour", "the past month"."""
    found: list[Quantity] = []
    for match in _FEET.finditer(text):
        amount = float(match[1]) * 0.3048 + float(match[2]) * 0.0254
        parts = ((float(match[1]), 0.3048), (float(match[2]), 0.0254))
        found.append(Quantity(amount, "length", parts, *match.span()))
    for number in numbers:
        found.extend(_after(text, number))
    for match in _ADVERB.finditer(text):
        factor = UNITS[match[0].lower()][0].factor
        found.append(Quantity(factor, "time", ((1, factor),), *match.span()))
    for match in _ONE.finditer(text):
        if not match["one"] and not match["half"]:
            continue
        amount = 0.5 if match["half"] else 1.5 if _AND_HALF.match(text, match.end()) else 1.0
        factor = UNITS[match["unit"].lower()][0].factor
        found.append(Quantity(amount * factor, "time", ((amount, factor),), *match.span()))
    return [quantity for quantity in (*found, *_sums(text, found)) if math.isfinite(quantity.amount)]


def _after(text: str, number: Number) -> Iterator[Quantity]:
    end = number.end
    if number.scale != 1:  # "5m" may be five meters: the suffix is then the unit
        digits = re.compile(r"[\d.,]*\d").match(text, number.start)
        places = [(end, number.values[:1])]
        if digits and digits.end() < end and len(number.values) > 1:
            places.append((digits.end(), number.values[1:2]))
    else:
        places = [(end, number.values)]
    for place, values in places:
        match = _UNIT_WORD.match(text, place)
        if not match or _COMPOUNDING.match(text, match.end()):
            continue
        name = match[1].replace("μ", "µ").replace(" ", "_")
        for unit in UNITS.get(name) or UNITS.get(name.lower(), ()):
            for value in values:
                amount = value + (0.5 if _AND_HALF.match(text, match.end()) else 0)
                yield Quantity(amount * unit.factor, unit.kind, ((amount, unit.factor),), number.start, match.end())


def _sums(text: str, found: Sequence[Quantity]) -> Iterator[Quantity]:
    """ "1 hour and 20 minutes", "6 lbs 4 oz": neighbours of one kind, the larger unit first."""
    ordered = sorted(found, key=lambda quantity: quantity.start)
    for one, other in pairwise(ordered):
        gap = text[one.end : other.start].strip(" ,").lower() if one.end <= other.start else "-"
        if one.kind == other.kind and gap in {"", "and", "&"} and one.parts[-1][1] > other.parts[0][1]:
            yield Quantity(one.amount + other.amount, one.kind, one.parts + other.parts, one.start, other.end)


@lru_cache(maxsize=8192)
def units_taken(name: str, description: str) -> tuple[tuple[str, tuple[Unit, ...]], ...]:
    """The units that a parameter may take, by the words of its name and of its description."""
    phrases = [
        phrase.lower().replace(" ", "_") for phrase in _PHRASE.findall(f"{name.replace('_', ' ')} {description}")
    ]
    if any(phrase in UNITS for phrase in phrases):
        name, description = _PHRASE.sub(" ", name.replace("_", " ")), _PHRASE.sub(" ", description)
    words = dict.fromkeys((*phrases, *split_words(name), *split_words(description), *_cased(description)))
    return tuple((word, UNITS[word]) for word in words if word in UNITS and word not in _ASIDE)


def _cased(description: str) -> list[str]:
    """Units in brackets or after "in", however short: "(H)", "in kWh"."""
    return [
        word.lower() for word in re.findall(r"\bin ([A-Za-zµ°/]+)|\(([A-Za-zµ°/]+)\)", description) for word in word
    ]


def converted(quantity: Quantity, name: str, description: str) -> Iterator[float]:
    """A quantity in each unit that the parameter may take."""
    for word, units in units_taken(name, description):
        for unit in units:
            if unit.kind != quantity.kind:
                continue
            yield quantity.amount / unit.factor
            if unit.kind == "time":
                yield from _by_calendar(quantity, word, unit)


def _by_calendar(quantity: Quantity, word: str, unit: Unit) -> Iterator[float]:
    """Two years are 24 months and 104 weeks, though 12 times 30 days make no year."""
    month, quarter, year, week = 2592000, 7776000, 31536000, 604800
    exact = {(year, month): 12, (year, quarter): 4, (quarter, month): 3, (year, week): 52, (month, week): 4}
    amount = 0.0
    for number, factor in quantity.parts:
        times = exact.get((int(factor), int(unit.factor)))
        inverse = exact.get((int(unit.factor), int(factor)))
        amount += number * times if times else number / inverse if inverse else number * factor / unit.factor
    yield amount
    if word in {"day", "days", "daily"} and any(factor == month for _, factor in quantity.parts):
        yield quantity.parts[0][0] * 31
