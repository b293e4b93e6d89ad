"""Statistics of a library: sources, sizes, and schema features of its tools."""

from collections import Counter
from collections.abc import Iterator, Sequence
from statistics import median

import msgspec

from apigen.records import Json, Tool

_MARKS = {
    "enum": "enum",
    "const": "const",
    "default": "default",
    "examples": "examples",
    "format": "format",
    "pattern": "pattern",
    "minimum": "bounds",
    "maximum": "bounds",
    "exclusiveMinimum": "bounds",
    "exclusiveMaximum": "bounds",
    "multipleOf": "bounds",
    "minLength": "lengths",
    "maxLength": "lengths",
    "minItems": "lengths",
    "maxItems": "lengths",
    "anyOf": "anyOf/oneOf",
    "oneOf": "anyOf/oneOf",
    "allOf": "allOf",
    "$ref": "$ref",
}
"""Keywords of a parameter's schema by the feature that they are counted as."""


class Statistics(msgspec.Struct, frozen=True):
    """A library in numbers; every share is of all tools or of all parameters."""

    tools: int
    seeds: int
    skipped: int
    categories: dict[str, int]
    """Tools by category, the largest first."""
    sources: dict[str, int]
    """Tools by origin, the largest first."""
    bindings: dict[str, int]
    """Tools by how they are executed: ``python``, ``rest``, ``mcp``, or ``none``."""
    writing: int
    """Tools of which a call may change something."""
    parameters: int
    required: int
    """Parameters that a call must give."""
    parameters_per_tool: tuple[int, float, int]
    """Fewest, median and most."""
    without_description: int
    """Parameters that say nothing about themselves."""
    features: dict[str, int]
    """Tools that make use of a feature of JSON Schema anywhere, the most common first."""

    @property
    def executable(self) -> int:
        """Tools that something can be executed for."""
        return self.tools - self.bindings.get("none", 0)


def statistics(tools: Sequence[Tool], seeds: int = 0, skipped: int = 0) -> Statistics:
    """Count.

    Args:
        tools: the tools to count.
        seeds: examples that belong to them.
        skipped: what was left out.
    """
    counts = sorted(len(tool.properties) for tool in tools) or [0]
    bindings = Counter(_kind(tool) for tool in tools)
    properties = [schema for tool in tools for schema in tool.properties.values()]
    return Statistics(
        tools=len(tools),
        seeds=seeds,
        skipped=skipped,
        categories=_ordered(Counter(tool.category for tool in tools)),
        sources=_ordered(Counter(tool.origin for tool in tools)),
        bindings=_ordered(bindings),
        writing=sum(bool(getattr(tool.binding, "writes", False)) for tool in tools),
        parameters=sum(counts),
        required=sum(len(tool.required) for tool in tools),
        parameters_per_tool=(counts[0], float(median(counts)), counts[-1]),
        without_description=sum(not (isinstance(one, dict) and one.get("description")) for one in properties),
        features=_ordered(Counter(feature for tool in tools for feature in set(_features(tool.properties)))),
    )


def _kind(tool: Tool) -> str:
    kind: str = "none" if tool.binding is None else msgspec.to_builtins(tool.binding)["kind"]
    return kind


def _ordered(counts: "Counter[str]") -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _features(properties: Json) -> Iterator[str]:
    """The features of all schemas below some properties."""
    for schema in properties.values() if isinstance(properties, dict) else ():
        yield from _of_schema(schema)


def _of_schema(schema: Json) -> Iterator[str]:
    if not isinstance(schema, dict):
        return
    for key, value in schema.items():
        if feature := _MARKS.get(key):
            yield feature
        if key in ("properties", "$defs", "definitions", "patternProperties"):
            yield "nested objects" if key != "$defs" else "$defs"
            yield from _features(value)
        elif key in ("items", "additionalProperties", "contains", "not"):
            if key == "items":
                yield "arrays"
            yield from _of_schema(value)
        elif key in ("anyOf", "oneOf", "allOf", "prefixItems") and isinstance(value, list):
            for part in value:
                yield from _of_schema(part)
    kinds = schema.get("type")
    if isinstance(kinds, list) and "null" in kinds:
        yield "nullable"
    if {"type": "null"} in (schema.get("anyOf") or ()):
        yield "nullable"
