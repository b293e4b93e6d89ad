"""``apigen split``: a dataset in two, by tool."""

import sys
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from rich.console import Console

from apigen import rundir
from apigen.audit.summary import counted
from apigen.cli.row_progress import RowProgress
from apigen.dataset.read.formats import AUTO, FORMATS, read
from apigen.dataset.split import HELD_OUT, SPLIT, TRAIN, require_one_part, split
from apigen.errors import UserError
from apigen.records import Tool

_NAMED = 12
"""Held-out tools that are named in the summary."""


class SplitOptions(NamedTuple):
    """What the command line said."""

    dataset: Path
    out: Path
    share: float
    seed: int
    format_name: str
    as_json: bool


def split_command(options: SplitOptions) -> None:
    """Carry out ``apigen split``."""
    require_dataset(options.dataset, options.format_name)
    with RowProgress(Console(stderr=True, markup=False)) as progress:
        found = split(
            lambda: read(options.dataset, options.format_name),
            options.out,
            source=str(options.dataset),
            share=options.share,
            seed=options.seed,
            library=run_library(options.dataset),
            watch=lambda rows, held: progress.update(rows, f"{held:,} held out"),
        )
    if options.as_json:
        sys.stdout.write(msgspec.json.encode({"out": str(options.out), **found}).decode() + "\n")
        return
    console = Console(markup=False)
    for line in (*_lines(found), *_files(options.out)):
        console.print(line, highlight=False, soft_wrap=True)


def require_dataset(dataset: Path, format_name: str) -> None:
    """Say what is wrong before anything is read.

    Raises:
        UserError: there is no such dataset, it is two of them, or there is no such format.
    """
    if not dataset.exists():
        raise UserError(f"{dataset}: no such file or folder")
    require_one_part(dataset)
    if format_name not in FORMATS and format_name != AUTO:
        raise UserError(f"--format {format_name}: no such format; there are {', '.join(FORMATS)}")


def run_library(dataset: Path) -> list[Tool]:
    """The library of a run, where the dataset is one; it knows the tools' categories."""
    return rundir.read_library(dataset) if rundir.is_run(dataset) else []


def _lines(found: dict[str, Any]) -> list[str]:
    tools = [tool["name"] for tool in found["held_out_tools"]]
    named = ", ".join(tools[:_NAMED]) + (f" and {len(tools) - _NAMED} more" if len(tools) > _NAMED else "")
    lines = [
        f"{len(tools):,} of {len(tools) + found['kept_tools']:,} tools are held out: {named}",
        f"{found['rows']['held_out']:,} rows held out ({found['share']:.1%}), {found['rows']['train']:,} for training",
    ]
    if held := found["negatives"]["held_out"]:
        lines.append(
            f"{counted(held, 'negative')} of `apigen augment` held out, beside the rows that they were made from"
        )
    notes = {
        "mixed": "held out, with calls of tools that are not held out as well",
        "shows_only_held_out": "held out, though without a call, since held-out tools are all that is shown",
        "reduced": "for training, from which held-out tools that nobody called were taken away",
        "one_tool_left": "among them that show a single tool now",
        "named_before": "in neither file, since what was said before the query names a held-out tool",
        "unreadable": "in neither file, since they cannot be read; `apigen check` says why",
    }
    return lines + [f"{counted(found[key], 'row')} {text}" for key, text in notes.items() if found[key]]


def _files(out: Path) -> list[str]:
    return ["", f"{out / TRAIN}", f"{out / HELD_OUT}", f"{out / SPLIT}  what is held out, with counts and digests"]
