"""From a conversation to the text of its prompt and the text of its answer, whatever chat template a model has.

Templates differ in what they take. Some want calls to have ids, some want arguments as JSON text, some know no system
message; and some do not say so but write nothing, or Python in place of JSON. So each way of putting it is tried until
one is found whose text has the calls in it. What the template then writes after the prompt is the answer, which needs
no marks of where the assistant's words begin.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from apigen.dialogue.folding import folded
from apigen.errors import UserError, in_one_line
from apigen.train.dialogue import Dialogue
from apigen.train.thoughts import ending
from apigen.train.written import lost_of, written_as_python

WAYS_OUT = "use --form prompted, or pass a template with --chat-template FILE"


class Rendered(msgspec.Struct, frozen=True):
    """The two texts; joined they are what the template makes of the whole conversation, but for what is ``kept``."""

    id: str
    prompt: str
    """As the model is asked, to the last character."""
    answer: str
    kept: str = ""
    """What the template ends a prompt with and leaves out once the answer is there."""


class CannotRender(Exception):  # noqa: N818 - a property of the row
    """The template has no text for a row; the message says why."""


class Way(msgspec.Struct, frozen=True):
    """How a conversation is put, where a template wants it otherwise than most."""

    ids: bool = False
    """Calls have an id."""
    text: bool = False
    """Arguments are JSON text."""
    folded: bool = False
    """What the system says begins the user's message."""

    def told(self) -> Iterator[str]:
        """What is done, for people."""
        if self.ids:
            yield "the chat template requires ids for tool calls; ids are added"
        if self.text:
            yield "the chat template requires arguments as JSON text; they are passed as text"
        if self.folded:
            yield "the chat template has no system role; the system prompt is prepended to the first user message"


WAYS = tuple(Way(ids, text, folded) for folded in (False, True) for text in (False, True) for ids in (False, True))


class Renderer:
    """Renders conversations with one tokenizer's template, all in the same way.

    Args:
        tokenizer: of transformers, with a chat template.
        model: how its model is called in messages.

    Raises:
        UserError: it has no template.
    """

    def __init__(self, tokenizer: Any, model: str) -> None:
        if not tokenizer.chat_template:
            raise UserError(f"{model}: its tokenizer has no chat template; {WAYS_OUT}")
        self._tokenizer = tokenizer
        self._model = model
        self._shows_tools = False
        """Whether it is known that prompts with tools are other than those without."""
        self._ways = WAYS
        """Those that agree with all that was rendered so far."""

    @property
    def way(self) -> Way:
        """The way that was found, as far as the rows so far could show it."""
        return self._ways[0]

    def render(self, dialogue: Dialogue) -> Rendered:
        """The texts of one conversation.

        Raises:
            CannotRender: the template cannot render this row, or drops part of it.
            UserError: the template does not support tools.
        """
        if dialogue.problem:
            raise CannotRender(dialogue.problem)
        reasons: list[CannotRender] = []
        for way in self._ways:
            try:
                rendered = self._in(way, dialogue)
            except CannotRender as error:
                reasons.append(error)
                continue
            self._ways = (way, *(other for other in self._ways if other != way and _agrees(other, way, dialogue)))
            return rendered
        raise reasons[0]

    def _in(self, way: Way, dialogue: Dialogue) -> Rendered:
        chat = folded(dialogue.prompt) if way.folded else dialogue.prompt
        answer = _put(dialogue.answer, way)
        prompt = self._template(chat, dialogue.tools, generation=True)
        self._require_tools(prompt, chat, dialogue.tools)
        _require_system(prompt, dialogue)
        whole = self._template([*chat, answer], dialogue.tools, generation=False)
        rendered = _divided(dialogue.id, prompt, whole)
        if rendered is None:
            question = self._template(chat, dialogue.tools, generation=False).rstrip()
            raise CannotRender(
                "the generation prompt is not a prefix of the rendered assistant turn"
                if whole.startswith(question)
                else "the chat template renders the prompt differently once an answer follows it"
            )
        _require_answer(rendered.answer, dialogue)
        return rendered

    def _template(self, chat: Sequence[Any], tools: list[Any] | None, *, generation: bool) -> str:
        try:
            text: str = self._tokenizer.apply_chat_template(
                list(chat), tools=tools, add_generation_prompt=generation, tokenize=False
            )
        except Exception as error:  # noqa: BLE001 - a template is somebody's program and may raise anything
            raise CannotRender(f"the chat template raises an error: {in_one_line(error, 200)}") from None
        return text

    def _require_tools(self, prompt: str, chat: Sequence[Any], tools: list[dict[str, Any]] | None) -> None:
        """Make sure that the prompt shows the tools: every name, and not only because the conversation has it too.

        What the template writes without tools is compared once: whether it has a place for them is the same for all.
        """
        if not tools:
            return
        names = [tool["function"]["name"] for tool in tools]
        absent = [name for name in names if name not in prompt]
        if len(absent) == len(names) or not (self._shows_tools or self._differs_without(prompt, chat)):
            raise UserError(f"{self._model}: its chat template does not support tools; {WAYS_OUT}")
        self._shows_tools = True
        if absent:
            raise CannotRender(f"the chat template drops the tool {absent[0]}")

    def _differs_without(self, prompt: str, chat: Sequence[Any]) -> bool:
        try:
            return self._template(chat, None, generation=True) != prompt
        except CannotRender:
            return True  # it insists on tools


def _agrees(other: Way, way: Way, dialogue: Dialogue) -> bool:
    """Whether the two put this row alike: one without calls shows nothing of calls, one without system not of it.

    Nor do calls without arguments show how arguments are put.
    """
    ids = not dialogue.calls or other.ids == way.ids
    text = not any(call.arguments for call in dialogue.calls) or other.text == way.text
    system = other.folded == way.folded or all(message["role"] != "system" for message in dialogue.prompt)
    return ids and text and system


def _divided(id_: str, prompt: str, whole: str) -> Rendered | None:
    """Prompt and answer, the prompt as it is asked; ``None`` where the whole has another beginning.

    A prompt is never cut to what it has in common with the whole: the model is asked with all of it, and a cut would go
    through the midst of a token.
    """
    if whole.startswith(prompt):
        return Rendered(id_, prompt, whole[len(prompt) :])
    ends = ending(prompt)
    if not ends.tail or not whole.startswith(ends.head):
        return None
    return Rendered(id_, prompt, ends.closing + whole[len(ends.head) :].lstrip(), ends.tail)


def _require_system(prompt: str, dialogue: Dialogue) -> None:
    for message in dialogue.prompt:
        if message["role"] == "system" and message["content"].strip() not in prompt:
            raise CannotRender("the chat template drops the system prompt")


def _require_answer(said: str, dialogue: Dialogue) -> None:
    if not said.strip():
        raise CannotRender("the chat template renders the answer as nothing")
    for call in dialogue.calls:
        if written_as_python(call, said):
            raise CannotRender("the chat template writes arguments as Python literals, not as JSON")
        if lost := lost_of(call, said):
            raise CannotRender(f"the chat template drops {lost}")
    if not dialogue.calls and dialogue.answer["content"] not in said:
        raise CannotRender("the chat template changes or drops the answer's text")


def _put(answer: dict[str, Any], way: Way) -> dict[str, Any]:
    if "tool_calls" not in answer or not (way.ids or way.text):
        return answer
    calls = []
    for number, call in enumerate(answer["tool_calls"], 1):
        function = call["function"]
        if way.text:
            arguments = msgspec.json.encode(function["arguments"]).decode()
            function = {**function, "arguments": arguments}
        # Nine letters and digits, which is what Mistral's templates ask for.
        calls.append({**call, "function": function} | ({"id": f"call{number:05}"} if way.ids else {}))
    return {**answer, "tool_calls": calls}
