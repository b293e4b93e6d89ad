"""The tools that a row offers, from any of the shapes in which datasets list them.

Rows repeat the same tools by the thousand, so each is parsed once and shared.
"""

from functools import lru_cache

import msgspec

from apigen.dataset.read.base import Problem
from apigen.records import Json, Reason, Tool
from apigen.toolspecs.text import AS_LITERAL, parse_text
from apigen.toolspecs.tools import ReadTool, read_tool


class Tools(msgspec.Struct, frozen=True):
    """What a row offers."""

    tools: tuple[Tool, ...] = ()
    problem: Problem | None = None
    """The first tool that cannot be read; the others are given all the same."""
    notes: tuple[str, ...] = ()


def read_tools(value: Json) -> Tools:
    """The tools of one row.

    Args:
        value: a list of tools, one tool, or the JSON text of either; nothing for a row that offers none.
    """
    if isinstance(value, str):
        return _from_text(value)
    if value is None:
        return Tools()
    if isinstance(value, dict):
        value = [value]
    if not isinstance(value, list):
        return Tools(problem=Problem(Reason.WRONG_SHAPE, f"tools is {type(value).__name__}, not a list"))
    return _joined([_from_value(one) for one in value])


@lru_cache(maxsize=1024)
def _from_text(text: str) -> Tools:
    if not text.strip():
        return Tools()
    try:
        raws = msgspec.json.decode(text, type=list[msgspec.Raw])
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return _from_other_text(text)
    try:
        return _joined([_from_json(bytes(raw)) for raw in raws])
    except (msgspec.DecodeError, RecursionError):
        return _from_other_text(text)


def _from_other_text(text: str) -> Tools:
    """One tool instead of a list, or a Python literal."""
    parsed = parse_text(text)
    if parsed.problem:
        return Tools(problem=Problem(Reason.NOT_JSON, f"tools: {parsed.problem}"))
    found = parsed.value
    tools = read_tools([found] if isinstance(found, dict) else found) if not isinstance(found, str) else None
    if tools is None:
        return Tools(problem=Problem(Reason.WRONG_SHAPE, "tools is text within text, not a list"))
    notes = (f"tools: {AS_LITERAL}",) if parsed.literal else ()
    return Tools(tools.tools, tools.problem, notes + tools.notes)


def _joined(parsed: list[ReadTool]) -> Tools:
    tools = tuple(one.tool for one in parsed if one.tool is not None)
    faults = [f"tools[{index}]: {one.fault}" for index, one in enumerate(parsed) if one.fault]
    problem = Problem(Reason.BAD_TOOL, faults[0]) if faults else None
    notes = tuple(dict.fromkeys(note for one in parsed for note in one.notes))
    return Tools(tools, problem, notes)


def _from_value(value: Json) -> ReadTool:
    try:
        return _from_json(msgspec.json.encode(value))
    except (TypeError, ValueError, msgspec.MsgspecError, RecursionError):  # a cell of a table that JSON does not have
        return read_tool(value)


@lru_cache(maxsize=8192)
def _from_json(text: bytes) -> ReadTool:
    return read_tool(msgspec.json.decode(text))
