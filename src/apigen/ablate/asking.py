"""The evaluator of :mod:`apigen.ablate.base`, by :mod:`apigen.evaluate`."""

import asyncio
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from apigen.ablate.arguments import arguments_of
from apigen.ablate.base import Interrupted, SuiteResult
from apigen.ablate.likelihood import Likelihood, bits_per_character
from apigen.dialogue.form import Form, prompt_version, underscores
from apigen.evaluate.asking.ask import Progress, ask_missing
from apigen.evaluate.asking.generating import Generator, load
from apigen.evaluate.asking.kept import EVALUATION, VERDICTS, Kept, Settings
from apigen.evaluate.asking.local import Local
from apigen.evaluate.base import Answer
from apigen.evaluate.evaluation import Evaluated, evaluated, figures
from apigen.evaluate.held_out import HeldOut
from apigen.evaluate.model_digest import model_digest
from apigen.train.loading import released


class Asking:
    """Asks a model in a folder, with greedy decoding.

    Args:
        form: the one that it was trained in.
        batch: questions per batch.
        max_tokens: of an answer.
        watch: given the progress.
        stopped: asked between batches whether to stop.
    """

    def __init__(
        self, form: Form, batch: int, max_tokens: int, watch: Callable[[Progress], None], stopped: Callable[[], bool]
    ) -> None:
        self._form = form
        self._batch = batch
        self._max_tokens = max_tokens
        self._watch = watch
        self._stopped = stopped

    @released()
    def __call__(self, model: Path, rows: Path, out: Path) -> SuiteResult:
        """Ask every question without an answer; ``out`` becomes a folder such as ``apigen evaluate --model`` writes.

        Raises:
            Interrupted: it was stopped; the answers so far are kept, and the same call resumes it.
        """
        if self._stopped():
            raise Interrupted
        suite = HeldOut(rows, underscores=underscores(self._form))
        questions = list(suite.questions())
        net, tokenizer = load(model)
        settings = Settings(
            # Not by their paths, so that a folder that was moved can be resumed.
            suite=f"held-out:{rows.name}",
            model=out.parent.name,
            form=self._form,
            temperature=0.0,
            max_tokens=self._max_tokens,
            version=suite.version,
            prompt_version=prompt_version(self._form),
            model_digest=model_digest(str(model)),
        )
        with _opened(out, settings) as kept:
            answerer = Local(Generator(net, tokenizer, settings.model), self._batch, self._max_tokens)
            asyncio.run(ask_missing(questions, kept, answerer, self._form, self._watch, self._stopped))
            if len(kept.answers) < len(questions):
                raise Interrupted
            found = evaluated(questions, kept.answers, {})
            kept.write(VERDICTS, (msgspec.json.encode(one.verdict()) + b"\n" for one in found))
            date = datetime.now(UTC).date().isoformat()
            kept.describe({"status": "done", "date": date, **figures(questions, found), **answerer.facts()})
        likelihood = bits_per_character(net, tokenizer, rows, self._form, self._batch, self._stopped)
        return _result(found, likelihood)


def _opened(out: Path, settings: Settings) -> Kept:
    if (out / EVALUATION).is_file():
        return Kept.resume(out, settings)
    shutil.rmtree(out, ignore_errors=True)  # left by an attempt that ended before its first answer
    return Kept.create(out, settings)


def _result(found: Sequence[Evaluated], likelihood: Likelihood) -> SuiteResult:
    answered = [(one, one.record.line().answer) for one in found]
    scores = [one.scored.score for one in found if one.scored.score is not None]
    return SuiteResult(
        correct=sum(score.correct for score in scores),
        answers=len(scores),
        errors=len(found) - len(scores),
        reasons=dict(Counter(str(score.error_type) for score in scores if score.error_type is not None)),
        tools=sum(_calls_right_tools(one, answer) for one, answer in answered if answer is not None),
        arguments=arguments_of(
            (one.scored.question.ground_truth, answer) for one, answer in answered if answer is not None
        ),
        bits=likelihood.bits,
        scored=likelihood.scored,
    )


def _calls_right_tools(one: Evaluated, answer: Answer) -> bool:
    due = Counter(call.name for call in one.scored.question.ground_truth.due())
    return not answer.undecodable and due == Counter(call.name for call in answer.calls)
