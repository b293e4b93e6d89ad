"""Reduces a tool's parameter schema to the JSON Schema keywords that every engine's grammar compiler supports.

What is lost makes the form wider: a bound, a pattern, a format. Only an object that names its properties gets narrower,
since it may hold no others then: a model would make them up. Whoever reads the answer checks it against the tool's
whole schema all the same.
"""

from collections.abc import Mapping
from typing import Any

from apigen.records import Json

MAX_DEPTH = 8
"""Nesting below which anything goes."""
MAX_PARTS = 1_000
"""Parts of one schema that are read; where its references stand for more, anything goes for the rest."""

_TYPES = frozenset({"string", "number", "integer", "boolean", "null", "array", "object"})
_NULL: dict[str, Json] = {"type": "null"}
_KINDS: dict[type, str] = {str: "string", bool: "boolean", int: "integer", float: "number"}


def portable(schema: Json) -> dict[str, Json]:
    """The form in ``type``, ``properties``, ``required``, ``additionalProperties``, ``items``, ``enum`` and ``anyOf``.

    Args:
        schema: JSON Schema of any draft, well-formed or not.
    """
    return _Reader(schema).read(schema, MAX_DEPTH)


class _Reader:
    """Reads one schema, whose own parts it may refer to."""

    def __init__(self, root: Json) -> None:
        self._root = root
        self._left = MAX_PARTS
        self._inside: list[str] = []

    def read(self, schema: Json, depth: int) -> dict[str, Json]:
        self._left -= 1
        if not isinstance(schema, dict) or depth <= 0 or self._left < 0:
            return {}
        nullable = schema.get("nullable") is True
        if "$ref" in schema:
            return self._referred(schema["$ref"], depth)
        if "const" in schema:
            return _one_of([schema["const"]])
        if isinstance(values := schema.get("enum"), list) and values:
            return _one_of([*values, None] if nullable and None not in values else values)
        for word in ("anyOf", "oneOf"):
            if isinstance(ways := schema.get(word), list) and ways:
                beside = {key: value for key, value in schema.items() if key not in (word, "nullable")}
                return _either([self.read(_both(beside, way), depth - 1) for way in ways], nullable=nullable)
        if isinstance(parts := schema.get("allOf"), list) and parts:
            whole = {key: value for key, value in schema.items() if key != "allOf"}
            for part in parts:
                whole = _both(whole, self._found(part["$ref"]) if isinstance(part, dict) and "$ref" in part else part)
            return self.read(whole, depth - 1)
        return self._typed(schema, depth, nullable=nullable)

    def _typed(self, schema: Mapping[str, Any], depth: int, *, nullable: bool) -> dict[str, Json]:
        given = schema.get("type", "object" if isinstance(schema.get("properties"), dict) else None)
        kinds = [kind for kind in (given if isinstance(given, list) else [given]) if _is_type(kind)]
        return _either([self._of_kind(kind, schema, depth) for kind in kinds], nullable=nullable) if kinds else {}

    def _of_kind(self, kind: str, schema: Mapping[str, Any], depth: int) -> dict[str, Json]:
        if kind == "array":
            items = self.read(schema.get("items"), depth - 1)
            return {"type": "array", "items": items} if items else {"type": "array"}
        return self._object(schema, depth) if kind == "object" else {"type": kind}

    def _object(self, schema: Mapping[str, Any], depth: int) -> dict[str, Json]:
        given, required, further = (schema.get(word) for word in ("properties", "required", "additionalProperties"))
        named = given if isinstance(given, dict) else {}
        properties = {name: self.read(each, depth - 1) for name, each in named.items()}
        form: dict[str, Json] = {"type": "object"}
        if isinstance(given, dict):
            form["properties"] = properties
            form["required"] = [name for name in properties if isinstance(required, list) and name in required]
        if isinstance(further, dict):
            form["additionalProperties"] = self.read(further, depth - 1) or True
        else:
            is_open = further is True or "patternProperties" in schema or not isinstance(given, dict)
            form["additionalProperties"] = is_open and further is not False
        return form

    def _referred(self, reference: Json, depth: int) -> dict[str, Json]:
        """The form that a reference stands for; anything inside of itself."""
        if reference in self._inside:
            return {}
        self._inside.append(reference)
        form = self.read(self._found(reference), depth - 1)
        self._inside.pop()
        return form

    def _found(self, reference: Json) -> Json:
        """What a reference into the schema itself leads to; ``None`` where it leads nowhere."""
        if not isinstance(reference, str) or not reference.startswith("#"):
            return None
        place = self._root
        for step in reference.split("/")[1:]:
            place = place.get(step.replace("~1", "/").replace("~0", "~")) if isinstance(place, dict) else None
        return place


def _is_type(kind: Json) -> bool:
    return isinstance(kind, str) and kind in _TYPES


def _one_of(values: list[Json]) -> dict[str, Json]:
    """Values by name, with their type where they share one: some compilers ask for it."""
    kinds = {_KINDS.get(type(value)) for value in values}
    kind = kinds.pop() if len(kinds) == 1 else None
    return {"type": kind, "enum": values} if kind else {"enum": values}


def _either(ways: list[dict[str, Json]], *, nullable: bool) -> dict[str, Json]:
    """Any of several forms; anything at all where one of them is that."""
    if not all(ways):
        return {}
    ways = [*ways, _NULL] if nullable else ways
    distinct = [way for number, way in enumerate(ways) if way not in ways[:number]]
    return distinct[0] if len(distinct) == 1 else {"anyOf": distinct}


def _both(one: Json, other: Json) -> dict[str, Json]:
    """A schema for what fits two of them, as far as their properties tell."""
    one, other = (schema if isinstance(schema, dict) else {} for schema in (one, other))
    merged: dict[str, Json] = one | other
    if isinstance(one.get("properties"), dict) and isinstance(other.get("properties"), dict):
        merged["properties"] = one["properties"] | other["properties"]
    if isinstance(one.get("required"), list) and isinstance(other.get("required"), list):
        merged["required"] = one["required"] + other["required"]
    return merged
