"""Training for real: what :mod:`apigen.ablate.base` asks for, by :mod:`apigen.train`."""

import shutil
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import torch
import transformers

from apigen.ablate.base import Interrupted, Trained
from apigen.ablate.cells import write_rows
from apigen.ablate.pool import Trainable
from apigen.ablate.releasing import released
from apigen.dialogue.form import Form
from apigen.errors import UserError
from apigen.files import storage_errors
from apigen.train.examples import Example, read_examples
from apigen.train.job import Job, Watch
from apigen.train.prepared import Prepared, prepare
from apigen.train.run import train
from apigen.train.scratch import scratch_model, scratch_tokenizer, size_of
from apigen.training_folder import RECORD


class Starts:
    """Models of random weights to begin with, the same for all sets of one seed.

    A tokenizer of its own for each set would make other models of them: vocabularies differ in size, and so do all
    weights that are drawn after them. So there is one, made for rows that all sets share.

    Args:
        job: which names the size.
        rows: file of rows that the tokenizer is made for.
        folder: where the models go.
    """

    def __init__(self, job: Job, rows: Path, folder: Path) -> None:
        self._job = job
        self._rows = rows
        self._folder = folder

    def job(self, seed: int) -> Job:
        """The job of one seed, which begins with a folder."""
        if not self._job.scratch:
            return self._job
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
        return msgspec.structs.replace(self._job, scratch="", model=str(folder))


class Training:
    """Trains by a job that only its rows, its seed and its folder tell apart.

    Args:
        starts: all the rest, by seed.
        watch: told the steps done, of how many, and the loss.
        stopped: asked after each step whether to end.
    """

    def __init__(self, starts: Starts, watch: Watch, stopped: Callable[[], bool]) -> None:
        self._starts = starts
        self._watch = watch
        self._stopped = stopped

    @released()
    def __call__(self, rows: Path, out: Path, seed: int) -> Trained:
        """Train, or go on with a training that was interrupted.

        Raises:
            Interrupted: it was asked to end; the same call goes on later.
            UserError: a row cannot be trained on, so that sets would not be equally large.
        """
        begun = self._starts.job(seed)
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


def require_trainable(job: Job, rows: Sequence[Trainable]) -> None:
    """Refuse what the first training would refuse, before anything is trained or written.

    Args:
        job: of all trainings.
        rows: that training sets are drawn from.

    Raises:
        UserError: the model or the recipe cannot be used, or a row cannot be trained on.
    """
    with TemporaryDirectory() as folder:
        file = Path(folder) / "rows.jsonl"
        write_rows(file, rows)
        _require_all(prepare(read_examples([file]), job), form=job.form)


def _require_all(prepared: Prepared, *, form: Form) -> None:
    """Refuse a set of which a row cannot be trained on: sets would no longer be equally large."""
    if prepared.left_out:
        first = prepared.left_out[0]
        refused = len(prepared.left_out) - prepared.too_long
        mends = [
            *([] if not refused else ["another model"] if form == "prompted" else ["--form prompted"]),
            *(["a larger --cutoff"] if prepared.too_long else []),
        ]
        raise UserError(
            f"{refused:,} rows cannot be put to the model and {prepared.too_long:,} are too long "
            f"(the first, {first.id}: {first.reason}), so sets would not be equally large; give "
            f"{' and '.join(mends)}, and another --out if trainings are done"
        )
