"""The plan of an ablation, before anything is trained: its rows, the sizes of its training sets, its settings."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from apigen import rundir
from apigen.ablate.ablation import Ablation
from apigen.ablate.base import Unfit
from apigen.ablate.drawing import Sizes, shown, sizes
from apigen.ablate.pool import Pool, Trainable, by_stage, make_pool
from apigen.ablate.settings import Settings
from apigen.attempts import read_requests
from apigen.dataset.duplicates import fingerprint
from apigen.dataset.held_tools import choose
from apigen.dataset.read.formats import AUTO, read
from apigen.errors import UserError
from apigen.evaluate.model_digest import model_digest
from apigen.report.words import counted
from apigen.train.examples import LeftOut
from apigen.train.history import history
from apigen.train.job import Job

_ASKED_SHARE = 0.1
"""Of the verified rows of tools that are shown, those that are set aside to be asked about."""


class Plan(msgspec.Struct, frozen=True):
    """The available rows, the sizes of the sets, and everything that the figures will depend on."""

    pool: Pool
    sizes: Sizes
    settings: Settings
    warnings: tuple[str, ...] = ()
    """What puts the figures in doubt."""
    refused: tuple[LeftOut, ...] = ()
    """Rows that the chat template does not render; they are still in the pool."""

    @property
    def trainings(self) -> int:
        """Their number."""
        return len(self.settings.arms) * len(self.settings.seeds)

    def lines(self) -> list[str]:
        """The plan in words."""
        pool, settings = self.pool, self.settings
        mixed = ", ".join(f"{arm} {count:,}" for arm, count in self.sizes.rejected.items())
        sets = f"{counted(len(settings.arms), 'set')} x {counted(len(settings.seeds), 'seed')}"
        asked = f"{len(pool.unseen):,} on held-out (unseen) tools, {len(pool.seen):,} on seen tools"
        asked += f" ({pool.unshown:,} dropped because not every set can show their tools)" if pool.unshown else ""
        return [
            f"rows available: {_listed(by_stage(pool.train))}",
            *self._left_out(),
            f"questions: {asked}; {counted(len(pool.held_out), 'tool')} held out",
            f"trainings: {sets} = {self.trainings:,}, each of {settings.model} on {counted(self.sizes.size, 'row')}",
            f"rejects per set: {mixed}",
            *(f"warning: {text}" for text in self.warnings),
        ]

    def _left_out(self) -> Iterator[str]:
        pool = self.pool
        if pool.too_long:
            yield (
                f"rows too long: {counted(len(pool.too_long), 'row')} over the cutoff of "
                f"{self.settings.training['cutoff']:,} tokens in no set ({_listed(by_stage(pool.too_long))}); "
                f"--cutoff {pool.longest} would keep them all, if the model's context is that long"
            )
        if pool.unreadable:
            have = "has" if pool.unreadable == 1 else "have"
            yield f"{counted(pool.unreadable, 'candidate')} {have} no readable calls"
        if pool.longest is None:
            yield "row lengths not checked: install the extra `train`"


def make_plan(ablation: Ablation, find_unfit: Callable[[Job, Sequence[Trainable]], Unfit] | None = None) -> Plan:
    """Read a run and plan its ablation; nothing is written.

    Args:
        ablation: the request.
        find_unfit: finds the rows that cannot be trained on, of which those over the cutoff are then in no set,
            whichever sets there are; ``None`` if that cannot be known here.

    Raises:
        UserError: the run cannot be read, or has too few rows for what is asked.
    """
    if not rundir.is_run(ablation.run):
        raise UserError(
            f"{ablation.run}: not a run directory; give one that `apigen run` wrote, with its attempts.jsonl"
        )
    pool = _pool(ablation)
    unfit = find_unfit(ablation.training(), pool.train) if find_unfit and pool.verified() else None
    if unfit:
        pool = pool.without(unfit.too_long, unfit.longest)
    planned = sizes(pool, ablation.compared, size=ablation.size, share=ablation.share)
    job = ablation.training()
    settings = Settings(
        run=str(ablation.run),
        digest=_digest(ablation.run / rundir.ATTEMPTS),
        notice=str(rundir.read_manifest(ablation.run)["notice"]),
        model=job.begins_with,
        training=job.recipe.model_dump(mode="json"),
        form=job.form,
        arms=ablation.compared,
        seeds=ablation.seeds,
        size=planned.size,
        share=ablation.share,
        held_out=ablation.held_out,
        questions=ablation.questions,
        answer_tokens=ablation.answer_tokens,
        answer_batch=ablation.answer_batch,
        seed=ablation.seed,
        base=model_digest(job.model),
    )
    pool = shown(pool, planned)
    return Plan(pool, planned, settings, tuple(_warnings(job.model, pool)), unfit.refused if unfit else ())


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {stage}" for stage, count in counts.items())


def _warnings(model: str, pool: Pool) -> Iterator[str]:
    """Whether the model that trainings begin with has learnt from this run before."""
    known = history(Path(model)) if model else None
    if known is None:
        return
    questions, rows = (
        [fingerprint(one.row["query"]) in known.queries for one in some]
        for some in ((*pool.unseen, *pool.seen), pool.train)
    )
    if any(questions) or any(rows):
        yield (
            f"{model} was already trained on {sum(questions):,} of the {len(questions):,} questions and "
            f"{sum(rows):,} of the {len(rows):,} rows available for training, so nothing is unseen to it; begin with a "
            "model that was not trained on this run"
        )
    if gone := (*known.not_read, *known.changed):
        yield f"{model} was trained on data that are gone or changed since and could not be compared: {', '.join(gone)}"


def _pool(ablation: Ablation) -> Pool:
    library = rundir.read_library(ablation.run)
    held_out = frozenset[str]()
    if ablation.held_out:
        held_out = choose(read(ablation.run, AUTO), ablation.held_out, ablation.seed, library).names
    attempts = (attempt for _, request in read_requests(ablation.run / rundir.ATTEMPTS) for attempt in request)
    return make_pool(
        attempts,
        {tool.name: tool for tool in library},
        held_out,
        asked_share=_ASKED_SHARE,
        most_asked=ablation.questions,
        seed=ablation.seed,
    )


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]
