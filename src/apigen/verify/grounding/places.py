"""Places given more fully than in the query: "Fresno, CA" for "Fresno", where the parameter asks for the state.

A region is accepted when the city is grounded, the parameter's description asks for a region, and neither the query
nor the table of regions puts the city elsewhere.
"""

import re
from functools import cache, lru_cache
from importlib.resources import files

from apigen.verify.grounding.leaves import Leaf
from apigen.verify.grounding.reading import Reading, Span
from apigen.verify.grounding.synonyms import read_groups, synonyms
from apigen.verify.grounding.words import split_words, stem

_ASKS = re.compile(
    r"\b(?:state|country|province|region|county|full address)\b|[A-Z][a-z]+, (?:[A-Z]{2}\b|[A-Z][a-z]+)", re.IGNORECASE
)
_LATITUDE = re.compile(r"(?:^|_)lat(?:itude)?", re.IGNORECASE)
_LONGITUDE = re.compile(r"(?:^|_)(?:lon|lng|long|longitude)(?:$|_)", re.IGNORECASE)
_AMERICAN = frozenset(("fahrenheit", "f", "°f", "imperial", "miles", "mi", "us"))
_METRIC = frozenset(("celsius", "c", "°c", "centigrade", "metric", "kilometers", "kilometres", "km"))
_CITY = 0.25
"""Degrees within which a place in a city lies."""

_ASKED = 3
"""Tokens after a city within which the query may name its region: "Paris in Texas"."""


@cache
def _regions() -> tuple[dict[str, frozenset[int]], dict[tuple[str, ...], frozenset[int]]]:
    """Which groups of the table a code or name means, and which ones a city is known to lie in."""
    names: dict[str, frozenset[int]] = {}
    cities: dict[tuple[str, ...], frozenset[int]] = {}
    for number, group in enumerate(read_groups("regions.txt")):
        for member in group:
            if member.suggests:
                cities[member.stems] = cities.get(member.stems, frozenset()) | {number}
            else:
                name = member.exact or " ".join(member.stems) or member.sign
                names[name] = names.get(name, frozenset()) | {number}
    return names, cities


@lru_cache(maxsize=4096)
def regions_named(text: str) -> frozenset[int]:
    """The regions that a code (in capitals) or a name stands for."""
    names, _ = _regions()
    stems = " ".join(stem(word) for word in split_words(text.lower()))
    return names.get(text.strip(), frozenset()) | names.get(stems, frozenset())


@lru_cache(maxsize=4096)
def regions_of(city: str) -> frozenset[int]:
    """The regions in which the table has a city of that name."""
    _, cities = _regions()
    places = [tuple(map(stem, split_words(city))), *(member.stems for member in synonyms(city))]
    return frozenset(region for place in places for region in cities.get(place, ()))


def completed(reading: Reading, leaf: Leaf, city: str, cities: tuple[Span, ...], region: str) -> bool:
    """Whether a region may be added to a city that the query names without one.

    Args:
        reading: the query.
        leaf: the parameter; its description must ask for more than a city, unless the table has the city.
        city: as it stands in the call.
        cities: where the query names it.
        region: as it stands in the call, such as ``CA`` or ``Kenya``.
    """
    meant = regions_named(region)
    known = regions_of(city)
    if not meant or (known and not meant & known) or not (known or _ASKS.search(leaf.description)):
        return False
    return not any(said and not said & meant for said in (_said_after(reading, span) for span in cities))


def _said_after(reading: Reading, city: Span) -> frozenset[int]:
    """The region that the query names right after a city."""
    tokens = reading.words.between(city[1], None, _ASKED)
    for token in tokens:
        if any(mark in reading.text[city[1] : token.start] for mark in ".?!;"):
            break
        for last in tokens:
            if last.start >= token.start and (found := regions_named(reading.text[token.start : last.end])):
                return found
    return frozenset()


@cache
def _coordinates() -> dict[tuple[str, ...], tuple[float, float]]:
    lines = files("apigen.verify.grounding").joinpath("coordinates.txt").read_text("utf-8").splitlines()
    table = {}
    for line in lines:
        if line.strip() and not line.startswith("#"):
            latitude, longitude, *names = line.split(maxsplit=2)
            for name in names[0].split("|"):
                table[tuple(map(stem, split_words(name)))] = (float(latitude), float(longitude))
    return table


def coordinate(reading: Reading, leaf: Leaf, value: float) -> tuple[Span, ...] | None:
    """A latitude or longitude of a city that the query names, as exact as a table of cities can be."""
    side = 0 if _LATITUDE.search(leaf.name) else 1 if _LONGITUDE.search(leaf.name) else None
    if side is None or "." not in repr(value):
        return None
    spans = [
        span
        for stems, place in _coordinates().items()
        if abs(place[side] - value) <= _CITY
        for span in reading.find(stems)
    ]
    return tuple(spans) or None


def local_unit(reading: Reading, leaf: Leaf, value: str) -> tuple[Span, ...] | None:
    """The unit or system in use where the named place lies: Fahrenheit in Boston, Celsius in Riga."""
    local = value.strip().lower()
    if local not in _AMERICAN | _METRIC or "unit" not in f"{leaf.name} {leaf.description}".lower():
        return None
    american = regions_named("US")
    spans = [
        reading.span(first, last)
        for first in range(len(reading.tokens))
        for last in range(first, min(first + _ASKED, len(reading.tokens)))
        if (there := _whereabouts(reading.text[slice(*reading.span(first, last))]))
        and (american <= there) == (local in _AMERICAN)
    ]
    return tuple(spans) or None


def _whereabouts(text: str) -> frozenset[int]:
    """The regions of a place's name with its capital letter, the country of an American state included."""
    if not text[0].isupper():
        return frozenset()
    found = regions_named(text) | regions_of(text)
    return found | regions_named("US") if found & _states() else found


@cache
def _states() -> frozenset[int]:
    """The regions that are states of the USA: all that the table has after the countries."""
    names, _ = _regions()
    return frozenset(number for name, numbers in names.items() for number in numbers if number >= min(names["AL"]))
