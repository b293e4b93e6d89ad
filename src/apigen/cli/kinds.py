"""Many sentences about tools as few kinds, each with how many there are."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text


def kind_of(reason: str) -> str:
    """A reason without what is particular to one tool, so that reasons can be counted."""
    plain = re.sub(r"`[^`]*`|'[^']*'|\"[^\"]*\"|\([^()]*\)|\*\w+", "...", reason)
    return re.sub(r"\d+", "N", plain.partition(": ")[0].partition("; ")[0]).strip()


def counted(reasons: Iterable[str]) -> dict[str, int]:
    """How many there are of each kind, the most common first."""
    return dict(Counter(map(kind_of, reasons)).most_common())


def print_counts(console: Console, title: str, reasons: Sequence[str]) -> None:
    """Print how many there are of each kind, if there are any."""
    if not reasons:
        return
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(overflow="fold")
    for reason, count in counted(reasons).items():
        table.add_row(f"{count:,}", Text(reason))
    console.print(f"\n{title} ({len(reasons):,}):", highlight=False)
    console.print(table)
