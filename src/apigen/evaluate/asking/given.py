"""One line of an evaluation's answers.jsonl, which ``apigen evaluate --answers`` reads as well."""

import msgspec

from apigen.dialogue.form import Form
from apigen.evaluate.answers import AnswerLine
from apigen.evaluate.asking.base import Put, Said
from apigen.evaluate.asking.putting import read
from apigen.evaluate.decoding import decode_calls, decode_text
from apigen.records import Json


class Tokens(msgspec.Struct, frozen=True):
    """What one answer took, as far as it was told."""

    prompt: int = 0
    completion: int = 0


class Given(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was answered to one question; one of ``calls``, ``text`` and ``error``."""

    id: str
    calls: list[Json] | None = None
    text: str | None = None
    error: str | None = None
    said: str = ""
    """What the model wrote, where that is more than what is scored."""
    cut: bool = False
    """Whether it was cut off at ``--max-tokens``."""
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


def given(put: Put, said: Said, form: Form, model: str) -> Given:
    """The line for what a model said.

    Args:
        put: the question, as it was put.
        said: to it.
        form: in which it was put.
        model: who was asked.
    """
    tokens, seconds = Tokens(said.prompt_tokens, said.completion_tokens), round(said.seconds, 3)
    if said.error:
        return Given(put.id, error=said.error, model=model, tokens=tokens, seconds=seconds)
    found = read(put, said, form)
    calls, text = (None, found) if isinstance(found, str) else (found, None)
    return Given(
        put.id,
        calls,
        text,
        said=said.text if said.text != text else "",
        cut=said.cut,
        model=model,
        tokens=tokens,
        seconds=seconds,
    )
