"""Converts schema validation errors of a call's arguments to faults that people can act on."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import jsonschema_rs

from apigen.records import Json, Reason
from apigen.verify.format.alternatives import CHECKED, TOLD
from apigen.verify.format.faults import Fault, did_you_mean, kind, listed, shown
from apigen.verify.format.schemas import Compiled

_Error = jsonschema_rs.ValidationError

_LIMITS = {
    "minimum": "is below the minimum of {limit}",
    "maximum": "is above the maximum of {limit}",
    "exclusiveMinimum": "is not above {limit}",
    "exclusiveMaximum": "is not below {limit}",
    "multipleOf": "is not a multiple of {limit}",
    "minItems": "has too few items: at least {limit} required",
    "maxItems": "has too many items: at most {limit} allowed",
    "minLength": "is too short: at least {limit} characters required",
    "maxLength": "is too long: at most {limit} characters allowed",
    "minProperties": "has too few properties: at least {limit} required",
    "maxProperties": "has too many properties: at most {limit} allowed",
}
_TYPES = {
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "a boolean",
    "array": "a list",
    "object": "an object",
    "null": "null",
}


_HALVES = 2.0**52
"""From here on there is no float between two whole numbers (IEEE 754)."""


def argument_faults(compiled: Compiled, arguments: Mapping[str, Json], where: str) -> list[Fault]:
    """Everything that is wrong with one call's arguments.

    Args:
        compiled: the tool's schema, without a problem.
        arguments: the call's arguments.
        where: the call, such as ``calls[0]``.
    """
    try:
        return _argument_faults(compiled, arguments, where)
    except UnicodeEncodeError as error:  # half of a surrogate pair, which no file can hold
        return [Fault(Reason.SCHEMA_VIOLATION, f"{where}: a string that is not valid Unicode: {error.reason}")]


def _argument_faults(compiled: Compiled, arguments: Mapping[str, Json], where: str) -> list[Fault]:
    validator = compiled.validator
    alternatives = compiled.breadth.of(arguments)
    if alternatives > CHECKED:
        return [Fault(Reason.SCHEMA_VIOLATION, f"{where}: nested too deeply for a schema with this many alternatives")]
    fits = validator.is_valid(arguments)
    if fits and not compiled.integers:
        return []
    # JSON Schema takes 1.0 for an integer; callers do not. Moved off the whole number, it shows.
    moved = _moved(arguments) if compiled.integers else None
    if fits and moved is None:
        return []
    if alternatives > TOLD:
        same = fits and validator.is_valid(moved)
        detail = f"{where} matches none of {alternatives:,} alternatives, too many to list the reasons"
        return [] if same else [Fault(Reason.SCHEMA_VIOLATION, detail)]
    faults = [] if fits else _faults(validator.iter_errors(arguments), compiled.schema, where)
    if moved is not None:
        named = {fault.argument for fault in faults}
        faults += [fault for fault in _whole_floats(validator, moved, arguments, where) if fault.argument not in named]
    return faults


def _faults(errors: Iterator[_Error], schema: Json, where: str) -> list[Fault]:
    faults = [fault for error in errors for fault in _told(error, schema, where)]
    mistyped = {fault.argument for fault in faults if fault.reason is Reason.WRONG_TYPE}
    # What has the wrong type is not among the values allowed either; that is no second fault.
    return [fault for fault in faults if fault.reason is Reason.WRONG_TYPE or fault.argument not in mistyped]


def _told(error: _Error, schema: Json, where: str) -> list[Fault]:
    """One error as faults: as many as it names arguments."""
    name = error.kind.name
    path = where + _path(error.instance_path)
    if name in ("additionalProperties", "unevaluatedProperties"):
        unexpected: list[str] = error.kind.unexpected  # type: ignore[attr-defined]
        return [_unknown(argument, path, _properties(schema, error)) for argument in unexpected]
    if name == "required":
        missing: str = error.kind.property  # type: ignore[attr-defined]
        return [Fault(Reason.MISSING_ARGUMENT, f"{path}.{missing} is required but missing", f"{path}.{missing}")]
    if name in ("anyOf", "oneOf"):
        return _alternatives(error, schema, where, path)
    reason, said = _single(error, name)
    return [Fault(reason, f"{path} {said}", path)]


def _single(error: _Error, name: str) -> tuple[Reason, str]:
    """The reason of an error about one value, and what is said after its path."""
    value = shown(error.instance)
    what = "null" if error.instance is None else f"{kind(error.instance)}, {value},"
    told: Any = error.kind
    if name == "type":
        due = " or ".join(sorted(_TYPES.get(wanted, wanted) for wanted in told.types))
        return Reason.WRONG_TYPE, f"is {what} but {due} is expected"
    if name == "format":
        return Reason.WRONG_TYPE, f"is {value}, which is not a valid {told.format}"
    if name in ("enum", "const"):
        options = told.options if name == "enum" else [told.expected_value]
        names = [option for option in options if isinstance(option, str)]
        near = did_you_mean(error.instance, names) if isinstance(error.instance, str) else ""
        return Reason.NOT_IN_ENUM, f"is {value}; allowed: {listed(options)}{near}"
    if name in _LIMITS:
        limit = told.multiple_of if name == "multipleOf" else told.limit
        return Reason.OUT_OF_BOUNDS, f"is {value}, which {_LIMITS[name].format(limit=limit)}"
    if name == "pattern":
        pattern = shown(getattr(told, "pattern", ""), 80)
        return Reason.WRONG_PATTERN, f"is {value}, which does not match {pattern}"
    return Reason.SCHEMA_VIOLATION, f"is {value}, which violates the schema keyword {name!r}: {error.message[:120]}"


def _unknown(name: str, path: str, known: Sequence[str]) -> Fault:
    has = f"; it has {listed(known)}" if known else "; it takes none"
    detail = f"{path} has no argument {name!r}{did_you_mean(name, known) or has}"
    return Fault(Reason.UNKNOWN_ARGUMENT, detail, f"{path}.{name}")


def _alternatives(error: _Error, schema: Json, where: str, path: str) -> list[Fault]:
    """The faults of the alternative that came nearest: of the right type, if any is."""
    branches: list[list[_Error]] = getattr(error.kind, "context", None) or []
    if isinstance(error.kind, jsonschema_rs.ValidationErrorKind.OneOfMultipleValid):
        return [
            Fault(Reason.SCHEMA_VIOLATION, f"{path} matches several alternatives, but must match exactly one", path)
        ]
    near = [branch for branch in branches if branch and not any(_of_wrong_type(one, error) for one in branch)]
    if near:
        near.sort(key=len)
        return _faults(iter(near[0]), schema, where)
    types = dict.fromkeys(wanted for branch in branches for one in branch for wanted in _types(one, error))
    due = " or ".join(_TYPES.get(wanted, wanted) for wanted in types) or "another type"
    what = "null" if error.instance is None else f"{kind(error.instance)}, {shown(error.instance)},"
    detail = f"{path} is {what} but {due} is expected"
    return [Fault(Reason.WRONG_TYPE, detail, path)]


def _of_wrong_type(one: _Error, outer: _Error) -> bool:
    """Whether an alternative fails because the value as a whole has the wrong type."""
    if one.instance_path != outer.instance_path:
        return False
    branches: list[list[_Error]] = getattr(one.kind, "context", None) or []
    if branches:
        return all(any(_of_wrong_type(inner, outer) for inner in branch) for branch in branches)
    return one.kind.name == "type"


def _types(one: _Error, outer: _Error) -> list[str]:
    if one.instance_path != outer.instance_path:
        return []
    branches: list[list[_Error]] = getattr(one.kind, "context", None) or []
    if branches:
        return [wanted for branch in branches for inner in branch for wanted in _types(inner, outer)]
    return list(one.kind.types) if one.kind.name == "type" else []  # type: ignore[attr-defined]


def _properties(schema: Json, error: _Error) -> list[str]:
    """The names that the object in question may have, from the place in the schema that the error leads to."""
    for part in error.schema_path[:-1]:
        try:
            schema = schema[part]
        except (KeyError, IndexError, TypeError):
            return []
    properties = schema.get("properties") if isinstance(schema, dict) else None
    return list(properties) if isinstance(properties, dict) else []


def _path(parts: Sequence[str | int]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)


def _whole_floats(
    validator: jsonschema_rs.Validator, moved: Json, arguments: Mapping[str, Json], where: str
) -> Iterator[Fault]:
    for error in validator.iter_errors(moved):
        if "integer" not in _all_types(error):
            continue
        path = where + _path(error.instance_path)
        detail = f"{path} is {shown(_at(arguments, error.instance_path))}, a float, but an integer is expected"
        yield Fault(Reason.WRONG_TYPE, detail, path)


def _all_types(error: _Error) -> set[str]:
    """The types that the value itself, in any alternative, was to have."""
    return set(_types(error, error))


def _at(value: Any, path: Sequence[str | int]) -> Json:
    for part in path:
        value = value[part]
    return value


def _moved(arguments: Mapping[str, Json]) -> dict[str, Json] | None:
    """The arguments with each whole-numbered float moved by a half; ``None`` where there is none."""
    found = False

    def move(value: Any) -> Any:
        nonlocal found
        if isinstance(value, float) and value.is_integer():
            found = True
            return value + 0.5 if abs(value) < _HALVES else 0.5
        if isinstance(value, dict):
            return {key: move(item) for key, item in value.items()}
        if isinstance(value, list):
            return [move(item) for item in value]
        return value

    moved = move(arguments)
    return moved if found else None
