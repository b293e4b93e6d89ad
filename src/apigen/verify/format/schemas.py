"""Tools' schemas, compiled once each however often a dataset repeats them."""

import hashlib
from collections.abc import Callable
from datetime import datetime, time
from typing import Any

import jsonschema_rs
import msgspec

from apigen.records import Json
from apigen.verify.format.alternatives import CHECKED, Breadth, breadth
from apigen.verify.format.faults import shown

MOST = 4096
"""Compiled schemas kept at a time; a dataset may bring a tool of its own with every row."""

_OPENERS = ("additionalProperties", "patternProperties", "unevaluatedProperties", "$ref", "allOf", "anyOf", "oneOf")
"""Keywords with which a schema says itself which further properties there may be."""


ONE = Breadth(1, recursive=False)
"""Of a schema without alternatives."""


class Compiled(msgspec.Struct, frozen=True):
    """A schema ready for use, or why there is none."""

    schema: dict[str, Json]
    """What was compiled; as given where that failed."""
    validator: Any
    """The :class:`jsonschema_rs.Validator`; ``None`` where there is a problem."""
    integers: bool
    """Whether it asks for an integer anywhere."""
    breadth: Breadth = ONE
    """How many alternatives a check of a value may go through."""
    problem: str = ""


class Schemas:
    """A bounded cache of compiled schemas: by the object first, which costs nothing, else by content."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._by_object: dict[int, tuple[dict[str, Json], Compiled]] = {}
        self._by_content: dict[bytes, Compiled] = {}

    def compiled(self, schema: dict[str, Json]) -> Compiled:
        """The schema of a tool's parameters, compiled."""
        known = self._by_object.get(id(schema))
        if known is not None:  # the entry holds the object, so its id is not used again
            return known[1]
        compiled = self._from_content(schema)
        _put(self._by_object, id(schema), (schema, compiled), self._most)
        return compiled

    def _from_content(self, schema: dict[str, Json]) -> Compiled:
        try:
            text = msgspec.json.encode(schema)
        except (ValueError, TypeError, OverflowError, RecursionError) as error:
            return Compiled({}, None, integers=False, problem=f"not valid JSON: {error}")
        key = hashlib.blake2b(text, digest_size=16).digest()
        compiled = self._by_content.get(key)
        if compiled is None:
            compiled = _compile(schema, text)
            _put(self._by_content, key, compiled, self._most)
        return compiled


def _put(cache: dict[Any, Any], key: Any, value: Any, most: int) -> None:
    if len(cache) >= most:
        del cache[next(iter(cache))]
    cache[key] = value


def _compile(schema: dict[str, Json], text: bytes) -> Compiled:
    integers = b'"integer"' in text
    schema = _closed(_with_nulls(schema) if b'"nullable":true' in text else schema)
    first = ""
    for build in (jsonschema_rs.validator_for, jsonschema_rs.Draft7Validator, jsonschema_rs.Draft4Validator):
        try:
            # Offline: a schema made elsewhere must not make us fetch addresses or read files.
            validator = build(schema, validate_formats=True, formats=_LOCAL_TIMES, offline=True)
        except (ValueError, jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError) as error:
            first = first or _told(error)
        else:
            wide = breadth(schema) if b"Of" in text else ONE
            problem = _unsatisfiable(schema) or _too_wide(wide)
            return Compiled(schema, None if problem else validator, integers, wide, problem)
    return Compiled(schema, None, integers, problem=first)


def _too_wide(wide: Breadth) -> str:
    return f"expands to {wide.alternatives:,} alternatives" if wide.alternatives > CHECKED else ""


def _unsatisfiable(schema: dict[str, Json]) -> str:
    """Why no call can fit a schema that compiles: it requires what it does not allow."""
    properties, required = schema.get("properties"), schema.get("required")
    if schema.get("additionalProperties") is not False or "patternProperties" in schema:
        return ""
    if not isinstance(properties, dict) or not isinstance(required, list):
        return ""
    missing = [name for name in required if name not in properties]
    return f"requires {missing[0]!r}, which it does not define" if missing else ""


def _told(error: Exception) -> str:
    """A compiler's complaint in one line, with its place in the schema."""
    place = ".".join(map(str, getattr(error, "instance_path", ())))
    message = str(error).partition("\n")[0]
    if place.endswith("type") and isinstance(value := getattr(error, "instance", None), str):
        return f"{place} is {shown(value)}, which is not a JSON Schema type"
    return f"{place}: {message}" if place else message


def _closed(schema: dict[str, Json]) -> dict[str, Json]:
    """The schema without room for arguments that it does not describe: nothing reads them, so they are made up."""
    if not isinstance(schema.get("properties"), dict) or any(opener in schema for opener in _OPENERS):
        return schema
    return {**schema, "additionalProperties": False}


def _with_nulls(schema: Json) -> Json:
    """OpenAPI 3.0's ``nullable: true`` as JSON Schema says it."""
    if isinstance(schema, list):
        return [_with_nulls(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    told = {key: _with_nulls(value) for key, value in schema.items()}
    if told.get("nullable") is not True:
        return told
    if isinstance(told.get("type"), str):
        told["type"] = [told["type"], "null"]
    elif isinstance(told.get("type"), list) and "null" not in told["type"]:
        told["type"] = [*told["type"], "null"]
    if isinstance(told.get("enum"), list) and None not in told["enum"]:
        told["enum"] = [*told["enum"], None]
    for key in ("anyOf", "oneOf"):
        if isinstance(told.get(key), list):
            told[key] = [*told[key], {"type": "null"}]
    return told


def _reads_as(kind: type[datetime] | type[time]) -> Callable[[str], bool]:
    def reads(text: str) -> bool:
        try:
            kind.fromisoformat(text)
        except ValueError:
            return False
        return True

    return reads


_LOCAL_TIMES = {"time": _reads_as(time), "date-time": _reads_as(datetime)}
"""ISO 8601, with or without an offset. RFC 3339, which JSON Schema names, demands one, but people say 3 pm."""
