"""Training and asking for real: what :mod:`apigen.ablate.base` asks for, by :mod:`apigen.train` and
:mod:`apigen.evaluate`."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import msgspec

from apigen.ablate.base import Right, Trained
from apigen.ablate.likelihood import bits_per_character
from apigen.errors import JobFellShort
from apigen.evaluate.asking.given import Given
from apigen.evaluate.asking.local_rows import mark_folder
from apigen.evaluate.base import Question
from apigen.evaluate.held_out import HeldOut
from apigen.files import replacing
from apigen.train.form import Form
from apigen.train.job import Job, Watch
from apigen.train.outputs import RECORD
from apigen.train.run import train

_ANSWERS = "answers.jsonl"


class Training:
    """Trains by a job that only its rows, its seed and its folder tell apart.

    Args:
        job: all the rest.
        watch: told the steps done, of how many, and the loss.
        stopped: asked after each step whether to end.
    """

    def __init__(self, job: Job, watch: Watch, stopped: Callable[[], bool]) -> None:
        self._job = job
        self._watch = watch
        self._stopped = stopped

    def __call__(self, rows: Path, out: Path, seed: int) -> Trained:
        """Train, or go on with a training that was interrupted.

        Raises:
            Interrupted: it was asked to end; the same call goes on later.
            JobFellShort: a row could not be trained on, so that sets are no longer equally large.
        """
        recipe = self._job.recipe.model_copy(update={"seed": seed})
        job = msgspec.structs.replace(self._job, recipe=recipe, out=out, resume=(out / RECORD).is_file())
        result = train([rows], job, watch=self._watch, stopped=self._stopped)
        if not result.finished:
            raise Interrupted
        record = result.record
        if record["rows"]["left_out"]:
            raise JobFellShort(
                f"{rows}: {record['rows']['left_out']} rows could not be trained on, so sets differ in size; "
                f"{out / 'left_out.jsonl'} says why, and a larger --cutoff may mend it"
            )
        return Trained(
            rows=record["rows"]["trained"],
            tokens=record["tokens"]["total"],
            steps=record["plan"]["steps"],
            loss=result.loss,
            seconds=sum(session["seconds"] for session in record["sessions"]),
        )


class Interrupted(Exception):  # noqa: N818 - named for what happened
    """Somebody asked for the end; what was done is kept."""


class Asking:
    """Asks a model in a folder, greedily.

    Args:
        form: as it was trained.
        batch: questions at once.
        max_tokens: most of an answer.
    """

    def __init__(self, form: Form, batch: int, max_tokens: int) -> None:
        self._form = form
        self._batch = batch
        self._max_tokens = max_tokens

    def __call__(self, model: Path, rows: Path, out: Path) -> Right:
        """Ask everything, and write what was answered to ``answers.jsonl`` in ``out``."""
        questions = list(HeldOut(rows, underscores=self._form == "native").questions())
        found = mark_folder(model, questions, form=self._form, batch=self._batch, max_tokens=self._max_tokens)
        out.mkdir(exist_ok=True)
        with replacing(out / _ANSWERS) as file:
            file.writelines(msgspec.json.encode(answer) + b"\n" for answer in found.answers.values())
        marks = list(found.marks.values())
        reasons = Counter(str(mark.miss) for mark in marks if mark is not None and mark.miss is not None)
        return Right(
            correct=sum(mark is not None and mark.correct for mark in marks),
            answers=len(marks),
            reasons=dict(reasons),
            tools=sum(_calls_right_tools(question, found.answers[question.id]) for question in questions),
            bits=bits_per_character(model, rows, self._form, self._batch),
        )


def _calls_right_tools(question: Question, given: Given) -> bool:
    answer = given.line().answer
    due = Counter(call.name for call in question.truth.due())
    return answer is not None and not answer.undecodable and due == Counter(call.name for call in answer.calls)
