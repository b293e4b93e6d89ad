"""The table of export formats, and writing one of them to a file."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import msgspec

from apigen.dataset.export import openai, trl, xlam
from apigen.errors import UserError
from apigen.files import replacing
from apigen.records import Json, Sample

Exporter = Callable[[Iterable[Sample]], Iterator[dict[str, Json]]]

EXPORTERS: dict[str, Exporter] = {"xlam": xlam.rows, "trl": trl.rows, "openai": openai.rows}
"""Each format by its name: a function from samples to rows."""

JSON_ARRAYS = frozenset({"xlam"})
"""Formats written as one JSON list, one row a line; the others are JSON Lines."""


def export(samples: Iterable[Sample], name: str, path: Path) -> int:
    """Write samples to a file in one format.

    Returns:
        The number of rows.

    Raises:
        UserError: there is no such format, or no folder to write to.
        JobFellShort: the file cannot be written.
    """
    if name not in EXPORTERS:
        raise UserError(f"{name!r} is no export format; there are {', '.join(EXPORTERS)}")
    if not path.parent.is_dir():
        raise UserError(f"{path.parent}: no such folder to write {path.name} to")
    encode = msgspec.json.Encoder().encode
    count = 0
    with replacing(path) as file:
        opening, between, closing = (b"[\n", b",\n", b"\n]\n") if name in JSON_ARRAYS else (b"", b"\n", b"\n")
        file.write(opening)
        for count, row in enumerate(EXPORTERS[name](samples), 1):
            file.write((between if count > 1 else b"") + encode(row))
        file.write(closing if count or name in JSON_ARRAYS else b"")
    return count
