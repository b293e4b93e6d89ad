"""Preference pairs to learn from: of a run, or in files of TRL's form with prompt, chosen and rejected."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from apigen import rundir
from apigen.attempts import read_requests
from apigen.dataset.export.preferences import pairs
from apigen.dataset.preferences import Pair
from apigen.dataset.read.base import row_id
from apigen.dataset.read.formats import format_of
from apigen.dataset.read.items import items
from apigen.dataset.read.preferences import read_pair
from apigen.dataset.read.turns import Unreadable
from apigen.dataset.split import HELD_OUT_PREFERENCES, SPLIT, TRAIN_PREFERENCES
from apigen.errors import UserError
from apigen.records import Message
from apigen.train.examples import Examples, LeftOut, PairExample, Source, digest, labels, notice_of


def read_pairs(paths: Sequence[Path]) -> Examples:
    """The pairs of several runs and files, in their order.

    Raises:
        UserError: one cannot be read, or no pair is left.
    """
    kept: list[PairExample] = []
    left: list[LeftOut] = []
    sources: list[Source] = []
    for path, label in zip(paths, labels(paths), strict=True):
        own: list[PairExample] = []
        for found in _of_run(path, label) if rundir.is_run(path) else _of_file(path, label):
            if isinstance(found, PairExample):
                own.append(found)
            else:
                left.append(found)
        if not own:
            _require_no_rows(path)
        sources.append(Source(str(path), digest(own), len(own), notice_of(path)))
        kept += own
    if not kept:
        why = f"the first is {left[0]}" if left else "no pairs in it"
        raise UserError(f"{', '.join(map(str, paths))}: no preference pair can be trained on ({why})")
    return Examples(tuple(kept), tuple(left), tuple(sources))


def pairs_of_run(path: Path) -> Iterator[Pair]:
    """The pairs of a run: those that came about in it, then those made of what it accepted."""
    tools = {tool.name: tool for tool in rundir.read_library(path)}
    attempts = (attempt for _, request in read_requests(path / rundir.ATTEMPTS) for attempt in request)
    return pairs(rundir.read_samples(path), attempts, tools)


def _of_run(path: Path, label: str) -> Iterator[PairExample]:
    return (_of_pair(pair, label) for pair in pairs_of_run(path))


def _of_pair(pair: Pair, label: str) -> PairExample:
    return PairExample(label + pair.id, (Message("user", pair.query),), pair.tools, pair.chosen, pair.rejected)


def _of_file(path: Path, label: str) -> Iterator[PairExample | LeftOut]:
    if (path / SPLIT).is_file():
        raise UserError(
            f"{path}: a folder with both parts of a split; name {TRAIN_PREFERENCES} or {HELD_OUT_PREFERENCES} in it"
        )
    if not path.is_file():
        raise UserError(f"{path}: no such file, and not a run; `apigen export RUN --format preferences` writes pairs")
    for item in items(path):
        id_ = label + row_id(item)
        try:
            pair = read_pair(item)
        except Unreadable as problem:
            yield LeftOut(id_, problem.detail, item.number)
            continue
        yield PairExample(
            id_,
            pair.messages,
            pair.tools,
            pair.chosen,
            pair.rejected,
            pair.chosen_said,
            pair.rejected_said,
            item.number,
        )


def _require_no_rows(path: Path) -> None:
    """Refuse a file without a single pair that has rows in another format.

    Raises:
        UserError: it is one.
    """
    if not path.is_file():
        return
    try:
        found = format_of(path).name
    except UserError:
        return  # in no known format, which what was said of its first row tells better
    raise UserError(
        f"{path}: contains rows ({found}), not preference pairs; drop --method dpo, or name a file of pairs, such as "
        "`apigen export RUN --format preferences` writes"
    )
