"""Rows with ground-truth calls as a suite: a dataset that a model was not trained on.

The row's own calls are the one acceptable answer. Calls and types are compared as in BFCL, strings are not: BFCL drops
signs and punctuation, which would make ``-5`` equal to ``5``. An argument whose right value is the schema's default may
be given or omitted. Types come from the schemas, and from the right values where a schema does not settle them, so that
a row's own answer is always right.
"""

import hashlib
import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from apigen.dataset.own_rows import shape_of
from apigen.dataset.read.base import Row
from apigen.dataset.read.formats import AUTO, read
from apigen.dataset.split import require_one_part
from apigen.dialogue.native import underscored
from apigen.errors import UserError
from apigen.evaluate.base import UNDERSCORED, GroundTruth, Question
from apigen.evaluate.calls import AnyCallDue, CallsDue, DueCall
from apigen.evaluate.texts import held_out_plain
from apigen.evaluate.values import Argument
from apigen.records import Call, Json, Message, Tool

_KINDS: dict[str, type[Any]] = {
    "string": str,
    "integer": int,
    "number": float,
    "boolean": bool,
    "array": list,
    "object": dict,
}
_ALSO: dict[type[Any], type[Any]] = {float: int}

RULES = "rules 3"
"""Part of a version: evaluations scored by other rules are neither resumed nor compared. Rules 1 were BFCL's."""
_NO_DEFAULT = object()


class HeldOut:
    """A suite of rows in any format that can be read.

    Args:
        path: a file, or a folder such as a run's.
        underscores: whether tools are offered, and must be called, with ``_`` for each dot in their names, because a
            model's server allows no dots.

    Raises:
        UserError: it does not exist.
    """

    def __init__(self, path: Path, *, underscores: bool = False) -> None:
        if not path.exists():
            raise UserError(f"--suite held-out:{path}: no such file or folder")
        require_one_part(path)
        self._path = path
        self._underscores = underscores

    @property
    def name(self) -> str:
        """With the path."""
        return f"held-out:{self._path}"

    @property
    def version(self) -> str:
        """A digest of the questions and their calls, whatever the format they are written in, and the rules."""
        digest, dots = hashlib.sha256(), False
        for question in self._questions(underscores=False):
            asked = (question.id, question.messages, question.tools, question.own)
            digest.update(msgspec.json.encode(asked, order="deterministic"))
            dots = dots or any("." in tool.name for tool in question.tools)
        return f"sha256 {digest.hexdigest()[:16]}, {RULES}" + (UNDERSCORED if self._underscores and dots else "")

    def questions(self) -> Iterator[Question]:
        """Every row.

        Raises:
            UserError: some rows cannot be asked, which is known once all are read; the message counts them.
        """
        return self._questions(underscores=self._underscores)

    def _questions(self, *, underscores: bool) -> Iterator[Question]:
        unit = "line" if self._path.suffix == ".jsonl" else "row"
        ids: set[str] = set()
        count, wrong, twins = 0, [], []
        for row in read(self._path, AUTO):
            count += 1
            place = f"{unit} {row.number}"
            try:
                question = question_of(row, place, underscores=underscores)
            except UserError as problem:
                wrong.append(str(problem))
                continue
            if row.id in ids:
                twins.append(f"{place}: {row.id!r}")
            ids.add(row.id)
            if not wrong and not twins:
                yield question
        if wrong:
            fix = f"apigen check {shlex.quote(str(self._path))} --grounding off --fix GOOD.jsonl"
            raise UserError(
                f"{self._path}: {len(wrong):,} of {count:,} rows cannot be asked, the first in {wrong[0]}; "
                f"`{fix}` writes the rows that pass"
            )
        if twins:
            raise UserError(
                f"{self._path}: {len(twins):,} of {count:,} rows have the id of an earlier row, the first in "
                f"{twins[0]}; give each row its own id"
            )


def question_of(row: Row, place: str, *, underscores: bool = False) -> Question:
    """The question of a row, with its calls as the ground truth.

    Args:
        row: as read.
        place: file and row, for messages.
        underscores: whether names have ``_`` for each dot.

    Raises:
        UserError: the row cannot be read, its calls are invalid, or it calls a tool that is not among its tools.
    """
    if row.problem is not None:
        raise UserError(f"{place}: cannot be read ({row.problem.reason}: {row.problem.detail})")
    try:
        calls = msgspec.convert(row.calls, tuple[Call, ...])
    except msgspec.ValidationError as problem:
        raise UserError(f"{place}: invalid calls ({problem})") from None
    offered = row.tools
    if underscores:
        offered = tuple(replace(tool, name=underscored(tool.name)) for tool in offered)
        calls = tuple(replace(call, name=underscored(call.name)) for call in calls)
    tools = {tool.name: tool for tool in offered}
    unknown = [call.name for call in calls if call.name not in tools]
    if unknown:
        raise UserError(f"{place}: calls {unknown[0]!r}, which is not among its tools")
    # As in training; where speakers are unknown, earlier texts become system messages.
    said = row.dialogue or (*(Message("system", text) for text in row.context), Message("user", row.query))
    truth: GroundTruth = (
        CallsDue(tuple(_due(call, tools[call.name]) for call in calls)) if calls else AnyCallDue(wanted=False)
    )
    return Question(row.id, shape_of(calls, len(offered)), said, offered, truth, calls)


def _due(call: Call, tool: Tool) -> DueCall:
    schemas = {name: one for name, one in tool.properties.items() if isinstance(one, Mapping)}
    defaults = {name: one["default"] for name, one in schemas.items() if "default" in one}
    right = defaults | call.arguments
    due = [
        name
        for name, value in call.arguments.items()
        if name in tool.required or not _same(value, defaults.get(name, _NO_DEFAULT))
    ]
    return DueCall(call.name, {name: _argument(schemas.get(name, {}), value) for name, value in right.items()}, due)


def _same(value: Json, default: object) -> bool:
    """Whether two values are equal: numbers by value, of which booleans are none."""
    if isinstance(value, list) and isinstance(default, list):
        return len(value) == len(default) and all(map(_same, value, default))
    if isinstance(value, dict) and isinstance(default, dict):
        return value.keys() == default.keys() and all(_same(one, default[key]) for key, one in value.items())
    return isinstance(value, bool) == isinstance(default, bool) and bool(value == default)


def _argument(schema: Mapping[str, Any], right: Json) -> Argument:
    kind = _kind(schema, right)
    item = _item(schema.get("items"), right) if kind is list else None
    return Argument(
        kind, [_choices(right) if kind is dict or item is dict else right], item, _ALSO.get(kind), held_out_plain
    )


def _kind(schema: Mapping[str, Any], right: Json) -> type[Any]:
    """The schema's type, unless it names none or several, or the right value has another."""
    declared = schema.get("type")
    kind = _KINDS.get(declared) if isinstance(declared, str) else None
    if kind is None or (type(right) is not kind and type(right) is not _ALSO.get(kind)):
        return type(right)
    return kind


def _item(schema: Json, right: Sequence[Json]) -> type[Any] | None:
    """The type that all right items of a list have; ``None`` where they differ, or are integers among numbers."""
    declared = schema.get("type") if isinstance(schema, Mapping) else None
    kind = _KINDS.get(declared) if isinstance(declared, str) else None
    kinds = {type(each) for each in right}
    if not kinds:
        return kind
    alike = kinds.pop() if len(kinds) == 1 else None
    # Undeclared objects are compared whole, as values are.
    whole = alike is dict or (kind is float and alike is int)
    return None if whole and alike is not kind else alike


def _choices(value: Json) -> Json:
    """A value whose dicts name a list of acceptable values for each key, one level down."""
    if isinstance(value, list):
        return [_choices(one) for one in value]
    return {key: [one] for key, one in value.items()} if isinstance(value, dict) else value
