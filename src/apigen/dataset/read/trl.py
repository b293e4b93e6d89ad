"""TRL's conversational rows with tools (https://huggingface.co/docs/trl/dataset_formats#tool-calling).

``messages``, or ``prompt`` and ``completion``, with a column ``tools`` that is a list or its JSON text; arguments are
objects. Of a prompt and its completion only the completion is the answer. Tables that pad missing fields with null, as
the datasets library writes them, are read as if the field were not there.
"""

from collections.abc import Sequence
from pathlib import Path

from apigen.dataset.read import messages
from apigen.dataset.read.base import Item, ReadItem, Row, unreadable
from apigen.dataset.read.tools import read_tools
from apigen.dataset.read.turns import Speaker, Turn, Unreadable, rows_of
from apigen.records import Json, Reason

name = "trl"
keys = "messages or prompt and completion, tools (arguments as objects)"


def fits(item: Json) -> bool:
    """Whether a row has messages or a prompt with its completion, and no arguments that are text."""
    if not isinstance(item, dict):
        return False
    if item.get("messages") is None:
        return messages.looks_like(item.get("prompt")) and messages.looks_like(item.get("completion"))
    said = item["messages"]
    return messages.looks_like(said) and str not in messages.argument_kinds(said)


def reader(path: Path) -> ReadItem:
    """What reads the rows of a file."""
    return _read


def _read(item: Item) -> Sequence[Row]:
    row = item.value
    if not isinstance(row, dict):
        return unreadable(item, Reason.WRONG_SHAPE, f"a row is an object, not {type(row).__name__}")
    offered = row.get("tools")
    try:
        if row.get("messages") is not None:
            return rows_of(item, _turns(row["messages"], "messages", Speaker.USER), read_tools(offered))
        missing = next((field for field in ("prompt", "completion") if row.get(field) is None), None)
        if missing:
            return unreadable(item, Reason.MISSING_FIELD, f"no field 'messages', and no {missing!r}")
        prompt = _turns(row["prompt"], "prompt", Speaker.USER)
        completion = _turns(row["completion"], "completion", Speaker.ASSISTANT)
    except Unreadable as problem:
        return unreadable(item, problem.reason, problem.detail)
    return rows_of(item, [*prompt, *completion], read_tools(offered), answers_from=len(prompt))


def _turns(value: Json, field: str, who: Speaker) -> list[Turn]:
    if isinstance(value, str):
        return [Turn(who, value)]
    return messages.turns(value, field, arguments_as_text=False)
