"""How a question is put to a model, and where its answer then stands."""

from apigen.dialogue.form import Form, conversation
from apigen.evaluate.asking.base import Prompt, Response
from apigen.evaluate.asking.notations import bare, calls_in
from apigen.evaluate.base import Question
from apigen.records import Json, Message


def prompt_of(question: Question, form: Form) -> Prompt:
    """The question as a model gets it."""
    asked = conversation(question.messages, question.tools, form)
    messages = tuple(Message(message["role"], message["content"]) for message in asked.chat)
    return Prompt(question.id, messages, tuple(asked.tools))


def answer_in(question: Prompt, said: Response, form: Form) -> list[Json] | str:
    """The answer in what was said to a question: calls, or text that is scored as one.

    In the prompted form that is the text without thoughts and fence. In the native form there are calls in a field of
    their own, and none where there is only text; unless text is all that there can be, since a model without such a
    field writes calls in its chat template's notation.
    """
    if form == "prompted":
        return bare(said.text)
    return calls_in(said.text, question.tools) if said.calls is None else list(said.calls)
