"""One evaluation of a model, from a suite's questions to the figures: the page to read first."""

import platform
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from apigen import __version__
from apigen.config import load_config
from apigen.dialogue.form import FORMS, Form, prompt_version, underscores
from apigen.errors import ExecutorUnavailable, JobFellShort, Unavailable, UserError
from apigen.evaluate.asking.ask import Progress, ask_missing
from apigen.evaluate.asking.base import Answerer
from apigen.evaluate.asking.kept import (
    REPORT,
    VERDICTS,
    Kept,
    Settings,
    read_evaluation,
    require_free,
    require_same_settings,
)
from apigen.evaluate.asking.sampling import sampled
from apigen.evaluate.asking.table import OPENAI, Asking, make_answerer
from apigen.evaluate.base import Question, Suite
from apigen.evaluate.blocking import blocking
from apigen.evaluate.evaluation import evaluated, figures
from apigen.evaluate.executables import Executables, executables
from apigen.evaluate.executed import ByResult, scored_by_result
from apigen.evaluate.job import HELD_OUT, EvaluationJob, EvaluationResult
from apigen.evaluate.model_digest import model_digest
from apigen.evaluate.page import page
from apigen.evaluate.summary import form_warning
from apigen.evaluate.table import SuiteOptions, make_suite
from apigen.model_config import ModelConfig
from apigen.training_folder import TrainedAs, trained_as

Overlap = Callable[[Path, Sequence[Question]], dict[str, Any] | None]
"""Counts the questions that are in the training data of a local model, for ``training`` in evaluation.json:
``questions``, ``trained_on``, and the lists ``changed`` and ``not_read``; ``None`` where the data are unknown."""


class Plan(msgspec.Struct, frozen=True):
    """What would be asked, and how."""

    suite: Suite
    questions: Sequence[Question]
    form: Form
    """The job's; where it names none, the one that a local model was trained in."""
    trained_as: TrainedAs | None
    """The prompts that a local model was trained with, where known."""
    endpoints: Sequence[ModelConfig]
    """Of an ``openai/`` model, resolved."""
    executables: Executables | None
    """What executes the calls; ``None`` where nothing is executed."""


def rehearse(job: EvaluationJob) -> Plan:
    """Check everything that can be checked without asking, loading or writing anything.

    Raises:
        UserError: the suite, the configuration, the library or the folder cannot be used.
    """
    named = job.out != Path()  # a dry run needs no folder
    if named and not job.resume:
        require_free(job.out)
    training = trained_as(job.local) if job.local else None
    form = job.form or FORMS.get(training.form if training else "", "native")
    suite = make_suite(job.suite, SuiteOptions(job.bfcl, underscores(form)))
    questions = sampled(suite.questions(), job.limit, job.seed)
    if not questions:
        raise UserError(f"--suite {job.suite}: has no questions")
    tools = None
    if job.execute:
        tools = executables(Path(job.suite.removeprefix(HELD_OUT)), job.libraries, job.config)
    plan = Plan(suite, questions, form, training, _endpoints(job), tools)
    if named and job.resume:
        require_same_settings(job.out, _settings(job, plan))
    return plan


def evaluate(
    job: EvaluationJob,
    *,
    watch: Callable[[Progress], None] = lambda _: None,
    stopped: Callable[[], bool] = lambda: False,
    overlap: Overlap = lambda *_: None,
    warn: Callable[[str], None] = lambda _: None,
) -> EvaluationResult:
    """Ask a model a suite's questions, score its answers, and write everything to ``job.out``.

    Args:
        job: which model, which questions, and how.
        watch: called with the progress after each answer.
        stopped: asked between answers whether to end early; ``job.resume`` continues from there.
        overlap: counts the questions that are in a local model's training data.
        warn: called before anything is asked, with each reason why the figures may mislead; the report repeats them.

    Raises:
        UserError: the suite, the model or the folder cannot be used. What happens later (an endpoint that dies, a full
            disk) is in ``problem`` of the result, and the answers so far are kept.
    """
    plan = rehearse(job)
    if line := form_warning(_asked_with(plan)):
        warn(line)
    return blocking(_carried_out(job, plan, watch, stopped, overlap))


async def _carried_out(
    job: EvaluationJob,
    plan: Plan,
    watch: Callable[[Progress], None],
    stopped: Callable[[], bool],
    overlap: Overlap,
) -> EvaluationResult:
    began = time.monotonic()
    settings = _settings(job, plan)
    async with AsyncExitStack() as stack:
        asking = Asking(job.temperature, job.max_tokens, job.in_flight)
        answerer = make_answerer(job.model, plan.endpoints, asking, plan.form)
        stack.push_async_callback(answerer.aclose)
        kept = stack.enter_context((Kept.resume if job.resume else Kept.create)(job.out, settings))
        # A server that is asked nothing more reports nothing of it again.
        system = {key: was for key, was in read_evaluation(job.out).items() if key == "system"}
        problem = ""
        by_result: Mapping[str, ByResult] = {}
        try:
            await ask_missing(plan.questions, kept, answerer, plan.form, watch, stopped)
            if plan.executables and not stopped():
                by_result = await _by_result(plan.executables, plan.questions, kept, stopped)
        except (Unavailable, JobFellShort) as error:
            problem = str(error)
        everything = evaluated(plan.questions, kept.answers, by_result)
        found = {
            "status": "stopped" if problem else "interrupted" if stopped() else "done",
            "date": datetime.now(UTC).date().isoformat(),
            **msgspec.json.decode(msgspec.json.encode(settings)),
            **_asked_with(plan),
            **figures(plan.questions, everything, job.limit),
            "library": plan.executables.source if plan.executables else None,
            "training": overlap(job.local, plan.questions) if job.local else None,
            "concurrency": job.in_flight,
            "seconds": round(time.monotonic() - began, 3),
            **system,
            **_facts(answerer),
        }
        kept.write(VERDICTS, (msgspec.json.encode(one.verdict()) + b"\n" for one in everything))
        kept.write(REPORT, [page(found, everything).encode("utf-8", "backslashreplace")])
        kept.describe(found)
        return EvaluationResult(job.out, found, everything, problem)


def _asked_with(plan: Plan) -> dict[str, Any]:
    """The prompts, and those of the model's training."""
    return {
        "form": plan.form,
        "prompt_version": prompt_version(plan.form),
        "trained_as": msgspec.to_builtins(plan.trained_as),
    }


def _settings(job: EvaluationJob, plan: Plan) -> Settings:
    return Settings(
        suite=plan.suite.name,
        version=plan.suite.version,
        model=job.model,
        form=plan.form,
        prompt_version=prompt_version(plan.form),
        temperature=job.temperature,
        max_tokens=job.max_tokens,
        limit=job.limit,
        seed=job.seed,
        extra=plan.endpoints[0].extra if plan.endpoints else {},
        base_urls=tuple(sorted({_bare(endpoint.base_url or "") for endpoint in plan.endpoints})),
        model_digest=model_digest(str(job.local)) if job.local else "",
    )


def _bare(url: str) -> str:
    """An address without its query, which may hold what differs from day to day."""
    return urlsplit(url)._replace(query="", fragment="").geturl()


def _endpoints(job: EvaluationJob) -> Sequence[ModelConfig]:
    """How an ``openai/`` model is reached: as the configuration says, or plainly."""
    if not job.model.startswith(OPENAI):
        return ()
    written = load_config(job.config)
    entries = [{"name": job.model} | ({"base_url": job.base_url} if job.base_url else {})]
    named = tuple(one for one in written.models if one.name == job.model)
    config = written.model_copy(update={"models": named or load_config(None, {"models": entries}).models})
    return config.resolved(base_url=job.base_url).models


async def _by_result(
    tools: Executables, questions: Sequence[Question], kept: Kept, stopped: Callable[[], bool]
) -> Mapping[str, ByResult]:
    """The score of each answer by execution.

    Raises:
        JobFellShort: the sandbox does not work.
    """
    executor = tools.executor()
    answers = [
        (question, answer)
        for question in questions
        if question.id in kept.answers and (answer := kept.answers[question.id].line().answer)
    ]
    try:
        return {one.id: one async for one in scored_by_result(answers, tools.by_name(), executor, stopped)}
    except ExecutorUnavailable as error:
        raise JobFellShort(f"--execute: the calls cannot be executed: {error}") from error
    finally:
        await executor.aclose()


def _facts(answerer: Answerer) -> dict[str, Any]:
    facts = answerer.facts()
    own = {"apigen": __version__, "python": platform.python_version()}
    return {**facts, "versions": own | facts.get("versions", {})}
