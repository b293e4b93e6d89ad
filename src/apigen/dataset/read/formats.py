"""The table of formats, telling which one a file is in, and reading a file or a folder of them."""

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from apigen.dataset.read import bfcl, hermes, openai, own, sharegpt, toolace, trl, xlam
from apigen.dataset.read.base import Format, Item, Row
from apigen.dataset.read.items import SUFFIXES, items
from apigen.errors import UserError
from apigen.records import Json

FORMATS: dict[str, Format] = {one.name: one for one in (own, xlam, openai, trl, sharegpt, hermes, toolace, bfcl)}
"""Each format by its name. Of two that fit alike, the one that stands first is taken only for those in ``_ALIKE``."""

AUTO = "auto"
"""The name for looking at the rows instead of naming a format."""

_ALIKE = (frozenset(("openai", "trl")),)
"""Formats that differ only in how calls are written: rows without calls are the same in both."""

_LOOKED_AT = 64
"""Rows that are looked at to tell the format."""

_ASIDE = frozenset(("possible_answer", "dataset_info.json", "dataset_infos.json", "dataset_dict.json", "state.json"))
"""Folders and files beside the rows."""

OWN = "dataset.jsonl"
"""The rows of a run's folder."""


def read(path: Path, format_name: str = AUTO) -> Iterator[Row]:
    """Each row of a dataset, in order, in memory that does not grow with it.

    Args:
        path: a file, or a folder with files; a run's folder gives its dataset.jsonl.
        format_name: a name in ``FORMATS``, or ``auto``.

    Raises:
        UserError: nothing to read, or the format cannot be determined; the message lists the keys found.
    """
    if format_name != AUTO and format_name not in FORMATS:
        raise UserError(f"{format_name!r}: no such dataset format; choose from {', '.join(FORMATS)}")
    files = _files(path)
    for file in files:
        found = iter(items(file))
        first = list(itertools.islice(found, _LOOKED_AT))
        if not first and len(files) > 1:
            continue
        shape = FORMATS.get(format_name) or tell(first, file)
        read_item = shape.reader(file)
        label = f"{file.relative_to(path)}:" if len(files) > 1 else ""
        for item in itertools.chain(first, found):
            yield from _rows(item, read_item(item) if item.problem is None else (), label)


def _rows(item: Item, rows: Sequence[Row], label: str) -> Iterator[Row]:
    if item.problem is not None:
        rows = (Row(str(item.number), item.number, problem=item.problem, notes=item.notes, raw=item.value),)
    for row in rows:
        yield msgspec.structs.replace(row, id=label + row.id) if label else row


def format_of(path: Path) -> Format:
    """The format of a dataset's first file.

    Raises:
        UserError: there is nothing to read, or the format cannot be determined.
    """
    file = _files(path)[0]
    return tell(list(itertools.islice(items(file), _LOOKED_AT)), file)


def tell(first: Sequence[Item], path: Path) -> Format:
    """The format that most of the first rows fit.

    Raises:
        UserError: no format fits, or two fit alike.
    """
    if not first:
        raise UserError(f"{path}: contains no rows")
    values = [item.value for item in first if item.problem is None]
    if not values:
        problem = first[0].problem
        told = f"line or element {first[0].number}: {problem.detail}" if problem else ""
        raise UserError(f"{path}: none of the first {len(first)} rows is JSON ({told})")
    counts = {name: sum(one.fits(value) for value in values) for name, one in FORMATS.items()}
    most = max(counts.values())
    best = [name for name, count in counts.items() if count == most]
    if not most:
        raise UserError(f"{path}: unknown format: {_found(values)}; known formats are {_known()}")
    if len(best) > 1 and frozenset(best) not in _ALIKE:
        raise UserError(f"{path}: could be {' or '.join(best)}: {_found(values)}; choose one with --format")
    return FORMATS[best[0]]


def _found(values: Sequence[Json]) -> str:
    keys = dict.fromkeys(key for value in values if isinstance(value, dict) for key in value)
    if not keys:
        return f"its rows are {type(values[0]).__name__}, not objects"
    shown = list(keys)[:12]
    return f"found the keys {', '.join(shown)}{', ...' if len(keys) > len(shown) else ''}"


def _known() -> str:
    return "; ".join(f"{name} ({one.keys})" for name, one in FORMATS.items())


def _files(path: Path) -> list[Path]:
    if not path.exists():
        raise UserError(f"{path}: no such file or directory")
    if not path.is_dir():
        if not path.is_file():
            raise UserError(f"{path}: is a pipe or a device, which cannot be read twice; write its contents to a file")
        return [path]
    if (path / OWN).is_file():
        return [path / OWN]
    found = [
        file
        for file in sorted(path.rglob("*"))
        if file.name.endswith(SUFFIXES) and file.is_file() and _counts(file.relative_to(path))
    ]
    if not found:
        raise UserError(f"{path}: contains no file ending in {', '.join(SUFFIXES)}")
    return found


def _counts(relative: Path) -> bool:
    return not any(part in _ASIDE or part.startswith((".", "_")) for part in relative.parts)
