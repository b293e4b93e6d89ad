"""``apigen library list`` and ``show``: what is in a library, and what had to be left out."""

import difflib
import fnmatch
import sys
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from apigen.cli.kinds import print_counts
from apigen.cli.terminal import Terminal
from apigen.errors import UserError
from apigen.library.catalogue import Library, load_library
from apigen.library.statistics import Statistics, statistics
from apigen.printable import escaped_line
from apigen.records import Json, Tool
from apigen.report.words import percent

_MOST_SOURCES = 12


class Chosen(NamedTuple):
    """Which tools the command line asks for."""

    locators: tuple[str, ...]
    categories: tuple[str, ...]
    sources: tuple[str, ...]
    """Kinds of sources, such as ``python``, or patterns for origins."""


def list_command(chosen: Chosen, *, as_json: bool) -> None:
    """Print every tool by category, then what was left out and why."""
    library, tools = _load(chosen)
    seeds = _seeds(library)
    if as_json:
        _print_json(
            {
                "tools": [
                    {
                        "name": tool.name,
                        "category": tool.category,
                        "origin": tool.origin,
                        "seeds": seeds.get(tool.name, 0),
                    }
                    for tool in tools
                ],
                "skipped": [msgspec.to_builtins(entry) for entry in library.skipped],
                "notes": [msgspec.to_builtins(note) for note in library.notes],
            }
        )
        return
    console = Terminal(markup=False)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("category", "tool", "parameters", "seeds"):
        numbers = column == "seeds"
        table.add_column(column, justify="right" if numbers else "left", overflow="fold", max_width=40)
    shown = ""
    for tool in sorted(tools, key=lambda tool: tool.category):
        category = "" if tool.category == shown else tool.category
        shown = tool.category
        table.add_row(category, tool.name, Text(_parameters(tool)), str(seeds.get(tool.name, 0)))
    console.print(table)
    console.print(f"\n{len(tools)} tools, {len(library.seeds)} seed examples", highlight=False)
    _print_pairs(console, "Left out", [(entry.name, entry.reason) for entry in library.skipped])
    print_counts(console, "Notes", [note.text for note in library.notes])


def stats_command(chosen: Chosen, *, as_json: bool) -> None:
    """Print a library in numbers."""
    library, tools = _load(chosen)
    names = {tool.name for tool in tools}
    seeds = sum(seed.tool_names <= names for seed in library.seeds)
    found = statistics(tools, seeds, len(library.skipped))
    if as_json:
        _print_json({**msgspec.to_builtins(found), "executable": found.executable})
        return
    console = Terminal(markup=False)
    for line in _sentences(found):
        console.print(line, highlight=False, soft_wrap=True)
    sources = dict(list(found.sources.items())[:_MOST_SOURCES])
    if more := len(found.sources) - len(sources):
        sources[f"and {more:,} more sources"] = found.tools - sum(sources.values())
    for title, counts in (("category", found.categories), ("source", sources), ("schema uses", found.features)):
        table = Table(box=None, pad_edge=False, header_style="bold")
        table.add_column(title, min_width=24)
        table.add_column("tools", justify="right")
        table.add_column("share", justify="right")
        for name, count in counts.items():
            table.add_row(Text(name), f"{count:,}", percent(count, found.tools))
        console.print()
        console.print(table)


def show_command(name: str, locators: Sequence[str], *, as_json: bool) -> None:
    """Print one tool as a model sees it, with its seeds."""
    library = load_library(locators)
    tool = library.by_name().get(name)
    if tool is None:
        near = difflib.get_close_matches(name, library.by_name(), n=3)
        hint = f"; did you mean {' or '.join(near)}?" if near else "; `apigen library list` lists the tools"
        raise UserError(f"no tool named {name!r} in {', '.join(locators)}{hint}")
    seeds: list[Json] = [msgspec.to_builtins(seed) for seed in library.seeds if name in seed.tool_names]
    notes = [note.text for note in library.notes if note.name == name]
    value = {**tool.offered(), "category": tool.category, "origin": tool.origin}
    value |= {"binding": msgspec.to_builtins(tool.binding), "notes": notes, "seeds": seeds}
    value |= {"original_description": tool.original_description} if tool.original_description else {}
    if as_json:
        _print_json(value)
        return
    console = Terminal(markup=False)
    console.print_json(data=tool.offered())
    console.print(
        f"{tool.category}, from {tool.origin}; {_executed(tool)}", markup=False, highlight=False, soft_wrap=True
    )
    if tool.original_description:
        console.print(
            f"Original description, before a model rewrote it: {tool.original_description}",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
    for line in notes:
        console.print(f"Note: {line}", markup=False, highlight=False, soft_wrap=True)
    for seed in seeds:
        console.print(f"- {seed['query']}", markup=False, highlight=False, soft_wrap=True)


def _load(chosen: Chosen) -> tuple[Library, list[Tool]]:
    """The library, and the tools of it that are asked for.

    Raises:
        UserError: it cannot be loaded, or none is.
    """
    library = load_library(chosen.locators)
    tools = [
        tool
        for tool in library.tools
        if _any_fits(tool.category, chosen.categories) and (_any_fits(tool.origin, chosen.sources, kinds=True))
    ]
    if not tools:
        there = ", ".join(sorted({tool.category if chosen.categories else tool.origin for tool in library.tools})[:21])
        raise UserError(f"none of the {len(library.tools)} tools match that category and source; available: {there}")
    return library, tools


def _any_fits(value: str, patterns: Sequence[str], *, kinds: bool = False) -> bool:
    low = value.lower()
    return not patterns or any(
        fnmatch.fnmatchcase(low, pattern.lower()) or (kinds and low.partition(":")[0] == pattern.lower())
        for pattern in patterns
    )


def _seeds(library: Library) -> dict[str, int]:
    """How many seeds call each tool."""
    counts: dict[str, int] = {}
    for seed in library.seeds:
        for name in seed.tool_names:
            counts[name] = counts.get(name, 0) + 1
    return counts


def _sentences(found: Statistics) -> list[str]:
    fewest, middle, most = found.parameters_per_tool
    words = {"none": "description only"}
    kinds = ", ".join(f"{count:,} {words.get(kind, kind)}" for kind, count in found.bindings.items())
    executable = f"executable: {found.executable:,} ({percent(found.executable, found.tools)}): {kinds}"
    described = percent(found.parameters - found.without_description, found.parameters)
    required = percent(found.required, found.parameters)
    return [
        f"{found.tools:,} tools, {found.seeds:,} seed examples, {found.skipped:,} left out",
        f"{executable}; {found.writing:,} may change data",
        f"parameters: {found.parameters:,}, {fewest} to {most} per tool, median {middle:g}",
        f"{required} of the parameters are required, {described} have a description",
    ]


def _executed(tool: Tool) -> str:
    binding: Mapping[str, Any] = msgspec.to_builtins(tool.binding) or {}
    match binding.get("kind"):
        case "python":
            return f"calls {binding['qualname']} of {binding['module'] or binding['file']}"
        case "rest":
            return f"calls {binding['method']} {binding['server']}{binding['path']}"
        case "mcp":
            return f"calls {binding['tool']} of {binding.get('url') or ' '.join(binding.get('command', ()))}"
    return "description only, cannot be executed"


def _parameters(tool: Tool) -> str:
    return ", ".join(f"{name}{'' if name in tool.required else '?'}" for name in tool.properties)


def _print_pairs(console: Console, title: str, pairs: Sequence[tuple[str, str]]) -> None:
    if not pairs:
        return
    table = Table(box=None, pad_edge=False, show_header=False)
    for name, text in pairs:
        table.add_row(Text(escaped_line(name)), Text(escaped_line(text)))
    console.print(f"\n{title} ({len(pairs)}):", highlight=False)
    console.print(table)


def _print_json(value: Mapping[str, Any]) -> None:
    sys.stdout.write(msgspec.json.encode(value).decode() + "\n")
