"""The library file: one self-contained, versioned file of tools and what belongs to them, one thing a line.

The first line says what the file is, its version and where its tools came from. Then come the tools by name, the seeds,
what was left out and what had to be understood, each kind in an order that does not depend on how it was come by, so
that two files differ in the lines of the tools that differ. Nothing in it depends on the time.

A path to a place at or below the file's own folder is written relative to that folder, so that a repository can hold
both and be moved; every other path is absolute. In memory all paths are absolute.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from apigen.errors import UserError
from apigen.files import replacing
from apigen.library.base import Loaded
from apigen.locators import relocated
from apigen.records import Binding, Call, Json, Note, PythonBinding, Seed, Skipped, Tool, Wording

VERSION = 1


class _Line(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, tag_field="line"):
    """What a line holds; ``line`` says which kind it is."""


class Header(_Line, frozen=True, tag="library"):
    """The first line."""

    version: int
    sources: tuple[str, ...] = ()
    """The locators that the tools were loaded from, in order."""


class ToolLine(_Line, frozen=True, tag="tool"):
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


class SeedLine(_Line, frozen=True, tag="seed"):
    """An example query with its right calls."""

    query: str
    calls: tuple[Call, ...]
    wording: Wording = Wording.PLAIN


class SkippedLine(_Line, frozen=True, tag="skipped"):
    """What a source holds but could not offer, or what cleaning took out, with the reason."""

    name: str
    reason: str
    origin: str = ""


class NoteLine(_Line, frozen=True, tag="note"):
    """What had to be understood, cut or guessed about a tool."""

    name: str
    text: str


class LibraryFile(msgspec.Struct, frozen=True):
    """A library file, read."""

    sources: tuple[str, ...]
    loaded: Loaded
    """As it was written."""
    edited: frozenset[str] = frozenset()
    """Names of tools whose schema or binding is no longer what their digest was made of."""


_decoder = msgspec.json.Decoder(Header | ToolLine | SeedLine | SkippedLine | NoteLine)
_AGAIN = "write the file again with `apigen library import`"


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
        for line in _lines(loaded, live_sources(sources), _inwards(path.resolve().parent)):
            file.write(encoder.encode(line) + b"\n")


def live_sources(locators: Iterable[str]) -> tuple[str, ...]:
    """The locators, with those of a library file in its place; a library file that is narrowed down stays.

    Raises:
        UserError: one of them is a library file that cannot be read.
    """
    found: list[str] = []
    for locator in locators:
        path = Path(locator.removeprefix("file:"))
        own = read_header(path).sources if path.suffix == ".jsonl" and path.is_file() else ()
        found += [relocated(source, _outwards(path.resolve().parent)) for source in own] or [locator]
    return tuple(dict.fromkeys(found))


def _lines(loaded: Loaded, sources: Sequence[str], inwards: Callable[[str], str]) -> Iterator[_Line]:
    yield Header(VERSION, tuple(relocated(source, inwards) for source in sources))
    for tool in sorted(loaded.tools, key=lambda tool: tool.name):
        yield ToolLine(
            name=tool.name,
            description=tool.description,
            parameters=tool.parameters,
            category=tool.category,
            origin=relocated(tool.origin, inwards),
            binding=_moved(tool.binding, inwards),
            schema_digest=schema_digest(tool),
            original_description=tool.original_description,
        )
    seeds = {msgspec.json.encode((seed.calls, seed.query), order="sorted"): seed for seed in loaded.seeds}
    for _, seed in sorted(seeds.items()):
        yield SeedLine(seed.query, seed.calls, seed.wording)
    for left in sorted(set(loaded.skipped), key=lambda left: (left.name, left.reason, left.origin)):
        yield SkippedLine(left.name, left.reason, relocated(left.origin, inwards))
    for note in sorted(set(loaded.notes), key=lambda note: (note.name, note.text)):
        yield NoteLine(note.name, note.text)


def read_header(path: Path) -> Header:
    """The first line of a library file.

    Raises:
        UserError: there is no such file, or it is no library file of this version.
    """
    for line in _raw_lines(path):
        return _header(line, path)
    raise UserError(f"{path}: is empty; {_AGAIN}")


def read_library_file(path: Path) -> LibraryFile:
    """Read a whole library file.

    Raises:
        UserError: it cannot be read, is no library file, is torn, or has a name twice; the line is named.
    """
    outwards = _outwards(path.resolve().parent)
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
                    raise UserError(
                        f"{path} line {number}: the tool {line.name!r} stands in line {lines[line.name]} too"
                    )
                tool = tools[line.name] = _tool(line, outwards)
                lines[line.name] = number
                if line.schema_digest not in ("", schema_digest(tool)):
                    edited.add(line.name)
            case SeedLine():
                seeds.append(Seed(line.query, line.calls, line.wording))
            case SkippedLine():
                skipped.append(Skipped(line.name, line.reason, relocated(line.origin, outwards)))
            case NoteLine():
                notes.append(Note(line.name, line.text))
            case _:
                raise UserError(f"{path} line {number}: a second first line: two files one behind the other; {_AGAIN}")
    if header is None:
        raise UserError(f"{path}: is empty; {_AGAIN}")
    loaded = Loaded(tuple(tools.values()), tuple(seeds), tuple(skipped), tuple(notes))
    return LibraryFile(tuple(relocated(source, outwards) for source in header.sources), loaded, frozenset(edited))


def _raw_lines(path: Path) -> Iterator[bytes]:
    """The lines of a file, read as they are asked for.

    Raises:
        UserError: it cannot be read, or its last line is cut off.
    """
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if not line.endswith(b"\n"):
                    raise UserError(f"{path} line {number}: the last line is cut off; {_AGAIN}, or cut it away")
                yield line
    except FileNotFoundError:
        raise UserError(f"{path}: no such library file; `apigen library import SRC -o {path}` writes one") from None
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
            raise UserError(f"{path}: is a library file of version {header.version}, not {VERSION}; {mend}")
        return header
    first = msgspec.json.encode(Header(VERSION)).decode()
    raise UserError(
        f"{path}: is no library file, whose first line begins as {first}; `apigen library import` writes one"
        f"{_meant(text, path)}"
    )


def _meant(text: bytes, path: Path) -> str:
    """A hint for a file that is something else which we know."""
    try:
        value = msgspec.json.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return ""
    if isinstance(value, dict) and {"query", "calls"} <= value.keys():
        return f"; for examples write `--seeds {path}`"
    if isinstance(value, dict) and {"name", "parameters"} <= value.keys():
        return f"; for tools as OpenAI writes them, give `openai:{path}`"
    return ""


def _decoded(text: bytes, where: str) -> Header | ToolLine | SeedLine | SkippedLine | NoteLine:
    try:
        line: Header | ToolLine | SeedLine | SkippedLine | NoteLine = _decoder.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise UserError(f"{where}: cannot be read: {error}; mend it, or {_AGAIN}") from None
    return line


def _tool(line: ToolLine, outwards: Callable[[str], str]) -> Tool:
    return Tool(
        name=line.name,
        description=line.description,
        parameters=line.parameters,
        category=line.category,
        origin=relocated(line.origin, outwards),
        binding=_moved(line.binding, outwards),
        original_description=line.original_description,
    )


def _moved(binding: Binding | None, move: Callable[[str], str]) -> Binding | None:
    if isinstance(binding, PythonBinding) and binding.file is not None:
        return msgspec.structs.replace(binding, file=move(binding.file))
    return binding


def _inwards(folder: Path) -> Callable[[str], str]:
    """From paths in memory to those of a file in a folder."""

    def move(path: str) -> str:
        whole = Path(path).expanduser().absolute()
        return str(whole.relative_to(folder)) if whole.is_relative_to(folder) else str(whole)

    return move


def _outwards(folder: Path) -> Callable[[str], str]:
    """From the paths of a file in a folder to those in memory; one that is absolute already stays."""
    return lambda path: str(folder / path)
