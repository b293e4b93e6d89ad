"""One training and its evaluation, for each arm and seed; each is done once and kept."""

import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple, TypeVar

import msgspec

from apigen.ablate.arms import Arm
from apigen.ablate.base import Evaluator, SuiteResult, Trained, Trainer
from apigen.ablate.pool import Trainable
from apigen.errors import UserError
from apigen.files import replacing, storage_errors

RESULT = "cell.json"
_MODEL = "model"
_encode = msgspec.json.Encoder().encode
_Kept = TypeVar("_Kept")


class Cell(msgspec.Struct, frozen=True):
    """The result of one training."""

    arm: Arm
    seed: int
    rejected: int
    """Rejects in the training set."""
    trained: Trained
    suites: Mapping[str, SuiteResult]
    """By name: ``unseen`` and ``seen`` tools."""
    versions: Mapping[str, str] = {}
    """Of the libraries that were used."""


class Work(NamedTuple):
    """What is the same for every cell."""

    folder: Path
    """Directory of all cells."""
    suites: Mapping[str, Path]
    """Files of questions, by name."""
    train: Trainer
    evaluate: Evaluator
    keep_models: bool
    versions: Mapping[str, str]
    """Of the libraries in use now."""


def cell_folder(folder: Path, arm: Arm, seed: int) -> Path:
    """The directory of a cell."""
    return folder / f"{arm}-{seed}"


def finished(folder: Path, arm: Arm, seed: int) -> Cell | None:
    """A cell that is already done.

    Raises:
        UserError: its file is damaged.
    """
    return _read(cell_folder(folder, arm, seed) / RESULT, Cell)


def _read(path: Path, kind: type[_Kept]) -> _Kept | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError) as error:
        raise UserError(f"{path}: cannot be read ({error}); delete it, and --resume redoes that step") from None


def do(work: Work, arm: Arm, seed: int, rows: list[Trainable], report: Callable[[str], None]) -> Cell:
    """Train on rows and ask the model; an earlier attempt is resumed.

    Args:
        work: what is the same for all.
        arm: of the training set.
        seed: of this training.
        rows: the training set.
        report: given the current step.
    """
    here = cell_folder(work.folder, arm, seed)
    with storage_errors(here):
        here.mkdir(parents=True, exist_ok=True)
    write_rows(here / "rows.jsonl", rows)
    marker, model = here / "trained.json", here / _MODEL
    trained = _read(marker, Trained) if model.is_dir() else None
    if trained is None:
        report("training")
        marker.unlink(missing_ok=True)
        for name in work.suites:
            shutil.rmtree(here / name, ignore_errors=True)  # answers of a model that is gone
        trained = work.train(here / "rows.jsonl", model, seed)
        with replacing(marker) as file:
            file.write(_encode(trained) + b"\n")
    suites: dict[str, SuiteResult] = {}
    for name, path in work.suites.items():
        report(f"answering about {name} tools")
        suites[name] = work.evaluate(model, path, here / name)
    cell = Cell(arm, seed, sum(one.rejected_at is not None for one in rows), trained, suites, work.versions)
    with replacing(here / RESULT) as file:
        file.write(_encode(cell) + b"\n")
    return cell


def clear_up(work: Work, arm: Arm, seed: int) -> None:
    """Delete the model of a cell that is done, unless models are kept."""
    if not work.keep_models:
        shutil.rmtree(cell_folder(work.folder, arm, seed) / _MODEL, ignore_errors=True)


def write_rows(path: Path, rows: Iterable[Trainable]) -> None:
    """Write rows in the format of dataset.jsonl, each with the stage that rejected it."""
    with replacing(path) as file:
        for one in rows:
            file.write(_encode(one.row | {"rejected_at": one.rejected_at}) + b"\n")
