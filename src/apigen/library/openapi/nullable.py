"""``nullable`` of OpenAPI 3.0 as the type ``null``."""

from collections.abc import Mapping
from typing import Any

from apigen.library.openapi.merging import ANNOTATIONS, Schema
from apigen.library.openapi.positions import ALTERNATIVES, BASES, CONDITIONS
from apigen.records import Json

_WHOLE = (*BASES, *CONDITIONS, "$ref", "const")
"""Keywords beside which ``null`` can only be an alternative to everything."""

NULL: Schema = {"type": "null"}


def has_null(raw: Mapping[str, Any]) -> bool:
    """Whether a schema of OpenAPI 3.0, or of Swagger 2 by its usual extension, allows ``null`` besides the rest."""
    return raw.get("nullable") is True or raw.get("x-nullable") is True


def with_null(schema: Schema) -> Schema:
    """A schema that allows ``null`` besides what it allows anyway.

    The standard gives ``nullable`` a meaning only beside ``type``; authors who write it beside ``allOf`` or a ``$ref``
    mean the same.
    """
    if any(key in schema for key in _WHOLE):
        inner = {key: value for key, value in schema.items() if key not in ANNOTATIONS}
        around = {key: value for key, value in schema.items() if key in ANNOTATIONS}
        return {**around, "anyOf": [inner, NULL]}
    allowed = dict(schema)
    if "type" in schema:
        kinds = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
        allowed["type"] = kinds if "null" in kinds else [*kinds, "null"]
        if len(allowed["type"]) == 1:
            allowed["type"] = allowed["type"][0]
    if "enum" in schema and None not in schema["enum"]:
        allowed["enum"] = [*schema["enum"], None]
    for key in ALTERNATIVES:
        if key in schema and not any(_is_null(form) for form in schema[key]):
            allowed[key] = [*schema[key], NULL]
    return allowed


def _is_null(form: Json) -> bool:
    return isinstance(form, dict) and form.get("type") == "null"
