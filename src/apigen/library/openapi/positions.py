"""Where schemas stand inside a schema, and whether they speak of the same value."""

from typing import Literal

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
