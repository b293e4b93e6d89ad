"""``apigen library``: what is in a library, and what had to be left out."""

import difflib
import sys
from collections.abc import Sequence
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

from apigen.errors import UserError
from apigen.library.catalogue import load_library
from apigen.records import Json, Tool


def list_command(locators: Sequence[str], *, as_json: bool) -> None:
    """Print every tool by category, then what was left out and why."""
    library = load_library(locators)
    seeds = {tool.name: sum(tool.name in seed.tool_names for seed in library.seeds) for tool in library.tools}
    if as_json:
        _print_json(
            {
                "tools": [
                    {"name": tool.name, "category": tool.category, "origin": tool.origin, "seeds": seeds[tool.name]}
                    for tool in library.tools
                ],
                "skipped": [msgspec.to_builtins(entry) for entry in library.skipped],
            }
        )
        return
    console = Console()
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("category", "tool", "parameters", "seeds"):
        numbers = column == "seeds"
        table.add_column(column, justify="right" if numbers else "left", overflow="fold", max_width=40)
    shown = ""
    for tool in sorted(library.tools, key=lambda tool: tool.category):
        category = "" if tool.category == shown else tool.category
        shown = tool.category
        table.add_row(category, tool.name, _parameters(tool), str(seeds[tool.name]))
    console.print(table)
    console.print(f"\n{len(library.tools)} tools, {len(library.seeds)} seed examples", highlight=False)
    if library.skipped:
        left_out = Table(box=None, pad_edge=False, show_header=False)
        for entry in library.skipped:
            left_out.add_row(entry.name, entry.reason)
        console.print(f"\nLeft out ({len(library.skipped)}):", highlight=False)
        console.print(left_out)


def show_command(name: str, locators: Sequence[str], *, as_json: bool) -> None:
    """Print one tool as a model sees it, with its seeds."""
    library = load_library(locators)
    tool = library.by_name().get(name)
    if tool is None:
        near = difflib.get_close_matches(name, library.by_name(), n=3)
        hint = f"; did you mean {' or '.join(near)}?" if near else "; `apigen library list` shows the names"
        raise UserError(f"{name!r} is no tool of {', '.join(locators)}{hint}")
    seeds: list[Json] = [msgspec.to_builtins(seed) for seed in library.seeds if name in seed.tool_names]
    value = {**tool.offered(), "category": tool.category, "origin": tool.origin, "seeds": seeds}
    if as_json:
        _print_json(value)
        return
    console = Console()
    console.print_json(data=tool.offered())
    console.print(f"{tool.category}, from {tool.origin}", highlight=False)
    for seed in seeds:
        console.print(f"- {seed['query']}", markup=False, highlight=False, soft_wrap=True)


def _parameters(tool: Tool) -> str:
    return ", ".join(f"{name}{'' if name in tool.required else '?'}" for name in tool.properties)


def _print_json(value: dict[str, Any]) -> None:
    sys.stdout.write(msgspec.json.encode(value).decode() + "\n")
