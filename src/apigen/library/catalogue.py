"""The library of a run: sources merged, names made unique, categories determined, seeds matched to tools."""

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import msgspec

from apigen.errors import UserError
from apigen.execute.grants import NO_GRANTS, Grants
from apigen.library.base import Loaded
from apigen.library.categories.categorise import OTHER, merged, of_module
from apigen.library.seeds import read_seeds
from apigen.library.table import SOURCES
from apigen.locators import FILE, Locator, parse_locator
from apigen.records import McpBinding, Note, PythonBinding, RestBinding, Seed, Skipped, Tool
from apigen.toolspecs.names import clean_name, free_name


class Library(msgspec.Struct, frozen=True):
    """The tools of a run in a fixed order, the seeds that call them, and what was left out."""

    tools: tuple[Tool, ...]
    seeds: tuple[Seed, ...]
    skipped: tuple[Skipped, ...]
    notes: tuple[Note, ...] = ()

    def by_name(self) -> dict[str, Tool]:
        """The tools by their unique names."""
        return {tool.name: tool for tool in self.tools}

    def digest(self) -> str:
        """Sixteen hex digits over every tool's name, schema, binding and source, and every seed."""
        data = msgspec.json.encode((self.tools, self.seeds), order="sorted")
        return hashlib.sha256(data).hexdigest()[:16]


def load_library(
    locators: Sequence[str],
    seed_files: Iterable[str] = (),
    grants: Grants = NO_GRANTS,
    *,
    may_write: Callable[[str], bool] = lambda name: True,
    executable: bool = False,
) -> Library:
    """Load every source and merge them.

    Args:
        locators: such as ``starter`` or ``python:statistics``, in the order given.
        seed_files: JSONL files of further seeds.
        grants: what tools may do beyond the walls of the sandbox; modules are imported with those of their tools.
        may_write: whether a tool of that name may be called though it changes something; others are left out.
        executable: whether tools that are only described are left out as well.

    Raises:
        UserError: a locator is unknown, a source cannot be loaded, no tool is left, a grant is for none of
            them, or a seed file does not fit.
    """
    loaded = [_load(locator, grants) for locator in dict.fromkeys(locators)]
    tools, renamed = _unique([tool for source in loaded for tool in source.tools])
    skipped = [entry for source in loaded for entry in source.skipped]
    reasons = {tool.name: _against(tool, may_write, executable=executable) for tool in tools}
    skipped += [Skipped(tool.name, reasons[tool.name], tool.origin) for tool in tools if reasons[tool.name]]
    tools = [tool for tool in tools if not reasons[tool.name]]
    if not tools:
        why = "; ".join(f"{entry.name}: {entry.reason}" for entry in skipped[:3])
        raise UserError(f"{', '.join(locators)}: no usable tool found{f' ({why})' if why else ''}")
    grants.require_used([tool.name for tool in tools])
    names = {tool.name for tool in tools}
    seeds = [
        seed for source in loaded for seed in source.seeds if seed.tool_names <= names and not seed.tool_names & renamed
    ]
    for path in seed_files:
        seeds.extend(read_seeds(Path(path), names, {entry.name: entry.reason for entry in skipped}))
    notes = tuple(note for source in loaded for note in source.notes)
    return Library(tuple(tools), tuple(seeds), tuple(skipped), notes)


def _against(tool: Tool, may_write: Callable[[str], bool], *, executable: bool) -> str:
    """Why a tool of a source must not be called; empty where nothing stands against it."""
    if problem := _unwritable(tool):
        return problem
    if isinstance(tool.binding, RestBinding | McpBinding) and tool.binding.writes:
        return "" if may_write(tool.name) else f"a call may change data; include it with `--allow-writes {tool.name}`"
    return "has a description only and cannot be executed" if executable and tool.binding is None else ""


def _unwritable(tool: Tool) -> str:
    """Why no file could hold a tool: half a surrogate pair, a number of more than 64 bits; empty for all others."""
    try:
        msgspec.json.encode(tool)
    except (ValueError, TypeError, OverflowError, RecursionError) as problem:
        return f"it cannot be written as JSON: {problem}"
    return ""


def _load(text: str, grants: Grants) -> Loaded:
    locator = parse_locator(text, SOURCES)
    loaded = SOURCES[locator.kind](locator, grants)
    labels = {tool.name: tool.category for tool in loaded.tools}
    if locator.kind not in _CATEGORISED:
        loaded = _with_categories(loaded)
    kept = [tool for tool in loaded.tools if _chosen(tool, labels[tool.name], locator)]
    if len(kept) == len(loaded.tools):
        return loaded
    if not kept:
        some = ", ".join(tool.name for tool in loaded.tools[:3])
        raise UserError(f"{text}: none of its {len(loaded.tools)} tools match the filter; it has {some}, ...")
    names = {tool.name for tool in kept}
    seeds = tuple(seed for seed in loaded.seeds if seed.tool_names <= names)
    return msgspec.structs.replace(loaded, tools=tuple(kept), seeds=seeds)


_CATEGORISED = ("starter", FILE)
"""Sources whose tools have one of the 21 categories already."""


def _with_categories(loaded: Loaded) -> Loaded:
    """The tools with one of the 21 categories each; Python tools without a label share that of their module."""
    modules: dict[str, list[Tool]] = {}
    for tool in loaded.tools:
        if (module := _module(tool)) and tool.category == OTHER:
            modules.setdefault(module, []).append(tool)
    shared = {module: of_module(tools) for module, tools in modules.items()}
    found = [
        (msgspec.structs.replace(tool, category=shared[_module(tool)]), None)
        if tool.category == OTHER and _module(tool)
        else merged(tool)
        for tool in loaded.tools
    ]
    notes = loaded.notes + tuple(note for _, note in found if note is not None)
    return msgspec.structs.replace(loaded, tools=tuple(tool for tool, _ in found), notes=notes)


def _module(tool: Tool) -> str:
    """The module or file of a Python tool; empty for all others."""
    binding = tool.binding
    return (binding.module or binding.file or "") if isinstance(binding, PythonBinding) else ""


def _chosen(tool: Tool, label: str, locator: Locator) -> bool:
    """Whether the user wants a tool; its category may be named as we do or as its source does."""
    in_category = locator.matches("category", tool.category) or locator.matches("category", label)
    return in_category and locator.matches("tool", tool.name)


def _unique(tools: Sequence[Tool]) -> tuple[list[Tool], set[str]]:
    """Give each tool its own name; where two sources use the same one, the later gets its origin in front."""
    taken: dict[str, Tool] = {}
    renamed: set[str] = set()
    for tool in tools:
        name = tool.name
        if name in taken:
            name = free_name(clean_name(f"{_stem(tool.origin)}_{tool.name}"), set(taken), tool.origin)
            renamed.add(tool.name)
        taken[name] = tool if name == tool.name else msgspec.structs.replace(tool, name=name)
    return list(taken.values()), renamed


def _stem(origin: str) -> str:
    """The part of a locator that tells it from others, in characters that a name may have."""
    place = origin.partition("#")[0].rpartition(":")[2].rstrip("/").rpartition("/")[2]
    return re.sub(r"[^A-Za-z0-9_]+", "_", place.removesuffix(".py")).strip("_") or "other"
