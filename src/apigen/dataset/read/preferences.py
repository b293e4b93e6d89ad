"""Preference pairs in files of TRL's form: prompt, chosen and rejected are messages, tools are OpenAI's.

A pair has two answers and is therefore no row; where one is looked at as a row, that is the chosen answer's.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import msgspec

from apigen.dataset.read import messages
from apigen.dataset.read.base import Item, Problem, Row, row_id
from apigen.dataset.read.items import items
from apigen.dataset.read.tools import read_tools
from apigen.dataset.read.turns import Speaker, Unreadable
from apigen.records import Call, Json, Message, Reason, Tool
from apigen.verify.format.shape import read_calls

_FIELDS = ("prompt", "chosen", "rejected")


class ReadPair(msgspec.Struct, frozen=True):
    """Two answers to one question, as a file has them."""

    messages: tuple[Message, ...]
    """The conversation up to the answer."""
    tools: tuple[Tool, ...]
    chosen: tuple[Call, ...]
    rejected: tuple[Call, ...]
    chosen_said: str
    """What the answer says in words."""
    rejected_said: str


def read_pair(item: Item) -> ReadPair:
    """One element of a file as a pair.

    Raises:
        Unreadable: it is none, or one that nothing can be learnt from.
    """
    if item.problem is not None:
        raise _named(item.problem)
    row = item.value
    missing = [field for field in _FIELDS if not isinstance(row, dict) or not isinstance(row.get(field), list)]
    if missing:
        detail = f"{missing[0]} is not a list of messages; a pair has prompt, chosen and rejected"
        raise Unreadable(Reason.MISSING_FIELD, detail)
    before = messages.turns(row["prompt"], "prompt", arguments_as_text=False)
    if any(turn.calls is not None or turn.speaker is Speaker.TOOL for turn in before):
        detail = "earlier calls and their results belong to the conversation, which is not trained on"
        raise Unreadable(Reason.WRONG_SHAPE, detail)
    offered = read_tools(row.get("tools"))
    if offered.problem is not None:
        raise _named(offered.problem)
    chosen, chosen_said = _answer(row["chosen"], "chosen")
    rejected, rejected_said = _answer(row["rejected"], "rejected")
    same_calls = [call.canonical for call in chosen] == [call.canonical for call in rejected]
    if same_calls and (chosen or chosen_said == rejected_said):
        raise Unreadable(Reason.WRONG_SHAPE, "both answers are the same")
    asked = tuple(Message(turn.speaker.value, turn.text) for turn in before)
    return ReadPair(asked, offered.tools, chosen, rejected, chosen_said, rejected_said)


def pair_rows(found: Iterable[Item]) -> Iterator[Row]:
    """Each pair as the row of its chosen answer; ``raw`` is the pair itself.

    What was said before the question and what both answers say in words is context: it is all that a pair names.
    """
    for item in found:
        id_ = row_id(item)
        try:
            pair = read_pair(item)
        except Unreadable as problem:
            yield Row(id_, item.number, problem=Problem(problem.reason, problem.detail), raw=item.value)
            continue
        *earlier, asked = pair.messages or (Message("user", ""),)
        said = (*(message.content for message in earlier), pair.chosen_said, pair.rejected_said)
        yield Row(
            id_,
            item.number,
            query=asked.content,
            tools=pair.tools,
            calls=msgspec.to_builtins(pair.chosen),
            context=tuple(filter(None, said)),
            raw=item.value,
        )


def holds_pairs(path: Path) -> bool:
    """Whether a file's first element has the fields of a pair.

    Raises:
        UserError: it cannot be read.
    """
    first = next(islice(items(path), 1), None) if path.is_file() else None
    return first is not None and isinstance(first.value, dict) and all(field in first.value for field in _FIELDS)


def _named(problem: Problem) -> Unreadable:
    return Unreadable(problem.reason, f"{problem.reason}: {problem.detail}")


def _answer(value: Json, field: str) -> tuple[tuple[Call, ...], str]:
    turns = messages.turns(value, field, arguments_as_text=False)
    if len(turns) != 1 or turns[0].speaker is not Speaker.ASSISTANT:
        raise Unreadable(Reason.WRONG_SHAPE, f"{field} is not one message of the assistant")
    formed, faults = read_calls(turns[0].calls or (), field)
    if faults:
        raise Unreadable(faults[0].reason, faults[0].detail)
    return tuple(call for _, call in formed), turns[0].text
