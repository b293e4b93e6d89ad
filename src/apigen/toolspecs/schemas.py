"""Parameter descriptions as datasets write them, read as JSON Schema (draft 2020-12) without loss.

Two shapes are found: JSON Schema, often with type names of other languages and keywords of older drafts, and the map
of xlam rows, ``{name: {type, description, default?}}``. What could not be said in JSON Schema is kept under ``x-``
keywords; what was understood rather than read is told in notes.
"""

from collections.abc import Mapping
from typing import Any

from apigen.records import Json
from apigen.toolspecs.typestrings import JSON_TYPES, ORIGINAL, read_type, read_value

Notes = dict[str, None]
"""The notes so far, each once, in order."""

_INNER = ("items", "additionalProperties", "not", "contains", "if", "then", "else", "unevaluatedProperties")
_INNER_LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")
_INNER_MAPS = ("$defs", "definitions", "patternProperties", "dependentSchemas")
_OPENING = frozenset(("patternProperties", "$ref", "allOf", "anyOf", "oneOf", "unevaluatedProperties"))
_NULL_MEANS = frozenset(("default", "const", "example", "examples"))
_COUNTS = ("minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties")
_YES_NO = {True: True, False: False, "true": True, "True": True, "yes": True, "false": False, "False": False}


def parameters_schema(value: Json, notes: Notes) -> dict[str, Json]:
    """A tool's parameters as a schema of ``type: object``.

    What a tool lists is all it takes: where the description does not say otherwise, ``additionalProperties`` is false,
    so that an argument nobody described is found.

    Args:
        value: JSON Schema, xlam's map, or nothing at all for a tool without parameters.
        notes: what had to be understood is added here.

    Raises:
        ValueError: it is neither; the message says what is there.
    """
    if value is None or value in ([], {}):
        return {"type": "object", "properties": {}, "additionalProperties": False}
    if not isinstance(value, dict):
        raise ValueError(f"parameters is {type(value).__name__}, not an object")  # noqa: TRY004 - one kind to catch
    schema = _schema(value, notes) if _is_schema(value) else _from_map(value, notes)
    if schema.get("type") != "object":
        if "type" in schema:
            raise ValueError(f"parameters are of type {schema['type']!r}, not object")
        schema["type"] = "object"
    if isinstance(schema.get("properties"), dict) and not _OPENING & schema.keys():
        schema.setdefault("additionalProperties", False)
    return schema


def _is_schema(value: Mapping[str, Any]) -> bool:
    """JSON Schema, rather than a map of parameters, of which one may be called ``type`` or ``properties``."""
    if isinstance(value.get("type"), str | list):
        return not _is_parameter_map(value)
    properties = value.get("properties")
    if isinstance(properties, dict) and "type" not in value:
        inner = [one for one in properties.values() if one is not None]
        return all(isinstance(one, dict | bool) for one in inner)
    return isinstance(value.get("$ref"), str)


def _is_parameter_map(value: Mapping[str, Any]) -> bool:
    """``{"type": "str", "city": "str"}``: a parameter called type in a map of type texts."""
    kind = value["type"]
    is_object = isinstance(kind, str) and kind.lower() in ("object", "dict")
    return "properties" not in value and not is_object and len(value) > 1


def _from_map(value: Mapping[str, Any], notes: Notes) -> dict[str, Json]:
    properties: dict[str, Json] = {}
    required = []
    for name, told in value.items():
        if told is None:
            _note(notes, "keywords with the value null dropped")
            continue
        if isinstance(told, str):
            told = {"type": told}  # noqa: PLW2901 - the short form of the same
        if not isinstance(told, dict):
            raise ValueError(f"parameter {name!r} is {type(told).__name__}, not an object")  # noqa: TRY004
        properties[name], needed = _parameter(told, notes)
        if needed:
            required.append(name)
    return {
        "type": "object",
        "properties": properties,
        **({"required": required} if required else {}),
        "additionalProperties": False,
    }


def _parameter(told: Mapping[str, Any], notes: Notes) -> tuple[dict[str, Json], bool]:
    """One parameter of xlam's map, and whether a call must give it."""
    text = read_type(told["type"]) if isinstance(told.get("type"), str) else None
    said = _yes_no(told.get("required"))
    rest = {key: inner for key, inner in told.items() if key != "required" or said is None}
    schema = _schema(rest, notes, quiet=True)
    has_default = "default" in told
    if has_default and isinstance(told["default"], str):
        schema["default"] = read_value(told["default"], schema)
    elif text and text.default is not None:
        has_default = True
        schema.setdefault("default", read_value(text.default, schema))
    optional = has_default or bool(text and text.optional)
    return schema, (not optional if said is None else said)


def _schema(value: Mapping[str, Any], notes: Notes, *, quiet: bool = False) -> dict[str, Json]:
    """A schema with today's keywords and JSON's type names.

    Args:
        value: the schema as written.
        notes: what had to be understood is added here.
        quiet: whether type texts are what the format has, so that only unknown ones are worth a note.
    """
    schema: dict[str, Json] = {}
    for key, inner in value.items():
        if inner is None and key not in _NULL_MEANS:
            _note(notes, "keywords with the value null dropped")
        elif key == "type":
            schema.update(_type(inner, notes, quiet=quiet))
        elif key == "properties" and isinstance(inner, dict):
            schema |= _properties(inner, value.get("required"), notes, quiet=quiet)
        elif key == "items" and isinstance(inner, list):
            schema["prefixItems"] = [_inner(one, notes, quiet=quiet) for one in inner]
        elif key in _INNER:
            schema[key] = _inner(inner, notes, quiet=quiet)
        elif key in _INNER_LISTS and isinstance(inner, list):
            schema[key] = [_inner(one, notes, quiet=quiet) for one in inner]
        elif key in _INNER_MAPS and isinstance(inner, dict):
            schema[key] = {name: _inner(one, notes, quiet=quiet) for name, one in inner.items()}
        elif key != "required":
            schema[key] = inner
        elif isinstance(inner, list):
            schema.setdefault("required", inner)
        elif _yes_no(inner) is None:
            schema["x-required"] = inner
            _note(notes, "'required' that is not a list kept as x-required")
    return mended(schema, notes)


def _type(told: Json, notes: Notes, *, quiet: bool) -> dict[str, Json]:
    if isinstance(told, list) and told and all(isinstance(one, str) for one in told):
        if all(one in JSON_TYPES for one in told):
            return {"type": told}
        return {"anyOf": [_type(one, notes, quiet=quiet) for one in told]}
    if not isinstance(told, str):
        _note(notes, "type that is not a string: any value accepted")
        return {ORIGINAL: told}
    if told in JSON_TYPES:
        return {"type": told}
    schema = dict(read_type(told).schema)
    if not told:
        _note(notes, "empty type: any value accepted")
    elif _has_open_type(schema):
        _note(notes, f"unknown type {told!r}: any value accepted")
    elif not quiet:
        _note(notes, f"type {told!r} converted to JSON Schema")
    return schema


def _has_open_type(schema: Json) -> bool:
    if isinstance(schema, list):
        return any(_has_open_type(one) for one in schema)
    if not isinstance(schema, dict):
        return False
    if ORIGINAL in schema and "type" not in schema:
        return True
    return any(_has_open_type(schema.get(key)) for key in ("items", "additionalProperties", *_INNER_LISTS))


def _properties(inner: Mapping[str, Any], listed: Json, notes: Notes, *, quiet: bool) -> dict[str, Json]:
    """The properties, and the required ones, which older drafts mark one by one."""
    found: dict[str, Json] = {}
    required = list(listed) if isinstance(listed, list) else []
    for name, told in inner.items():
        if told is None:
            _note(notes, "keywords with the value null dropped")
            continue
        if isinstance(told, dict) and "required" in told and (said := _yes_no(told["required"])) is not None:
            _note(notes, "'required' flags of single parameters converted to a list")
            if said and name not in required:
                required.append(name)
        found[name] = _inner(told, notes, quiet=quiet)
    return {"properties": found, **({"required": required} if required or isinstance(listed, list) else {})}


def _inner(value: Json, notes: Notes, *, quiet: bool) -> Json:
    if isinstance(value, dict):
        return _schema(value, notes, quiet=quiet)
    return _type(value, notes, quiet=quiet) if isinstance(value, str) else value


def mended(schema: dict[str, Json], notes: Notes) -> dict[str, Json]:
    """Keywords of older drafts and of OpenAPI in today's form, and an enum where its values can stand.

    Args:
        schema: one schema, without those inside it; it is changed.
        notes: what had to be understood is added here.
    """
    for bound, strict in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if isinstance(schema.get(strict), bool):
            if schema.pop(strict) and bound in schema:
                schema[strict] = schema.pop(bound)
            _note(notes, "bounds of an older draft converted")
    for count in _COUNTS:  # written as text where 64-bit integers are, as in JSON made from protocol buffers
        if isinstance(told := schema.get(count), str) and told.isascii() and told.isdigit():
            schema[count] = int(told)
            _note(notes, "bounds written as strings converted to numbers")
    if schema.get("nullable") is True and isinstance(schema.get("type"), str) and schema["type"] != "null":
        schema["type"] = [schema["type"], "null"]
        if isinstance(schema.get("enum"), list) and None not in schema["enum"]:
            schema["enum"] = [*schema["enum"], None]
        _note(notes, "'nullable' converted to the type null")
    choices = schema.get("enum")
    if "enum" in schema and not (isinstance(choices, list) and choices):
        schema["x-enum"] = schema.pop("enum")
        _note(notes, "'enum' that is not a list of values kept as x-enum")
    elif schema.get("type") == "array" and choices and not any(isinstance(choice, list) for choice in choices):
        items = schema.get("items")
        schema["items"] = {**(items if isinstance(items, dict) else {}), "enum": schema.pop("enum")}
        _note(notes, "'enum' of an array applied to its items")
    return schema


def _yes_no(value: Json) -> bool | None:
    return _YES_NO.get(value) if isinstance(value, bool | str) else None


def _note(notes: Notes, text: str) -> None:
    notes[text] = None
