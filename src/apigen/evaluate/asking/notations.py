"""Calls in a model's text, in the notations of chat templates.

Each notation is a function from a text to its calls as JSON, ``None`` where the text is not in that notation. A broken
call is returned as it is, so that the answer counts as undecodable rather than as no call. A new notation is a function
and a line in ``NOTATIONS``.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from apigen.evaluate.decoding import decode_text
from apigen.models.openai.thinking import told_apart
from apigen.records import Json

Tools = Sequence[Mapping[str, Any]]
"""Those that were offered, as a request has them: some notations leave it to their schemas what is text."""
Notation = Callable[[str, Tools], list[Json] | None]

_FENCE = re.compile(r"^[ \t]*```[\w-]*[ \t]*\n?(.*?)(?:^[ \t]*```|```[ \t]*$)", re.DOTALL | re.MULTILINE)
"""Begins a line, and closes where one begins or ends; inside a string of JSON line breaks are escaped."""
_TAG = re.compile(r"<tool_call>(.*?)(?:</tool_call>|\Z)", re.DOTALL)
_FUNCTION = re.compile(r"<function=([^>\s]+)>(.*?)(?:</function>|\Z)", re.DOTALL)
_PARAMETER = re.compile(r"<parameter=([^>\s]+)>\n?(.*?)\n?</parameter>", re.DOTALL)
_NAMED = re.compile(r"\s*([\w.-]+)\s*(?:\[ARGS\])?\s*(?=\{)")


def bare(text: str) -> str:
    """An answer without reasoning block and code fence.

    If there is exactly one fence, its content is the answer, whatever text surrounds it.
    """
    answer = told_apart({"content": text})[0].strip()
    fenced = _FENCE.findall(answer)
    return fenced[0].strip() if len(fenced) == 1 else answer


def hermes(text: str, tools: Tools) -> list[Json] | None:
    """``<tool_call>{"name": ..., "arguments": {...}}</tool_call>``, as Hermes, Qwen 2.5 and 3 and others write it."""
    del tools
    inside = _TAG.findall(text)
    if not inside or any(_FUNCTION.search(one) for one in inside):
        return None
    return [call for one in inside for call in _json_calls(one)]


def qwen_xml(text: str, tools: Tools) -> list[Json] | None:
    """``<function=NAME><parameter=KEY>VALUE</parameter></function>``, as Qwen3-Coder and Qwen 3.5 write it.

    A value is text where the tool's schema asks for text, and JSON elsewhere, if it is JSON.
    """
    calls: list[Json] = []
    for name, inside in _FUNCTION.findall(text):
        schemas = _properties(tools, name)
        arguments = {key: _typed(value, schemas.get(key)) for key, value in _PARAMETER.findall(inside)}
        calls.append({"name": name, "arguments": arguments})
    return calls or None


def mistral(text: str, tools: Tools) -> list[Json] | None:
    """``[TOOL_CALLS]`` before a list of calls, or before each name, with its arguments behind it."""
    del tools
    _, mark, rest = text.partition("[TOOL_CALLS]")
    if not mark:
        return None
    if rest.lstrip().startswith("["):
        return _json_calls(rest)
    return [_named(part) for part in rest.split("[TOOL_CALLS]")]


def llama(text: str, tools: Tools) -> list[Json] | None:
    """``{"name": ..., "parameters": {...}}``, several with semicolons between them, as Llama 3 writes it."""
    del tools
    told = text.removeprefix("<|python_tag|>").strip()
    if not told.startswith("{"):
        return None
    decoder, calls, at = json.JSONDecoder(), [], 0
    while at < len(told):
        try:
            value, at = decoder.raw_decode(told, at)
        except (ValueError, RecursionError):
            return None
        if not isinstance(value, dict) or not isinstance(value.get("parameters"), dict) or "name" not in value:
            return None
        calls.append({"name": value["name"], "arguments": value["parameters"]})
        at += len(told[at:]) - len(told[at:].lstrip("; \n\t"))
    return calls


def plain_json(text: str, tools: Tools) -> list[Json] | None:
    """A JSON list of calls, one call, or an object with ``tool_calls``."""
    del tools
    value = _parsed(text)
    if isinstance(value, dict) and "tool_calls" in value:
        value = value["tool_calls"]
        return list(value) if isinstance(value, list) else [] if value is None else [value]
    if isinstance(value, dict) and ("name" in value or "function" in value):
        return [value]
    if isinstance(value, list) and all(isinstance(one, dict) for one in value):
        return list(value)
    return None


NOTATIONS: dict[str, Notation] = {
    "hermes": hermes,
    "qwen_xml": qwen_xml,
    "mistral": mistral,
    "llama": llama,
    "json": plain_json,
}
"""Those that leave no doubt, tried in this order. Python's text is tried after them, by the rules of decode_text."""


def calls_in(text: str, tools: Tools = ()) -> list[Json] | str:
    """The calls in a text: as JSON, or as the text that :func:`~apigen.evaluate.decoding.decode_text` reads.

    Prose counts as no call. Broken JSON and broken lists are returned as they are, to be scored as undecodable.
    """
    answer = bare(text)
    for notation in NOTATIONS.values():
        found = notation(answer, tools)
        if found is not None:
            return found
    python = decode_text(answer)
    if python.calls or answer.startswith(("[", "{")):
        return answer
    return []


def _json_calls(text: str) -> list[Json]:
    value = _parsed(text)
    if value is None:
        return [text.strip()]
    return list(value) if isinstance(value, list) else [value]


def _properties(tools: Tools, name: str) -> Mapping[str, Any]:
    for tool in tools:
        if tool["function"]["name"] == name:
            properties = tool["function"]["parameters"].get("properties")
            return properties if isinstance(properties, Mapping) else {}
    return {}


def _typed(value: str, schema: Json) -> Json:
    if isinstance(schema, Mapping) and schema.get("type") == "string":
        return value
    parsed = _parsed(value)
    return value if parsed is None and value.strip() != "null" else parsed


def _named(text: str) -> Json:
    name = _NAMED.match(text)
    arguments = _parsed(text[name.end() :]) if name else None
    return {"name": name[1], "arguments": arguments} if name and arguments is not None else text.strip()


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
