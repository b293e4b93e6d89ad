"""A file of answers made elsewhere: one JSON object a line, for one question each."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from apigen.errors import UserError
from apigen.evaluate.base import Answer
from apigen.evaluate.decoding import decode_calls, decode_text
from apigen.records import Json

_SHAPES = "one of calls: [{name, arguments}], text: the model's output, error: what went wrong"


class AnswerLine(msgspec.Struct, frozen=True):
    """One line of answers."""

    place: str
    """File and line."""
    id: str
    """The question's."""
    answer: Answer | None
    """``None`` for an error."""
    error: str = ""


def read_answers(path: Path) -> Iterator[AnswerLine]:
    """Each line, in order.

    A mistake of the file (invalid JSON, no id, a duplicate key) stops the reading; a mistake of the model (text without
    calls, invalid arguments) is an undecodable answer.

    Raises:
        UserError: the file or a line cannot be read; the message says which line and why.
    """
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield _read(line, f"{path} line {number}")
    except OSError as problem:
        raise UserError(f"{path}: cannot be read: {problem.strerror or problem}") from None


def _read(line: bytes, place: str) -> AnswerLine:
    try:
        value = json.loads(line, object_pairs_hook=_object)
    except _TwinKey as twin:
        raise UserError(f"{place}: duplicate key {twin}; remove one of them") from None
    except (ValueError, RecursionError) as problem:
        raise UserError(f"{place}: invalid JSON ({problem}); fix or remove the line") from None
    if not isinstance(value, dict) or not isinstance(value.get("id"), str | int) or isinstance(value["id"], bool):
        raise UserError(f"{place}: must be an object with the id of its question; add the id")
    given = [key for key in ("calls", "text", "error") if value.get(key) is not None]
    if len(given) != 1:
        raise UserError(f"{place}: has {' and '.join(given) or 'no answer'}; give {_SHAPES}")
    return _line(place, str(value["id"]), given[0], value[given[0]])


def _line(place: str, id_: str, key: str, value: Json) -> AnswerLine:
    if key == "calls" and isinstance(value, list):
        return AnswerLine(place, id_, decode_calls(value))
    if key == "text" and isinstance(value, str):
        return AnswerLine(place, id_, decode_text(value))
    if key == "error" and isinstance(value, str):
        return AnswerLine(place, id_, None, value or "unknown")
    raise UserError(f"{place}: {key} is {type(value).__name__}; give {_SHAPES}")


class _TwinKey(Exception):  # noqa: N818 - told, not raised to anybody
    """A duplicate key in one object."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise _TwinKey(repr(next(key for key in keys if keys.count(key) > 1)))
    return found
