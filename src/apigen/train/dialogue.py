"""An example as a chat template is given it."""

from typing import Any

import msgspec
from msgspec.structs import replace

from apigen.dialogue.form import Form, answer, conversation, underscores
from apigen.dialogue.native import Chat, told_apart_by_dots, underscored
from apigen.records import Call
from apigen.train.examples import Example


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
    line: int | None = None
    """Of its row, see :class:`~apigen.train.examples.Example`."""


def dialogue(example: Example, form: Form) -> Dialogue:
    """An example in one form."""
    asked = conversation(example.messages, example.tools, form)
    calls, problem = example.calls, ""
    if underscores(form):
        calls = tuple(replace(call, name=underscored(call.name)) for call in calls)
        if alike := told_apart_by_dots(tool.name for tool in example.tools):
            problem = f"the tools {alike[0]} and {alike[1]} have the same name once dots become underscores"
    said = answer(example.calls, example.said, example.missing, form)
    return Dialogue(example.id, asked.chat, said, asked.tools or None, calls, problem, example.line)
