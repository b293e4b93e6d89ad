"""One tool from any of the shapes in which providers and datasets describe it.

A tool is ``{name, description, parameters}``, bare or as ``{"type": "function", "function": {...}}``; its parameters
may be called ``input_schema`` or ``inputSchema``, be a text, or stand beside the name.
"""

from typing import Any

import msgspec

from apigen.records import Json, Tool
from apigen.toolspecs.schemas import Notes, parameters_schema
from apigen.toolspecs.text import parse_text

_PARAMETERS = ("parameters", "input_schema", "inputSchema", "parametersJsonSchema", "parameters_json_schema")
_SCHEMA_KEYS = ("properties", "required")


class ReadTool(msgspec.Struct, frozen=True):
    """What was read."""

    tool: Tool | None
    """As it is named there; ``None`` where it cannot be read."""
    fault: str = ""
    """Why not, in words that follow the tool's place."""
    notes: tuple[str, ...] = ()
    """What had to be understood rather than read."""


def read_tool(value: Json) -> ReadTool:
    """Read one tool. Never raises.

    Args:
        value: an object, or the text of one.
    """
    notes: Notes = {}
    if isinstance(value, str):
        parsed = parse_text(value)
        if not isinstance(parsed.value, dict):
            return ReadTool(None, "is text, not an object")
        value = parsed.value
        notes["a tool given as a string of JSON"] = None
    if not isinstance(value, dict):
        return ReadTool(None, f"is {type(value).__name__}, not an object")
    told = value["function"] if isinstance(value.get("function"), dict) else value
    name = told.get("name")
    if not isinstance(name, str) or not name.strip():
        return ReadTool(None, "has no name" if name is None else f"its name is {name!r}, not text")
    try:
        parameters = parameters_schema(_parameters(told, notes), notes)
    except (ValueError, RecursionError) as problem:
        fault = "its parameters are nested too deeply" if isinstance(problem, RecursionError) else str(problem)
        return ReadTool(None, f"{name}: {fault}")
    description = told.get("description")
    return ReadTool(Tool(name, description if isinstance(description, str) else "", parameters), "", tuple(notes))


def _parameters(told: dict[str, Any], notes: Notes) -> Json:
    found = next((told[key] for key in _PARAMETERS if told.get(key) is not None), None)
    if isinstance(found, str):
        parsed = parse_text(found) if found.strip() else None
        if parsed and parsed.problem:
            raise ValueError(f"parameters: {parsed.problem}")
        found = parsed.value if parsed else None
        notes["parameters given as a string of JSON"] = None
    if found is None and isinstance(told.get("properties"), dict):
        found = {"type": "object", **{key: told[key] for key in _SCHEMA_KEYS if key in told}}
        notes["parameters given next to the name"] = None
        return found
    listed = told.get("required")
    if isinstance(found, dict) and "properties" in found and found.get("required") is None and isinstance(listed, list):
        found = {**found, "required": listed}
        notes["'required' given next to the parameters"] = None
    return found
