"""The three shapes in which ToolBench and its successors write APIs, read into one.

- a tool: ``{tool_name, tool_description, host, api_list: [{name, url, description, method, required_parameters,
  optional_parameters}]}``, usually in a folder named after its category;
- an API by itself: ``{category_name, tool_name, api_name, api_description, required_parameters, ...}``;
- anything that holds either: a list, or a row of instructions with an ``api_list``.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from apigen.records import Json

PARAMETER_LISTS = (("required_parameters", True), ("optional_parameters", False))
"""Where parameters stand, and whether a call must give them."""

_TELLING = ("url", "method", "parameters", *(key for key, _ in PARAMETER_LISTS))
"""Keys of which a described API has at least one."""


class Api(msgspec.Struct, frozen=True):
    """One API as it was written, under one set of names; texts that are missing or no texts are empty."""

    name: str
    description: str = ""
    tool: str = ""
    tool_description: str = ""
    category: str = ""
    host: str = ""
    method: str = ""
    url: str = ""
    code: str = ""
    """An example of a request in Python, where one is given."""
    parameters: tuple[tuple[Json, bool], ...] = ()
    """As listed, each with whether it stands among the required ones."""
    schema: Json = None
    """JSON Schema of all parameters, where that is given instead of lists."""


class Fault(msgspec.Struct, frozen=True):
    """What cannot be read as an API."""

    name: str
    reason: str


def apis(value: Json, category: str, place: str = "") -> Iterator[Api | Fault]:
    """Every API that a document holds.

    Args:
        value: the document.
        category: of all its APIs that do not name one.
        place: of the value in its file, for faults.
    """
    if isinstance(value, list):
        for index, one in enumerate(value):
            yield from apis(one, category, f"{place}[{index}]")
    elif not isinstance(value, dict):
        yield Fault(place or "the whole file", f"is {type(value).__name__}, not an object")
    elif "api_list" not in value:
        yield _api(value, {}, category, place)
    elif not isinstance(value["api_list"], list):
        name = _text(value, "tool_name", "name", "title") or place
        yield Fault(name, f"its api_list is {type(value['api_list']).__name__}, not a list")
    else:
        for index, one in enumerate(value["api_list"]):
            inner = f"{place}.api_list[{index}]".lstrip(".")
            if isinstance(one, dict):
                yield _api(one, value, category, inner)
            else:
                tool = _text(value, "tool_name", "name", "title")
                yield Fault(f"{tool} {inner}".strip(), f"is {type(one).__name__}, not an object")


def _api(told: Mapping[str, Any], tool: Mapping[str, Any], category: str, place: str) -> Api | Fault:
    """One API, with what its tool says about all of them."""
    name = _text(told, "api_name", "name")
    of_tool = _text(told, "tool_name") or _text(tool, "tool_name", "title", "name")
    if not any(key in told for key in _TELLING):
        return Fault(name or place or "the whole file", "is not a ToolBench API: it has neither parameters nor a URL")
    if not name:
        return Fault(f"{of_tool} {place}".strip(), "has no name")
    listed = []
    for key, required in PARAMETER_LISTS:
        inner = told.get(key)
        if isinstance(inner, list):
            listed += [(one, required) for one in inner]
        elif inner is not None:
            return Fault(name, f"its {key} is {type(inner).__name__}, not a list")
    schema = told.get("parameters")
    if isinstance(schema, list):
        listed += [(one, isinstance(one, dict) and one.get("required") is True) for one in schema]
        schema = None
    return Api(
        name,
        _text(told, "api_description", "description"),
        of_tool,
        _text(tool, "tool_description", "description"),
        _text(told, "category_name", "category") or _text(tool, "category_name", "category") or category,
        _text(told, "host") or _text(tool, "host"),
        _text(told, "method").upper(),
        _text(told, "url"),
        _text(told, "convert_code", "code"),
        tuple(listed),
        schema if not listed else None,
    )


def _text(value: Mapping[str, Any], *keys: str) -> str:
    """The first of several texts that says something."""
    for key in keys:
        found = value.get(key)
        if isinstance(found, str) and found.strip():
            return found.strip()
    return ""
