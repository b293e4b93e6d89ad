"""The keywords of one Schema Object, without the schemas inside it, as draft 2020-12 has them.

What cannot stand under its keyword (a bound that is no number, a pattern that no engine here knows) is kept under
``x-KEYWORD``, so that neither it nor the tool is lost.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from apigen.library.openapi.readings import READINGS, parse_number
from apigen.library.openapi.texts import plain
from apigen.records import Json
from apigen.toolspecs.schemas import Notes, mended
from apigen.toolspecs.typestrings import JSON_TYPES, ORIGINAL, read_type

_CUT = frozenset(
    (
        *("$schema", "$id", "id", "$anchor", "$dynamicAnchor", "$vocabulary", "$ref", "$defs", "definitions"),
        *("$comment", "xml", "externalDocs", "nullable"),
    )
)
"""Keywords that name schemas, comment on them, are about other formats than JSON, or are read elsewhere."""

_KEPT_EXTENSIONS = frozenset(
    (
        *("x-enum-varnames", "x-enumNames", "x-enum-descriptions", "x-enumDescriptions", "x-enum-names", "x-ms-enum"),
        "x-allowEmptyValue",
    )
)
"""Extensions that say what the choices of an ``enum`` mean, and our own."""


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
        elif key in READINGS:
            _put(schema, key, value, notes)
        else:
            schema[key] = value
    schema = mended(schema, {})
    if "enum" in schema or "default" in schema:
        _fit_values(schema, notes)
    return schema


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
    if not told:
        return {}
    notes[f"type {_short(told)} is not a JSON type; kept as {ORIGINAL}"] = None
    return {ORIGINAL: told}


def _put(schema: dict[str, Json], key: str, value: Json, notes: Notes) -> None:
    if value is None:
        return
    found = READINGS[key](value)
    if found is not None:
        schema[key] = found
    else:
        schema[f"x-{key}"] = value
        notes[f"{key} {_short(value)} is not usable; kept as x-{key}"] = None


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
        unique = list({msgspec.json.encode(choice): choice for choice in fitted}.values())
        if msgspec.json.encode(unique) != msgspec.json.encode(schema["enum"]):
            notes["enum values duplicated or written with another type; cleaned up"] = None
            schema["enum"] = unique
    if "default" in schema:
        fitted_default = _fitted(schema["default"], kind)
        if type(fitted_default) is not type(schema["default"]):
            notes["default written with another type; converted"] = None
            schema["default"] = fitted_default


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
