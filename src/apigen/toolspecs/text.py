"""Parses text as JSON, or as the Python literal that some datasets contain instead."""

import ast
import json
import math
from typing import Any

import msgspec

from apigen.records import Json

AS_LITERAL = "a Python literal instead of JSON"
"""The note for a value that ``repr`` wrote."""

MAX_LITERAL = 1_000_000
"""Longest text in characters that is tried as a Python literal: its parser takes much memory per character."""

_NO_JSON = (msgspec.MsgspecError, ValueError, RecursionError)


class Parsed(msgspec.Struct, frozen=True):
    """What a text holds."""

    value: Json = None
    literal: bool = False
    """Whether it was a Python literal."""
    problem: str = ""
    """Why it is neither JSON nor a literal; what JSON's parser says, and at which byte."""


def parse_json(text: str | bytes | bytearray | memoryview) -> Parsed:
    """A JSON value, or what is wrong with the text. Never raises."""
    try:
        return Parsed(msgspec.json.decode(text))
    except UnicodeDecodeError as problem:
        return Parsed(problem=f"not UTF-8: {problem.reason} at byte {problem.start}")
    except RecursionError:
        return Parsed(problem="nested too deeply")
    except _NO_JSON as problem:
        return Parsed(problem=str(problem))


def parse_text(text: str) -> Parsed:
    """A JSON value or a Python literal, or what is wrong with the text as JSON. Never raises."""
    parsed = parse_json(text)
    if not parsed.problem:
        twin = _twin_key(text) if text.count('":') > 1 else None
        return parsed if twin is None else Parsed(problem=f"the key {twin!r} appears more than once in an object")
    if len(text) > MAX_LITERAL:
        return parsed
    try:
        value = ast.literal_eval(text.strip())
        return Parsed(as_json(value), literal=True)
    except (*_NO_JSON, SyntaxError, TypeError, MemoryError):
        return parsed


class _TwinKeys(Exception):  # noqa: N818 - told, not raised to anybody
    """A key stands twice."""


def _twin_key(text: str) -> str | None:
    """A key that stands twice in one object, of which parsers keep the last value and lose the others."""
    try:
        json.loads(text, object_pairs_hook=_without_twins)
    except _TwinKeys as found:
        return str(found)
    except (ValueError, RecursionError):
        return None
    return None


def _without_twins(pairs: list[tuple[str, Json]]) -> None:
    if len({key for key, _ in pairs}) < len(pairs):
        keys = [key for key, _ in pairs]
        raise _TwinKeys(next(key for key in keys if keys.count(key) > 1))


def as_json(value: Any) -> Json:
    """The literal's value, where JSON has one that says the same: a tuple is a list, but infinity is not null.

    Raises:
        TypeError: JSON has none, such as for bytes and sets.
        ValueError: a number that JSON cannot represent.
    """
    if isinstance(value, list | tuple):
        return [as_json(item) for item in value]
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            raise TypeError("a key that is not a string")
        return {key: as_json(item) for key, item in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("a number that JSON cannot represent")
    if value is None or isinstance(value, str | int | float):
        return value
    raise TypeError(f"{type(value).__name__} is not a JSON type")
