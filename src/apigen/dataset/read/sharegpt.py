"""ShareGPT conversations with LLaMA-Factory's roles (its data/README.md; APIGen-MT, glaive_toolcall).

``{conversations: [{from, value}], tools, system?}``: ``human``, ``gpt``, ``function_call`` whose value is the JSON of
one call or of a list, and ``observation`` for the result; ``tools`` is JSON text. The same with ``messages``, ``role``
and ``content``, and with ``tool_call`` and ``tool_response``, is read as well.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from apigen.dataset.read.base import Item, Problem, ReadItem, Row, unreadable
from apigen.dataset.read.messages import CALL_ROLES, has_tags
from apigen.dataset.read.tools import read_tools
from apigen.dataset.read.turns import Speaker, Turn, Unreadable, listed, rows_of, speaker, text_of
from apigen.records import Json, Reason
from apigen.toolspecs.text import AS_LITERAL, parse_text

name = "sharegpt"
keys = "conversations (from, value), tools"

_FIELDS = (("conversations", "from", "value"), ("messages", "role", "content"), ("conversations", "role", "content"))
_CALLS = frozenset(("function_call", "tool_call", "function-call", "function"))


def shape(row: Json) -> tuple[str, str, str] | None:
    """The names of the list, of who speaks, and of what is said; ``None`` where it is not a conversation."""
    if isinstance(row, dict):
        for field, who, what in _FIELDS:
            turns = row.get(field)
            if isinstance(turns, list) and turns and isinstance(turns[0], dict) and who in turns[0]:
                return field, who, what
    return None


def fits(item: Json) -> bool:
    """Whether a row has turns, and its tools and calls in fields of their own."""
    found = shape(item)
    if found is None:
        return False
    field, who, what = found
    turns = [turn for turn in item[field] if isinstance(turn, dict)]
    if any(has_tags(turn.get(what)) for turn in turns):
        return False
    if any(turn.get(who) in CALL_ROLES for turn in turns if isinstance(turn.get(who), str)):
        return True
    return field == "conversations" and item.get("tools") is not None


def reader(path: Path) -> ReadItem:
    """What reads the rows of a file."""
    return _read


def _read(item: Item) -> Sequence[Row]:
    row = item.value
    if not isinstance(row, dict):
        return unreadable(item, Reason.WRONG_SHAPE, f"a row is an object, not {type(row).__name__}")
    found = shape(row)
    if found is None:
        return unreadable(item, Reason.MISSING_FIELD, "no field 'conversations' with turns of from and value")
    field, who, what = found
    try:
        turns = [_turn(one, f"{field}[{index}]", who, what) for index, one in enumerate(listed(row[field], field))]
    except Unreadable as problem:
        return unreadable(item, problem.reason, problem.detail)
    if isinstance(row.get("system"), str) and row["system"]:
        turns.insert(0, Turn(Speaker.SYSTEM, row["system"]))
    return rows_of(item, turns, read_tools(row.get("tools")))


def _turn(one: Mapping[str, Any], where: str, who: str, what: str) -> Turn:
    for key in (who, what):
        if key not in one:
            raise Unreadable(Reason.MISSING_FIELD, f"{where} has no {key!r}")
    if one[who] not in _CALLS:
        return Turn(speaker(one[who], f"{where}.{who}"), text_of(one[what]))
    return _calls(one[what], f"{where}.{what}")


def _calls(value: Json, where: str) -> Turn:
    notes: tuple[str, ...] = ()
    if isinstance(value, str):
        parsed = parse_text(value)
        if parsed.problem:
            return Turn(Speaker.ASSISTANT, problem=Problem(Reason.NOT_JSON, f"{where}: {parsed.problem}"))
        value = parsed.value
        notes = (f"calls: {AS_LITERAL}",) if parsed.literal else ()
    return Turn(Speaker.ASSISTANT, calls=value if isinstance(value, list) else [value], notes=notes)
