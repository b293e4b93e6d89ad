"""From a question to the prompt, and from the response to the answer that is scored."""

from apigen.dialogue.form import Form, conversation
from apigen.evaluate.asking.base import Prompt, Response
from apigen.evaluate.asking.notations import bare, calls_in
from apigen.evaluate.base import Question
from apigen.records import Json, Message


def prompt_of(question: Question, form: Form) -> Prompt:
    """The prompt of a question."""
    asked = conversation(question.messages, question.tools, form)
    messages = tuple(Message(message["role"], message["content"]) for message in asked.chat)
    return Prompt(question.id, messages, tuple(asked.tools))


def answer_in(prompt: Prompt, response: Response, form: Form) -> list[Json] | str:
    """The answer in a response: calls, or text that is decoded when it is scored.

    In the prompted form it is the text without reasoning block and code fence. In the native form it is ``tool_calls``,
    and text alone is no call; except where a model has no such field and writes calls in its chat template's notation.
    """
    if form == "prompted":
        return bare(response.text)
    return calls_in(response.text, prompt.tools) if response.calls is None else list(response.calls)
