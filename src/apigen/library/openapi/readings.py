"""The value that each JSON Schema keyword requires, and how values of other types are interpreted."""

from collections.abc import Callable
from functools import lru_cache

import jsonschema_rs

from apigen.records import Json

Reading = Callable[[Json], Json]
"""Returns the value that is meant; ``None`` where it cannot be used."""


@lru_cache(maxsize=8192)
def compiles(pattern: str) -> bool:
    """Whether the engine that checks arguments knows a regular expression."""
    try:
        jsonschema_rs.validator_for({"pattern": pattern})
    except (ValueError, jsonschema_rs.ValidationError):
        return False
    return True


def parse_number(text: str) -> int | float | None:
    """The number that a text is, if any."""
    for kind in (int, float):
        try:
            value = kind(text)
        except (ValueError, OverflowError):
            continue
        return value if abs(value) < float("inf") else None
    return None


def _number(value: Json) -> int | float | None:
    if isinstance(value, str):
        return parse_number(value)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _above_zero(value: Json) -> int | float | None:
    number = _number(value)
    return number if number is not None and number > 0 else None


def _count(value: Json) -> int | None:
    number = _number(value)
    if isinstance(number, float) and number.is_integer():
        number = int(number)
    return number if isinstance(number, int) and number >= 0 else None


def _flag(value: Json) -> bool | None:
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().lower())
    return value if isinstance(value, bool) else None


def _bound(value: Json) -> bool | int | float | None:
    """An exclusive bound: a number, or in older drafts a flag."""
    number = _number(value)
    return _flag(value) if number is None else number


def _text(value: Json) -> str | None:
    return value if isinstance(value, str) else None


def _pattern(value: Json) -> str | None:
    return value if isinstance(value, str) and compiles(value) else None


def _names(value: Json) -> list[str] | None:
    return list(dict.fromkeys(one for one in value if isinstance(one, str))) if isinstance(value, list) else None


def _names_by_name(value: Json) -> dict[str, Json] | None:
    if not isinstance(value, dict):
        return None
    found = {name: _names(inner) for name, inner in value.items()}
    return None if None in found.values() else found


def _examples(value: Json) -> list[Json]:
    """A list of examples; Parameter and Media Type Objects have them by name, each with a value or an address."""
    if isinstance(value, dict):
        named = [one for one in value.values() if not (isinstance(one, dict) and "externalValue" in one)]
        return [one["value"] if isinstance(one, dict) and "value" in one else one for one in named]
    return value if isinstance(value, list) else [value]


def _nothing(value: Json) -> None:
    del value


READINGS: dict[str, Reading] = {
    **dict.fromkeys(("minimum", "maximum"), _number),
    **dict.fromkeys(("exclusiveMinimum", "exclusiveMaximum"), _bound),
    "multipleOf": _above_zero,
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"), _count),
    **dict.fromkeys(("minContains", "maxContains"), _count),
    **dict.fromkeys(("format", "contentEncoding", "contentMediaType"), _text),
    **dict.fromkeys(("deprecated", "readOnly", "writeOnly", "uniqueItems"), _flag),
    "required": _names,
    "dependentRequired": _names_by_name,
    "pattern": _pattern,
    "examples": _examples,
    **dict.fromkeys(("$dynamicRef", "$recursiveRef", "dependencies"), _nothing),
}
"""Keywords whose value is not free."""
