"""Where subschemas occur in a schema, and whether they apply to the same value."""

from collections.abc import Callable, Mapping
from typing import Literal

from apigen.records import Json

BASES = ("allOf",)
"""Lists of schemas that the same value fits all of."""

ALTERNATIVES = ("anyOf", "oneOf")
"""Lists of schemas that the same value may fit."""

CONDITIONS = ("not", "if", "then", "else")
"""Single schemas about the same value."""

INSIDE = (
    "additionalProperties",
    "items",
    "contains",
    "propertyNames",
    "unevaluatedItems",
    "unevaluatedProperties",
)
"""Single schemas about a value inside."""

INSIDE_LISTS = ("prefixItems",)
INSIDE_MAPS = ("properties", "patternProperties")
SAME_MAPS = ("dependentSchemas",)

HOLDERS = frozenset((*BASES, *ALTERNATIVES, *CONDITIONS, *INSIDE, *INSIDE_LISTS, *INSIDE_MAPS, *SAME_MAPS))
"""Every keyword that holds schemas."""

Edge = Literal["inside", "base", "alternative"]
"""How one schema refers to another: for a value inside its own, to build on it, or as one form of the same value."""


def mapped(schema: Mapping[str, Json], change: Callable[[Json, bool], Json]) -> dict[str, Json]:
    """A schema with every schema inside it changed.

    Args:
        schema: a converted one.
        change: takes a schema, and whether it is about a value inside.
    """
    changed: dict[str, Json] = {}
    for key, value in schema.items():
        if key in INSIDE_MAPS or key in SAME_MAPS:
            changed[key] = {name: change(one, key in INSIDE_MAPS) for name, one in value.items()}
        elif key in INSIDE_LISTS or key in ALTERNATIVES or key in BASES:
            changed[key] = [change(one, key in INSIDE_LISTS) for one in value]
        elif key in INSIDE or key in CONDITIONS:
            changed[key] = change(value, key in INSIDE)
        else:
            changed[key] = value
    return changed
