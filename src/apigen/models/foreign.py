"""What a server sends, before anything of ours trusts it: JSON of any make, and text that may hold anything.

Everything that a model server returns is read by :func:`parsed` or :func:`parsed_as` and shown through
:func:`~apigen.errors.one_line`, so that no answer, however odd, can end a run with a foreign exception or reach a
terminal with control sequences in it.
"""

import codecs
import json
from typing import Any, TypeVar

import msgspec

from apigen.errors import in_one_line
from apigen.records import Json

MOST_NESTED = 100
"""Levels of arrays and objects in an answer; deeper ones would exhaust the stack of whoever walks through them."""
_NOT_FINITE = (b"NaN", b"Infinity")
"""What Python's and JavaScript's JSON writers put for numbers that JSON cannot express, such as a log probability."""
_TOO_DEEP = f"nested more than {MOST_NESTED} levels deep"

_As = TypeVar("_As")


class Unreadable(Exception):  # noqa: N818 - a property of what came
    """What a server sent is not the JSON that it should be; the message says why."""


def parsed(content: bytes) -> Json:
    """JSON of a server; also with a byte order mark, ``NaN`` or ``Infinity``.

    Raises:
        Unreadable: it is not JSON, or nested too deeply.
    """
    try:
        value = _decoded(content.removeprefix(codecs.BOM_UTF8))
    except RecursionError:
        raise Unreadable(_TOO_DEEP) from None
    except ValueError as error:  # msgspec's errors and those of broken UTF-8 are
        raise Unreadable(in_one_line(error, 200)) from None
    if not _is_shallow(value):
        raise Unreadable(_TOO_DEEP)
    return value


def parsed_as(content: bytes, kind: type[_As]) -> _As:
    """The same as a value of a type, such as a struct; fields that it does not name are ignored.

    Raises:
        Unreadable: as :func:`parsed` does, or it is of another type.
    """
    try:
        return msgspec.convert(parsed(content), kind, strict=False)
    except msgspec.ValidationError as error:
        raise Unreadable(in_one_line(error, 200)) from None


def _decoded(content: bytes) -> Json:
    try:
        value: Any = msgspec.json.decode(content)
    except msgspec.MsgspecError:
        if not any(word in content for word in _NOT_FINITE):
            raise
        value = json.loads(content)
        msgspec.json.encode(value)  # unlike msgspec, json lets lone surrogates through, which cannot be stored
    return value


def _is_shallow(value: Json) -> bool:
    level = [value]
    for _ in range(MOST_NESTED):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return True
    return False


def _inside(value: Json) -> "list[Json]":
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def words_of(value: Json) -> str:
    """The text of a value that should be text, and is what a server put there."""
    if isinstance(value, str):
        return value
    try:
        return str(value)
    except ValueError:  # an integer of more digits than Python writes out
        return ""
