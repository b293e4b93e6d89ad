"""``apigen ablate``: the effect of verification, by training with and without rejects."""

import sys
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from rich.console import Console

from apigen.ablate.ablation import Ablation
from apigen.ablate.arms import Arm
from apigen.ablate.page import mixed_words, tables
from apigen.ablate.plan import Plan
from apigen.ablate.pool import by_stage
from apigen.ablate.run import REPORT, Watch, ablate, rehearse
from apigen.cli.ablation_progress import AblationProgress
from apigen.cli.interrupt import EXIT_INTERRUPTED, on_interrupt
from apigen.cli.terminal import Terminal
from apigen.errors import UserError
from apigen.report.words import counted

_WIDE = 180


class AblateOptions(NamedTuple):
    """The command line."""

    ablation: Ablation
    dry_run: bool
    as_json: bool


def ablate_command(options: AblateOptions) -> int:
    """Carry out ``apigen ablate``; returns the exit code."""
    console = Terminal(stderr=True, markup=False)

    def show(plan: Plan) -> None:
        console.print("\n".join(plan.lines()), highlight=False, soft_wrap=True)

    if options.dry_run:
        plan = rehearse(options.ablation)
        show(plan)
        if options.as_json:
            found = {
                "settings": plan.settings,
                "rejected": dict(plan.sizes.rejected),
                "pool": by_stage(plan.pool.train),
                "too_long": by_stage(plan.pool.too_long),
                "longest": plan.pool.longest,
                "warnings": plan.warnings,
            }
            sys.stdout.write(msgspec.json.encode(found).decode() + "\n")
        return 0
    with on_interrupt() as stopped, AblationProgress(console) as progress:
        watch = Watch(progress.begins, progress.at, progress.step, progress.asked, progress.done)
        result = ablate(options.ablation, shown=show, watch=watch, stopped=stopped)
    if not result.finished or result.figures is None:
        console.print(
            f"Interrupted: {result.done:,} of {counted(result.due, 'training')} done; run `apigen ablate` again with "
            "the same options and --resume to continue",
            soft_wrap=True,
            highlight=False,
        )
        return EXIT_INTERRUPTED
    _tell(result.figures, result.out / REPORT, console, as_json=options.as_json)
    return 0


def _tell(figures: dict[str, Any], report: Path, console: Console, *, as_json: bool) -> None:
    if figures["mixed_versions"]:
        console.print(mixed_words(figures["mixed_versions"]), soft_wrap=True, highlight=False)
    if as_json:
        sys.stdout.write(msgspec.json.encode(figures).decode() + "\n")
        return
    out = Terminal(markup=False)
    if not out.is_terminal:
        out = Terminal(markup=False, width=_WIDE)  # a reader of a pipe wants whole figures
    for table in tables(figures):
        out.print(table)
    out.print(f"{report}  the report", highlight=False, soft_wrap=True)


def arms_of(names: str) -> tuple[Arm, ...]:
    """The training sets of a comma-separated list of names.

    Raises:
        UserError: a name is unknown.
    """
    wanted = {name.strip() for name in names.split(",") if name.strip()}
    unknown = sorted(wanted - set(Arm))
    if unknown:
        raise UserError(f"--arms {unknown[0]}: no such training set; choose from {', '.join(Arm)}")
    return tuple(arm for arm in Arm if arm in wanted)
