"""The table of export formats, and writing one of them to a file."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import msgspec

from apigen.dataset.export import openai, preferences, trl, xlam
from apigen.errors import UserError
from apigen.files import replacing
from apigen.records import Attempt, Json, Sample, Tool

Exporter = Callable[[Iterable[Sample]], Iterator[dict[str, Json]]]

EXPORTERS: dict[str, Exporter] = {"xlam": xlam.rows, "trl": trl.rows, "openai": openai.rows}
"""Each format by its name: a function from samples to rows."""

PREFERENCES = "preferences"
"""The format that is made from attempts as well, since a sample alone does not say what was rejected."""

JSON_ARRAYS = frozenset({"xlam"})
"""Formats written as one JSON list, one row a line; the others are JSON Lines."""


def export(
    samples: Iterable[Sample],
    name: str,
    path: Path,
    *,
    attempts: Iterable[Attempt] = (),
    tools: Mapping[str, Tool] | None = None,
) -> int:
    """Write samples to a file in one format.

    Args:
        samples: to write.
        name: of the format.
        path: the file.
        attempts: of the run; preference pairs are made from them too.
        tools: the run's library by name, for the attempts.

    Returns:
        The number of rows.

    Raises:
        UserError: there is no such format, or no directory to write to.
        JobFellShort: the file cannot be written.
    """
    if name not in EXPORTERS and name != PREFERENCES:
        raise UserError(f"{name!r}: no such export format; choose from {', '.join((*EXPORTERS, PREFERENCES))}")
    if not path.parent.is_dir():
        raise UserError(f"{path}: no such directory: {path.parent}; create it, or name another file")
    encode = msgspec.json.Encoder().encode
    found = preferences.rows(samples, attempts, tools or {}) if name == PREFERENCES else EXPORTERS[name](samples)
    count = 0
    with replacing(path) as file:
        opening, between, closing = (b"[\n", b",\n", b"\n]\n") if name in JSON_ARRAYS else (b"", b"\n", b"\n")
        file.write(opening)
        for count, row in enumerate(found, 1):
            file.write((between if count > 1 else b"") + encode(row))
        file.write(closing if count or name in JSON_ARRAYS else b"")
    return count
