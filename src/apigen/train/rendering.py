"""From a conversation to the text of its prompt and the text of its answer, whatever chat template a model has.

Prompts are rendered as evaluation renders them. Of the ways to give calls to a template, the first is used whose text
has the calls in it: some templates raise an error about what they do not accept, and some write nothing or Python
literals. What the template then writes after the prompt is the answer, so it needs no generation markers.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from apigen.dialogue.chat_template import WAYS, Prompt, Template, TemplateError, Way
from apigen.errors import UserError
from apigen.train.dialogue import Dialogue
from apigen.train.thoughts import ending
from apigen.train.written import lost_of, shows, unescaped, written_as_python

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
        self._template = Template(tokenizer)
        self._model = model
        self._shows_tools = False
        """Whether the tools of any row showed in its prompt."""
        self._hides_tools = False
        """Whether the tools of any row did not."""
        self._ways = WAYS
        """Those that agree with all rows so far."""
        self._folded = False

    @property
    def way(self) -> Way:
        """How calls are given to the template, as far as the rows so far could show it."""
        return self._ways[0]

    def notes(self) -> Iterator[str]:
        """What the template required so far, for people."""
        if self.way.ids:
            yield "the chat template requires ids for tool calls; ids are added"
        if self.way.text:
            yield "the chat template requires arguments as JSON text; they are passed as text"
        if self._folded:
            yield "the chat template has no system role; the system prompt is prepended to the first user message"

    def render(self, dialogue: Dialogue) -> Rendered:
        """The texts of one conversation.

        Raises:
            CannotRender: the template cannot render this row, or drops part of it.
        """
        if dialogue.problem:
            raise CannotRender(dialogue.problem)
        try:
            prompt = self._template.prompt(dialogue.prompt, dialogue.tools)
        except TemplateError as error:
            raise _refused(error) from None
        if not prompt.complete:
            raise CannotRender("the chat template drops the system prompt")
        if dialogue.tools:
            self._require_shown(prompt, [tool["function"]["name"] for tool in dialogue.tools])
        reasons: list[CannotRender] = []
        for way in self._ways:
            try:
                rendered = self._in(way, dialogue, prompt)
            except CannotRender as error:
                reasons.append(error)
                continue
            self._ways = (way, *(other for other in self._ways if other != way and _agrees(other, way, dialogue)))
            self._folded |= prompt.folded
            return rendered
        raise reasons[0]

    def _in(self, way: Way, dialogue: Dialogue, prompt: Prompt) -> Rendered:
        try:
            whole = self._template.render([*prompt.chat, way.answer(dialogue.answer)], dialogue.tools, generation=False)
            rendered = _divided(dialogue.id, prompt.text, whole)
            if rendered is None:
                question = self._template.render(prompt.chat, dialogue.tools, generation=False).rstrip()
                raise CannotRender(
                    "the generation prompt is not a prefix of the rendered assistant turn"
                    if whole.startswith(question)
                    else "the chat template renders the prompt differently once an answer follows it"
                )
        except TemplateError as error:
            raise _refused(error) from None
        _require_answer(rendered.answer, dialogue)
        return rendered

    def require_tools_shown(self) -> None:
        """Refuse a template that showed the tools of no row so far, although rows had some.

        Raises:
            UserError: it does not support tools.
        """
        if self._hides_tools and not self._shows_tools:
            raise UserError(f"{self._model}: its chat template does not support tools; {WAYS_OUT}")

    def _require_shown(self, prompt: Prompt, names: list[str]) -> None:
        """Make sure that the prompt shows the tools: every name, and not only because the conversation has it too.

        The prompt is compared with what the template writes without tools until it is known that it shows them.
        """
        absent = [name for name in names if not shows(name, prompt.text)]
        if len(absent) < len(names) and (self._shows_tools or self._differs_without(prompt)):
            self._shows_tools = True
        else:
            self._hides_tools = True
            absent = names
        if absent:
            raise CannotRender(f"the chat template does not show the tool {absent[0]} in the prompt")

    def _differs_without(self, prompt: Prompt) -> bool:
        try:
            return self._template.render(prompt.chat, None, generation=True) != prompt.text
        except TemplateError:
            return True  # it insists on tools


def _refused(error: TemplateError) -> CannotRender:
    return CannotRender(f"the chat template raises an error: {error}")


def _agrees(other: Way, way: Way, dialogue: Dialogue) -> bool:
    """Whether both ways give this row alike to a template.

    A row without calls shows nothing of calls, nor do calls without arguments show how arguments are given.
    """
    ids = not dialogue.calls or other.ids == way.ids
    text = not any(call.arguments for call in dialogue.calls) or other.text == way.text
    return ids and text


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


def _require_answer(said: str, dialogue: Dialogue) -> None:
    if not said.strip():
        raise CannotRender("the chat template renders the answer as nothing")
    for call in dialogue.calls:
        if written_as_python(call, said):
            raise CannotRender("the chat template writes arguments as Python literals, not as JSON")
        if lost := lost_of(call, said):
            raise CannotRender(f"the chat template drops {lost}")
        if unescaped(call.name, said):
            raise CannotRender(f"the chat template writes the tool name {call.name} without escaping it, not as JSON")
    if not dialogue.calls and dialogue.answer["content"] not in said:
        raise CannotRender("the chat template changes or drops the answer's text")
