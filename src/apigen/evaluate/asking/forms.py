"""How a question is put to a model, and where its answer then stands."""

from typing import Any, Protocol

from apigen.dialogue.native import native_tools
from apigen.dialogue.prompted import prompted_messages
from apigen.errors import UserError
from apigen.evaluate.asking.base import Put, Said
from apigen.evaluate.asking.notations import bare, calls_in
from apigen.evaluate.base import Question
from apigen.records import Json, Message


class Form(Protocol):
    """One way to put questions."""

    @property
    def name(self) -> str:
        """As ``--form`` names it."""
        ...

    @property
    def underscores(self) -> bool:
        """Whether tools are offered with ``_`` for each dot in their names."""
        ...

    def put(self, question: Question) -> Put:
        """The question as a model gets it."""
        ...

    def read(self, put: Put, said: Said) -> list[Json] | str:
        """The answer in what was said to it: calls, or text that is scored as one."""
        ...


class Native:
    """Tools beside the messages, and calls in a field of their own.

    Servers allow no dots in names. A model without a field for calls writes them in its chat template's notation.
    """

    name = "native"
    underscores = True

    def put(self, question: Question) -> Put:
        """The messages as they are, with the tools."""
        return Put(question.id, question.messages, tuple(native_tools(question.tools)))

    def read(self, put: Put, said: Said) -> list[Json] | str:
        """The calls; none where there is only text, unless text is all that there can be."""
        return calls_in(said.text, put.tools) if said.calls is None else list(said.calls)


class Prompted:
    """Everything in the text of the prompt, and JSON back."""

    name = "prompted"
    underscores = False

    def put(self, question: Question) -> Put:
        """The messages with the tools in the first of them."""
        chat = prompted_messages(question.messages, question.tools)
        return Put(question.id, tuple(Message(**_strings(message)) for message in chat))

    def read(self, put: Put, said: Said) -> list[Json] | str:
        """The text without thoughts and fence."""
        del put
        return bare(said.text)


def _strings(message: dict[str, Any]) -> dict[str, str]:
    return {"role": message["role"], "content": message["content"]}


FORMS: dict[str, Form] = {form.name: form for form in (Native(), Prompted())}
"""Every form by its name."""


def form_named(name: str) -> Form:
    """The form of that name.

    Raises:
        UserError: there is none.
    """
    if name not in FORMS:
        raise UserError(f"--form {name}: no such form; there are {', '.join(FORMS)}")
    return FORMS[name]
