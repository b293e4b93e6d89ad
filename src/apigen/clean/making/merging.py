"""Merges schemas that apply at the same time, and resolves references."""

from collections.abc import Iterable
from typing import Any

from apigen.records import Json

ROOT = "urn:apigen:schema"
"""Under this address a tool's whole schema is known while values are made for parts of it."""

_HIGHER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties", "minContains")
_LOWER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties", "maxContains")
_AS_THEY_ARE = ("const", "enum", "default", "examples", "example")
"""Keywords whose values are no schemas."""


def anchored(schema: Json) -> Json:
    """A schema whose references into itself name :data:`ROOT`, so that they hold in any part of it."""
    if isinstance(schema, list):
        return [anchored(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    found: dict[str, Json] = {}
    for key, value in schema.items():
        if key == "$ref" and isinstance(value, str):
            found[key] = f"{ROOT}{value}" if value.startswith("#") else value
        elif key == "$id":
            continue
        else:
            found[key] = value if key in _AS_THEY_ARE and not isinstance(value, dict) else anchored(value)
    return found


def followed(reference: str, root: Json) -> Json:
    """What a reference of an anchored schema leads to; ``True`` (anything) where it leads nowhere."""
    found = root
    place = reference.removeprefix(f"{ROOT}#").removeprefix("#").strip("/")
    for part in place.split("/") if place else ():
        name = part.replace("~1", "/").replace("~0", "~").replace("%25", "%")
        if isinstance(found, list) and name.isdecimal() and int(name) < len(found):
            found = found[int(name)]
        elif isinstance(found, dict) and name in found:
            found = found[name]
        else:
            return True
    return found


def merged(schemas: Iterable[Json]) -> dict[str, Any]:
    """One schema for what several say; where they cannot be told as one, the later has its way."""
    whole: dict[str, Any] = {}
    for schema in schemas:
        if schema is False:
            return {"not": {}}
        for key, value in schema.items() if isinstance(schema, dict) else ():
            whole[key] = _both(key, whole[key], value) if key in whole else value
    return whole


def _both(key: str, first: Any, second: Any) -> Any:
    if first == second:
        return first
    match key:
        case "required":
            return list(dict.fromkeys([*_list(first), *_list(second)]))
        case "properties" | "patternProperties" | "$defs" | "definitions":
            both = dict(first) if isinstance(first, dict) else {}
            for name, schema in second.items() if isinstance(second, dict) else ():
                both[name] = {"allOf": [both[name], schema]} if name in both else schema
            return both
        case "type":
            wanted = _types(second)
            return [kind for kind in _types(first) if kind in wanted or (kind == "integer" and "number" in wanted)] or (
                ["integer"] if "integer" in wanted and "number" in _types(first) else second
            )
        case "enum":
            return [value for value in _list(first) if value in _list(second)] or second
        case "allOf":
            return [*_list(first), *_list(second)]
        case "anyOf" | "oneOf":
            return [merged([one, other]) for one in _list(first) for other in _list(second)]
        case "items" | "additionalProperties" | "propertyNames":
            return False if first is False or second is False else {"allOf": [first, second]}
        case "examples":
            return [*_list(first), *_list(second)]
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in (first, second))
    if numbers and key in _HIGHER:
        return max(first, second)
    if numbers and key in _LOWER:
        return min(first, second)
    return second


def _types(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else _list(value)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
