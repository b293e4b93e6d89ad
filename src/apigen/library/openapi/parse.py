"""A document's bytes as JSON: from JSON or YAML, with an error that names the line."""

import codecs
import json
import re

from apigen.errors import UserError
from apigen.library.openapi.yaml_values import read_yaml
from apigen.records import Json

_JSON = re.compile(r"\{\s*[\"}]|\[\s*[\[{\"\]]")
"""How JSON starts; YAML in braces starts with a bare word."""

_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def parse_document(data: bytes, place: str, notes: dict[str, None]) -> Json:
    """Read JSON, or else YAML.

    Args:
        data: the bytes.
        place: where they are from, for messages.
        notes: what had to be understood is added here.

    Raises:
        UserError: they are neither.
    """
    text = _text(data, place)
    start = text[:2000].lstrip()
    if not start:
        raise UserError(f"{place} is empty")
    if start[:1] == "<":
        kind = "a web page" if "<html" in start.lower() or "<!doctype html" in start.lower() else "XML"
        raise UserError(f"{place} is {kind}, not JSON or YAML; give the URL of the document itself")
    is_json = _JSON.match(start) is not None
    try:
        return _json(text, notes) if is_json else read_yaml(text, notes)
    except json.JSONDecodeError as error:
        problem = f"line {error.lineno}: {error.msg}"
    except RecursionError:
        problem = "nested too deeply"
    except ValueError as error:
        problem = str(error)
    raise UserError(f"{place} is not valid {'JSON' if is_json else 'YAML'}: {problem}")


def _text(data: bytes, place: str) -> str:
    encoding = "utf-16" if data.startswith(_WIDE) else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as problem:
        raise UserError(f"{place} is not text: byte {problem.start} is not valid {encoding[:6].upper()}") from None
    if "\0" in text[:4096]:
        raise UserError(f"{place} is binary data, not text")
    return text


def _json(text: str, notes: dict[str, None]) -> Json:
    def as_dict(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
        value = dict(pairs)
        if len(value) != len(pairs):
            seen: set[str] = set()
            for key, _ in pairs:
                if key in seen:
                    notes[f"the key {key!r} appears more than once; the last value is used"] = None
                seen.add(key)
        return value

    return json.loads(text, object_pairs_hook=as_dict, parse_constant=_no_number)


def _no_number(name: str) -> Json:
    raise ValueError(f"{name} is not a JSON number")
