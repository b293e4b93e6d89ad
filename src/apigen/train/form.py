"""The two forms in which an example is put to a chat model; see :mod:`apigen.dialogue`."""

from typing import Any, Literal

import msgspec
from msgspec.structs import replace

from apigen.dialogue.native import Chat, native_answer, native_messages, native_tools, underscored
from apigen.dialogue.prompted import prompted_answer, prompted_messages
from apigen.records import Call, Message, Tool
from apigen.train.examples import Example

Form = Literal["native", "prompted"]
FORMS: dict[str, Form] = {"native": "native", "prompted": "prompted"}


class Dialogue(msgspec.Struct, frozen=True):
    """What a chat template is given."""

    id: str
    prompt: Chat
    answer: dict[str, Any]
    tools: list[dict[str, Any]] | None
    """``None`` where they stand in the prompt's text."""
    calls: tuple[Call, ...] = ()
    """What the answer makes, under the names in it, to see that the template wrote it."""
    problem: str = ""
    """Why it cannot be put in this form; empty where it can."""


def prompt(messages: tuple[Message, ...], tools: tuple[Tool, ...], form: Form) -> tuple[Chat, list[Any] | None]:
    """The conversation up to the answer, and what goes beside it."""
    if form == "prompted":
        return prompted_messages(messages, tools), None
    return native_messages(messages), native_tools(tools) or None


def dialogue(example: Example, form: Form) -> Dialogue:
    """An example in one form."""
    chat, tools = prompt(example.messages, example.tools, form)
    calls, problem = example.calls, ""
    if form == "native":
        calls = tuple(replace(call, name=underscored(call.name)) for call in calls)
        problem = _told_apart_by_dots(example.tools)
    return Dialogue(example.id, chat, answer(example.calls, example.said, example.missing, form), tools, calls, problem)


def _told_apart_by_dots(tools: tuple[Tool, ...]) -> str:
    """Which tools would have one name without their dots."""
    names: dict[str, str] = {}
    for tool in tools:
        other = names.setdefault(underscored(tool.name), tool.name)
        if other != tool.name:
            return f"the tools {other} and {tool.name} have the same name once dots are underscores"
    return ""


def answer(calls: tuple[Call, ...], said: str, missing: tuple[str, ...], form: Form) -> dict[str, Any]:
    """The assistant's message of one answer."""
    if form == "prompted":
        return {"role": "assistant", "content": prompted_answer(calls, missing)}
    return native_answer(calls, said)
