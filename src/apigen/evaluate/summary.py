"""The counts for people."""

from collections.abc import Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from apigen.report.words import printable

ALL = "all answers"


def summary(found: Mapping[str, Any]) -> RenderableType:
    """Render what :meth:`apigen.evaluate.scoring.ScoreTally.as_json` found, with what was scored and when."""
    told = f"{found['suite']} ({found['version']}), {found['answers_file']}, scored {found['date']}"
    parts: list[RenderableType] = [Text(printable(told), style="bold"), _shares(found)]
    if found["reasons"]:
        parts += [Text("\nWhy answers are wrong:"), _reasons(found["reasons"])]
    notes = "In brackets: Wilson's 95% interval of the right answers among those marked; errors are in neither."
    if found["unanswered"]:
        notes += f"\n{found['unanswered']:,} of {found['questions']:,} questions have no answer, and are not counted."
    parts.append(Text(notes, style="dim"))
    return Group(*parts)


def _shares(found: Mapping[str, Any]) -> Table:
    table = _table("category", "right", "of", "share", "95%", "errors", "unanswered")
    rows = {name: one for name, one in found["categories"].items() if one["answers"] or one["errors"]}
    for name, one in {**rows, ALL: found}.items():
        table.add_row(
            printable(name),
            f"{one['correct']:,}",
            f"{one['answers']:,}",
            *_share(one["accuracy"]),
            f"{one['errors']:,}",
            f"{one['unanswered']:,}",
        )
    return table


def _share(share: Mapping[str, float] | None) -> tuple[str, str]:
    if share is None:
        return "-", "-"
    return f"{100 * share['share']:.1f}%", f"[{100 * share['low']:.1f}, {100 * share['high']:.1f}]"


def _reasons(reasons: Mapping[str, int]) -> Table:
    table = _table("reason", "answers")
    for name, count in reasons.items():
        table.add_row(name, f"{count:,}")
    return table


def _table(first: str, *others: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column(first, no_wrap=True)
    for name in others:
        table.add_column(name, justify="right")
    return table
