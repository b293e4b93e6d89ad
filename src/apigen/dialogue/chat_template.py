"""What a tokenizer's chat template makes of a conversation: rendered here alone, so that a model is trained on the very
prompt with which it is asked later.

Templates differ in what they accept. Some have no system role, and raise an error or drop the system prompt; it is then
prepended to the first user message. Some want tool calls to have ids, and some want arguments as JSON text.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from apigen.dialogue.folding import folded
from apigen.dialogue.native import Chat
from apigen.errors import in_one_line


class TemplateError(Exception):
    """The template raised an error, which the message repeats in one line."""


class Prompt(NamedTuple):
    """A rendered prompt."""

    text: str
    """With the generation prompt at its end."""
    chat: Chat
    """The messages as they were given to the template."""
    folded: bool
    """Whether the system prompt was prepended to the first user message."""
    complete: bool
    """Whether the text has the system prompt, if there is one."""


class Way(msgspec.Struct, frozen=True):
    """How calls are given to a template that wants them differently from most."""

    ids: bool = False
    """Calls have an id."""
    text: bool = False
    """Arguments are JSON text."""

    def answer(self, message: dict[str, Any]) -> dict[str, Any]:
        """An assistant message in this way."""
        if "tool_calls" not in message or not (self.ids or self.text):
            return message
        calls = []
        for number, call in enumerate(message["tool_calls"], 1):
            function = call["function"]
            if self.text:
                function = {**function, "arguments": msgspec.json.encode(function["arguments"]).decode()}
            # Nine letters and digits, which is what Mistral's templates require.
            calls.append({**call, "function": function} | ({"id": f"call{number:05}"} if self.ids else {}))
        return {**message, "tool_calls": calls}


WAYS = tuple(Way(ids, text) for text in (False, True) for ids in (False, True))
"""Every way, the most usual first."""


class Template:
    """A tokenizer's chat template.

    Args:
        tokenizer: of transformers, with a chat template.
    """

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer

    def render(self, chat: Sequence[Any], tools: list[dict[str, Any]] | None, *, generation: bool) -> str:
        """The text of messages as they are.

        Args:
            chat: the messages.
            tools: beside them, if any.
            generation: whether the generation prompt follows.

        Raises:
            TemplateError: the template raises an error.
        """
        try:
            text: str = self._tokenizer.apply_chat_template(
                list(chat), tools=tools or None, add_generation_prompt=generation, tokenize=False
            )
        except Exception as error:  # noqa: BLE001 - a template is somebody's program and may raise anything
            raise TemplateError(in_one_line(error, 200)) from None
        return text

    def prompt(self, chat: Chat, tools: list[dict[str, Any]] | None) -> Prompt:
        """The prompt of a conversation, decided by it alone: not by what was rendered before.

        The system prompt has its own message if that shows in the text, else it is prepended to the first user message.

        Raises:
            TemplateError: the template raises an error either way.
        """
        system = [message["content"].strip() for message in chat if message["role"] == "system"]
        errors: list[TemplateError] = []
        incomplete: list[Prompt] = []
        for fold in (False, True) if system else (False,):
            given = folded(chat) if fold else chat
            try:
                text = self.render(given, tools, generation=True)
            except TemplateError as error:
                errors.append(error)
                continue
            found = Prompt(text, given, fold, all(each in text for each in system))
            if found.complete:
                return found
            incomplete.append(found)
        if incomplete:
            return incomplete[0]
        raise errors[0]
