"""Marking a model in a folder from Python, without a folder of answers."""

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from apigen.dialogue.form import Form
from apigen.evaluate.asking.base import Answerer, Put, Said
from apigen.evaluate.asking.generating import Generator
from apigen.evaluate.asking.given import Given, given
from apigen.evaluate.asking.local import Local
from apigen.evaluate.asking.putting import put
from apigen.evaluate.base import Mark, Question
from apigen.evaluate.scoring import Scored, ScoreTally


class Marked(msgspec.Struct, frozen=True):
    """What a model's answers to some questions are."""

    figures: dict[str, Any]
    """All answers, and ``categories``: questions, answers, correct, accuracy with its interval, errors, reasons."""
    marks: dict[str, Mark | None]
    """By the question's id; ``None`` where there was no answer because of an error."""
    answers: dict[str, Given]
    """What was answered, the same."""


def mark_folder(
    folder: Path,
    questions: Iterable[Question],
    *,
    form: Form = "native",
    batch: int = 8,
    max_tokens: int = 512,
    device: str | None = None,
) -> Marked:
    """Ask a model in a folder, greedily, and mark its answers.

    Args:
        folder: with model, tokenizer and chat template, or with an adapter and the tokenizer.
        questions: such as ``HeldOut(path, underscores=form == "native").questions()``.
        form: ``native`` or ``prompted``, as the model was trained.
        batch: questions at once.
        max_tokens: most of an answer.
        device: as torch names it; the first GPU where there is one, by default.

    Raises:
        UserError: the folder cannot be loaded, or its chat template does not take what is put to it.
    """
    return mark_with(Local(Generator.load(folder, device), batch, max_tokens), questions, form=form)


def mark_with(answerer: Answerer, questions: Iterable[Question], *, form: Form) -> Marked:
    """The same with whoever answers; a model in memory is ``Local(Generator(model, tokenizer, name), batch, most)``.

    Args:
        answerer: who is asked.
        questions: what.
        form: how.

    Raises:
        UserError: it cannot be put so.
        ModelUnavailable: no more answers can be had.
    """
    asked = list(questions)
    answers: dict[str, Given] = {}

    def keep(one: Put, said: Said) -> None:
        answers[one.id] = given(one, said, form, "")

    asyncio.run(answerer.ask([put(question, form) for question in asked], keep, lambda: False))
    tally = ScoreTally(asked)
    marks: dict[str, Mark | None] = {}
    for question in asked:
        if question.id in answers:
            line = answers[question.id].line()
            marks[question.id] = question.truth.mark(line.answer) if line.answer else None
            tally.add(Scored(question, marks[question.id], line.error))
    return Marked(tally.as_json(), marks, answers)
