"""Asks every question that has no answer yet, and scores each answer as it comes."""

from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from apigen.dialogue.form import Form
from apigen.errors import JobFellShort
from apigen.evaluate.asking.answer_record import AnswerRecord, answer_record
from apigen.evaluate.asking.base import Answerer, Prompt, Response
from apigen.evaluate.asking.prompts import prompt_of
from apigen.evaluate.base import Question, Score

IN_VAIN = 8
"""Errors before the first answer after which the way of asking must be wrong.

Errors that say nothing about other questions (too long, refused by the chat template) do not count.
"""


class Store(Protocol):
    """Where answers go; the folder of an evaluation is one."""

    answers: dict[str, AnswerRecord]
    """The answers so far, by the question's id."""

    @property
    def model(self) -> str:
        """The model's name, for each answer."""
        ...

    def add(self, one: AnswerRecord) -> None:
        """Keep an answer."""
        ...


class Progress(msgspec.Struct):
    """How many questions are answered, and how well."""

    wanted: int
    answered: int = 0
    """Answers that have a score."""
    correct: int = 0
    errors: int = 0

    def count(self, score: Score | None) -> None:
        """Count one answer, or an error."""
        self.answered += score is not None
        self.correct += score is not None and score.correct
        self.errors += score is None


async def ask_missing(
    questions: Sequence[Question],
    kept: Store,
    answerer: Answerer,
    form: Form,
    watch: Callable[[Progress], None] = lambda _: None,
    stopped: Callable[[], bool] = lambda: False,
) -> None:
    """Ask every question that has no answer yet, and keep each answer as it comes.

    Args:
        questions: all questions of the evaluation.
        kept: the answers so far; new ones are added.
        answerer: the model.
        form: how prompts are made.
        watch: called with the progress.
        stopped: ends the work when it returns true.

    Raises:
        ModelUnavailable: the model stopped answering; the answers so far are kept.
        JobFellShort: every question fails, or the disk is full.
    """
    progress = Progress(len(questions))
    by_id = {question.id: question for question in questions}
    in_vain = 0
    for question in questions:
        if question.id in kept.answers:
            progress.count(score_of(question, kept.answers[question.id]))
    watch(progress)

    def keep(asked: Prompt, said: Response) -> None:
        nonlocal in_vain
        one = answer_record(asked, said, form, kept.model)
        kept.add(one)
        progress.count(score_of(by_id[asked.id], one))
        watch(progress)
        in_vain += bool(said.error) and not (said.alone or said.unfit)
        if in_vain >= IN_VAIN and not progress.answered:
            # Of a server: errors of a local model are always of single questions.
            hint = "; start the server with tool calling enabled, or use --form prompted" if asked.tools else ""
            raise JobFellShort(f"{said.error}; the first {in_vain} questions all failed, none was answered{hint}")

    missing = [prompt_of(question, form) for question in questions if question.id not in kept.answers]
    if missing:
        await answerer.ask(missing, keep, stopped)


def score_of(question: Question, one: AnswerRecord) -> Score | None:
    """The score of an answer; ``None`` for an error."""
    answer = one.line().answer
    return question.ground_truth.score(answer) if answer else None
