"""What a model of ``apigen train`` was trained on, and its base models before it: the queries of their data."""

from pathlib import Path
from typing import Any

import msgspec

from apigen.dataset.duplicates import fingerprint
from apigen.dataset.read.formats import AUTO, read
from apigen.errors import ApigenError
from apigen.evaluate.model_digest import model_digest
from apigen.train.examples import Examples, Source, examples_of, labels
from apigen.train.pairs import read_pairs
from apigen.training_folder import ADAPTER, record_path


class History(msgspec.Struct, frozen=True):
    """The data of a training and of those before it."""

    queries: frozenset[int]
    """Fingerprints, see :func:`apigen.dataset.duplicates.fingerprint`."""
    changed: tuple[str, ...]
    """Data and base models that are not what they were at the training."""
    not_read: tuple[str, ...]
    """Data, or records of a training, that cannot be read now."""


class _Paths(msgspec.Struct, frozen=True):
    """Absolute paths, as they were at the training."""

    base_training: str | None
    """The record of the base model's training; ``None`` where the base was not trained with apigen."""
    data: tuple[str, ...]


class _Record(msgspec.Struct, frozen=True):
    """What training.json says about the data."""

    model: str
    """The base model, which may have been trained as well."""
    method: str
    data: tuple[Source, ...]
    paths: _Paths | None = None
    """``None`` in the records of earlier versions."""
    deciding: dict[str, Any] = {}


def history(folder: Path) -> History | None:
    """Read the data that a model was trained on.

    Args:
        folder: of the model.

    Returns:
        ``None`` for a folder that is not of a training.
    """
    found = _Found()
    own = record_path(folder)
    if not own.is_file():
        return None
    path: Path | None = own
    done: set[Path] = set()
    while path is not None and path not in done:
        done.add(path)
        try:
            record = msgspec.json.decode(path.read_bytes(), type=_Record)
        except (OSError, msgspec.MsgspecError):
            found.not_read.append(str(path))
            break
        found.add(record)
        path = _base_training(record, found.changed)
    return History(frozenset(found.queries), tuple(found.changed), tuple(found.not_read))


class _Found:
    """What was read so far."""

    def __init__(self) -> None:
        self.queries: set[int] = set()
        self.changed: list[str] = []
        self.not_read: list[str] = []

    def add(self, record: _Record) -> None:
        """Read the data of one training."""
        typed = [Path(one.path) for one in record.data]
        recorded = [Path(one) for one in record.paths.data] if record.paths else typed
        for source, label, here, there in zip(record.data, labels(typed), typed, recorded, strict=True):
            path = here if here.exists() and not there.exists() else there
            try:
                found = _examples(path, record.method, label)
            except (ApigenError, OSError):
                self.not_read.append(str(path))
                continue
            self.queries.update(fingerprint(one.messages[-1].content) for one in found.kept)
            # Pairs have other digests where there were several sources.
            if found.sources[0].digest != source.digest and (record.method == "sft" or len(record.data) == 1):
                self.changed.append(str(path))


def _base_training(record: _Record, changed: list[str]) -> Path | None:
    """The record of the base model's training, whether it is there or not; ``None`` where there was none.

    Args:
        record: of the training that began with the base model.
        changed: the base is added where another model is in its place now.
    """
    typed = Path(record.model).expanduser()
    if record.paths is None:
        # A name on the hub never begins like this, so the folder is gone.
        gone = record.model.startswith((".", "/", "~")) and not typed.exists()
        return record_path(typed) if gone or record_path(typed).is_file() else None
    if record.paths.base_training is None:
        return None
    there, digest = Path(record.paths.base_training), record.deciding.get("base")
    if there.exists():
        base = there.parent / ADAPTER if typed.name == ADAPTER else there.parent
        if digest and model_digest(str(base)) != digest:
            changed.append(str(base))
    elif typed.is_dir() and model_digest(str(typed)) == digest:  # the folders of a project have moved together
        return record_path(typed)
    return there


def _examples(path: Path, method: str, label: str) -> Examples:
    if method == "dpo":
        return read_pairs([path])
    return examples_of(read(path, AUTO), str(path), label=label)
