"""What a schema asks for, and how several choices are gone through."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from apigen.records import Json

VARIANTS = 6
"""Values of one place that are put into different wholes."""


class _None(msgspec.Struct, frozen=True):
    """No value, where ``None`` is one."""


NONE: Any = _None()


def kinds_of(schema: Mapping[str, Any]) -> list[str]:
    """The types that a schema allows, or seems to be about."""
    kinds = schema.get("type")
    if isinstance(kinds, str):
        return [kinds]
    if isinstance(kinds, list):
        return [kind for kind in kinds if isinstance(kind, str)]
    marks = {
        "object": ("properties", "required", "additionalProperties", "patternProperties", "minProperties"),
        "array": ("items", "prefixItems", "minItems", "uniqueItems", "contains"),
        "string": ("pattern", "format", "minLength", "maxLength"),
        "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    }
    likely = [kind for kind, keys in marks.items() if any(key in schema for key in keys)]
    return list(dict.fromkeys([*likely, "string", "integer", "boolean", "object", "array", "null"]))


def in_turn(streams: list[Iterator[Json]]) -> Iterator[Json]:
    """A value of each stream, then another of each, until all are at their end."""
    while streams:
        alive = []
        for stream in streams:
            value = next(stream, NONE)
            if value is not NONE:
                alive.append(stream)
                yield value
        streams = alive


def variants(choices: Mapping[str, list[Json]]) -> Iterator[dict[str, Json]]:
    """All first choices; then each second, third and so on in the place of one; then all of them at once."""
    first = {name: found[0] for name, found in choices.items()}
    yield first
    for rank in range(1, VARIANTS):
        for name, found in choices.items():
            if rank < len(found):
                yield {**first, name: found[rank]}
        yield {name: found[rank % len(found)] for name, found in choices.items()}


def needed_names(schema: Mapping[str, Any], names: list[str]) -> list[str]:
    """The names, with those that they need beside them."""
    found = dict.fromkeys(names)
    for key in ("dependentRequired", "dependencies"):
        rules = schema.get(key)
        rules = rules if isinstance(rules, dict) else {}
        for _ in range(len(rules)):
            for name, others in rules.items():
                if name in found and isinstance(others, list):
                    found |= dict.fromkeys(other for other in others if isinstance(other, str))
    return list(found)


def size(schema: Mapping[str, Any], key: str, default: int) -> int:
    """A bound on a length, such as ``minItems``."""
    value = schema.get(key)
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else default


def type_of(value: Json) -> type:
    """The type of a value, the same for all numbers."""
    return float if type(value) is int else type(value)


def matches(pattern: str, name: str) -> bool:
    """Whether a name matches a pattern that Python can read."""
    try:
        return re.search(pattern, name) is not None
    except re.error:
        return False


def item_name(name: str) -> str:
    """What one item of a list of that name is called."""
    return name[:-1] if name.endswith("s") and len(name) > 3 else name


def key_of(value: Json) -> bytes | None:
    """What two equal values share; ``None`` for what is no JSON."""
    try:
        return msgspec.json.encode(value, order="sorted")
    except (ValueError, TypeError, RecursionError, OverflowError):
        return None
