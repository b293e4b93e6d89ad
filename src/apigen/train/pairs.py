"""Preference pairs to learn from: of a run, or in files of TRL's form with prompt, chosen and rejected."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from apigen import rundir
from apigen.attempts import read_requests
from apigen.dataset.export.preferences import pairs
from apigen.dataset.preferences import Pair
from apigen.dataset.read import messages
from apigen.dataset.read.base import Item, row_id
from apigen.dataset.read.items import items
from apigen.dataset.read.tools import read_tools
from apigen.dataset.read.turns import Speaker, Unreadable
from apigen.errors import UserError
from apigen.records import Call, Json, Message, Reason
from apigen.train.examples import Examples, LeftOut, PairExample, Source, digest, labels, notice_of
from apigen.verify.format.shape import read_calls

_FIELDS = ("prompt", "chosen", "rejected")


def read_pairs(paths: Sequence[Path]) -> Examples:
    """The pairs of several runs and files, in their order.

    Raises:
        UserError: one cannot be read, or no pair is left.
    """
    kept: list[PairExample] = []
    left: list[LeftOut] = []
    sources: list[Source] = []
    for path, label in zip(paths, labels(paths), strict=True):
        own: list[PairExample] = []
        for found in _of_run(path, label) if rundir.is_run(path) else _of_file(path, label):
            if isinstance(found, PairExample):
                own.append(found)
            else:
                left.append(found)
        sources.append(Source(str(path), digest(own), len(own), notice_of(path)))
        kept += own
    if not kept:
        why = f"the first, {left[0].id}: {left[0].reason}" if left else "there are none"
        raise UserError(f"{', '.join(map(str, paths))}: no preference pair can be trained on ({why})")
    return Examples(tuple(kept), tuple(left), tuple(sources))


def _of_run(path: Path, label: str) -> Iterator[PairExample]:
    tools = {tool.name: tool for tool in rundir.read_library(path)}
    attempts = (attempt for _, request in read_requests(path / rundir.ATTEMPTS) for attempt in request)
    return (_of_pair(pair, label) for pair in pairs(rundir.read_samples(path), attempts, tools))


def _of_pair(pair: Pair, label: str) -> PairExample:
    return PairExample(label + pair.id, (Message("user", pair.query),), pair.tools, pair.chosen, pair.rejected)


def _of_file(path: Path, label: str) -> Iterator[PairExample | LeftOut]:
    if not path.is_file():
        raise UserError(f"{path}: no such file, and no run; `apigen export RUN --format preferences` writes pairs")
    for item in items(path):
        id_ = label + row_id(item)
        if item.problem is not None:
            yield LeftOut(id_, f"{item.problem.reason}: {item.problem.detail}")
            continue
        try:
            yield _read(item, id_)
        except Unreadable as problem:
            yield LeftOut(id_, problem.detail)


def _read(item: Item, id_: str) -> PairExample | LeftOut:
    row = item.value
    missing = [field for field in _FIELDS if not isinstance(row, dict) or not isinstance(row.get(field), list)]
    if missing:
        return LeftOut(id_, f"{missing[0]} is no list of messages; a pair has prompt, chosen and rejected")
    before = messages.turns(row["prompt"], "prompt", arguments_as_text=False)
    if any(turn.calls is not None or turn.speaker is Speaker.TOOL for turn in before):
        return LeftOut(id_, "earlier calls and their results belong to the conversation, which is not trained on")
    offered = read_tools(row.get("tools"))
    if offered.problem is not None:
        return LeftOut(id_, f"{offered.problem.reason}: {offered.problem.detail}")
    chosen, chosen_said = _answer(row["chosen"], "chosen")
    rejected, rejected_said = _answer(row["rejected"], "rejected")
    if chosen == rejected and (chosen or chosen_said == rejected_said):
        return LeftOut(id_, "both answers are the same")
    asked = tuple(Message(turn.speaker.value, turn.text) for turn in before)
    return PairExample(id_, asked, offered.tools, chosen, rejected, chosen_said, rejected_said)


def _answer(value: Json, field: str) -> tuple[tuple[Call, ...], str]:
    turns = messages.turns(value, field, arguments_as_text=False)
    if len(turns) != 1 or turns[0].speaker is not Speaker.ASSISTANT:
        raise Unreadable(Reason.WRONG_SHAPE, f"{field} is not one message of the assistant")
    formed, faults = read_calls(turns[0].calls or (), field)
    if faults:
        raise Unreadable(faults[0].reason, faults[0].detail)
    return tuple(call for _, call in formed), turns[0].text
