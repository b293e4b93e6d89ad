"""One training from rows to a finished folder: the page to read first."""

import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from apigen.errors import UserError
from apigen.extra import require_extra
from apigen.files import DirectoryLock
from apigen.train.examples import Examples, digest, read_examples
from apigen.train.job import Job, TrainingResult, Watch
from apigen.train.pairs import read_pairs
from apigen.training_folder import DONE

if TYPE_CHECKING:
    from apigen.train.prepared import Prepared


def read_data(paths: Sequence[Path], job: Job, format_name: str = "auto") -> Examples:
    """Read what a job is to be trained on: rows, or pairs for a method that prefers.

    Raises:
        UserError: the data cannot be read, or nothing of it can be trained on.
    """
    return read_pairs(paths) if job.method == "dpo" else read_examples(paths, format_name)


def require_possible(job: Job) -> None:
    """Refuse what cannot be done here, before anything is read.

    Raises:
        UserError: a package is not installed, or a launcher such as torchrun has started several processes, each of
            which would write the same folder.
    """
    require_extra(*(("peft",) if job.recipe.lora.use else ()), *(("trl",) if job.method == "dpo" else ()))
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        raise UserError("training runs in one process on one GPU; start it without torchrun or accelerate launch")


def train(
    data: Sequence[Path] | Examples,
    job: Job,
    *,
    shown: Callable[["Prepared"], None] = lambda _: None,
    watch: Watch = lambda *_: None,
    stopped: Callable[[], bool] = lambda: False,
) -> TrainingResult:
    """Train a model on rows, and save it with its record, report and card.

    Args:
        data: files and folders in any readable format; or rows that were read, from
            :func:`apigen.train.examples.examples_of`.
        job: which model, how, and where to.
        shown: called with the plan before training starts; not if a resumed training was already finished.
        watch: called with the steps done, the total, and the loss.
        stopped: asked after each step whether to end, with a checkpoint from which ``job.resume`` continues.

    Raises:
        UserError: the data, the model or the recipe cannot be used, or ``job.out`` holds something else.
        JobFellShort: it ran out of disk space or memory, or the loss became NaN; the message says what is kept.
    """
    require_possible(job)
    from apigen.train import outputs  # noqa: PLC0415 - needs the extra, as do the others
    from apigen.train.agreement import deciding  # noqa: PLC0415
    from apigen.train.fit import fit  # noqa: PLC0415
    from apigen.train.loading import released  # noqa: PLC0415
    from apigen.train.prepared import prepare  # noqa: PLC0415

    outputs.require_place(job)
    with ExitStack() as held:
        if job.resume:  # what is being trained there is not even planned again; a new folder is made once it is planned
            held.enter_context(DirectoryLock(job.out))
        examples = data if isinstance(data, Examples) else read_data(data, job)
        agreed = deciding(job, digest(examples.kept))
        earlier = outputs.begun_before(job, agreed)
        if earlier is not None and earlier["status"] == DONE:
            return TrainingResult(job.out, finished=True, record=earlier, trained=False)
        prepared = prepare(examples, job)
        shown(prepared)
        if not job.resume:
            outputs.open_folder(job)
            held.enter_context(DirectoryLock(job.out))
            outputs.require_place(job)  # another training may have begun there since, and even be finished
        held.enter_context(released())
        keeper = outputs.RecordKeeper(job, prepared, agreed, earlier)
        keeper.begin()
        try:
            fitted = fit(prepared, job, watch, stopped, keeper.reached)
        except UserError:
            keeper.withdraw()
            raise
        record = keeper.finish(fitted)
        del fitted
    return TrainingResult(job.out, record["status"] == DONE, record)
