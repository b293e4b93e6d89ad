"""One training from rows to a finished folder: the page to read first."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from apigen.files import DirectoryLock
from apigen.train.examples import Examples, read_examples
from apigen.train.extra import require_extra, require_one_process
from apigen.train.job import Job, TrainingResult, Watch
from apigen.train.pairs import read_pairs

if TYPE_CHECKING:
    from apigen.train.prepared import Prepared


def read_data(paths: Sequence[Path], job: Job, format_name: str = "auto") -> Examples:
    """Read what a job is to be trained on: rows, or pairs for a method that prefers.

    Raises:
        UserError: the data cannot be read, or nothing of it can be trained on.
    """
    return read_pairs(paths) if job.method == "dpo" else read_examples(paths, format_name)


def train(
    data: Sequence[Path] | Examples,
    job: Job,
    *,
    shown: Callable[["Prepared"], None] = lambda _: None,
    watch: Watch = lambda *_: None,
    stopped: Callable[[], bool] = lambda: False,
) -> TrainingResult:
    """Train a model on rows and save it with everything that is told about it.

    Args:
        data: files and folders in any format that can be read; or rows that were read, from
            :func:`apigen.train.examples.examples_of`.
        job: which model, how, and where to.
        shown: given the plan before anything is trained.
        watch: told the steps done, of how many, and the loss.
        stopped: asked after each step whether to end; a checkpoint is then written, and ``job.resume`` goes on from it.

    Raises:
        UserError: the data, the model or the recipe cannot be used, or ``job.out`` holds something else.
        JobFellShort: the disk is full, or the memory does not suffice; ``job.resume`` goes on from the last checkpoint.
    """
    require_extra(*(("peft",) if job.recipe.lora.use else ()), *(("trl",) if job.method == "dpo" else ()))
    require_one_process()
    from apigen.train import outputs  # noqa: PLC0415 - needs the extra, as do the others
    from apigen.train.fit import fit  # noqa: PLC0415
    from apigen.train.prepared import prepare  # noqa: PLC0415

    outputs.require_place(job)
    prepared = prepare(data if isinstance(data, Examples) else read_data(data, job), job)
    shown(prepared)
    outputs.open_folder(job)
    lock = DirectoryLock(job.out)
    try:
        earlier = outputs.begin(job, prepared)
        if earlier is not None and earlier["status"] == "done":
            return TrainingResult.of(job.out, earlier)
        fitted = fit(prepared, job, watch, stopped)
        record = outputs.finish(job, prepared, fitted, earlier)
    finally:
        lock.release()
    return TrainingResult.of(job.out, record)
