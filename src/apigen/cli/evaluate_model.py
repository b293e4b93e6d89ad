"""``apigen evaluate --model``: ask a model a suite's questions, and score what it answers."""

import asyncio
import platform
import shlex
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from stamina.instrumentation import set_on_retry_hooks

from apigen import __version__
from apigen.cli.evaluate_training import trained_on
from apigen.cli.interrupt import EXIT_INTERRUPTED, on_interrupt
from apigen.cli.live_bar import LiveBar
from apigen.config import load_config
from apigen.dialogue.form import Form, form_named, underscores
from apigen.errors import ApigenError, ExecutorUnavailable, JobFellShort, Unavailable, UserError
from apigen.evaluate.asking.ask import Progress, ask_missing
from apigen.evaluate.asking.kept import EVALUATION, REPORT, VERDICTS, Kept, Settings, read_evaluation
from apigen.evaluate.asking.sampling import sampled
from apigen.evaluate.asking.table import LOCAL, OPENAI, Asking, make_answerer, require_askable
from apigen.evaluate.base import Question, Suite
from apigen.evaluate.evaluation import Evaluated, evaluated, figures
from apigen.evaluate.executables import Executables, executables
from apigen.evaluate.executed import ByResult, marked_by_result
from apigen.evaluate.model_digest import model_digest
from apigen.evaluate.page import page
from apigen.evaluate.plan import plan_of, plan_words
from apigen.evaluate.summary import summary
from apigen.evaluate.table import SuiteOptions, make_suite
from apigen.model_config import ModelConfig
from apigen.report.words import percent

_HELD_OUT = "held-out:"
_CONCURRENCY = 32
_BATCH = 8
_ENDING = "Waiting for the answers that are under way; Ctrl-C once more leaves them."


class AskOptions(NamedTuple):
    """What the command line said."""

    suite: str
    model: str
    base_url: str | None
    form: str
    out: Path | None
    resume: bool
    bfcl: Path | None
    execute: bool
    libraries: tuple[str, ...]
    config: Path | None
    limit: int | None
    seed: int
    concurrency: int | None
    temperature: float
    max_tokens: int
    dry_run: bool
    as_json: bool


class _Plan(NamedTuple):
    """What is to be done, once it is known to be sound."""

    form: Form
    suite: Suite
    questions: Sequence[Question]
    endpoints: Sequence[ModelConfig]
    executables: Executables | None
    out: Path


class _Outcome(NamedTuple):
    """What was reached."""

    found: dict[str, Any]
    evaluated: Sequence[Evaluated]
    problem: str
    """Why it ended early; empty where it did not."""


def ask_command(options: AskOptions) -> int:
    """Carry out ``apigen evaluate --model``; returns the exit code."""
    set_on_retry_hooks(())  # a model that stays away is told in one line
    plan = _planned(options)
    if options.dry_run:
        told = plan_of(plan.questions, plan.form, options.max_tokens)
        text = msgspec.json.encode(told).decode() if options.as_json else plan_words(told)
        sys.stdout.write(f"{text}\n")
        return 0
    resume = f"go on with --resume --out {shlex.quote(str(plan.out))}"
    try:
        with on_interrupt(_ENDING) as interrupted:
            outcome = asyncio.run(_carried_out(options, plan, interrupted))
    except KeyboardInterrupt:
        return _interrupted(f"what was answered is kept; {resume}")
    asked = outcome.found["questions"] - outcome.found["unanswered"]
    if options.as_json:
        sys.stdout.write(msgspec.json.encode({"out": str(plan.out), **outcome.found}).decode() + "\n")
    elif asked:
        _show(outcome.found, plan.out)
    kept = "what was answered is kept" if asked else "no question was answered"
    go_on = f"{kept}; {resume}"
    if interrupted():
        return _interrupted(go_on)
    if outcome.problem:
        reached = f"{asked:,} of {outcome.found['questions']:,} questions were asked, and " if asked else ""
        raise ApigenError(f"{outcome.problem}; {reached}{go_on}")
    if outcome.found["errors"]:
        raise JobFellShort(f"{outcome.found['errors']:,} questions ended in an error; {go_on}")
    return 0


def _interrupted(go_on: str) -> int:
    Console(stderr=True, markup=False).print(f"Interrupted; {go_on}.", highlight=False, soft_wrap=True)
    return EXIT_INTERRUPTED


def _planned(options: AskOptions) -> _Plan:
    """Everything that can be found wrong before anything is asked or written.

    Raises:
        UserError: an option is wrong.
    """
    require_askable(options.model, options.temperature)
    form = form_named(options.form)
    held_out = options.suite.startswith(_HELD_OUT)
    if (options.execute or options.libraries) and not held_out:
        raise UserError(f"--execute: the questions of {options.suite} have no calls that could be executed")
    if options.libraries and not options.execute:
        raise UserError("--library: nothing is executed without --execute; add it, or leave --library out")
    if options.out is None and not options.dry_run:
        raise UserError("--out DIR is missing: answers are kept there, so that none is asked for twice")
    suite = make_suite(options.suite, SuiteOptions(options.bfcl, underscores(form)))
    questions = sampled(suite.questions(), options.limit, options.seed)
    if not questions:
        raise UserError(f"--suite {options.suite}: has no questions")
    tools = None
    if options.execute:
        rows = Path(options.suite.removeprefix(_HELD_OUT))
        tools = executables(rows, options.libraries, options.config)
    return _Plan(form, suite, questions, _endpoints(options), tools, options.out or Path())


def _endpoints(options: AskOptions) -> Sequence[ModelConfig]:
    """How an ``openai/`` model is reached: as the configuration says, or plainly."""
    if not options.model.startswith(OPENAI):
        return ()
    written = load_config(options.config)
    entries = [{"name": options.model} | ({"base_url": options.base_url} if options.base_url else {})]
    named = tuple(one for one in written.models if one.name == options.model)
    config = written.model_copy(update={"models": named or load_config(None, {"models": entries}).models})
    return config.resolved(base_url=options.base_url).models


async def _carried_out(options: AskOptions, plan: _Plan, interrupted: Callable[[], bool]) -> _Outcome:
    console = Console(stderr=True, markup=False)
    local = options.model.startswith(LOCAL)
    concurrency = options.concurrency or (_BATCH if local else _CONCURRENCY)
    settings = Settings(
        suite=plan.suite.name,
        version=plan.suite.version,
        model=options.model,
        form=plan.form,
        temperature=options.temperature,
        max_tokens=options.max_tokens,
        limit=options.limit,
        seed=options.seed,
        extra=plan.endpoints[0].extra if plan.endpoints else {},
        model_digest=model_digest(options.model.removeprefix(LOCAL)) if local else "",
    )
    began = time.monotonic()
    async with AsyncExitStack() as stack:
        asking = Asking(options.temperature, options.max_tokens, concurrency)
        answerer = make_answerer(options.model, plan.endpoints, asking, plan.form)
        stack.push_async_callback(answerer.aclose)
        opened = Kept.resume if options.resume else Kept.create
        kept = stack.enter_context(opened(plan.out, settings))
        # A server that is asked no more says nothing of it again.
        system = {key: was for key, was in read_evaluation(plan.out).items() if key == "system"}
        problem = ""
        by_result: Mapping[str, ByResult] = {}
        try:
            with _Asking(console, len(plan.questions)) as bar:
                await ask_missing(plan.questions, kept, answerer, plan.form, bar.at, interrupted)
            if plan.executables and not interrupted():
                by_result = await _by_result(plan.executables, plan.questions, kept, interrupted)
        except (Unavailable, JobFellShort) as error:
            problem = str(error)
        everything = evaluated(plan.questions, kept.answers, by_result)
        found = {
            "status": "stopped" if problem else "interrupted" if interrupted() else "done",
            "date": datetime.now(UTC).date().isoformat(),
            **msgspec.to_builtins(settings),
            **figures(plan.questions, everything, options.limit),
            "library": plan.executables.source if plan.executables else None,
            "training": trained_on(Path(options.model.removeprefix(LOCAL)), plan.questions) if local else None,
            "concurrency": concurrency,
            "seconds": round(time.monotonic() - began, 3),
            **system,
            **_facts(answerer.facts()),
        }
        kept.write(VERDICTS, (msgspec.json.encode(one.verdict()) + b"\n" for one in everything))
        kept.write(REPORT, [page(found, everything).encode("utf-8", "backslashreplace")])
        kept.describe(found)
        return _Outcome(found, everything, problem)


async def _by_result(
    tools: Executables, questions: Sequence[Question], kept: Kept, stopped: Callable[[], bool]
) -> Mapping[str, ByResult]:
    """What each answer is by execution.

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
        return {one.id: one async for one in marked_by_result(answers, tools.by_name(), executor, stopped)}
    except ExecutorUnavailable as error:
        raise JobFellShort(f"--execute: the calls cannot be made: {error}") from error
    finally:
        await executor.aclose()


def _facts(facts: Mapping[str, Any]) -> dict[str, Any]:
    own = {"apigen": __version__, "python": platform.python_version()}
    return {**facts, "versions": own | facts.get("versions", {})}


def _show(found: Mapping[str, Any], out: Path) -> None:
    console = Console(markup=False)
    console.print(summary(found))
    for name, what in (
        (REPORT, "the figures, and wrong answers to look through"),
        (VERDICTS, "each answer with its mark"),
        (EVALUATION, "every figure"),
    ):
        console.print(f"{out / name}  {what}", highlight=False, soft_wrap=True)


class _Asking(LiveBar):
    """How many questions are answered, and how many of the answers are right so far."""

    def __init__(self, console: Console, wanted: int) -> None:
        columns = (
            TextColumn("[bold]questions"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("{task.fields[fared]}", markup=False),
            TimeRemainingColumn(),
        )
        super().__init__(console, columns, total=wanted, fared="")

    def at(self, progress: Progress) -> None:
        """Show how far it is."""
        fared = f"{percent(progress.correct, progress.answered)} right"
        fared += f", {progress.errors:,} errors" if progress.errors else ""
        done = progress.answered + progress.errors
        self.show(f"{done:,}/{progress.wanted:,} questions, {fared}", completed=done, fared=fared)
