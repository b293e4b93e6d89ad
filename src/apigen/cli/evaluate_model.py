"""``apigen evaluate --model``: ask a model a suite's questions, and score its answers."""

import os
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from stamina.instrumentation import set_on_retry_hooks

from apigen.cli.evaluate_training import trained_on
from apigen.cli.interrupt import EXIT_INTERRUPTED, on_interrupt
from apigen.cli.live_bar import LiveBar
from apigen.cli.terminal import Terminal
from apigen.errors import ApigenError, JobFellShort
from apigen.evaluate.asking.ask import Progress
from apigen.evaluate.asking.kept import ANSWERS, EVALUATION, REPORT, VERDICTS
from apigen.evaluate.job import EvaluationJob, EvaluationResult
from apigen.evaluate.plan import plan_of, plan_words
from apigen.evaluate.run import evaluate, rehearse
from apigen.evaluate.summary import errors_text, summary
from apigen.report.words import percent

_ENDING = "Stopping after the answers in flight; a second Ctrl-C or SIGTERM discards them and ends at once."
_NOTHING = "no question was answered; run the same command again to start over"


class AskOptions(NamedTuple):
    """What the command line said."""

    job: EvaluationJob
    dry_run: bool
    as_json: bool


def ask_command(options: AskOptions) -> int:
    """Carry out ``apigen evaluate --model``; returns the exit code."""
    set_on_retry_hooks(())  # an endpoint that stays away is reported in one line
    return _dry_run(options) if options.dry_run else _ask(options)


def _dry_run(options: AskOptions) -> int:
    plan = rehearse(options.job)
    planned = plan_of(plan.questions, plan.form, options.job.max_tokens)
    text = msgspec.json.encode(planned).decode() if options.as_json else plan_words(planned)
    sys.stdout.write(f"{text}\n")
    return 0


def _ask(options: AskOptions) -> int:
    job, console = options.job, Terminal(stderr=True, markup=False)
    resume = f"all finished answers are kept; resume with --resume --out {shlex.quote(str(job.out))}"

    def warn(line: str) -> None:
        console.print(f"warning: {line}", highlight=False, soft_wrap=True)

    try:
        with on_interrupt(_ENDING) as interrupted, _Asking(console) as bar:
            result = evaluate(job, watch=bar.at, stopped=interrupted, overlap=trained_on, warn=warn)
    except KeyboardInterrupt:
        code = _interrupted(resume if (job.out / ANSWERS).is_file() else _NOTHING)
        if job.local is not None:
            os._exit(code)  # its thread may be stuck, or in the middle of torch's work, which an ordinary exit disturbs
        return code
    if options.as_json:
        sys.stdout.write(msgspec.json.encode({"out": str(result.out), **result.figures}).decode() + "\n")
    elif result.asked:
        _show(result.figures, result.out)
    return _ended(result, resume, interrupted=interrupted())


def _ended(result: EvaluationResult, resume: str, *, interrupted: bool) -> int:
    """The exit code, with what is left to do.

    Raises:
        ApigenError: it was stopped early.
        JobFellShort: asking again may answer some questions, or none was answered.
    """
    answered, questions = result.figures["answers"], result.figures["questions"]
    what_next = resume if answered else _NOTHING
    if interrupted:
        return _interrupted(what_next)
    if result.problem:
        reached = f"{result.asked:,} of {questions:,} questions were asked, " if answered else ""
        raise ApigenError(f"{result.problem}; {reached}{what_next}")
    if errors := errors_text(result.figures, unfit=False):
        raise JobFellShort(f"{errors}; {what_next}")
    if not answered:
        raise JobFellShort(f"no question was answered; {errors_text(result.figures, unfit=True)}")
    return 0


def _interrupted(what_next: str) -> int:
    Terminal(stderr=True, markup=False).print(f"Interrupted; {what_next}.", highlight=False, soft_wrap=True)
    return EXIT_INTERRUPTED


def _show(found: Mapping[str, Any], out: Path) -> None:
    console = Terminal(markup=False)
    console.print(summary(found))
    for name, what in (
        (REPORT, "figures, and wrong answers to look through"),
        (VERDICTS, "each answer with its score"),
        (EVALUATION, "all figures"),
    ):
        console.print(f"{out / name}  {what}", highlight=False, soft_wrap=True)


class _Asking(LiveBar):
    """How many questions are answered, and the accuracy so far."""

    def __init__(self, console: Console) -> None:
        columns = (
            TextColumn("[bold]questions"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("{task.fields[fared]}", markup=False),
            TimeRemainingColumn(),
        )
        super().__init__(console, columns, fared="")

    def at(self, progress: Progress) -> None:
        """Show the progress."""
        fared = f"{percent(progress.correct, progress.answered)} correct"
        fared += f", {progress.errors:,} errors" if progress.errors else ""
        done = progress.answered + progress.errors
        line = f"{done:,}/{progress.wanted:,} questions, {fared}"
        self.show(line, completed=done, total=progress.wanted, fared=fared)
