"""The chat template of a model in a folder: the prompt that it makes, and whether the calls it writes can be read."""

import itertools
from collections.abc import Callable, Iterator
from typing import Any

from apigen.dialogue.folding import folded
from apigen.dialogue.native import Chat, native_answer, native_messages, native_tools
from apigen.errors import UserError
from apigen.evaluate.asking.base import IN_TEMPLATE, IN_USER_TURN, LEFT_OUT, Prompt
from apigen.evaluate.asking.notations import calls_in
from apigen.evaluate.decoding import decode_calls, decode_text
from apigen.records import Call, Tool

_SAYS = "Be brief, please."

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
            raise UserError(
                f"{name}: its tokenizer has no chat template, so nothing can be put to it as to an assistant"
            )
        self._tokenizer = tokenizer
        self._name = name
        self._cut = cut
        self._native = False
        """Whether it is known that the template takes tools, and that its calls can be read."""
        self.system = self._system()
        """Where a prompt has what the system says: the template's place, the user's turn, or nowhere."""

    def prompt(self, put: Prompt) -> str:
        """The text of a question.

        Where the template has no place for what the system says, that begins the user's message, as in training.

        Raises:
            UserError: the template takes no tools, writes calls that cannot be read, or refuses the messages.
        """
        if put.tools:
            self.require_native()
        messages = native_messages(put.messages)
        return self._written(folded(messages) if self.system == IN_USER_TURN else messages, list(put.tools) or None)

    def require_native(self) -> None:
        """Make sure, once, that tools reach the model, and that a call in its notation is read as that call.

        Each family writes calls in its own way. One that is not known here would look like a model that never calls:
        wrong throughout, and right where no call is due.

        Raises:
            UserError: the template takes no tools, or its calls cannot be read.
        """
        if self._native:
            return
        asked, tools = [{"role": "user", "content": "What will the weather be?"}], native_tools([_TOOL])
        if self._written(asked, tools) == self._written(asked, None):
            raise UserError(f"{self._name}: its chat template takes no tools; use --form prompted")
        shown = ""
        for said in self._said(asked, tools):
            found = calls_in(self._cut(said), tools)
            if (decode_text(found) if isinstance(found, str) else decode_calls(found)).calls == (_CALL,):
                self._native = True
                return
            shown = shown or said
        if _CALL.name in shown:
            how = f"writes calls as {' '.join(shown.split())[:120]!r}, which is not read here"
        else:
            how = "does not show how calls are written"
        raise UserError(
            f"{self._name}: its chat template {how}, so each call would count as none; use a server that reads its "
            "calls (--model openai/NAME --base-url URL), or --form prompted"
        )

    def _said(self, asked: Chat, tools: list[dict[str, Any]]) -> Iterator[str]:
        """What the template writes for an answer that makes the call, in each way in which templates want it put."""
        prompt, question = self._written(asked, tools), self._written(asked, tools, generation=False)
        for with_id, as_text in itertools.product((False, True), repeat=2):
            try:
                whole = self._written([*asked, _answer(with_id=with_id, as_text=as_text)], tools, generation=False)
            except UserError:
                continue
            # A prompt may end in the beginning of a thought, which an answer without any does not have.
            for before in (prompt, question):
                yield whole[_shared(before, whole) :]

    def _written(self, messages: Chat, tools: list[dict[str, Any]] | None, *, generation: bool = True) -> str:
        try:
            text: str = self._tokenizer.apply_chat_template(
                messages, tools=tools, add_generation_prompt=generation, tokenize=False
            )
        except Exception as problem:  # noqa: BLE001 - a template is a program of the model's maker, and raises what it likes
            raise UserError(
                f"{self._name}: its chat template refuses {messages[0]['role']} messages ({problem})"
            ) from None
        return text

    def _system(self) -> str:
        says = [{"role": "system", "content": _SAYS}, {"role": "user", "content": "Hello."}]
        for place, messages in ((IN_TEMPLATE, says), (IN_USER_TURN, folded(says))):
            try:
                if _SAYS in self._written(messages, None):
                    return place
            except UserError:
                continue
        return LEFT_OUT


def _shared(first: str, second: str) -> int:
    """How many characters two texts begin with alike."""
    return sum(itertools.takewhile(bool, (ours == theirs for ours, theirs in zip(first, second, strict=False))))


def _answer(*, with_id: bool, as_text: bool) -> dict[str, Any]:
    answer = native_answer([_CALL])
    call = answer["tool_calls"][0]
    if as_text:
        call = {**call, "function": {**call["function"], "arguments": '{"city": "Oslo", "days": 3}'}}
    # Nine letters and digits, which is what Mistral's templates ask for.
    return {**answer, "tool_calls": [call | ({"id": "call00001"} if with_id else {})]}
