"""A value as its schema wants it, where the value leaves one reading only."""

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from apigen.records import Json

_INTEGER = re.compile(r"-?(?:0|[1-9]\d{0,17})")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,17})(?:\.\d+)?(?:[eE][+-]?\d{1,3})?")
_LOGICAL = {"true": True, "True": True, "false": False, "False": False}
_EXACT = 2**53
"""Floats up to here are exact integers (IEEE 754)."""

_SPACING = re.compile(r"[\s_]+|(?<=[^\W\d_])-(?=[^\W\d_])")

Valid = Callable[[Mapping[str, Any], Json], bool]
"""Whether a value fits a schema."""


class Mend(msgspec.Struct, frozen=True):
    """One thing that was mended."""

    name: str
    """What kind of mend it is, such as ``number_from_text``."""
    where: str
    """The place, such as ``calls[0].days``."""
    before: Json
    after: Json


def mend_value(value: Json, schema: Json, where: str, valid: Valid) -> tuple[Json, list[Mend]]:
    """The value as the schema wants it, and what was mended; the value itself where nothing certain can be done.

    Args:
        value: of an argument.
        schema: its JSON Schema.
        where: its place, for what is told.
        valid: says whether a value fits a schema.
    """
    if not isinstance(schema, dict):
        return value, []
    for key in ("anyOf", "oneOf"):
        if isinstance(schema.get(key), list):
            return _one_alternative(value, schema[key], where, valid)
    value, mends = _converted(value, schema, where)
    if isinstance(value, dict):
        value, inner = mend_object(value, schema, where, valid)
        return value, mends + inner
    if isinstance(value, list):
        value, inner = _mend_list(value, schema, where, valid)
        return value, mends + inner
    return value, mends


def mend_object(
    value: Mapping[str, Json], schema: Mapping[str, Any], where: str, valid: Valid
) -> tuple[dict[str, Json], list[Mend]]:
    """The same for an object: names, nulls and the values in it."""
    properties = schema.get("properties")
    if not isinstance(properties, dict):
        return dict(value), []
    required = schema.get("required")
    mended: dict[str, Json] = {}
    mends: list[Mend] = []
    for given, item in value.items():
        name = given
        if given not in properties and schema.get("additionalProperties") is False:
            name = only_match(given, [key for key in properties if key not in value]) or given
            if name in mended:
                name = given
            elif name != given:
                mends.append(Mend("argument_name", f"{where}.{name}", given, name))
        place = f"{where}.{name}"
        inner = properties.get(name)
        optional = not isinstance(required, list) or name not in required
        if item is None and isinstance(inner, dict) and optional and not valid(inner, None):
            mends.append(Mend("null_left_out", place, None, ""))
            continue
        mended[name], found = mend_value(item, inner, place, valid)
        mends += found
    return mended, mends


def _mend_list(value: list[Json], schema: Mapping[str, Any], where: str, valid: Valid) -> tuple[list[Json], list[Mend]]:
    first = schema.get("prefixItems")
    first = first if isinstance(first, list) else []
    mended: list[Json] = []
    mends: list[Mend] = []
    for index, item in enumerate(value):
        inner = first[index] if index < len(first) else schema.get("items")
        new, found = mend_value(item, inner, f"{where}[{index}]", valid)
        mended.append(new)
        mends += found
    return mended, mends


def _one_alternative(value: Json, schemas: Sequence[Json], where: str, valid: Valid) -> tuple[Json, list[Mend]]:
    """What a single alternative makes of the value; nothing where two differ, or where it fits as it is."""
    inner = [schema for schema in schemas if isinstance(schema, dict)]
    if any(fits(value, schema, valid) for schema in inner):
        return value, []
    found: list[tuple[Json, list[Mend]]] = []
    for schema in inner:
        new, mends = mend_value(value, schema, where, valid)
        if mends and fits(new, schema, valid) and all(not _same(new, other) for other, _ in found):
            found.append((new, mends))
    return found[0] if len(found) == 1 else (value, [])


def fits(value: Json, schema: Mapping[str, Any], valid: Valid) -> bool:
    """Whether a value fits, a whole float not being an integer."""
    return valid(schema, value) and not (
        isinstance(value, float) and "integer" in _types(schema) and "number" not in _types(schema)
    )


def _converted(value: Json, schema: Mapping[str, Any], where: str) -> tuple[Json, list[Mend]]:
    choices = schema.get("enum")
    if isinstance(choices, list) and isinstance(value, str | int) and value not in choices:
        match = only_match(str(value), [choice for choice in choices if isinstance(choice, str)])
        if match is not None:
            return match, [Mend("choice_spelling", where, value, match)]
    types = _types(schema)
    if isinstance(value, float) and "integer" in types and "number" not in types:
        if value.is_integer() and abs(value) < _EXACT:
            return int(value), [Mend("integer_from_float", where, value, int(value))]
    elif isinstance(value, str) and types and "string" not in types:
        read = list(_readings(value, types))
        if len(read) == 1:
            name, new = read[0]
            return new, [Mend(name, where, value, new)]
    return value, []


def _readings(text: str, types: Sequence[str]) -> Iterable[tuple[str, Json]]:
    """What a text can be, of the types that are due."""
    if "integer" in types and _INTEGER.fullmatch(text):
        yield "number_from_text", int(text)
    elif "number" in types and (number := _number(text)) is not None:
        yield "number_from_text", number
    if "boolean" in types and text in _LOGICAL:
        yield "boolean_from_text", _LOGICAL[text]
    kinds = tuple(kind for name, kind in (("array", list), ("object", dict)) if name in types)
    if kinds and text.lstrip().startswith(("[", "{")):
        try:
            value = msgspec.json.decode(text)
        except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
            return
        if isinstance(value, kinds):
            yield "value_from_text", value


def _number(text: str) -> int | float | None:
    """The number that a text writes; ``None`` where no JSON number of 64 bits says exactly that."""
    if _INTEGER.fullmatch(text):
        return int(text)
    if not _NUMBER.fullmatch(text):
        return None
    number = float(text)
    return number if math.isfinite(number) and Decimal(repr(number)) == Decimal(text) else None


def _types(schema: Mapping[str, Any]) -> tuple[str, ...]:
    kind = schema.get("type")
    if isinstance(kind, str):
        return (kind,)
    return tuple(one for one in kind if isinstance(one, str)) if isinstance(kind, list) else ()


def only_match(name: str, known: Iterable[str]) -> str | None:
    """The one known name that differs in case and spacing at most."""
    loose = _loosely(name)
    matches = [other for other in known if _loosely(other) == loose]
    return matches[0] if len(matches) == 1 else None


def _loosely(name: str) -> str:
    return _SPACING.sub("", name.casefold())


def _same(one: Json, other: Json) -> bool:
    return type(one) is type(other) and bool(one == other)
