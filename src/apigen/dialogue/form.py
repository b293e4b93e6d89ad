"""The two forms in which a conversation is given to a chat model, the same for training and for evaluation."""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any, Literal, NamedTuple

import msgspec

from apigen.dialogue.native import Chat, native_answer, native_messages, native_tools
from apigen.dialogue.prompted import prompted_answer, prompted_messages
from apigen.errors import UserError
from apigen.records import Call, Message, Tool

Form = Literal["native", "prompted"]
FORMS: dict[str, Form] = {"native": "native", "prompted": "prompted"}
"""Every form by its name."""


class Conversation(NamedTuple):
    """A conversation up to the answer, in one form."""

    chat: Chat
    tools: list[dict[str, Any]]
    """Beside the messages; none where they stand in the prompt's text."""


def form_named(name: str) -> Form:
    """The form of that name.

    Raises:
        UserError: there is none.
    """
    if name not in FORMS:
        raise UserError(f"--form {name}: no such form; choose from {', '.join(FORMS)}")
    return FORMS[name]


def underscores(form: Form) -> bool:
    """Whether tools are offered with ``_`` for each dot in their names."""
    return form == "native"


def conversation(messages: Iterable[Message], tools: Iterable[Tool], form: Form) -> Conversation:
    """What comes before an answer."""
    if form == "prompted":
        return Conversation(prompted_messages(messages, tools), [])
    return Conversation(native_messages(messages), native_tools(tools))


def prompt_version(form: Form) -> str:
    """Sixteen hex digits that change when the wording or layout of prompts in this form does."""
    tool = Tool("a.b", "c", {"type": "object", "properties": {}})
    told = conversation([Message("system", "s"), Message("user", "u")], [tool], form)
    answered = answer([Call(tool.name, {})], "", (), form), answer([], "t", ("m",), form)
    return hashlib.sha256(msgspec.json.encode((told, answered))).hexdigest()[:16]


def answer(calls: Sequence[Call], said: str, missing: Sequence[str], form: Form) -> dict[str, Any]:
    """The assistant's message of one answer.

    Args:
        calls: the calls it makes.
        said: its text, which the prompted form has no place for and drops.
        missing: required parameters whose values the question does not give.
        form: of the conversation.
    """
    if form == "prompted":
        return {"role": "assistant", "content": prompted_answer(calls, missing)}
    return native_answer(calls, said)
