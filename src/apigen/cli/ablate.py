"""``apigen ablate``: what verification is worth, by training with rejects and without."""

import hashlib
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from rich.console import Console

from apigen import rundir
from apigen.ablate.arms import STAGES, Arm
from apigen.ablate.base import Interrupted, Trainer
from apigen.ablate.cells import Cell, Work, write_rows
from apigen.ablate.drawing import Sizes, shown, sizes
from apigen.ablate.experiment import Settings, carry_out, keep_settings, require_same, write_figures, write_questions
from apigen.ablate.page import mixed_words, page, tables
from apigen.ablate.pool import Pool, make_pool
from apigen.attempts import read_requests
from apigen.cli.ablation_progress import AblationProgress
from apigen.cli.interrupt import EXIT_INTERRUPTED, on_interrupt
from apigen.cli.recipes import form_of, recipe_of
from apigen.dataset.held_tools import choose
from apigen.dataset.read.formats import AUTO, read
from apigen.errors import UserError
from apigen.evaluate.model_digest import model_digest
from apigen.extra import missing, versions
from apigen.files import DirectoryLock, replacing
from apigen.records import Stage
from apigen.train.job import Job
from apigen.train.run import require_possible

_WIDE = 180


class AblateOptions(NamedTuple):
    """What the command line said."""

    run: Path
    out: Path
    model: str
    scratch: str
    form: str
    recipe: Path | None
    overrides: dict[str, Any]
    arms: str
    seeds: int
    size: int | None
    share: float | None
    held_out: float
    questions: int
    seed: int
    batch: int
    max_tokens: int
    keep_models: bool
    resume: bool
    dry_run: bool
    as_json: bool


def ablate_command(options: AblateOptions) -> int:
    """Carry out ``apigen ablate``; returns the exit code."""
    _require_sound(options)
    if not rundir.is_run(options.run):
        raise UserError(
            f"{options.run}: is no run; give the directory that `apigen run` wrote, with its attempts.jsonl"
        )
    manifest = rundir.read_manifest(options.run)
    job = Job(
        # Sets are to be equally large, and nothing is decided by a loss on the side.
        recipe=recipe_of(options.recipe, {**options.overrides, "held_out": 0.0}, scratch=options.scratch),
        out=options.out,
        model=options.model,
        scratch=options.scratch,
        form=form_of(options.form),
    )
    arms, seeds = _arms(options.arms), tuple(range(1, options.seeds + 1))
    pool = _pool(options)
    planned = sizes(pool, arms, size=options.size, share=options.share)
    pool = shown(pool, planned)
    settings = Settings(
        run=str(options.run),
        digest=_digest(options.run / rundir.ATTEMPTS),
        notice=str(manifest["notice"]),
        model=job.begins_with,
        training=job.recipe.model_dump(mode="json"),
        form=options.form,
        arms=arms,
        seeds=seeds,
        size=planned.size,
        share=options.share,
        held_out=options.held_out,
        questions=options.questions,
        answer_tokens=options.max_tokens,
        answer_batch=options.batch,
        seed=options.seed,
        base=model_digest(options.model),
    )
    if not options.dry_run:
        require_possible(job)
    require_same(options.out, settings, resume=options.resume)
    if not options.resume and not missing():  # a dry run shows the sets also where training is not installed
        from apigen.ablate.training import require_trainable  # noqa: PLC0415 - needs the extra

        stages = frozenset[Stage | None]({None}).union(*(STAGES[arm] for arm in arms))
        require_trainable(job, [one for one in pool.train if one.fell in stages])
    if not options.dry_run:
        keep_settings(options.out, settings, resume=options.resume)
    console = Console(stderr=True, markup=False)
    console.print("\n".join(_plan(pool, planned, settings)), highlight=False, soft_wrap=True)
    if options.dry_run:
        if options.as_json:
            told = {"settings": settings, "rejected": dict(planned.rejected), "pool": pool.fell()}
            sys.stdout.write(msgspec.json.encode(told).decode() + "\n")
        return 0
    lock = DirectoryLock(options.out)
    try:
        return _carry_out(options, job, pool, planned, settings, console)
    finally:
        lock.release()


def _carry_out(
    options: AblateOptions, job: Job, pool: Pool, planned: Sizes, settings: Settings, console: Console
) -> int:
    from apigen.ablate.asking import Asking  # noqa: PLC0415 - needs the extra
    from apigen.ablate.training import Starts, Training  # noqa: PLC0415

    cells: list[Cell] = []
    due = len(settings.arms) * len(settings.seeds)
    with on_interrupt() as stopped, AblationProgress(console, due) as progress:
        shared = options.out / "verified.jsonl"
        write_rows(shared, (one for one in pool.train if one.fell is None))
        trainer: Trainer = Training(Starts(job, shared, options.out / "starts"), progress.step, stopped)
        work = Work(
            folder=options.out / "cells",
            suites=write_questions(options.out, pool),
            train=trainer,
            evaluate=Asking(job.form, options.batch, options.max_tokens, progress.asked, stopped),
            keep_models=options.keep_models,
            versions=versions(),
        )
        with suppress(Interrupted):
            for cell in carry_out(work, pool, planned, settings, progress.at):
                cells.append(cell)
                progress.done(cell)
                _write(options.out, settings, pool, cells, work.versions)
                if stopped():
                    break
    if len(cells) < due:
        done = f"{len(cells)} of {due} trainings are done"
        console.print(
            f"Interrupted; {done}; `apigen ablate` with the same options and --resume goes on",
            soft_wrap=True,
            highlight=False,
        )
        return EXIT_INTERRUPTED
    found = _write(options.out, settings, pool, cells, work.versions)
    if found["mixed_versions"]:
        console.print(mixed_words(found["mixed_versions"]), soft_wrap=True, highlight=False)
    if options.as_json:
        sys.stdout.write(msgspec.json.encode(found).decode() + "\n")
        return 0
    out = Console(markup=False)
    if not out.is_terminal:
        out = Console(markup=False, width=_WIDE)  # whoever reads a pipe wants whole figures
    for table in tables(found):
        out.print(table)
    out.print(f"{options.out / 'report.html'}  the same to look at", highlight=False, soft_wrap=True)
    return 0


def _write(
    folder: Path, settings: Settings, pool: Pool, cells: Sequence[Cell], versions: Mapping[str, str]
) -> dict[str, Any]:
    """What is known so far, after each cell."""
    found = write_figures(folder, settings, pool, cells, versions)
    with replacing(folder / "report.html") as file:
        file.write(page(found).encode())
    return found


def _arms(names: str) -> tuple[Arm, ...]:
    wanted = {name.strip() for name in names.split(",") if name.strip()}
    unknown = sorted(wanted - set(Arm))
    if unknown:
        raise UserError(f"--arms: no training set {unknown[0]!r}; there are {', '.join(Arm)}")
    # The verified one is what all others are compared with.
    return tuple(arm for arm in Arm if arm in wanted or arm is Arm.VERIFIED)


def _pool(options: AblateOptions) -> Pool:
    library = rundir.read_library(options.run)
    held_out = frozenset[str]()
    if options.held_out:
        held_out = choose(read(options.run, AUTO), options.held_out, options.seed, library).names
    attempts = (attempt for _, request in read_requests(options.run / rundir.ATTEMPTS) for attempt in request)
    return make_pool(
        attempts,
        {tool.name: tool for tool in library},
        held_out,
        asked_share=0.1,
        most_asked=options.questions,
        seed=options.seed,
    )


def _plan(pool: Pool, planned: Sizes, settings: Settings) -> list[str]:
    fell = ", ".join(f"{count:,} {stage}" for stage, count in sorted(pool.fell().items(), key=lambda item: -item[1]))
    mixed = ", ".join(f"{arm} {count:,}" for arm, count in planned.rejected.items())
    trainings = f"{len(settings.arms)} sets x {len(settings.seeds)} seeds = {len(settings.arms) * len(settings.seeds)}"
    asked = f"{len(pool.unseen):,} on these, {len(pool.seen):,} on others"
    asked += f"; {pool.unshown:,} left out, as not every set can show their tools" if pool.unshown else ""
    return [
        f"to train on: {fell}; no calls can be read from {pool.unreadable:,}",
        f"{len(pool.held_out)} tools held out; questions: {asked}",
        f"{trainings} trainings of {settings.model}, {planned.size:,} rows each; rejects among them: {mixed}",
    ]


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


def _require_sound(options: AblateOptions) -> None:
    for name, value, sound in (
        ("--seeds", options.seeds, options.seeds >= 1),
        ("--questions", options.questions, options.questions >= 1),
        ("--answer-batch", options.batch, options.batch >= 1),
        ("--answer-tokens", options.max_tokens, options.max_tokens >= 1),
        ("--seed", options.seed, options.seed >= 0),
        ("--held-out", options.held_out, 0 <= options.held_out < 1),
        ("--share", options.share, options.share is None or 0 < options.share < 1),
        ("--size", options.size, options.size is None or options.size >= 1),
    ):
        if not sound:
            raise UserError(f"{name} {value}: is out of range; `apigen ablate --help` says what it is")
