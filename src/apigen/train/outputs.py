"""The folder of a training: what it holds at the beginning, after a kill, and at the end."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from apigen.errors import JobFellShort, UserError, in_one_line
from apigen.files import DirectoryLock, replacing, require_makeable
from apigen.train import checkpoints
from apigen.train.agreement import require_agreement
from apigen.train.card import card
from apigen.train.fit import Fitted
from apigen.train.job import Job
from apigen.train.page import page
from apigen.train.prepared import Prepared
from apigen.train.record import Session, begun, ended
from apigen.training_folder import ADAPTER, RECORD

RECIPE = "recipe.yaml"
REPORT = "report.html"
CARD = "README.md"
LEFT_OUT = "left_out.jsonl"
_SAVING = ".saving"


def begun_before(job: Job, agreed: Mapping[str, Any]) -> dict[str, Any] | None:
    """The record of the training so far, if it is resumed.

    Args:
        job: what is asked for.
        agreed: everything that decides the result now.

    Raises:
        UserError: something that decides the result has changed, or the record is damaged.
    """
    if not job.resume:
        return None
    earlier = _read_record(job)
    require_agreement(earlier["deciding"], agreed, job.out)
    return earlier


class RecordKeeper:
    """The record of a training under way: written when a session begins, at each checkpoint, and at its end.

    Args:
        job: what is asked for.
        prepared: what is planned.
        agreed: everything that decides the result.
        earlier: the record of the sessions before, if any.
    """

    def __init__(self, job: Job, prepared: Prepared, agreed: Mapping[str, Any], earlier: dict[str, Any] | None) -> None:
        self._job = job
        self._prepared = prepared
        self._earlier = earlier
        last = checkpoints.latest(job.out / checkpoints.FOLDER) if job.resume else None
        self._step = checkpoints.step(last) if last else 0
        self._session = Session(job, self._step)
        self._begun = begun(job, prepared, agreed, earlier)

    def begin(self) -> None:
        """Record what will be trained, and that it begins."""
        if self._earlier is None:
            _begin(self._job, self._prepared)
        self.reached(self._step)

    def reached(self, step: int) -> None:
        """Record that the checkpoint of a step is whole."""
        _write(self._job, self._until(step))

    def withdraw(self) -> None:
        """Undo what was recorded of a session that was refused, so that the folder is as free as it was."""
        if self._earlier is not None:
            _write(self._job, self._earlier)
            return
        for name in (RECORD, RECIPE, LEFT_OUT):
            (self._job.out / name).unlink(missing_ok=True)
        shutil.rmtree(self._job.out / checkpoints.FOLDER, ignore_errors=True)

    def finish(self, fitted: Fitted) -> dict[str, Any]:
        """Save the model, its record, report and card; of an interrupted training only record and report.

        Raises:
            JobFellShort: the disk is full; what was trained stays in the last checkpoint.
        """
        job = self._job
        record = ended(self._until(fitted.steps), fitted)
        if not fitted.interrupted:
            _save(job, self._prepared, fitted)
            with replacing(job.out / CARD) as file:
                file.write(card(record).encode())
        with replacing(job.out / REPORT) as file:
            file.write(page(record).encode())
        _write(job, record)
        if not fitted.interrupted:
            shutil.rmtree(job.out / checkpoints.FOLDER, ignore_errors=True)
        return record

    def _until(self, step: int) -> dict[str, Any]:
        return self._begun | {"sessions": [*self._begun["sessions"], self._session.until(step)]}


def _begin(job: Job, prepared: Prepared) -> None:
    """Write the recipe, and the rows that are left out."""
    with replacing(job.out / RECIPE) as file:
        file.write(b"# Every hyper-parameter of this training; pass it with --recipe to repeat it.\n")
        file.write(job.recipe.to_yaml().encode())
    (job.out / LEFT_OUT).unlink(missing_ok=True)  # of a training that was cut off before it had begun
    if prepared.left_out:
        with replacing(job.out / LEFT_OUT) as file:
            file.writelines(msgspec.json.encode(left) + b"\n" for left in prepared.left_out)


def _save(job: Job, prepared: Prepared, fitted: Fitted) -> None:
    """Write model and tokenizer aside, and move them to their place when they are whole."""
    aside = job.out / _SAVING
    shutil.rmtree(aside, ignore_errors=True)
    try:
        aside.mkdir()
        fitted.save(aside, prepared.tokenizer, aside / ADAPTER if job.recipe.lora.use else None)
        for path in aside.rglob("*"):
            path.chmod(0o755 if path.is_dir() else 0o644)  # safetensors writes files for their owner alone
        for path in sorted(aside.iterdir()):
            target = job.out / path.name
            if target.is_dir():
                shutil.rmtree(target)
            path.replace(target)
        aside.rmdir()
    except Exception as error:
        shutil.rmtree(aside, ignore_errors=True)
        if not isinstance(error, OSError | RuntimeError) and type(error).__name__ != "SafetensorError":
            raise
        raise JobFellShort(
            f"{job.out}: cannot write the model ({in_one_line(error, 200)}); free disk space, and --resume saves it "
            "from the last checkpoint"
        ) from error


def _write(job: Job, record: dict[str, Any]) -> None:
    with replacing(job.out / RECORD) as file:
        file.write(msgspec.json.format(msgspec.json.encode(record), indent=2) + b"\n")


def require_place(job: Job) -> None:
    """Refuse a folder that holds something else.

    Raises:
        UserError: it does, or there is nothing to resume.
    """
    begun = (job.out / RECORD).is_file()
    if job.resume and not begun:
        raise UserError(f"{job.out}: no training to resume there; drop --resume")
    if not job.resume and job.out.exists() and (begun or not job.out.is_dir() or _holds_something(job.out)):
        hint = "add --resume to continue it, or choose another --out" if begun else "choose another --out"
        raise UserError(f"{job.out}: already exists; {hint}")
    require_makeable(job.out)


def _holds_something(folder: Path) -> bool:
    """Whether more is there than a training leaves that was cut off before its record was written.

    Hidden files are locks and files that were not written to their end, or are made by the system unasked.
    """
    seen = {path.name for path in folder.iterdir() if not path.name.startswith(".")}
    return bool(seen - {RECIPE, LEFT_OUT} if (folder / DirectoryLock.NAME).is_file() else seen)


def open_folder(job: Job) -> None:
    """Make the folder.

    Raises:
        UserError: it cannot be made.
    """
    try:
        job.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"{job.out}: cannot create the folder: {error.strerror}; choose another --out") from None


def _read_record(job: Job) -> dict[str, Any]:
    """The record of a training so far.

    Raises:
        UserError: the file is damaged.
    """
    path = job.out / RECORD
    try:
        record: dict[str, Any] = msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
    except (OSError, msgspec.MsgspecError) as error:
        raise UserError(f"{path}: cannot read it: {error}; choose another --out") from None
    if not isinstance(record.get("deciding"), dict) or not isinstance(record.get("sessions"), list):
        raise UserError(f"{path}: not a training record; choose another --out")
    return record
