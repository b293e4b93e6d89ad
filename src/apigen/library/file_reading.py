"""Reads library files, as a whole or not at all; errors name the line."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import msgspec

from apigen.errors import UserError
from apigen.library.base import Loaded
from apigen.library.file_format import (
    VERSION,
    Header,
    NoteLine,
    SeedLine,
    SkippedLine,
    ToolLine,
    moved,
    outwards,
    schema_digest,
)
from apigen.locators import relocated
from apigen.records import Note, Seed, Skipped, Tool

_AGAIN = "write the file again with `apigen library import`"

_decoder = msgspec.json.Decoder(Header | ToolLine | SeedLine | SkippedLine | NoteLine)


class LibraryFile(msgspec.Struct, frozen=True):
    """A library file, read."""

    sources: tuple[str, ...]
    loaded: Loaded
    """As it was written."""
    edited: frozenset[str] = frozenset()
    """Names of tools whose schema or binding is no longer what their digest was made of."""


def read_library_file(path: Path) -> LibraryFile:
    """Read a whole library file.

    Raises:
        UserError: it cannot be read, is no library file, is torn, or has a name twice; the line is named.
    """
    move = outwards(path.resolve().parent)
    header: Header | None = None
    tools: dict[str, Tool] = {}
    lines: dict[str, int] = {}
    edited: set[str] = set()
    seeds: list[Seed] = []
    skipped: list[Skipped] = []
    notes: list[Note] = []
    for number, text in enumerate(_raw_lines(path), 1):
        if header is None:
            header = _header(text, path)
            continue
        line = _decoded(text, f"{path} line {number}")
        match line:
            case ToolLine():
                if line.name in tools:
                    first = lines[line.name]
                    raise UserError(f"{path} line {number}: the tool {line.name!r} is already defined in line {first}")
                tool = tools[line.name] = _tool(line, move)
                lines[line.name] = number
                if line.schema_digest not in ("", schema_digest(tool)):
                    edited.add(line.name)
            case SeedLine():
                seeds.append(Seed(line.query, line.calls, line.wording))
            case SkippedLine():
                skipped.append(Skipped(line.name, line.reason, relocated(line.origin, move)))
            case NoteLine():
                notes.append(Note(line.name, line.text))
            case _:
                raise UserError(
                    f"{path} line {number}: a second header line, as if two files had been concatenated; {_AGAIN}"
                )
    if header is None:
        raise UserError(f"{path}: is empty; {_AGAIN}")
    loaded = Loaded(tuple(tools.values()), tuple(seeds), tuple(skipped), tuple(notes))
    return LibraryFile(tuple(relocated(source, move) for source in header.sources), loaded, frozenset(edited))


def read_header(path: Path) -> Header:
    """The first line of a library file.

    Raises:
        UserError: there is no such file, or it is no library file of this version.
    """
    for line in _raw_lines(path):
        return _header(line, path)
    raise UserError(f"{path}: is empty; {_AGAIN}")


def live_sources(locators: Iterable[str]) -> tuple[str, ...]:
    """The locators, with those of a library file in its place; a library file that is narrowed down stays.

    Raises:
        UserError: one of them is a library file that cannot be read.
    """
    found: list[str] = []
    for locator in locators:
        path = Path(locator.removeprefix("file:"))
        own = read_header(path).sources if path.suffix == ".jsonl" and path.is_file() else ()
        found += [relocated(source, outwards(path.resolve().parent)) for source in own] or [locator]
    return tuple(dict.fromkeys(found))


def _raw_lines(path: Path) -> Iterator[bytes]:
    """The lines of a file, read as they are asked for.

    Raises:
        UserError: it cannot be read, or its last line is cut off.
    """
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if not line.endswith(b"\n"):
                    raise UserError(f"{path} line {number}: the last line is incomplete; {_AGAIN}, or delete that line")
                yield line
    except FileNotFoundError:
        raise UserError(
            f"{path}: no such library file; create one with `apigen library import SRC -o {path}`"
        ) from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror or error}") from None


def _header(text: bytes, path: Path) -> Header:
    try:
        header = _decoder.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        header = None
    if isinstance(header, Header):
        if header.version != VERSION:
            mend = "install a newer apigen" if header.version > VERSION else _AGAIN
            raise UserError(
                f"{path}: has library file version {header.version}, but this apigen reads {VERSION}; {mend}"
            )
        return header
    first = msgspec.json.encode(Header(VERSION)).decode()
    raise UserError(
        f"{path}: is not a library file, which starts with {first}; create one with `apigen library import`"
        f"{_meant(text, path)}"
    )


def _meant(text: bytes, path: Path) -> str:
    """A hint for a file that is something else which we know."""
    try:
        value = msgspec.json.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return ""
    if isinstance(value, dict) and {"query", "calls"} <= value.keys():
        return f"; if it holds seed examples, pass it with `--seeds {path}`"
    if isinstance(value, dict) and {"name", "parameters"} <= value.keys():
        return f"; if it holds tools in OpenAI format, use `openai:{path}`"
    return ""


def _decoded(text: bytes, where: str) -> Header | ToolLine | SeedLine | SkippedLine | NoteLine:
    try:
        line: Header | ToolLine | SeedLine | SkippedLine | NoteLine = _decoder.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise UserError(f"{where}: cannot be read: {error}; fix that line, or {_AGAIN}") from None
    return line


def _tool(line: ToolLine, move: Callable[[str], str]) -> Tool:
    return Tool(
        name=line.name,
        description=line.description,
        parameters=line.parameters,
        category=line.category,
        origin=relocated(line.origin, move),
        binding=moved(line.binding, move),
        original_description=line.original_description,
    )
