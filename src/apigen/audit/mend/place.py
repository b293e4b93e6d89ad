"""Puts fixed calls back in place, in each format's own shape; the rest of a row is untouched."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec

from apigen.records import Json
from apigen.toolspecs.text import parse_text

JSON_TEXT = "json_from_literal"
"""The mend of a field that held a Python literal where the format has JSON."""

_TOOL_CALL = re.compile(r"(<tool_call>\s*)(\{.*?\})(\s*</tool_call>)", re.DOTALL)
_TOOLS = re.compile(r"(<tools>\s*)([\[{].*?)(\s*</tools>)", re.DOTALL)
_CALLS = frozenset(("function_call", "tool_call"))


def replaced(raw: Json, format_name: str, calls: Sequence[Json]) -> Json | None:
    """The row as parsed, with other calls in place of its own.

    Args:
        raw: the row as its reader parsed it; it is not changed.
        format_name: the format's name.
        calls: all calls of the row, in order, as ``{name, arguments}``.

    Returns:
        The new row; ``None`` where the format's calls cannot be put back, or their number differs.
    """
    place = _PLACES.get(format_name)
    if place is None or not isinstance(raw, dict):
        return None
    waiting = iter(calls)
    try:
        copy = place(_copied(raw), waiting)
    except (KeyError, TypeError, ValueError, StopIteration, RecursionError):
        return None
    return None if next(waiting, None) is not None else copy


def _copied(value: Json) -> Any:
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    return [_copied(item) for item in value] if isinstance(value, list) else value


def _field(name: str) -> Callable[[dict[str, Json], Iterator[Json]], Json]:
    def place(raw: dict[str, Json], calls: Iterator[Json]) -> Json:
        new = list(calls)
        raw[name] = _text(new) if isinstance(raw[name], str) else new
        return raw

    return place


def _messages(raw: dict[str, Any], calls: Iterator[Json]) -> Json:
    for message in raw["messages"]:
        if message.get("role") != "assistant":
            continue
        held = message.get("tool_calls")
        if held is None and isinstance(message.get("function_call"), dict):
            held = [{"function": message["function_call"]}]
        for one in held or ():
            _into(one.get("function", one), next(calls), keep_text=True)
    return raw


def _objects(raw: dict[str, Any], calls: Iterator[Json]) -> Json:
    for field in ("messages",) if raw.get("messages") is not None else ("completion",):
        for message in raw.get(field) or ():
            for one in message.get("tool_calls") or () if message.get("role") == "assistant" else ():
                _into(one.get("function", one), next(calls), keep_text=False)
    return raw


def _into(function: dict[str, Any], call: Any, *, keep_text: bool) -> None:
    """One call, its arguments in the form in which the format has them."""
    before = function.get("arguments")
    if function["name"] == call["name"] and before == call["arguments"]:
        return
    if keep_text and isinstance(before, str):
        if parse_text(before).value != call["arguments"] or _retyped(before, call["arguments"]):
            function["arguments"] = _text(call["arguments"])
    else:
        function["arguments"] = call["arguments"]
    function["name"] = call["name"]


def _retyped(before: str, after: Json) -> bool:
    """Whether values are equal and yet not the same JSON, as 1.0 and 1 are."""
    return _text(parse_text(before).value) != _text(after)


def _sharegpt(raw: dict[str, Any], calls: Iterator[Json]) -> Json:
    for turn in raw.get("conversations") or raw["messages"]:
        who, what = ("from", "value") if "from" in turn else ("role", "content")
        if turn.get(who) not in _CALLS:
            continue
        value = parse_text(turn[what]).value if isinstance(turn[what], str) else turn[what]
        held = [next(calls) for _ in value] if isinstance(value, list) else next(calls)
        if _text(held) != _text(value):
            turn[what] = _text(held) if isinstance(turn[what], str) else held
    return raw


def _hermes(raw: dict[str, Any], calls: Iterator[Json]) -> Json:
    def new(match: re.Match[str]) -> str:
        call = next(calls)
        same = parse_text(match[2]).value
        return match[0] if _text(same) == _text(call) else f"{match[1]}{_spaced(call)}{match[3]}"

    for turn in raw.get("conversations") or raw["messages"]:
        what = "value" if "value" in turn else "content"
        speaks = turn.get("from") or turn.get("role")
        if speaks in ("gpt", "assistant", "model") and isinstance(turn[what], str):
            turn[what] = _TOOL_CALL.sub(new, turn[what])
    return raw


def _text(value: Json) -> str:
    try:
        return msgspec.json.encode(value).decode()
    except (ValueError, TypeError, OverflowError):
        return json.dumps(value, ensure_ascii=False)


def _spaced(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False)


_PLACES: dict[str, Callable[[dict[str, Any], Iterator[Json]], Json]] = {
    "xlam": _field("answers"),
    "apigen": _field("calls"),
    "openai": _messages,
    "trl": _objects,
    "sharegpt": _sharegpt,
    "hermes": _hermes,
}
"""Where each format has its calls. ToolACE's texts and BFCL's lists of acceptable values are not written."""


def without_literals(raw: Json, format_name: str) -> Json:
    """The row with JSON where its format has JSON text and a Python literal stood there.

    That is so in xlam's tools and answers, and between Hermes' tags.
    """
    if not isinstance(raw, dict):
        return raw
    if format_name == "xlam":
        return {key: _as_json(value) if key in ("tools", "answers") else value for key, value in raw.items()}
    if format_name == "hermes":
        turns = "conversations" if raw.get("conversations") else "messages"
        return {**raw, turns: [_with_json_in_tags(turn) for turn in raw[turns]]}
    return raw


def _as_json(value: Json) -> Json:
    parsed = parse_text(value) if isinstance(value, str) else None
    return _text(parsed.value) if parsed is not None and parsed.literal else value


def _with_json_in_tags(turn: Json) -> Json:
    what = "value" if isinstance(turn, dict) and "value" in turn else "content"
    if not isinstance(turn, dict) or not isinstance(turn.get(what), str):
        return turn

    def new(match: re.Match[str]) -> str:
        parsed = parse_text(match[2])
        return f"{match[1]}{_spaced(parsed.value)}{match[3]}" if parsed.literal else match[0]

    return {**turn, what: _TOOLS.sub(new, _TOOL_CALL.sub(new, turn[what]))}
