"""``apigen replay``: does a dataset still hold?"""

import asyncio
import os
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack, ExitStack
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import msgspec
from rich.console import Console
from rich.table import Table
from stamina.instrumentation import set_on_retry_hooks

from apigen import rundir
from apigen.cli.interrupt import EXIT_INTERRUPTED, on_interrupt
from apigen.cli.row_progress import RowProgress
from apigen.cli.targets import require_not_of_run
from apigen.cli.terminal import Terminal
from apigen.errors import UserError
from apigen.execute.grants import read_grants
from apigen.execute.python import require_isolation
from apigen.execute.table import make_executor
from apigen.files import replacing
from apigen.replay import Held, ReplayTally, replay

_MOST_TOOLS = 12

HELD_TEXT = {
    Held.SAME: "the same result",
    Held.VARYING: "a different result, from a tool whose results vary",
    Held.CHANGED: "a different result",
    Held.FAILED: "the call now fails",
    Held.UNAVAILABLE: "the call could not be made",
}


class ReplayOptions(NamedTuple):
    """What the command line said."""

    run_dir: Path
    changes: Path | None
    limit: int | None
    fail_on_change: bool
    as_json: bool


def replay_command(options: ReplayOptions) -> int:
    """Carry out ``apigen replay``; returns the exit code."""
    if options.changes is not None and not options.changes.parent.is_dir():
        raise UserError(f"--changes: {options.changes.parent}: no such folder to write {options.changes.name} to")
    if options.changes is not None:
        require_not_of_run("--changes", options.changes)
    set_on_retry_hooks(())  # a service that stays away is told in one line
    console = Terminal(stderr=True, markup=False)
    tally = ReplayTally()
    with on_interrupt() as interrupted:
        asyncio.run(_replay(options, tally, console, interrupted))
    found = {"run": str(options.run_dir), "status": "interrupted" if interrupted() else "done", **tally.as_json()}
    if options.as_json:
        sys.stdout.write(msgspec.json.encode(found).decode() + "\n")
    else:
        _show(tally, Terminal(markup=False))
    if options.changes is not None:
        console.print(
            f"{options.changes}  the rows that no longer hold, with old and new results",
            soft_wrap=True,
            highlight=False,
        )
    if interrupted():
        console.print("Interrupted; the figures cover the rows reached so far.", highlight=False)
        return EXIT_INTERRUPTED
    fell_short = tally.rows[Held.UNAVAILABLE] or (options.fail_on_change and tally.lost)
    return 1 if fell_short else 0


async def _replay(
    options: ReplayOptions, tally: ReplayTally, console: Console, interrupted: Callable[[], bool]
) -> None:
    config = rundir.read_config(options.run_dir)
    require_isolation(config.isolation.require)
    tools = {tool.name: tool for tool in rundir.read_library(options.run_dir)}
    samples = islice(rundir.read_samples(options.run_dir), options.limit)
    live = config.execution.model_copy(update={"recordings": "live", "twice": False})
    executor = make_executor(live, config.remote, read_grants(config.grants, os.environ), tools=tools.values())
    async with AsyncExitStack() as stack:
        stack.push_async_callback(executor.aclose)
        files = stack.enter_context(ExitStack())
        out = files.enter_context(replacing(options.changes)) if options.changes else None
        progress = files.enter_context(RowProgress(console))
        async for row in replay(samples, tools, executor, interrupted):
            tally.add(row)
            progress.update(tally.rows.total(), _line(tally))
            if out is not None and row.held in (Held.CHANGED, Held.FAILED):
                out.write(msgspec.json.encode(row) + b"\n")


def _line(tally: ReplayTally) -> str:
    held = tally.rows[Held.SAME] + tally.rows[Held.VARYING]
    line = f"{held:,} hold, {tally.lost:,} do not"
    return line + (f", {tally.rows[Held.UNAVAILABLE]:,} could not be tried" if tally.rows[Held.UNAVAILABLE] else "")


def _show(tally: ReplayTally, console: Console) -> None:
    total = tally.rows.total()
    console.print(f"{total:,} rows executed again: {_line(tally)}.", highlight=False, style="bold")
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(justify="right")
    table.add_column(justify="right")
    table.add_column()
    for held in Held:
        if tally.calls[held]:
            table.add_row(f"{tally.rows[held]:,} rows", f"{tally.calls[held]:,} calls", HELD_TEXT[held])
    console.print(table)
    bad = [
        (name, found)
        for name, found in tally.by_tool.items()
        if found[Held.CHANGED] or found[Held.FAILED] or found[Held.UNAVAILABLE]
    ]
    for name, found in sorted(bad, key=lambda item: -item[1].total())[:_MOST_TOOLS]:
        parts = ", ".join(f"{count:,} {held}" for held, count in sorted(found.items()))
        console.print(f"  {name}: {parts}", highlight=False, soft_wrap=True)
    if len(bad) > _MOST_TOOLS:
        console.print(f"  and {len(bad) - _MOST_TOOLS} more tools; --changes FILE lists every row", highlight=False)
