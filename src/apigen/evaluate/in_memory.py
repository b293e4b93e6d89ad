"""Scoring a model from Python without a folder of answers: what a training loop or a notebook wants.

:func:`apigen.evaluate.run.evaluate` is the same with everything kept on disk.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from apigen.dialogue.form import Form
from apigen.evaluate.asking.answer_record import AnswerRecord
from apigen.evaluate.asking.ask import ask_missing
from apigen.evaluate.asking.base import Answerer
from apigen.evaluate.asking.generating import Generator
from apigen.evaluate.asking.local import Local
from apigen.evaluate.base import Question, Score
from apigen.evaluate.blocking import blocking
from apigen.evaluate.evaluation import evaluated, figures


class ModelScores(msgspec.Struct, frozen=True):
    """How a model did on some questions."""

    figures: dict[str, Any]
    """All answers, and ``categories``: questions, answers, correct, accuracy with its interval, errors, reasons."""
    scores: dict[str, Score | None]
    """By the question's id; ``None`` where an error came instead of an answer."""
    answers: dict[str, AnswerRecord]
    """By the question's id."""


def score_folder(
    folder: Path,
    questions: Iterable[Question],
    *,
    form: Form = "native",
    batch: int = 8,
    max_tokens: int = 512,
    device: str | None = None,
) -> ModelScores:
    """Ask a model in a folder, greedily, and score its answers.

    Args:
        folder: with model, tokenizer and chat template, or with an adapter and the tokenizer.
        questions: such as ``HeldOut(path, underscores=form == "native").questions()``.
        form: ``native`` or ``prompted``, as the model was trained.
        batch: questions in one batch.
        max_tokens: most new tokens per answer.
        device: as torch names it; the first GPU (CUDA or Apple's) where there is one, by default.

    Raises:
        UserError: the folder cannot be loaded, or its chat template takes no tools.
    """
    return score_answerer(Local(Generator.load(folder, device), batch, max_tokens), questions, form=form)


def score_answerer(answerer: Answerer, questions: Iterable[Question], *, form: Form) -> ModelScores:
    """The same for any answerer; a model in memory is ``Local(Generator(model, tokenizer, name), batch, max_tokens)``.

    Args:
        answerer: what is asked.
        questions: the questions.
        form: how they are put.

    Raises:
        UserError: the model cannot be asked in this form.
        ModelUnavailable: the model stopped answering.
        JobFellShort: every question so far ended in an error.
    """
    asked, store = list(questions), _InMemory()
    blocking(ask_missing(asked, store, answerer, form))
    found = evaluated(asked, store.answers, {})
    return ModelScores(
        figures(asked, found), {one.scored.question.id: one.scored.score for one in found}, store.answers
    )


class _InMemory:
    """Answers of which nothing is written."""

    model = ""

    def __init__(self) -> None:
        self.answers: dict[str, AnswerRecord] = {}

    def add(self, one: AnswerRecord) -> None:
        """Keep an answer."""
        self.answers[one.id] = one
