"""The keywords of one Schema Object, without the schemas inside it, as draft 2020-12 has them.

What cannot stand under its keyword (a bound that is no number, a pattern that no engine here knows) is kept under
``x-KEYWORD``, so that neither it nor the tool is lost.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import jsonschema_rs

from apigen.library.openapi.texts import plain
from apigen.records import Json
from apigen.toolspecs.schemas import Notes, mended
from apigen.toolspecs.typestrings import JSON_TYPES, read_type

_CUT = frozenset(
    ("$schema", "$id", "id", "$anchor", "$dynamicAnchor", "$vocabulary", "$comment", "xml", "externalDocs", "$ref")
)
"""Keywords that name schemas, comment on them, or are about other formats than JSON."""

_KEPT_EXTENSIONS = frozenset(
    ("x-enum-varnames", "x-enumNames", "x-enum-descriptions", "x-enumDescriptions", "x-enum-names", "x-ms-enum")
)
"""Extensions that say what the choices of an ``enum`` mean."""

_NULLABLE = ("nullable", "x-nullable")


def keywords(raw: Mapping[str, Any], notes: Notes) -> dict[str, Json]:
    """The keywords of one schema in today's form.

    Args:
        raw: the schema without the keywords that hold schemas.
        notes: what had to be understood is added here.
    """
    schema: dict[str, Json] = {}
    for key, value in raw.items():
        if key in _CUT or (key.startswith("x-") and key not in _KEPT_EXTENSIONS):
            continue
        if key == "type":
            schema.update(_type(value, notes))
        elif key in ("description", "title"):
            if text := plain(value):
                schema[key] = text
        elif key == "example":
            schema.setdefault("examples", [value])
        elif key == "nullable":
            continue
        elif key == "exclusiveMinimum" or key == "exclusiveMaximum":
            _put(schema, key, value, bool if isinstance(value, bool) else _number, notes)
        elif key in _CHECKS:
            _put(schema, key, value, _CHECKS[key], notes)
        else:
            schema[key] = value
    if any(raw.get(key) is True for key in _NULLABLE):
        _with_null(schema)
    schema = mended(schema, {})
    if "enum" in schema or "default" in schema:
        _fit_values(schema, notes)
    return schema


def has_null(raw: Mapping[str, Any]) -> bool:
    """Whether a schema of OpenAPI 3.0 or Swagger 2 allows ``null`` besides what else it says."""
    return any(raw.get(key) is True for key in _NULLABLE)


def _with_null(schema: dict[str, Json]) -> None:
    told = schema.get("type")
    if isinstance(told, str) and told != "null":
        schema["type"] = [told, "null"]
    elif isinstance(told, list) and "null" not in told:
        schema["type"] = [*told, "null"]
    if isinstance(schema.get("enum"), list) and None not in schema["enum"]:
        schema["enum"] = [*schema["enum"], None]


def _type(told: Json, notes: Notes) -> dict[str, Json]:
    if isinstance(told, str) and told in JSON_TYPES:
        return {"type": told}
    if isinstance(told, list):
        known = list(dict.fromkeys(one for one in told if isinstance(one, str) and one in JSON_TYPES))
        if len(known) < len(told):
            notes[f"type {told!r} read as {known or 'open'}"] = None
        return {"type": known[0] if len(known) == 1 else known} if known else {}
    if isinstance(told, str) and told:
        schema = dict(read_type(told).schema)
        notes[f"type {told!r} read as {schema.get('type', 'open')!r}"] = None
        return schema
    if told is not None:
        notes[f"type {told!r} is none and kept aside"] = None
        return {"x-type": told}
    return {}


def _put(schema: dict[str, Json], key: str, value: Json, check: Callable[[Json], bool] | type, notes: Notes) -> None:
    if value is None:
        return
    fits = isinstance(value, check) if isinstance(check, type) else check(value)
    if not fits:
        value, fits = _as_meant(value, check)
    if fits:
        schema[key] = value
    else:
        schema[f"x-{key}"] = value
        notes[f"{key} {_short(value)} cannot be used and is kept as x-{key}"] = None


def _as_meant(value: Json, check: Callable[[Json], bool] | type) -> tuple[Json, bool]:
    """A value that was written in quotes, or as 5.0 where 5 is meant."""
    meant = value
    if check is bool and isinstance(value, str):
        meant = {"true": True, "false": False}.get(value.strip().lower())
        return meant, meant is not None
    if check in (_number, _count, _above_zero):
        if isinstance(value, str):
            meant = parse_number(value)
        if isinstance(meant, float) and meant.is_integer() and check is _count:
            meant = int(meant)
        return (meant, True) if callable(check) and check(meant) else (value, False)
    if check is _names and isinstance(value, list):
        meant = list(dict.fromkeys(one for one in value if isinstance(one, str)))
        return meant, True
    if check is _list:
        return (
            ([one.get("value") if isinstance(one, dict) and "value" in one else one for one in value.values()], True)
            if isinstance(value, dict)
            else ([value], True)
        )
    return value, False


def parse_number(text: str) -> int | float | None:
    """The number that a text is, if any."""
    for kind in (int, float):
        try:
            value = kind(text)
        except (ValueError, OverflowError):
            continue
        return value if abs(value) < float("inf") else None
    return None


def _number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _above_zero(value: Json) -> bool:
    return _number(value) and value > 0


def _count(value: Json) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _list(value: Json) -> bool:
    return isinstance(value, list)


def _names(value: Json) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value) and len(set(value)) == len(value)


def _names_by_name(value: Json) -> bool:
    return isinstance(value, dict) and all(_names(one) for one in value.values())


def _nothing(value: Json) -> bool:
    del value
    return False


@lru_cache(maxsize=8192)
def compiles(pattern: str) -> bool:
    """Whether the engine that checks arguments knows a regular expression."""
    try:
        jsonschema_rs.validator_for({"pattern": pattern})
    except (ValueError, jsonschema_rs.ValidationError):
        return False
    return True


def _pattern(value: Json) -> bool:
    return isinstance(value, str) and compiles(value)


_CHECKS: dict[str, Callable[[Json], bool] | type] = {
    **dict.fromkeys(("minimum", "maximum"), _number),
    "multipleOf": _above_zero,
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"), _count),
    **dict.fromkeys(("minContains", "maxContains"), _count),
    **dict.fromkeys(("format", "contentEncoding", "contentMediaType"), str),
    **dict.fromkeys(("deprecated", "readOnly", "writeOnly", "uniqueItems"), bool),
    "required": _names,
    "dependentRequired": _names_by_name,
    "pattern": _pattern,
    "examples": _list,
    **dict.fromkeys(("$dynamicRef", "$recursiveRef", "dependencies"), _nothing),
}
"""What a keyword's value has to be, so that the schema compiles."""


def _fit_values(schema: dict[str, Json], notes: Notes) -> None:
    """Choices and a default written as text where numbers are meant, or the other way round, as the type has them."""
    told = schema.get("type")
    kinds = [told] if isinstance(told, str) else told or []
    meant = [kind for kind in kinds if kind != "null"]
    if len(meant) != 1:
        return
    kind = meant[0]
    if isinstance(schema.get("enum"), list):
        fitted = [_fitted(choice, kind) for choice in schema["enum"]]
        unique = [choice for place, choice in enumerate(fitted) if not _stands_in(choice, fitted[:place])]
        if unique != schema["enum"] or [type(one) for one in unique] != [type(one) for one in schema["enum"]]:
            notes["enum written with values of another type, or twice"] = None
            schema["enum"] = unique
    if "default" in schema:
        fitted_default = _fitted(schema["default"], kind)
        if type(fitted_default) is not type(schema["default"]):
            notes["default written as a value of another type"] = None
            schema["default"] = fitted_default


def _stands_in(value: Json, values: list[Json]) -> bool:
    return any(value == one and type(value) is type(one) for one in values)


def _fitted(value: Json, kind: str) -> Json:
    if kind == "string" and isinstance(value, bool):
        return "true" if value else "false"
    if kind == "string" and isinstance(value, int | float):
        return str(value)
    if kind in ("integer", "number") and isinstance(value, str):
        number = parse_number(value)
        return value if number is None or (kind == "integer" and not isinstance(number, int)) else number
    if kind == "boolean" and isinstance(value, str):
        return {"true": True, "false": False}.get(value.lower(), value)
    return value


def _short(value: Json) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
