"""One line of an evaluation's answers.jsonl, which ``apigen evaluate --answers`` reads as well."""

import json

import msgspec

from apigen.dialogue.form import Form
from apigen.evaluate.answers import AnswerLine
from apigen.evaluate.asking.base import Prompt, Response
from apigen.evaluate.asking.prompts import answer_in
from apigen.evaluate.decoding import decode_calls, decode_text, encodable
from apigen.records import Json


class Tokens(msgspec.Struct, frozen=True):
    """Token counts, 0 where they were not reported."""

    prompt: int = 0
    completion: int = 0


class AnswerRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """The answer to one question: ``calls``, ``text`` or ``error``."""

    id: str
    calls: list[Json] | None = None
    text: str | None = None
    error: str | None = None
    unfit: bool = False
    """Whether the error is one that asking this model again cannot cure."""
    said: str = ""
    """The model's output, where it is more than what is scored."""
    cut: bool = False
    """Whether it was truncated at ``--max-tokens``."""
    model: str = ""
    tokens: Tokens = Tokens()
    seconds: float = 0.0

    def line(self, place: str = "") -> AnswerLine:
        """The answer as it is scored."""
        if self.calls is not None:
            return AnswerLine(place, self.id, decode_calls(self.calls))
        if self.text is not None:
            return AnswerLine(place, self.id, decode_text(self.text))
        return AnswerLine(place, self.id, None, self.error or "unknown")


def answer_record(prompt: Prompt, response: Response, form: Form, model: str) -> AnswerRecord:
    """The record of a model's response.

    Args:
        prompt: what was asked.
        response: the response to it.
        form: in which the prompt was made.
        model: its name.
    """
    tokens, seconds = Tokens(response.prompt_tokens, response.completion_tokens), round(response.seconds, 3)
    if response.error:
        return AnswerRecord(
            prompt.id, error=_escaped(response.error), unfit=response.unfit, model=model, tokens=tokens, seconds=seconds
        )
    found = answer_in(prompt, response, form)
    if not isinstance(found, str) and not encodable(found):
        found = _escaped_calls(found, response.text)
    calls, text = (None, _escaped(found)) if isinstance(found, str) else (found, None)
    said = _escaped(response.text)
    return AnswerRecord(
        prompt.id,
        calls,
        text,
        said=said if said != text else "",
        cut=response.cut,
        model=model,
        tokens=tokens,
        seconds=seconds,
    )


def _escaped_calls(calls: list[Json], said: str) -> str:
    """Calls that cannot be encoded, as a text that is scored as undecodable."""
    try:
        return json.dumps(calls)
    except RecursionError:
        return said


def _escaped(text: str) -> str:
    """A text that UTF-8 can hold: a lone surrogate becomes its escape."""
    return text.encode("utf-8", "backslashreplace").decode()
