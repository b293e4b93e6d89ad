"""Other values that fit the same place in a query and in a call."""

import re
from collections import Counter
from collections.abc import Sequence
from random import Random

from apigen.models.offline.amounts import vary_numbers
from apigen.models.offline.kinds import kind_of, pool_value, words_of
from apigen.models.offline.locate import Located, Slot
from apigen.models.offline.moments import is_moment, vary_moments
from apigen.models.offline.phrases import pools
from apigen.models.offline.schema import listed
from apigen.models.offline.terms import NumberForm, unit_of
from apigen.records import Json

PRONOUNS = re.compile(r"\b(he|she|him|her|his|hers|himself|herself)\b", re.IGNORECASE)
LONG_QUERY = 22
"""Words from which on a query tells a story, which may say why it is this choice and no other."""


def vary(rng: Random, located: Located, known: dict[tuple[str, ...], list[Json]]) -> dict[Slot, Json]:
    """Draw a new value for every slot where one is safe.

    Args:
        rng: the only source of chance.
        located: an example whose values have been found.
        known: strings that other examples give to a parameter, by ``names`` of the path.

    Returns:
        The new values; a slot that is missing keeps its own.
    """
    numbers = [slot for slot in located.slots if isinstance(slot.places[0].form, NumberForm)]
    moments = [slot for slot in located.slots if slot not in numbers and is_moment(slot.leaf.value)]
    others = [slot for slot in located.slots if slot not in numbers and slot not in moments]
    fresh: dict[Slot, Json] = vary_numbers(rng, numbers)
    if not any(is_moment(leaf.value) for leaf in located.kept):
        fresh |= vary_moments(rng, moments, located.query)
    fresh |= _choices(rng, [slot for slot in others if "enum" in slot.leaf.schema], located)
    fresh |= _strings(rng, [slot for slot in others if "enum" not in slot.leaf.schema], located, known)
    return fresh


def _choices(rng: Random, slots: Sequence[Slot], located: Located) -> dict[Slot, Json]:
    """Other choices, where the query does not say why it is this one. Units stay: the amounts beside them fit them."""
    if _tells(located):
        return {}
    fresh: dict[Slot, Json] = {}
    for slot in slots:
        choices = listed(slot.leaf.schema, "enum")
        if any(map(unit_of, map(str, choices))) or _verbs(choices) or set(words_of(slot.leaf.name)) & _DECIDING:
            continue
        used = {leaf.value for other in slots for leaf in other.leaves} | set(fresh.values())
        if options := [option for option in choices if _sayable(option) and option not in used]:
            fresh[slot] = rng.choice(options)
    return fresh


def _tells(located: Located) -> bool:
    """Whether the query tells a story, or speaks of a code or a name that may go with one choice only."""
    codes = any(isinstance(slot.leaf.value, str) and re.search(r"\d{4}", slot.leaf.value) for slot in located.slots)
    return codes or len(located.query.split()) > LONG_QUERY or _names_outside(located)


def _names_outside(located: Located) -> bool:
    """Whether the query names something beside its values, such as "German", that may go with only one choice."""
    spans = [(place.start, place.end) for slot in located.slots for place in slot.places]
    return any(
        all(match.end() <= start or match.start() >= end for start, end in spans)
        for match in re.finditer(r"(?<=[a-z,] )(?!I\b)[A-Z][a-z]+", located.query)
    )


def _sayable(option: Json) -> bool:
    return isinstance(option, str) and len(option) > 1 and bool(re.fullmatch(r"\w[\w\s-]*", option))


_VERBS = {"encode", "decode", "encrypt", "decrypt", "up", "down", "add", "subtract", "multiply", "divide", "before"}
_DECIDING = {
    "event",
    "pollutant",
    "gas",
    "isotope",
    "measure",
    "indicator",
    "quantity",
    "metric",
    "property",
    "parameter",
    "variable",
    "shape",
    "solid",
    "figure",
    "solve",
    "kind",
    "type",
    "operation",
    "from",
    "to",
    "source",
    "target",
}


def _verbs(options: Sequence[Json]) -> bool:
    """Whether the choices are things to do: another one would ask for something else."""
    return any(isinstance(option, str) and set(words_of(option)) & _VERBS for option in options)


def _strings(
    rng: Random, slots: Sequence[Slot], located: Located, known: dict[tuple[str, ...], list[Json]]
) -> dict[Slot, Json]:
    fresh: dict[Slot, Json] = {}
    texts = [str(leaf.value).lower() for slot in located.slots for leaf in slot.leaves if isinstance(leaf.value, str)]
    query = located.query.lower()
    spellings = {str(leaf.value) for slot in located.slots for leaf in slot.leaves if isinstance(leaf.value, str)}
    spellings |= {leaf.value for leaf in located.kept if isinstance(leaf.value, str)}
    exact = Counter(spelling.lower() for spelling in spellings)
    for slot in slots:
        value = str(slot.leaf.value)
        lowered = value.lower()
        if exact[lowered] > 1 or any(lowered != other and (lowered in other or other in lowered) for other in texts):
            continue
        if set(words_of(slot.leaf.name)) & {"unit", "units", "mode", "octal", "permissions"}:
            continue
        kind = kind_of(slot.leaf)
        if not kind and any(mark.isdigit() for mark in value) and (_names_outside(located) or len(set(texts)) > 1):
            continue  # a number of a country, or a code that goes with another value
        listed_word = any(isinstance(part, int) for part in slot.leaf.path) and value[:1].islower()
        brand = words_of(slot.leaf.name) == ["name"] and value not in listed(slot.leaf.schema, "examples")
        if listed_word or (not kind and (brand or len(query.split()) > LONG_QUERY)):
            continue  # one stranger among things that belong together, or a stranger in a story
        if kind in ("first_name", "full_name") and PRONOUNS.search(located.query):
            continue
        options = [*listed(slot.leaf.schema, "examples"), *known.get(slot.leaf.names, ())]
        options = [
            option
            for option in options
            if isinstance(option, str)
            and option.lower() not in query
            and option not in fresh.values()
            and _alike(option, value)
        ]
        drawn = rng.choice(options) if options else pool_value(rng, kind, value)
        if drawn is not None and drawn.lower() not in query and drawn not in fresh.values():
            fresh[slot] = drawn
    return fresh


def _alike(option: str, value: str) -> bool:
    """Whether two strings fit the same sentence: both short or both long, both capitalised or neither."""
    if value.islower() and value.isalpha() and option.islower() and option.endswith("s") != value.endswith("s"):
        return False  # "7 mug" and "a notebooks"
    if any((option in pools()[kind]) != (value in pools()[kind]) for kind in ("city", "country", "first_name")):
        return False  # a club is no country
    short, long = sorted((len(option), len(value)))
    return bool(value) and bool(option) and long <= 4 * short + 12 and option[0].isupper() == value[0].isupper()
