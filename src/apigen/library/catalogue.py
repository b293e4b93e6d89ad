"""Every tool of a run under one roof: sources merged, names made unique, seeds matched to tools."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import msgspec

from apigen.errors import UserError
from apigen.execute.grants import NO_GRANTS, Grants
from apigen.library.base import Loaded, Source
from apigen.library.python import load_python
from apigen.library.seeds import read_seeds
from apigen.library.starter_source import load_starter
from apigen.records import Seed, Skipped, Tool

SOURCES: dict[str, Source] = {
    "starter": load_starter,
    "python": load_python,
}
"""Each source by the prefix of its locators."""


class Library(msgspec.Struct, frozen=True):
    """The tools of a run in a fixed order, the seeds that call them, and what was left out."""

    tools: tuple[Tool, ...]
    seeds: tuple[Seed, ...]
    skipped: tuple[Skipped, ...]

    def by_name(self) -> dict[str, Tool]:
        """The tools by their unique names."""
        return {tool.name: tool for tool in self.tools}

    def digest(self) -> str:
        """Sixteen hex digits over every tool's name, schema, binding and source, and every seed."""
        data = msgspec.json.encode((self.tools, self.seeds), order="sorted")
        return hashlib.sha256(data).hexdigest()[:16]


def load_library(locators: Sequence[str], seed_files: Iterable[str] = (), grants: Grants = NO_GRANTS) -> Library:
    """Load every source and merge them.

    Args:
        locators: such as ``starter`` or ``python:statistics``, in the order given.
        seed_files: JSONL files of further seeds.
        grants: what tools may do beyond the walls of the sandbox; modules are imported with those of their tools.

    Raises:
        UserError: a locator is unknown, a source cannot be loaded, no tool is left, a grant is for none of
            them, or a seed file does not fit.
    """
    loaded = [_load(locator, grants) for locator in dict.fromkeys(locators)]
    tools, renamed = _unique([tool for source in loaded for tool in source.tools])
    skipped = [entry for source in loaded for entry in source.skipped]
    if not tools:
        why = "; ".join(f"{entry.name}: {entry.reason}" for entry in skipped[:3])
        raise UserError(f"{', '.join(locators)}: no function here can be offered as a tool{f' ({why})' if why else ''}")
    grants.require_used([tool.name for tool in tools])
    names = {tool.name for tool in tools}
    seeds = [seed for source in loaded for seed in source.seeds if not seed.tool_names & renamed]
    for path in seed_files:
        seeds.extend(read_seeds(Path(path), names))
    return Library(tuple(tools), tuple(seeds), tuple(skipped))


def _load(locator: str, grants: Grants) -> Loaded:
    kind, _, rest = locator.partition(":")
    source = SOURCES.get(kind)
    if source is None:
        known = "`starter`, `python:MODULE` or `python:FILE.py`"
        hint = f"; did you mean `python:{locator}`?" if locator.endswith(".py") else ""
        raise UserError(f"{locator!r} is no library; a library is {known}{hint}")
    return source(rest, grants)


def _unique(tools: Sequence[Tool]) -> tuple[list[Tool], set[str]]:
    """Give each tool its own name; where two sources use the same one, the later gets its origin in front."""
    taken: dict[str, Tool] = {}
    renamed: set[str] = set()
    for tool in tools:
        name = tool.name
        if name in taken:
            stem = tool.origin.rpartition(":")[2].rpartition("/")[2].removesuffix(".py").replace(".", "_")
            name = _free(f"{stem}_{tool.name}", taken.__contains__)
            renamed.add(tool.name)
        taken[name] = tool if name == tool.name else msgspec.structs.replace(tool, name=name)
    return list(taken.values()), renamed


def _free(name: str, is_taken: Callable[[str], bool]) -> str:
    name = name[:64]
    number = 2
    unique = name
    while is_taken(unique):
        unique = f"{name[: 64 - len(str(number)) - 1]}_{number}"
        number += 1
    return unique
