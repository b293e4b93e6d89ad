"""How many of a suite's questions stand in the data that a model of ``apigen train`` was trained on."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from apigen.dataset.duplicates import fingerprint
from apigen.dataset.read.formats import AUTO, read
from apigen.errors import ApigenError
from apigen.evaluate.base import Question
from apigen.evaluate.evaluation import query_of
from apigen.train.examples import Examples, Source, examples_of, labels
from apigen.train.pairs import read_pairs
from apigen.training_folder import ADAPTER, RECORD


class _Record(msgspec.Struct, frozen=True):
    """What of training.json says what was learnt from."""

    model: str
    """What it began with, which may have been trained as well."""
    method: str
    data: tuple[Source, ...]


def trained_on(folder: Path, questions: Sequence[Question]) -> dict[str, Any] | None:
    """Compare a suite with the data of a training, and of those before it, by their queries.

    Args:
        folder: of the model.
        questions: those that are asked.

    Returns:
        For evaluation.json: ``questions``, how many of them ``trained_on``, and the data that are ``changed`` since,
        or ``not_read`` because they are not there any more; ``None`` where nothing is known of a training.
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
    if not known:
        return None
    count = sum(fingerprint(query_of(question)) in seen for question in questions)
    return {"questions": len(questions), "trained_on": count, "changed": changed, "not_read": not_read}


def _trainings(folder: Path) -> Iterator[Path]:
    """The records of a model's training and of those of the models that it began with, the last first."""
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
