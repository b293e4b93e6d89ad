"""The format of library files: self-contained and versioned, one tool, seed, skipped entry or note per line.

The first line says what the file is, its version and where its tools came from. Then come the tools by name, the seeds,
what was left out and what had to be understood, each kind in an order that does not depend on how it was come by, so
that two files differ in the lines of the tools that differ. Nothing in it depends on the time.

A path to a place at or below the file's own folder is written relative to that folder, so that a repository can hold
both and be moved; every other path is absolute. In memory all paths are absolute.
"""

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path

import msgspec

from apigen.records import Binding, Call, Json, PythonBinding, Tool, Wording

VERSION = 1


class Line(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, tag_field="line"):
    """What a line holds; ``line`` says which kind it is."""


class Header(Line, frozen=True, tag="library"):
    """The first line."""

    version: int
    sources: tuple[str, ...] = ()
    """The locators that the tools were loaded from, in order."""


class ToolLine(Line, frozen=True, tag="tool"):
    """A tool; see :class:`~apigen.records.Tool`."""

    name: str
    description: str
    parameters: dict[str, Json]
    category: str
    origin: str
    binding: Binding | None
    schema_digest: str = ""
    """Of :func:`schema_digest`; a tool without one is taken as it stands."""
    original_description: str = ""


class SeedLine(Line, frozen=True, tag="seed"):
    """An example query with its right calls."""

    query: str
    calls: tuple[Call, ...]
    wording: Wording = Wording.PLAIN


class SkippedLine(Line, frozen=True, tag="skipped"):
    """What a source holds but could not offer, or what cleaning took out, with the reason."""

    name: str
    reason: str
    origin: str = ""


class NoteLine(Line, frozen=True, tag="note"):
    """A conversion, cut or guess made for a tool."""

    name: str
    text: str


def schema_digest(tool: Tool) -> str:
    """Sixteen hex digits over what a call of the tool depends on: its schema, and what it is bound to.

    Names, descriptions, categories and origins are left out, so that they can be changed; so are the folder of a
    Python file and the digest of its code, which may change while the tool stays what it is.
    """
    binding: dict[str, Json] = msgspec.to_builtins(tool.binding) or {}
    if isinstance(tool.binding, PythonBinding):
        file = Path(tool.binding.file).name if tool.binding.file else None
        binding = binding | {"digest": "", "file": file}
    encoded = msgspec.json.encode((tool.parameters, binding), order="sorted")
    return hashlib.sha256(encoded).hexdigest()[:16]


def moved(binding: Binding | None, move: Callable[[str], str]) -> Binding | None:
    """A binding with the path in it moved, where there is one."""
    if isinstance(binding, PythonBinding) and binding.file is not None:
        return msgspec.structs.replace(binding, file=move(binding.file))
    return binding


def inwards(folder: Path) -> Callable[[str], str]:
    """From paths in memory to those that a file in that folder holds."""

    @cache
    def move(path: str) -> str:
        whole = Path(path).expanduser().absolute()
        return str(whole.relative_to(folder)) if whole.is_relative_to(folder) else str(whole)

    return move


def outwards(folder: Path) -> Callable[[str], str]:
    """From the paths that a file in that folder holds to those in memory; one that is absolute stays."""

    @cache
    def move(path: str) -> str:
        return str(folder / path)

    return move
