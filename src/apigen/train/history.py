"""What a model of ``apigen train`` was trained on, and the models that it began with: the queries of their data."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from apigen.dataset.duplicates import fingerprint
from apigen.dataset.read.formats import AUTO, read
from apigen.errors import ApigenError
from apigen.train.examples import Examples, Source, examples_of, labels
from apigen.train.pairs import read_pairs
from apigen.training_folder import ADAPTER, RECORD


class History(msgspec.Struct, frozen=True):
    """The data of a training and of those before it."""

    queries: frozenset[int]
    """Fingerprints, see :func:`apigen.dataset.duplicates.fingerprint`."""
    changed: tuple[str, ...]
    """Data that are not what they were when the model was trained."""
    not_read: tuple[str, ...]
    """Data, or records of a training, that cannot be read now."""


class _Record(msgspec.Struct, frozen=True):
    """What training.json says about the data."""

    model: str
    """The initial model, which may have been trained as well."""
    method: str
    data: tuple[Source, ...]


def history(folder: Path) -> History | None:
    """Read the data that a model was trained on.

    Args:
        folder: of the model.

    Returns:
        ``None`` for a folder that is not of a training.
    """
    seen: set[int] = set()
    changed: list[str] = []
    not_read: list[str] = []
    known = False
    for path in _trainings(folder):
        known = True
        try:
            record = msgspec.json.decode(path.read_bytes(), type=_Record)
        except (OSError, msgspec.MsgspecError):
            not_read.append(str(path))
            continue
        for source, label in zip(record.data, labels([Path(one.path) for one in record.data]), strict=True):
            try:
                found = _examples(Path(source.path), record.method, label)
            except (ApigenError, OSError):
                not_read.append(source.path)
                continue
            seen.update(fingerprint(one.messages[-1].content) for one in found.kept)
            # Pairs have other digests where there were several sources.
            if found.sources[0].digest != source.digest and (record.method == "sft" or len(record.data) == 1):
                changed.append(source.path)
    return History(frozenset(seen), tuple(changed), tuple(not_read)) if known else None


def _trainings(folder: Path) -> Iterator[Path]:
    """The records of a model's training and of those of its initial models, the last first."""
    done: set[Path] = set()
    while (place := folder.expanduser().resolve()) not in done:
        done.add(place)
        path = (place.parent if place.name == ADAPTER and not (place / RECORD).exists() else place) / RECORD
        if not path.is_file():
            return
        yield path
        try:
            folder = Path(msgspec.json.decode(path.read_bytes(), type=_Record).model)
        except (OSError, msgspec.MsgspecError):
            return


def _examples(path: Path, method: str, label: str) -> Examples:
    if method == "dpo":
        return read_pairs([path])
    return examples_of(read(path, AUTO), str(path), label=label)
