"""Chat messages with ``role``, ``content`` and ``tool_calls``, as OpenAI and TRL have them."""

from collections.abc import Mapping
from typing import Any

from apigen.dataset.read.base import Problem
from apigen.dataset.read.turns import Speaker, Turn, Unreadable, listed, speaker, text_of
from apigen.records import Json, Reason
from apigen.toolspecs.text import AS_LITERAL, parse_text

ARGUMENTS_AS_OBJECT = "arguments as an object where the format has JSON text"
EMPTY_ARGUMENTS = "empty arguments read as {}"

CALL_ROLES = frozenset(("function_call", "tool_call", "observation", "tool_response"))
"""Roles of LLaMA-Factory's messages, which OpenAI and TRL do not have."""


def turns(value: Json, field: str, *, arguments_as_text: bool) -> list[Turn]:
    """The turns of a list of messages.

    Args:
        value: the messages.
        field: where they stand in the row, for what is said about them.
        arguments_as_text: whether the format writes arguments as JSON text; else text is left for stage 1 to name.

    Raises:
        Unreadable: it is not a list of messages.
    """
    return [
        _turn(message, f"{field}[{index}]", arguments_as_text=arguments_as_text)
        for index, message in enumerate(listed(value, field))
    ]


def looks_like(value: Json) -> bool:
    """Whether it is a list of messages, and their calls stand neither in roles of their own nor in their text."""
    if not isinstance(value, list) or not value or not all(isinstance(one, dict) and "role" in one for one in value):
        return False
    return not any(
        (isinstance(one["role"], str) and one["role"] in CALL_ROLES) or has_tags(one.get("content")) for one in value
    )


def has_tags(text: Json) -> bool:
    """Whether a text names tools or calls in Hermes' tags."""
    return isinstance(text, str) and ("<tools>" in text or "<tool_call>" in text)


def argument_kinds(value: Json) -> frozenset[type]:
    """The kinds of the arguments of all calls: ``str``, ``dict``, or none."""
    kinds = set()
    for message in value if isinstance(value, list) else ():
        calls = message.get("tool_calls") if isinstance(message, dict) else None
        for call in calls if isinstance(calls, list) else ():
            function = call.get("function", call) if isinstance(call, dict) else None
            if isinstance(function, dict) and "arguments" in function:
                kinds.add(type(function["arguments"]))
    return frozenset(kinds)


def _turn(message: Mapping[str, Any], where: str, *, arguments_as_text: bool) -> Turn:
    if "role" not in message:
        raise Unreadable(Reason.MISSING_FIELD, f"{where} has no 'role'")
    text = text_of(message.get("content"))
    if message["role"] == "function":  # OpenAI's older name for what a tool returns
        return Turn(Speaker.TOOL, text)
    who = speaker(message["role"], f"{where}.role")
    found = message.get("tool_calls")
    if found is None and isinstance(message.get("function_call"), dict):
        found = [{"function": message["function_call"]}]
    if who is not Speaker.ASSISTANT or found is None or found == []:
        return Turn(who, text)
    if not isinstance(found, list):
        problem = Problem(Reason.WRONG_SHAPE, f"{where}.tool_calls is {type(found).__name__}, not a list")
        return Turn(who, text, problem=problem)
    calls: list[Json] = []
    notes: dict[str, None] = {}
    fault = None
    for index, call in enumerate(found):
        plain, wrong = _call(call, f"{where}.tool_calls[{index}]", notes, arguments_as_text=arguments_as_text)
        calls.append(plain)
        fault = fault or wrong
    return Turn(who, text, calls, fault, tuple(notes))


def _call(call: Json, where: str, notes: dict[str, None], *, arguments_as_text: bool) -> tuple[Json, Problem | None]:
    """The call as ``{name, arguments}``; what is not there stays away."""
    function = call.get("function", call) if isinstance(call, dict) else call
    if not isinstance(function, dict):
        return function, None
    plain = {key: function[key] for key in ("name", "arguments") if key in function}
    arguments = plain.get("arguments")
    if not arguments_as_text or "arguments" not in plain:
        return plain, None
    if not isinstance(arguments, str):
        notes[ARGUMENTS_AS_OBJECT] = None
        return plain, None
    if not arguments.strip():
        notes[EMPTY_ARGUMENTS] = None
        return plain | {"arguments": {}}, None
    parsed = parse_text(arguments)
    if parsed.problem:
        return plain, Problem(Reason.NOT_JSON, f"{where}.function.arguments: {parsed.problem}")
    if parsed.literal:
        notes[f"arguments: {AS_LITERAL}"] = None
    return plain | {"arguments": parsed.value}, None
