"""One ablation from a run to its figures: the page to read first."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from apigen.ablate.ablation import Ablation
from apigen.ablate.arms import STAGES, Arm
from apigen.ablate.base import Interrupted
from apigen.ablate.cells import Cell, Work, clear_up, do, finished, write_rows
from apigen.ablate.drawing import draw
from apigen.ablate.figures import write_figures
from apigen.ablate.page import page
from apigen.ablate.plan import Plan, make_plan
from apigen.ablate.pool import Pool
from apigen.ablate.settings import SETTINGS, Settings, keep_settings, require_place, require_same
from apigen.errors import UserError
from apigen.evaluate.asking.ask import Progress
from apigen.extra import missing, versions
from apigen.files import DirectoryLock, replacing, storage_errors
from apigen.records import Stage
from apigen.train.job import Watch as TrainingWatch
from apigen.train.run import require_possible

REPORT = "report.html"
CELLS = "cells"
SUITES = ("unseen", "seen")
"""Questions whose answers call tools held out of every training set, and questions about tools in every set."""


def _ignored(*_: object) -> None:
    """Nobody is watching."""


class Watch(NamedTuple):
    """Callbacks for the progress of an ablation."""

    begins: Callable[[int], None] = _ignored
    """The number of trainings, including those already done."""
    at: Callable[[Arm, int, str], None] = _ignored
    """The current arm, seed and step."""
    step: TrainingWatch = _ignored
    """The progress of a training."""
    asked: Callable[[Progress], None] = _ignored
    """The number of questions answered."""
    done: Callable[[Cell], None] = _ignored
    """The result of a training, also of one done before."""


UNWATCHED = Watch()


class AblationResult(msgspec.Struct, frozen=True):
    """The result of an ablation."""

    out: Path
    finished: bool
    """Whether all trainings are done; otherwise ``job.resume`` continues."""
    done: int
    due: int
    figures: dict[str, Any] | None
    """The contents of ablation.json; ``None`` if no training was finished."""


def rehearse(ablation: Ablation) -> Plan:
    """Plan and check everything that is possible without training; nothing is written.

    Raises:
        UserError: the run, the model or the recipe cannot be used, or ``ablation.out`` contains something else.
    """
    require_place(ablation.out, resume=ablation.job.resume)
    if missing():  # sets can be shown without the training extra
        plan = make_plan(ablation)
        require_same(ablation.out, plan.settings, resume=ablation.job.resume)
        return plan
    from apigen.ablate.training import require_rendered, unfit_rows  # noqa: PLC0415 - needs the extra

    plan = make_plan(ablation, unfit_rows)
    require_same(ablation.out, plan.settings, resume=ablation.job.resume)
    if plan.refused and (due := arms_due(ablation.out, plan.settings)):
        stages = frozenset[Stage | None]({None}).union(*(STAGES[arm] for arm in due))
        drawn = {one.id for one in plan.pool.train if one.rejected_at in stages}
        require_rendered([one for one in plan.refused if one.id in drawn], ablation.job.form)
    return plan


def arms_due(out: Path, settings: Settings) -> list[Arm]:
    """The arms of which not every seed is done: with ``--resume`` some may be, and others may have been added."""
    return [arm for arm in settings.arms if any(finished(out / CELLS, arm, seed) is None for seed in settings.seeds)]


def ablate(
    ablation: Ablation,
    *,
    shown: Callable[[Plan], None] = lambda _: None,
    watch: Watch = UNWATCHED,
    stopped: Callable[[], bool] = lambda: False,
) -> AblationResult:
    """Train and evaluate a model for every training set and seed; finished cells are not repeated.

    Args:
        ablation: the request.
        shown: given the plan before anything is trained.
        watch: callbacks for the progress.
        stopped: asked after each step and between answers whether to stop; ``job.resume`` continues from there.

    Raises:
        UserError: the run, the model or the recipe cannot be used, or ``ablation.out`` contains something else.
        JobFellShort: disk full or out of memory; ``job.resume`` continues.
    """
    require_possible(ablation.job)
    resume = ablation.job.resume
    with ExitStack() as held:
        if resume and (ablation.out / SETTINGS).is_file():
            held.enter_context(DirectoryLock(ablation.out))
        plan = rehearse(ablation)
        with storage_errors(ablation.out):
            ablation.out.mkdir(parents=True, exist_ok=True)
        if not resume:
            held.enter_context(DirectoryLock(ablation.out))
        keep_settings(ablation.out, plan.settings, resume=resume)
        shown(plan)
        return _carry_out(ablation, plan, watch, stopped)


def _carry_out(ablation: Ablation, plan: Plan, watch: Watch, stopped: Callable[[], bool]) -> AblationResult:
    from apigen.ablate.asking import Asking  # noqa: PLC0415 - needs the extra
    from apigen.ablate.training import InitialModels, Training  # noqa: PLC0415

    out, job = ablation.out, ablation.training()
    shared = out / "verified.jsonl"
    write_rows(shared, plan.pool.verified())
    work = Work(
        folder=out / CELLS,
        suites=write_questions(out, plan.pool),
        train=Training(InitialModels(job, shared, out / "starts"), watch.step, stopped),
        evaluate=Asking(job.form, ablation.answer_batch, ablation.answer_tokens, watch.asked, stopped),
        keep_models=ablation.keep_models,
        versions=versions(),
    )
    watch.begins(plan.trainings)
    cells: list[Cell] = []
    found: dict[str, Any] | None = None
    with suppress(Interrupted):
        for cell in carry_out(work, plan, watch.at):
            cells.append(cell)
            watch.done(cell)
            found = write_figures(out, plan.settings, plan.pool, cells, work.versions, plan.warnings)
            with replacing(out / REPORT) as file:
                file.write(page(found).encode())
            if stopped():
                break
    return AblationResult(out, len(cells) == plan.trainings, len(cells), plan.trainings, found)


def write_questions(folder: Path, pool: Pool) -> dict[str, Path]:
    """Write the questions; suites without questions are omitted.

    Raises:
        UserError: there are no questions at all.
    """
    found: dict[str, Path] = {}
    for name, rows in zip(SUITES, (pool.unseen, pool.seen), strict=True):
        if rows:
            found[name] = folder / f"{name}.jsonl"
            write_rows(found[name], rows)
    if not found:
        raise UserError("no verified rows left to ask about; make a larger run, or raise --held-out")
    return found


def carry_out(work: Work, plan: Plan, report: Callable[[Arm, int, str], None]) -> Iterator[Cell]:
    """Every cell, seed by seed, so that partial results compare all arms.

    Args:
        work: what all cells share.
        plan: the cells, and the rows that their training sets are drawn from.
        report: given the current step, by arm and seed.
    """
    for seed in plan.settings.seeds:
        for arm in plan.settings.arms:
            cell = finished(work.folder, arm, seed)
            if cell is None:
                rows = draw(plan.pool, arm, plan.sizes, seed)
                cell = do(work, arm, seed, rows, partial(report, arm, seed))
            clear_up(work, arm, seed)
            yield cell
