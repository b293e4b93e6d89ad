"""Writes library files, in an order that does not depend on how the tools were loaded."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec

from apigen.files import replacing
from apigen.library.base import Loaded
from apigen.library.file_format import (
    VERSION,
    Header,
    Line,
    NoteLine,
    SeedLine,
    SkippedLine,
    ToolLine,
    inwards,
    moved,
    schema_digest,
)
from apigen.library.file_reading import live_sources
from apigen.locators import relocated


def write_library(path: Path, loaded: Loaded, sources: Sequence[str] = ()) -> None:
    """Write a library file, whole or not at all.

    Args:
        path: the file; one that is there is replaced.
        loaded: what it holds.
        sources: the locators that the tools were loaded from. A library file among them is replaced by its own, so
            that the written file speaks of the sources that are alive.

    Raises:
        JobFellShort: the disk is full, or the folder cannot be written to.
    """
    encoder = msgspec.json.Encoder()
    with replacing(path) as file:
        for line in _lines(loaded, live_sources(sources), inwards(path.resolve().parent)):
            file.write(encoder.encode(line) + b"\n")


def _lines(loaded: Loaded, sources: Sequence[str], move: Callable[[str], str]) -> Iterator[Line]:
    yield Header(VERSION, tuple(relocated(source, move) for source in sources))
    for tool in sorted(loaded.tools, key=lambda tool: tool.name):
        yield ToolLine(
            name=tool.name,
            description=tool.description,
            parameters=tool.parameters,
            category=tool.category,
            origin=relocated(tool.origin, move),
            binding=moved(tool.binding, move),
            schema_digest=schema_digest(tool),
            original_description=tool.original_description,
        )
    seeds = {msgspec.json.encode((seed.calls, seed.query), order="sorted"): seed for seed in loaded.seeds}
    for _, seed in sorted(seeds.items()):
        yield SeedLine(seed.query, seed.calls, seed.wording)
    for left in sorted(set(loaded.skipped), key=lambda left: (left.name, left.reason, left.origin)):
        yield SkippedLine(left.name, left.reason, relocated(left.origin, move))
    for note in sorted(set(loaded.notes), key=lambda note: (note.name, note.text)):
        yield NoteLine(note.name, note.text)
