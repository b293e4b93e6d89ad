"""``apigen train``: fine-tune a model on function-calling data."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from apigen.cli.interrupt import EXIT_INTERRUPTED, on_interrupt
from apigen.cli.terminal import Terminal
from apigen.cli.training_progress import TrainingProgress
from apigen.dialogue.form import form_named
from apigen.errors import UserError
from apigen.train.job import METHODS, Job
from apigen.train.recipe import recipe_for
from apigen.train.run import read_data, require_possible, train
from apigen.train.summary import kept_line, plan_summary, result_line, resume_line

if TYPE_CHECKING:
    from apigen.train.prepared import Prepared


_ENDING = "Finishing this step and saving a checkpoint; press Ctrl-C again to stop at once."


class TrainOptions(NamedTuple):
    """What the command line said."""

    data: tuple[Path, ...]
    format_name: str
    model: str
    scratch: str
    out: Path | None
    form: str
    method: str
    chat_template: Path | None
    recipe: Path | None
    lora: bool
    overrides: dict[str, Any]
    resume: bool
    require_gpu: bool
    dry_run: bool
    as_json: bool


def train_command(options: TrainOptions) -> int:
    """Carry out ``apigen train``; returns the exit code."""
    job = _job(options)
    require_possible(job)
    from apigen.train.loading import require_gpu  # noqa: PLC0415 - needs the extra
    from apigen.train.outputs import require_place  # noqa: PLC0415
    from apigen.train.prepared import prepare  # noqa: PLC0415

    if options.require_gpu:
        require_gpu()
    if options.out is not None:
        require_place(job)
    console = Terminal(stderr=True, markup=False)
    data = read_data(options.data, job, options.format_name)
    if options.dry_run:
        prepared = prepare(data, job)
        if options.as_json:
            sys.stdout.write(msgspec.json.encode(prepared.figures()).decode() + "\n")
        else:
            Terminal(markup=False).print(plan_summary(prepared, job), highlight=False, soft_wrap=True)
        return 0

    def show(prepared: "Prepared") -> None:
        console.print(plan_summary(prepared, job), highlight=False, soft_wrap=True)
        if job.resume:
            console.print(resume_line(job), highlight=False, soft_wrap=True)

    try:
        with on_interrupt(_ENDING) as interrupted, TrainingProgress(console) as progress:
            result = train(data, job, shown=show, watch=progress.update, stopped=interrupted)
    except KeyboardInterrupt:
        console.print(f"Interrupted; {kept_line(job)}.", highlight=False, soft_wrap=True)
        return EXIT_INTERRUPTED
    if options.as_json:
        sys.stdout.write(msgspec.json.encode({"out": str(result.out), **result.record}).decode() + "\n")
    else:
        Terminal(markup=False).print(result_line(result), highlight=False, soft_wrap=True)
    return 0 if result.finished else EXIT_INTERRUPTED


def _job(options: TrainOptions) -> Job:
    form = form_named(options.form)
    if options.method not in METHODS:
        raise UserError(f"--method {options.method}: no such method; choose from {', '.join(METHODS)}")
    if options.out is None and not options.dry_run:
        raise UserError("--out DIR is required: the folder for the model")
    return Job(
        recipe=recipe_for(
            scratch=options.scratch,
            lora=options.lora,
            method=options.method,
            file=options.recipe,
            options=options.overrides,
        ),
        out=options.out or Path(),
        model=options.model,
        scratch=options.scratch,
        form=form,
        method=METHODS[options.method],
        chat_template=options.chat_template,
        resume=options.resume,
    )
