"""The chat template of a model in a folder: the prompt that it makes, and whether the calls it writes can be read."""

import itertools
from collections.abc import Callable, Iterator
from typing import Any

from apigen.dialogue.chat_template import WAYS, Template, TemplateError
from apigen.dialogue.native import Chat, native_answer, native_messages, native_tools
from apigen.errors import UserError
from apigen.evaluate.asking.base import IN_TEMPLATE, IN_USER_TURN, LEFT_OUT, Prompt
from apigen.evaluate.asking.notations import calls_in
from apigen.evaluate.decoding import decode_calls, decode_text
from apigen.records import Call, Tool

_CALL = Call("get_forecast", {"city": "Oslo", "days": 3})
_TOOL = Tool(
    _CALL.name,
    "The weather of the coming days.",
    {
        "type": "object",
        "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
        "required": ["city", "days"],
    },
)
"""What a template writes for this call must be read as this call."""


class ChatTemplate:
    """What a tokenizer's chat template makes of questions.

    Args:
        tokenizer: of transformers.
        name: of its model, for messages.
        cut: takes from what the template writes for an answer what the model would have been cut off after.

    Raises:
        UserError: the tokenizer has no chat template.
    """

    def __init__(self, tokenizer: Any, name: str, cut: Callable[[str], str]) -> None:
        if not getattr(tokenizer, "chat_template", None):
            raise UserError(f"{name}: its tokenizer has no chat template, so it cannot be asked")
        self._template = Template(tokenizer)
        self._name = name
        self._cut = cut
        self._native = False
        """Whether it is known that the template supports tools, and that its calls can be read."""
        self.system = self._system()
        """Where a prompt has the system prompt: in the template's place, in the user turn, or nowhere."""

    def prompt(self, put: Prompt) -> str:
        """The text of a question, as training renders it.

        Raises:
            UserError: the template does not support tools, writes calls that cannot be read, or raises an error.
        """
        if put.tools:
            self.require_native()
        messages = native_messages(put.messages)
        try:
            return self._template.prompt(messages, list(put.tools)).text
        except TemplateError as error:
            raise self._error(messages, error) from None

    def require_native(self) -> None:
        """Make sure, once, that tools reach the model, and that a call in its notation is read as that call.

        Each family writes calls in its own way. One that is not known here would look like a model that never calls:
        wrong throughout, and right where no call is due.

        Raises:
            UserError: the template does not support tools, or its calls cannot be read.
        """
        if self._native:
            return
        asked, tools = [{"role": "user", "content": "What will the weather be?"}], native_tools([_TOOL])
        if self._written(asked, tools) == self._written(asked, None):
            raise UserError(f"{self._name}: its chat template does not support tools; use --form prompted")
        shown = ""
        for said in self._said(asked, tools):
            found = calls_in(self._cut(said), tools)
            if (decode_text(found) if isinstance(found, str) else decode_calls(found)).calls == (_CALL,):
                self._native = True
                return
            shown = shown or said
        if _CALL.name in shown:
            how = f"writes calls as {' '.join(shown.split())[:120]!r}, a notation that cannot be read"
        else:
            how = "does not show how calls are written"
        raise UserError(
            f"{self._name}: its chat template {how}, so every call would be missed; use a server that parses "
            "them (--model openai/NAME --base-url URL), or --form prompted"
        )

    def _said(self, asked: Chat, tools: list[dict[str, Any]]) -> Iterator[str]:
        """What the template writes for an answer that makes the call, in each way in which templates want it."""
        prompt, question = self._written(asked, tools), self._written(asked, tools, generation=False)
        for way in WAYS:
            try:
                whole = self._written([*asked, way.answer(native_answer([_CALL]))], tools, generation=False)
            except UserError:
                continue
            # A generation prompt may open a reasoning block that an answer without one does not have.
            for before in (prompt, question):
                yield whole[_shared(before, whole) :]

    def _written(self, messages: Chat, tools: list[dict[str, Any]] | None, *, generation: bool = True) -> str:
        try:
            return self._template.render(messages, tools, generation=generation)
        except TemplateError as error:
            raise self._error(messages, error) from None

    def _error(self, messages: Chat, error: TemplateError) -> UserError:
        return UserError(
            f"{self._name}: its chat template raises an error for {messages[0]['role']} messages ({error})"
        )

    def _system(self) -> str:
        says = [{"role": "system", "content": "Be brief, please."}, {"role": "user", "content": "Hello."}]
        try:
            found = self._template.prompt(says, None)
        except TemplateError:
            return LEFT_OUT
        if not found.complete:
            return LEFT_OUT
        return IN_USER_TURN if found.folded else IN_TEMPLATE


def _shared(first: str, second: str) -> int:
    """How many characters two texts have in common at their beginning."""
    return sum(itertools.takewhile(bool, (ours == theirs for ours, theirs in zip(first, second, strict=False))))
