"""``apigen library import`` and ``drift``: a library file, and how far its sources have moved away from it."""

import os
import sys
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from apigen.cli.kinds import counted, print_counts
from apigen.cli.targets import require_not_of_run
from apigen.cli.terminal import Terminal
from apigen.config import load_config
from apigen.errors import UserError
from apigen.execute.grants import read_grants
from apigen.library.base import Loaded
from apigen.library.catalogue import Library, load_library
from apigen.library.drift import Drift, drift
from apigen.library.file_reading import read_library_file
from apigen.library.file_writing import write_library
from apigen.locators import absolute

_MOST = 20
"""Tools that are named of each kind of difference."""


class ImportOptions(NamedTuple):
    """What the command line said."""

    sources: tuple[str, ...]
    out: Path
    seeds: tuple[str, ...]
    config: Path | None
    force: bool
    as_json: bool


def import_command(options: ImportOptions) -> None:
    """Write a library file and tell what went into it."""
    require_writable(options.out)
    before = _replaced(options)
    sources = tuple(absolute(source) for source in options.sources)
    library = load(sources, options.seeds, options.config)
    loaded = as_loaded(library)
    write_library(options.out, loaded, sources)
    moved = drift(before, loaded) if before else None
    if options.as_json:
        found = {
            "out": str(options.out),
            "tools": len(library.tools),
            "seeds": len(library.seeds),
            "skipped": len(library.skipped),
            "reasons": counted(entry.reason for entry in library.skipped),
            "notes": counted(note.text for note in library.notes),
            "categories": dict(Counter(tool.category for tool in library.tools).most_common()),
            "sources": dict(Counter(tool.origin for tool in library.tools).most_common()),
            "drift": msgspec.to_builtins(moved),
        }
        sys.stdout.write(msgspec.json.encode(found).decode() + "\n")
        return
    console = Terminal(markup=False)
    console.print(_by_source_and_category(library))
    print_counts(console, "Left out", [entry.reason for entry in library.skipped])
    print_counts(console, "Notes", [note.text for note in library.notes])
    line = f"\n{len(library.tools):,} tools and {len(library.seeds):,} seed examples in {options.out}"
    console.print(line, highlight=False, soft_wrap=True)
    if moved is not None:
        _print_drift(console, moved, "the previous file")


def drift_command(file: Path, config: Path | None, *, as_json: bool) -> int:
    """Tell how the live sources differ from a library file; returns the exit code."""
    read = read_library_file(file)
    sources = read.sources or tuple(dict.fromkeys(tool.origin for tool in read.loaded.tools if tool.origin))
    if not sources:
        raise UserError(f"{file}: does not record where its tools came from, so there is nothing to compare with")
    now, dead = _alive(sources, config)
    found = drift(_without(read.loaded, dead), now)
    if as_json:
        value = {"file": str(file), "sources": sources, "tools": len(read.loaded.tools), "drift": not found.is_empty}
        sys.stdout.write(msgspec.json.encode(value | {"dead": dead} | msgspec.to_builtins(found)).decode() + "\n")
    else:
        _print_drift(Terminal(markup=False), found, str(file))
        for source, problem in dead.items():
            Terminal(markup=False).print(
                Text(f"not compared, since it cannot be loaded: {source}: {problem}"), soft_wrap=True
            )
    return 0 if found.is_empty and not dead else 1


def _alive(sources: Sequence[str], config: Path | None) -> tuple[Loaded, dict[str, str]]:
    """The sources that can be loaded, merged, and what is wrong with each of the others.

    Raises:
        UserError: none can be loaded, or the configuration is wrong.
    """
    try:
        return as_loaded(load(tuple(sources), (), config)), {}
    except UserError:
        dead = {source: problem for source in sources if (problem := _problem(source, config))}
        alive = tuple(source for source in sources if source not in dead)
        if not alive or not dead:
            raise
    return as_loaded(load(alive, (), config)), dead


def _problem(source: str, config: Path | None) -> str:
    """Why a source cannot be loaded by itself; empty where it can."""
    try:
        load((source,), (), config)
    except UserError as problem:
        return str(problem)
    return ""


def _without(loaded: Loaded, sources: Collection[str]) -> Loaded:
    """What did not come from some sources."""
    places = {source.partition("#")[0] for source in sources}
    kept = tuple(tool for tool in loaded.tools if tool.origin.partition("#")[0] not in places)
    return msgspec.structs.replace(loaded, tools=kept)


def load(sources: tuple[str, ...], seeds: tuple[str, ...], config: Path | None) -> Library:
    """Load sources with what a configuration grants them.

    Raises:
        UserError: the configuration is wrong, or a source cannot be loaded.
    """
    settings = load_config(config).resolved() if config else load_config(None)
    return load_library(sources, seeds, read_grants(settings.grants, os.environ))


def as_loaded(library: Library) -> Loaded:
    """A library as what a file holds."""
    return Loaded(library.tools, library.seeds, library.skipped, library.notes)


def require_writable(out: Path) -> None:
    """Say what is wrong with the name of a file before any work is done.

    Raises:
        UserError: nothing can be written there.
    """
    if out.is_dir():
        raise UserError(f"--out: {out} is a folder; name a file in it, such as {out / 'library.jsonl'}")
    if not out.parent.is_dir():
        raise UserError(f"--out: {out.parent}: no such folder to write {out.name} to")
    require_not_of_run("--out", out)
    if out.suffix != ".jsonl":
        raise UserError(f"--out: {out}: the name of a library file must end in .jsonl; write {out}.jsonl")


def _replaced(options: ImportOptions) -> Loaded | None:
    """What stands where the file will be written; ``None`` where nothing does.

    Raises:
        UserError: something stands there that another import could not bring back.
    """
    if not options.out.exists():
        return None
    hint = "choose another --out, or add --force to replace it"
    try:
        before = read_library_file(options.out).loaded
    except UserError as problem:
        if options.force:
            return None
        raise UserError(f"{problem}; {hint}") from None
    repaired = sum(bool(tool.original_description) for tool in before.tools)
    own = absolute(str(options.out)) in live_paths(options.sources)
    if repaired and not own and not options.force:
        raise UserError(f"{options.out}: contains {repaired:,} descriptions rewritten by a model; {hint}")
    return before


def live_paths(sources: Iterable[str]) -> set[str]:
    """The sources as absolute locators, without the name of their kind where they are library files."""
    return {absolute(source).removeprefix("file:") for source in sources}


def _by_source_and_category(library: Library) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("source", "category", "tools", "left out"):
        table.add_column(column, justify="right" if column in ("tools", "left out") else "left", overflow="fold")
    left_out = Counter(entry.origin for entry in library.skipped)
    counts = Counter((tool.origin, tool.category) for tool in library.tools)
    shown = ""
    for (origin, category), count in sorted(counts.items(), key=lambda item: (item[0][0], -item[1], item[0][1])):
        first = origin != shown
        skipped = left_out.pop(origin, 0) if first else 0
        table.add_row(Text(origin if first else ""), category, f"{count:,}", f"{skipped:,}" if skipped else "")
        shown = origin
    for origin, skipped in sorted(left_out.items()):
        table.add_row(Text(origin), "", "0", f"{skipped:,}")
    return table


def _print_drift(console: Console, found: Drift, against: str) -> None:
    def say(line: str) -> None:
        console.print(Text(line), soft_wrap=True)

    if found.is_empty:
        say(f"No tool differs from {against}.")
    kinds: Mapping[str, list[tuple[str, tuple[str, ...]]]] = {
        "new": [(name, ()) for name in found.added],
        "gone": [(change.name, change.what) for change in found.removed],
        "changed": [(change.name, change.what) for change in found.changed],
        "renamed": [(before, (f"now {now}",)) for before, now in found.renamed],
    }
    for kind, entries in kinds.items():
        if entries:
            say(f"{kind} ({len(entries):,}):")
        for name, what in entries[:_MOST]:
            say(f"  {name}{': ' if what else ''}{'; '.join(what)}")
        if len(entries) > _MOST:
            say(f"  and {len(entries) - _MOST:,} more; --json lists them")
    if found.code:
        some = ", ".join(found.code[:5]) + (", ..." if len(found.code) > 5 else "")
        say(f"The code behind {len(found.code):,} tools has changed ({some}); their results may differ.")
