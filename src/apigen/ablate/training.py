"""The trainer of :mod:`apigen.ablate.base`, by :mod:`apigen.train`."""

import shutil
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import torch
import transformers

from apigen.ablate.base import Interrupted, Trained, Unfit
from apigen.ablate.cells import write_rows
from apigen.ablate.pool import Trainable
from apigen.dialogue.form import Form
from apigen.errors import UserError
from apigen.files import storage_errors
from apigen.report.words import counted
from apigen.train.examples import Example, LeftOut, read_examples
from apigen.train.job import Job, Watch
from apigen.train.loading import released
from apigen.train.prepared import Prepared, prepare
from apigen.train.run import train
from apigen.train.scratch import scratch_model, scratch_tokenizer, size_of
from apigen.training_folder import RECORD


class InitialModels:
    """The models that trainings begin with: the job's own, or random weights, the same for all sets of one seed.

    With random weights, a tokenizer per set would make different models: vocabularies differ in size, and so do all
    weights that are drawn after them. So there is one tokenizer, made for rows that all sets share.

    Args:
        job: names the model, or the size of one from scratch.
        rows: file of rows that the tokenizer is made for.
        folder: where models of random weights go.
    """

    def __init__(self, job: Job, rows: Path, folder: Path) -> None:
        self._job = job
        self._rows = rows
        self._folder = folder

    def job(self, seed: int) -> Job:
        """The job of one seed."""
        if not self._job.scratch:
            return self._job
        return msgspec.structs.replace(self._job, scratch="", model=str(self._random(seed)))

    def _random(self, seed: int) -> Path:
        """The folder of the random weights of one seed, made once."""
        folder = self._folder / str(seed)
        if not folder.is_dir():
            aside = self._folder / f".{seed}"
            shutil.rmtree(aside, ignore_errors=True)
            size = size_of(self._job.scratch)
            examples = [one for one in read_examples([self._rows]).kept if isinstance(one, Example)]
            transformers.utils.logging.disable_progress_bar()
            tokenizer = scratch_tokenizer(examples, size, self._job.form)
            torch.manual_seed(seed)
            with storage_errors(folder):
                scratch_model(tokenizer, size, self._job.recipe.cutoff).save_pretrained(aside)
                tokenizer.save_pretrained(aside)
                aside.rename(folder)
        return folder


class Training:
    """Trains jobs that differ in their rows, seed and folder only.

    Args:
        initial: everything else, by seed.
        watch: given the steps done, the total, and the loss.
        stopped: asked after each step whether to end.
    """

    def __init__(self, initial: InitialModels, watch: Watch, stopped: Callable[[], bool]) -> None:
        self._initial = initial
        self._watch = watch
        self._stopped = stopped

    @released()
    def __call__(self, rows: Path, out: Path, seed: int) -> Trained:
        """Train, or resume a training that was interrupted.

        Raises:
            Interrupted: it was asked to end; the same call resumes it later.
            UserError: a row cannot be trained on, so sets would differ in size.
        """
        begun = self._initial.job(seed)
        recipe = begun.recipe.model_copy(update={"seed": seed})
        job = msgspec.structs.replace(begun, recipe=recipe, out=out, resume=(out / RECORD).is_file())
        shown = partial(_require_all, form=job.form)
        result = train([rows], job, shown=shown, watch=self._watch, stopped=self._stopped)
        if not result.finished:
            raise Interrupted
        record = result.record
        return Trained(
            rows=record["rows"]["trained"],
            tokens=record["tokens"]["total"],
            steps=record["plan"]["steps"],
            loss=result.loss,
            seconds=sum(session["seconds"] for session in record["sessions"]),
        )


def unfit_rows(job: Job, rows: Sequence[Trainable]) -> Unfit:
    """Find out what a training would leave out, and refuse what it would refuse, before anything is trained or written.

    Args:
        job: of all trainings.
        rows: that training sets are drawn from.

    Raises:
        UserError: the model or the recipe cannot be used, or no row can be trained on.
    """
    with TemporaryDirectory() as name:
        folder = Path(name)
        verified, every = folder / "verified.jsonl", folder / "rows.jsonl"
        write_rows(verified, (one for one in rows if one.rejected_at is None))
        write_rows(every, rows)
        # The same tokenizer that trainings of models from scratch will have.
        begun = InitialModels(job, verified, folder / "starts").job(seed=0)
        prepared = prepare(read_examples([every]), begun)
    refused = tuple(msgspec.structs.replace(one, line=None) for one in prepared.refused)  # a line of no file that stays
    return Unfit(frozenset(one.id for one in prepared.too_long), prepared.longest, refused)


def require_rendered(refused: Sequence[LeftOut], form: Form) -> None:
    """Refuse to compare sets from which the chat template would drop rows: they would no longer have equal size.

    Args:
        refused: rows of the sets that do not render.
        form: in which they are rendered.

    Raises:
        UserError: there are some.
    """
    if refused:
        fix = "another model" if form == "prompted" else "--form prompted"
        raise UserError(
            f"{counted(len(refused), 'row')} cannot be rendered (the first is {refused[0]}); all sets must have equal "
            f"size, so use {fix}"
        )


def _require_all(prepared: Prepared, *, form: Form) -> None:
    """Refuse a set of which any row is left out; it was drawn without rows that are too long, as far as was known.

    Raises:
        UserError: a row is left out.
    """
    require_rendered(prepared.refused, form)
    if too_long := prepared.too_long:
        raise UserError(
            f"{counted(len(too_long), 'row')} cannot be trained on (the first is {too_long[0]}); all sets must have "
            f"equal size, so use --cutoff {prepared.longest}"
        )
