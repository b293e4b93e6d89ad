"""``apigen split``: split a dataset in two, by tool."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from apigen import rundir
from apigen.cli.row_progress import RowProgress
from apigen.cli.terminal import Terminal
from apigen.dataset.placing import PAIRS, ROWS
from apigen.dataset.preferences import row
from apigen.dataset.read.base import Item, Row
from apigen.dataset.read.formats import AUTO, FORMATS, read
from apigen.dataset.read.items import items
from apigen.dataset.read.preferences import holds_pairs, pair_rows
from apigen.dataset.split import (
    HELD_OUT,
    HELD_OUT_PREFERENCES,
    SPLIT,
    TRAIN,
    TRAIN_PREFERENCES,
    require_one_part,
    split,
)
from apigen.errors import UserError
from apigen.records import Tool
from apigen.report.words import counted
from apigen.train.pairs import pairs_of_run

_NAMED = 12
"""Held-out tools that are named in the summary."""


class SplitOptions(NamedTuple):
    """The command line."""

    dataset: Path
    out: Path
    share: float
    seed: int
    format_name: str
    as_json: bool


def split_command(options: SplitOptions) -> None:
    """Carry out ``apigen split``."""
    require_dataset(options.dataset, options.format_name)
    of_pairs = options.format_name == AUTO and holds_pairs(options.dataset)
    with RowProgress(Terminal(stderr=True, markup=False)) as progress:
        found = split(
            (lambda: pair_rows(items(options.dataset)))
            if of_pairs
            else (lambda: read(options.dataset, options.format_name)),
            options.out,
            source=str(options.dataset),
            share=options.share,
            seed=options.seed,
            library=run_library(options.dataset),
            lines=PAIRS if of_pairs else ROWS,
            pairs=lambda: _pairs(options.dataset),
            watch=lambda rows, held: progress.update(rows, f"{held:,} held out"),
        )
    if options.as_json:
        sys.stdout.write(msgspec.json.encode({"out": str(options.out), **found}).decode() + "\n")
        return
    console = Terminal(markup=False)
    for line in (*_lines(found, "pair" if of_pairs else "row"), *_files(options.out)):
        console.print(line, highlight=False, soft_wrap=True)


def require_dataset(dataset: Path, format_name: str) -> None:
    """Check the arguments before anything is read.

    Raises:
        UserError: there is no such dataset, it has two parts, or there is no such format.
    """
    if not dataset.exists():
        raise UserError(f"{dataset}: no such file or directory")
    require_one_part(dataset)
    if format_name not in FORMATS and format_name != AUTO:
        raise UserError(f"--format {format_name}: no such format; choose from {', '.join(FORMATS)}")


def run_library(dataset: Path) -> list[Tool]:
    """The library of a run, where the dataset is one; it knows the tools' categories."""
    return rundir.read_library(dataset) if rundir.is_run(dataset) else []


def _pairs(dataset: Path) -> Iterator[Row]:
    """The preference pairs of a run, where the dataset is one."""
    found = pairs_of_run(dataset) if rundir.is_run(dataset) else ()
    return pair_rows(Item(number, row(pair)) for number, pair in enumerate(found, 1))


def _lines(found: dict[str, Any], unit: str) -> list[str]:
    tools = [tool["name"] for tool in found["held_out_tools"]]
    named = ", ".join(tools[:_NAMED]) + (f" and {len(tools) - _NAMED} more" if len(tools) > _NAMED else "")
    apart, train = found["rows"]["held_out"], found["rows"]["train"]
    lines = [
        f"{len(tools):,} of {len(tools) + found['kept_tools']:,} tools held out: {named}",
        f"{counted(apart, unit)} held out ({found['share']:.1%}), {train:,} for training",
    ]
    if pairs := found["preferences"]:
        lines.append(
            f"{counted(pairs['rows']['held_out'], 'preference pair')} held out, {pairs['rows']['train']:,} for training"
        )
    if held := found["negatives"]["held_out"]:
        lines.append(f"{counted(held, 'negative')} of `apigen augment` held out together with their source rows")
    notes = {
        "mixed": "held out that also call tools that are not held out",
        "shows_only_held_out": "held out although without a call, because they show held-out tools only",
        "reduced": "for training from whose tool list held-out tools were removed",
        "one_tool_left": "of these with a single tool left",
        "named_before": "in neither file, because an earlier turn names a held-out tool",
        "unreadable": "in neither file, because they cannot be read"
        + ("; run `apigen check` for the reasons" if unit == "row" else ""),
    }
    return lines + [f"{counted(found[key], unit)} {text}" for key, text in notes.items() if found[key]]


def _files(out: Path) -> list[str]:
    parts = [name for name in (TRAIN, HELD_OUT, TRAIN_PREFERENCES, HELD_OUT_PREFERENCES) if (out / name).exists()]
    return ["", *(str(out / name) for name in parts), f"{out / SPLIT}  held-out tools, counts and digests"]
