"""The tools that a row offers, from any of the shapes in which datasets list them.

A tool is ``{name, description, parameters}``, bare or as ``{"type": "function", "function": {...}}``, or
``{"name", "input_schema"}``. Rows repeat the same tools by the thousand, so each is parsed once and shared.
"""

from functools import lru_cache
from typing import Any

import msgspec

from apigen.dataset.read.base import Problem
from apigen.records import Json, Reason, Tool
from apigen.toolspecs.schemas import Notes, parameters_schema
from apigen.toolspecs.text import AS_LITERAL, parse_text

_PARAMETERS = ("parameters", "input_schema", "inputSchema")
_SCHEMA_KEYS = ("properties", "required")


class Tools(msgspec.Struct, frozen=True):
    """What a row offers."""

    tools: tuple[Tool, ...] = ()
    problem: Problem | None = None
    """The first tool that cannot be read; the others are given all the same."""
    notes: tuple[str, ...] = ()


class _Parsed(msgspec.Struct, frozen=True):
    tool: Tool | None
    fault: str = ""
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


def _joined(parsed: list[_Parsed]) -> Tools:
    tools = tuple(one.tool for one in parsed if one.tool is not None)
    faults = [f"tools[{index}]: {one.fault}" for index, one in enumerate(parsed) if one.fault]
    problem = Problem(Reason.BAD_TOOL, faults[0]) if faults else None
    notes = tuple(dict.fromkeys(note for one in parsed for note in one.notes))
    return Tools(tools, problem, notes)


def _from_value(value: Json) -> _Parsed:
    try:
        return _from_json(msgspec.json.encode(value))
    except (TypeError, ValueError, msgspec.MsgspecError, RecursionError):  # a cell of a table that JSON does not have
        return _read(value)


@lru_cache(maxsize=8192)
def _from_json(text: bytes) -> _Parsed:
    return _read(msgspec.json.decode(text))


def _read(value: Json) -> _Parsed:
    notes: Notes = {}
    if isinstance(value, str):
        parsed = parse_text(value)
        if not isinstance(parsed.value, dict):
            return _Parsed(None, "is text, not an object")
        value = parsed.value
        notes["a tool as text"] = None
    if not isinstance(value, dict):
        return _Parsed(None, f"is {type(value).__name__}, not an object")
    told = value["function"] if isinstance(value.get("function"), dict) else value
    name = told.get("name")
    if not isinstance(name, str) or not name.strip():
        return _Parsed(None, "has no name" if name is None else f"its name is {name!r}, not text")
    try:
        parameters = parameters_schema(_parameters(told, notes), notes)
    except (ValueError, RecursionError) as problem:
        fault = "its parameters are nested too deep" if isinstance(problem, RecursionError) else str(problem)
        return _Parsed(None, f"{name}: {fault}")
    description = told.get("description")
    return _Parsed(Tool(name, description if isinstance(description, str) else "", parameters), "", tuple(notes))


def _parameters(told: dict[str, Any], notes: Notes) -> Json:
    found = next((told[key] for key in _PARAMETERS if told.get(key) is not None), None)
    if isinstance(found, str):
        parsed = parse_text(found) if found.strip() else None
        if parsed and parsed.problem:
            raise ValueError(f"parameters: {parsed.problem}")
        found = parsed.value if parsed else None
        notes["parameters as text"] = None
    if found is None and isinstance(told.get("properties"), dict):
        found = {"type": "object", **{key: told[key] for key in _SCHEMA_KEYS if key in told}}
        notes["parameters beside the name"] = None
        return found
    listed = told.get("required")
    if isinstance(found, dict) and "properties" in found and found.get("required") is None and isinstance(listed, list):
        found = {**found, "required": listed}
        notes["'required' beside the parameters"] = None
    return found
