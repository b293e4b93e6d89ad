"""The part of JSON Schema that decides which values an argument may take."""

from collections.abc import Iterator
from typing import Any

import msgspec

from apigen.records import Json, Tool

Schema = dict[str, Any]
MAX_DEPTH = 12
"""Deepest nesting that is followed: a schema may refer to itself."""


class Leaf(msgspec.Struct, frozen=True):
    """One scalar inside the calls of an answer."""

    call: int
    path: tuple[str | int, ...]
    """From the arguments down, such as ``("items", 0, "price")``."""
    value: Json
    schema: Schema

    @property
    def name(self) -> str:
        """The innermost name on the path."""
        return next((part for part in reversed(self.path) if isinstance(part, str)), "")

    @property
    def names(self) -> tuple[str, ...]:
        """The parameter that it belongs to, whatever its place in a list."""
        return tuple(part for part in self.path if isinstance(part, str))


def narrow(schema: Json, root: Schema, value: Json = None, depth: int = 0) -> Schema:
    """One concrete schema: references followed, and of several alternatives the one that fits ``value``.

    Args:
        schema: any JSON Schema; anything that is no object is taken as "any value".
        root: the schema that holds ``$defs``.
        value: a value that the schema should describe; without one the first alternative that is not null is taken.
        depth: how far down we are already.
    """
    if not isinstance(schema, dict) or depth > MAX_DEPTH:
        return {}
    rest = {key: item for key, item in schema.items() if key not in ("$ref", "anyOf", "oneOf", "allOf")}
    if isinstance(reference := schema.get("$ref"), str):
        return narrow(_follow(reference, root), root, value, depth + 1) | rest
    for part in _list(schema.get("allOf")):
        rest = narrow(part, root, value, depth + 1) | rest
    alternatives = _list(schema.get("anyOf")) + _list(schema.get("oneOf"))
    if alternatives:
        narrowed = [narrow(item, root, value, depth + 1) for item in alternatives]
        real = [item for item in narrowed if item.get("type") != "null"] or narrowed
        fitting = [item for item in real if value is None or _describes(item, value)]
        return (fitting or real)[0] | rest
    if isinstance(kinds := rest.get("type"), list):
        real = [kind for kind in kinds if kind != "null"]
        fitting = [kind for kind in real if value is None or _describes({"type": kind}, value)]
        rest["type"] = next(iter(fitting or real), "null")
    return rest


def leaves(tool: Tool, call: int, arguments: dict[str, Json]) -> Iterator[Leaf]:
    """Every scalar in a call's arguments with its schema, in the order in which they are written."""
    root = tool.parameters
    for name, value in arguments.items():
        yield from _leaves(call, (name,), value, narrow(tool.properties.get(name), root, value), root)


def _leaves(call: int, path: tuple[str | int, ...], value: Json, schema: Schema, root: Schema) -> Iterator[Leaf]:
    if len(path) > MAX_DEPTH:
        return
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _leaves(call, (*path, index), item, item_schema(schema, index, root, item), root)
    elif isinstance(value, dict):
        properties = schema.get("properties")
        for key, item in value.items():
            inner = properties.get(key) if isinstance(properties, dict) else None
            below = narrow(schema.get("additionalProperties") if inner is None else inner, root, item)
            yield from _leaves(call, (*path, key), item, below, root)
    else:
        yield Leaf(call, path, value, schema)


def item_schema(schema: Schema, index: int, root: Schema, value: Json = None) -> Schema:
    """The schema of a list's item at ``index``."""
    prefix = _list(schema.get("prefixItems"))
    item = narrow(prefix[index] if index < len(prefix) else schema.get("items"), root, value)
    if "examples" not in item and isinstance(schema.get("examples"), list):
        pooled = [entry for example in schema["examples"] if isinstance(example, list) for entry in example]
        return item | ({"examples": pooled} if pooled else {})
    return item


def replaced(value: Json, path: tuple[str | int, ...], new: Json) -> Json:
    """A copy of a JSON value with one place changed."""
    if not path:
        return new
    if isinstance(value, list):
        return [replaced(item, path[1:], new) if index == path[0] else item for index, item in enumerate(value)]
    return {key: replaced(item, path[1:], new) if key == path[0] else item for key, item in value.items()}


def within(schema: Schema, value: Json) -> bool:
    """Whether a number respects the schema's bounds."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return True
    low, high = bound(schema, "minimum"), bound(schema, "maximum")
    above, below = bound(schema, "exclusiveMinimum"), bound(schema, "exclusiveMaximum")
    step = bound(schema, "multipleOf")
    return (
        (low is None or value >= low)
        and (high is None or value <= high)
        and (above is None or value > above)
        and (below is None or value < below)
        and (not step or abs(value / step - round(value / step)) < 1e-9)
    )


def bound(schema: Schema, *keys: str) -> float | None:
    """The first number that the schema gives under one of ``keys``."""
    found = (schema.get(key) for key in keys)
    return next((item for item in found if isinstance(item, int | float) and not isinstance(item, bool)), None)


def _follow(reference: str, root: Schema) -> Json:
    found: Json = root
    for part in reference.removeprefix("#/").split("/") if reference.startswith("#/") else ():
        found = found.get(part.replace("~1", "/").replace("~0", "~")) if isinstance(found, dict) else None
    return None if found is root else found


def _describes(schema: Schema, value: Json) -> bool:
    if isinstance(options := schema.get("enum"), list):
        return value in options
    kind = schema.get("type")
    if kind is None:
        return True
    if isinstance(value, bool):
        return bool(kind == "boolean")
    kinds = {int: ("integer", "number"), float: ("number",), str: ("string",), list: ("array",), dict: ("object",)}
    return kind in kinds.get(type(value), ("null",))


def listed(schema: Schema, key: str) -> list[Json]:
    """The list under a key, empty where there is none."""
    return _list(schema.get(key))


def size(schema: Schema, key: str, default: int) -> int:
    """A bound on a length, such as ``minItems``."""
    found = bound(schema, key)
    return default if found is None else int(found)


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []
