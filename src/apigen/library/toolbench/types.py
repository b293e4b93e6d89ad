"""RapidAPI's words for types as JSON Schema, and the example values beside them as values of these types."""

import datetime
import re

import msgspec

from apigen.records import Json
from apigen.toolspecs.typestrings import ORIGINAL, read_type, read_value

_TIME = r"^([01]?[0-9]|2[0-3]):[0-5][0-9]$"
_POINT = r"^\s*[-+]?[0-9]+(\.[0-9]+)?\s*,\s*[-+]?[0-9]+(\.[0-9]+)?\s*$"

_WORDS: dict[str, dict[str, Json]] = {
    "DATE": {"type": "string", "format": "date"},
    "DATEPICKER": {"type": "string", ORIGINAL: "DATEPICKER"},
    "TIME": {"type": "string", "pattern": _TIME},
    "GEOPOINT": {"type": "string", "pattern": _POINT, ORIGINAL: "GEOPOINT"},
    "ENUM": {"type": "string", ORIGINAL: "ENUM"},
    "SELECT": {"type": "string", ORIGINAL: "SELECT"},
    "CREDENTIALS": {"type": "string", ORIGINAL: "CREDENTIALS"},
    "CREDIT_CARD": {"type": "string", ORIGINAL: "CREDIT_CARD"},
    "BINARY": {"type": "string", "contentEncoding": "base64", ORIGINAL: "BINARY"},
    "FILE": {"type": "string", "contentEncoding": "base64", ORIGINAL: "FILE"},
    "JSON": {ORIGINAL: "JSON"},
    "MAP": {"type": "object"},
    "LIST": {"type": "array"},
}
"""Words that mean something else here than elsewhere, or are known nowhere else."""

_PAREN = re.compile(r"\s*\(.*\)\s*$")

_KINDS: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "number": (int, float),
    "integer": int,
    "boolean": bool,
    "array": list,
    "object": dict,
}


def type_schema(word: Json) -> dict[str, Json]:
    """The schema for a type as RapidAPI writes it, such as ``STRING``, ``DATE (YYYY-MM-DD)`` or ``ENUM``.

    Args:
        word: what stands for the type; anything that is no text, or empty, leaves the type open.
    """
    if not isinstance(word, str) or not word.strip():
        return {}
    known = _WORDS.get(_PAREN.sub("", word).strip().upper().replace(" ", "_"))
    return dict(read_type(word).schema if known is None else known)


def takes_file(schema: dict[str, Json]) -> bool:
    """Whether a parameter is a file rather than a value."""
    return "contentEncoding" in schema


def example_value(told: Json, schema: dict[str, Json]) -> tuple[Json, bool]:
    """An example written for a parameter, and whether it is one.

    Args:
        told: as written; numbers and truth values are often texts.
        schema: the parameter's.

    Returns:
        The value in its type, and true; or what was written, and false, where it does not fit.
    """
    kind = schema.get("type")
    value = told
    if kind == "string" and not isinstance(told, str):
        value = msgspec.json.encode(told).decode()
    elif isinstance(told, str) and kind == "boolean":
        value = {"true": True, "false": False}.get(told.strip().lower(), told)
    elif isinstance(told, str):
        value = read_value(told.strip() if kind in ("number", "integer") else told, schema)
    return (value, True) if _fits(value, schema) else (told, False)


def _fits(value: Json, schema: dict[str, Json]) -> bool:
    kind = schema.get("type")
    if not isinstance(kind, str) or kind not in _KINDS:
        return True
    if not isinstance(value, _KINDS[kind]) or (isinstance(value, bool) and kind != "boolean"):
        return False
    choices = schema.get("enum")
    if isinstance(choices, list) and value not in choices:
        return False
    return not isinstance(value, str) or _fits_as_text(value, schema)


def _fits_as_text(text: str, schema: dict[str, Json]) -> bool:
    pattern = schema.get("pattern")
    if pattern in (_TIME, _POINT) and not re.search(pattern, text):
        return False  # other patterns are the source's own, perhaps in another dialect
    return schema.get("format") != "date" or _is_date(text)


def _is_date(text: str) -> bool:
    try:
        datetime.date.fromisoformat(text)
    except ValueError:
        return False
    return len(text) == 10
