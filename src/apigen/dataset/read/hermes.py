"""Hermes text (https://github.com/NousResearch/Hermes-Function-Calling; also Qwen's template).

Conversations of ``{from, value}`` or ``{role, content}``. The system prompt lists the tools as JSON inside
``<tools></tools>``, an answer writes each call as JSON inside ``<tool_call></tool_call>``, and a result comes inside
``<tool_response></tool_response>``. The prompt names the tags in prose as well, empty: only tags around JSON count.
"""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from apigen.dataset.read.base import Item, Problem, ReadItem, Row, unreadable
from apigen.dataset.read.sharegpt import shape
from apigen.dataset.read.tools import Tools, read_tools
from apigen.dataset.read.turns import Speaker, Turn, Unreadable, listed, rows_of, speaker, text_of
from apigen.records import Json, Reason
from apigen.toolspecs.text import AS_LITERAL, parse_text

name = "hermes"
keys = "conversations or messages with <tools> and <tool_call> in the text"

_TOOLS = re.compile(r"<tools>\s*(?P<json>[\[{].*?)\s*</tools>", re.DOTALL)
_CALL = re.compile(r"<tool_call>\s*(?P<json>.*?)\s*(?P<end></tool_call>|\Z|(?=<tool_call>))", re.DOTALL)
_RESPONSE_TAGS = re.compile(r"</?tool_response>")
_DECODER = json.JSONDecoder()

UNCLOSED = "<tool_call> that is not closed"


def fits(item: Json) -> bool:
    """Whether a row is a conversation with Hermes' tags around something."""
    found = shape(item)
    if found is None:
        return False
    field, _, what = found
    texts = [turn.get(what) for turn in item[field] if isinstance(turn, dict)]
    texts.append(item.get("system"))
    return any(isinstance(text, str) and (_TOOLS.search(text) or "<tool_call>\n" in text) for text in texts)


def reader(path: Path) -> ReadItem:
    """What reads the rows of a file."""
    return _read


def _read(item: Item) -> Sequence[Row]:
    row = item.value
    if not isinstance(row, dict):
        return unreadable(item, Reason.WRONG_SHAPE, f"a row is an object, not {type(row).__name__}")
    found = shape(row)
    if found is None:
        return unreadable(item, Reason.MISSING_FIELD, "no field 'conversations' or 'messages' with turns")
    field, who, what = found
    system = row.get("system")
    told = [system] if isinstance(system, str) else []
    turns = [Turn(Speaker.SYSTEM, _TOOLS.sub("", text)) for text in told]
    try:
        for index, one in enumerate(listed(row[field], field)):
            turn = _turn(one, f"{field}[{index}]", who, what)
            if turn.speaker is Speaker.SYSTEM:
                told.append(turn.text)
                turn = Turn(Speaker.SYSTEM, _TOOLS.sub("", turn.text))
            turns.append(turn)
    except Unreadable as problem:
        return unreadable(item, problem.reason, problem.detail)
    return rows_of(item, turns, _tools(told, row.get("tools")))


def _turn(one: Mapping[str, Any], where: str, who: str, what: str) -> Turn:
    for key in (who, what):
        if key not in one:
            raise Unreadable(Reason.MISSING_FIELD, f"{where} has no {key!r}")
    speaks, text = speaker(one[who], f"{where}.{who}"), text_of(one[what])
    if speaks is Speaker.TOOL or text.lstrip().startswith("<tool_response>"):
        return Turn(Speaker.TOOL, _RESPONSE_TAGS.sub("", text).strip())
    if speaks is not Speaker.ASSISTANT or "<tool_call>" not in text:
        return Turn(speaks, text)
    return _answer(text, f"{where}.{what}")


def _answer(text: str, where: str) -> Turn:
    calls: list[Json] = []
    notes: dict[str, None] = {}
    fault = None
    for index, match in enumerate(_CALL.finditer(text)):
        found, wrong = _values(match["json"], notes, "calls")
        calls += found
        if wrong:
            fault = fault or Problem(Reason.NOT_JSON, f"{where}: <tool_call> {index + 1}: {wrong}")
        elif not match["end"]:
            notes[UNCLOSED] = None
    return Turn(Speaker.ASSISTANT, _CALL.sub("", text).strip(), calls, fault, tuple(notes))


def _tools(told: Sequence[str], column: Json) -> Tools:
    """The tools of the system prompt; those of a column of their own where the prompt has none."""
    match = next((match for text in told if (match := _TOOLS.search(text))), None)
    if match is None:
        return read_tools(column)
    tools = read_tools(match["json"]) if match["json"].startswith("[") else None
    if tools is None or tools.problem:
        notes: dict[str, None] = {}
        found, wrong = _values(match["json"], notes, "tools")
        if wrong:
            return tools or Tools(problem=Problem(Reason.NOT_JSON, f"<tools>: {wrong}"))
        tools = read_tools(found)
        tools = Tools(tools.tools, tools.problem, tuple(notes) + tools.notes)
    return tools


def _values(text: str, notes: dict[str, None], what: str) -> tuple[list[Json], str]:
    """The JSON values that stand one after another, lists taken apart, and what is wrong with the rest."""
    parsed = parse_text(text)
    if not parsed.problem:
        if parsed.literal:
            notes[f"{what}: {AS_LITERAL}"] = None
        return (parsed.value if isinstance(parsed.value, list) else [parsed.value]), ""
    values: list[Json] = []
    position = 0
    while position < len(text):
        try:
            value, position = _DECODER.raw_decode(text, position)
        except (ValueError, RecursionError):
            return values, parsed.problem
        values += value if isinstance(value, list) else [value]
        while position < len(text) and text[position] in " \t\r\n,":
            position += 1
    return values, ""
