"""Figures as people read them: one table for the judges, one for the faults, one for how far the judges agree."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

_SHARES = ("precision", "recall", "specificity", "accuracy")
_MEANING = (
    "precision: rejects that are wrong answers; recall: wrong answers rejected;\n"
    "specificity: correct answers passed. In brackets: 95% confidence intervals.\n"
    "Errors are excluded."
)


def tables(found: Mapping[str, Any]) -> RenderableType:
    """Render what :func:`apigen.calibrate.figures.all_figures` found."""
    parts: list[RenderableType] = [_judges([*found["judges"], *found["committees"]])]
    parts.append(Text(_MEANING, style="dim"))
    if any(judge["faults"] for judge in found["judges"]):
        parts += [Text("\nRejected, by kind of fault:"), _faults(found["judges"])]
    if found["pairs"]:
        parts += [Text("\nAgreement between pairs of judges, where both decided:"), _pairs(found["pairs"])]
    return Group(*parts)


def _judges(rows: Sequence[Mapping[str, Any]]) -> Table:
    table = _table("", *(row["judge"] for row in rows))
    for name in _SHARES:
        table.add_row(name, *(_share(row[name]) for row in rows))
    table.add_row("Cohen's kappa", *(_kappa(row["kappa"]) for row in rows))
    table.add_row(
        "decided", *(f"{row['found'] + row['missed'] + row['false_alarms'] + row['left_alone']:,}" for row in rows)
    )
    table.add_row("errors", *(f"{row['errors']:,}" for row in rows))
    if any(row["evidence"] for row in rows):
        table.add_row("quotations found", *(_share(row["evidence"]) for row in rows))
    return table


def _faults(rows: Sequence[Mapping[str, Any]]) -> Table:
    table = _table("fault", *(row["judge"] for row in rows))
    for name in rows[0]["faults"]:
        cells = []
        for row in rows:
            fault = row["faults"][name]
            cells.append(f"{fault['rejected']}/{fault['decided']}  {_share(fault['share'])}")
        table.add_row(name, *cells)
    return table


def _pairs(pairs: Sequence[Mapping[str, Any]]) -> Table:
    table = _table("", "decided", "agree", "Cohen's kappa")
    for pair in pairs:
        cells = (f"{pair['decided']:,}", _share(pair["agreement"]), _kappa(pair["kappa"]))
        table.add_row(" and ".join(pair["judges"]), *cells)
    return table


def _table(first: str, *others: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column(first, no_wrap=True)
    for name in others:
        table.add_column(name, justify="right", overflow="fold")
    return table


def _share(value: Mapping[str, float] | None) -> str:
    if value is None:
        return "-"
    return f"{100 * value['share']:.1f}% ({100 * value['low']:.1f} to {100 * value['high']:.1f})"


def _kappa(value: Mapping[str, float] | None) -> str:
    return "-" if value is None else f"{value['value']:.2f} ({value['low']:.2f} to {value['high']:.2f})"
