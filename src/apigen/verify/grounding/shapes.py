"""Which property names in a call are its shape, and which are data.

A schema that describes an object names its properties, and one with ``additionalProperties`` of its own says that
they are data: ``{"Ann": 3}`` for scores by name. Many schemas say neither (``dict``, ``list of dict``). Then a name is
part of a shape if the description tells it, if several objects of the argument share it, or if its object is a
record: one with values of several types, as in ``{"name": "Ann", "age": 3}``, or with a name such as ``max_price``.
"""

import re
from collections import Counter
from collections.abc import Mapping

from apigen.records import Json
from apigen.verify.grounding.words import split_words

_OF_CODE = re.compile(r"[a-z]\w*(?:_[a-z0-9]|[a-z][A-Z])\w*")
"""Names that nobody writes outside of programs: ``max_price``, ``maxPrice``."""

Names = Counter[tuple[int, str]]
"""How many objects of one argument have a property of the name, by how deep in it they are."""


def property_names(argument: Json) -> Names:
    """Count the property names of one argument."""
    counts: Names = Counter()
    waiting: list[tuple[int, Json]] = [(0, argument)]
    while waiting:
        depth, value = waiting.pop()
        if isinstance(value, dict):
            counts.update((depth, name) for name in value)
            waiting += [(depth + 1, inner) for inner in value.values()]
        elif isinstance(value, list):
            waiting += [(depth + 1, inner) for inner in value]
    return counts


def shape_of(value: Mapping[str, Json], description: str, names: Names, depth: int) -> frozenset[str]:
    """The names of an object's properties that are part of a shape.

    Args:
        value: an object of which the schema names no property.
        description: what the schema says about it.
        names: of the argument that it is in.
        depth: how deep in it.
    """
    kinds = {_kind(inner) for inner in value.values() if inner is not None}
    if len(kinds) > 1 or any(map(_OF_CODE.fullmatch, value)):
        return frozenset(value)
    told = set(split_words(description))
    return frozenset(name for name in value if names[depth, name] > 1 or told.issuperset(split_words(name) or (name,)))


def _kind(value: Json) -> str:
    """Numbers are of one type, whole or not."""
    return "number" if isinstance(value, (int, float)) and not isinstance(value, bool) else type(value).__name__
