"""OpenAI's chat fine-tuning rows (https://platform.openai.com/docs/guides/supervised-fine-tuning).

JSON Lines of ``{messages, tools, parallel_tool_calls?}``: each message ``{role, content, tool_calls?}``, each call
``{id, type, function: {name, arguments}}`` with arguments as JSON text, each result a message of role ``tool``. The
older ``functions`` and ``function_call`` are read as well.
"""

from collections.abc import Sequence
from pathlib import Path

from apigen.dataset.read import messages
from apigen.dataset.read.base import Item, ReadItem, Row, unreadable
from apigen.dataset.read.tools import read_tools
from apigen.dataset.read.turns import Unreadable, rows_of
from apigen.records import Json, Reason

name = "openai"
keys = "messages (role, content, tool_calls), tools"


def fits(item: Json) -> bool:
    """Whether a row has messages, and no arguments that are objects."""
    if not isinstance(item, dict) or not messages.looks_like(item.get("messages")):
        return False
    return dict not in messages.argument_kinds(item["messages"]) and not isinstance(item.get("tools"), str)


def reader(path: Path) -> ReadItem:
    """What reads the rows of a file."""
    return _read


def _read(item: Item) -> Sequence[Row]:
    row = item.value
    if not isinstance(row, dict):
        return unreadable(item, Reason.WRONG_SHAPE, f"a row is an object, not {type(row).__name__}")
    if "messages" not in row:
        return unreadable(item, Reason.MISSING_FIELD, "no field 'messages'")
    try:
        turns = messages.turns(row["messages"], "messages", arguments_as_text=True)
    except Unreadable as problem:
        return unreadable(item, problem.reason, problem.detail)
    return rows_of(item, turns, read_tools(row.get("tools", row.get("functions"))))
