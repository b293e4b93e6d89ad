"""A comparison for people: tables for the terminal, and one self-contained HTML file with the rows that differ."""

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import jinja2
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from apigen.evaluate.comparing import Differing, Side
from apigen.evaluate.page import calls_text
from apigen.evaluate.summary import ALL, sample_words
from apigen.report.page import style
from apigen.report.words import percent, printable

SHOWN = 300
"""Differing questions on the page."""

_HEAD = 1000
"""Bytes of a page in which its title stands."""

HOW = (
    "In brackets: Wilson's 95% interval of a share, Newcombe's of a paired difference (1998, method 10). "
    "p: McNemar's exact test over the questions on which the two differ. Categories are not corrected for their number."
)


def comparison(found: Mapping[str, Any]) -> RenderableType:
    """Render what :func:`apigen.evaluate.comparing.compared` found."""
    parts: list[RenderableType] = [Text(printable(heading(found)), style="bold")]
    for title, one in kinds(found):
        parts += [Text(f"\n{title}, {counted(one)}:"), _shares(found, one), Text(), _pairs(one)]
    parts.append(Text(HOW, style="dim"))
    return Group(*parts)


def heading(found: Mapping[str, Any]) -> str:
    """What was asked of whom, and when."""
    asked = "; ".join(
        f"{one['name']}, {one['form']}, temperature {one['temperature']:g}{sample_words(one)}, {one['date']}"
        for one in found["models"]
    )
    return f"{found['suite']} ({found['version']}): {asked}"


def kinds(found: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """What is compared, with its title: what answers say, and what their calls return where all were executed."""
    by_result = [("By what their calls return", found["return"])] if found["return"] else []
    return [("By what they say", found["say"]), *by_result]


def counted(one: Mapping[str, Any]) -> str:
    """How many questions count, and how many do not."""
    left = f"; {one['left_out']:,} without an answer of every model do not count" if one["left_out"] else ""
    return f"{one['questions']:,} questions{left}"


def difference(pair: Mapping[str, Any]) -> str:
    """A difference of two shares with its interval, in points."""
    return f"{100 * pair['difference']:+.1f} [{100 * pair['low']:+.1f}, {100 * pair['high']:+.1f}]"


def probability(pair: Mapping[str, Any]) -> str:
    """A probability that is never shown as none."""
    return "<0.0001" if pair["p"] < 1e-4 else f"{pair['p']:.2g}"


def _shares(found: Mapping[str, Any], one: Mapping[str, Any]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("category", no_wrap=True)
    table.add_column("of", justify="right")
    for model in found["models"]:
        table.add_column(printable(model["name"]), justify="right", overflow="fold")
    for name, row in one["categories"].items():
        shares = [
            f"{percent(share['correct'], row['questions'])} [{100 * share['low']:.1f}, {100 * share['high']:.1f}]"
            for share in row["models"]
        ]
        table.add_row(printable(name), f"{row['questions']:,}", *shares)
    return table


def _pairs(one: Mapping[str, Any]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in ("first", "second"):
        table.add_column(name, overflow="fold")
    for name in ("only first", "only second", "points", "p"):
        table.add_column(name, justify="right")
    for pair in one["categories"][ALL]["pairs"]:
        table.add_row(
            printable(pair["first"]),
            printable(pair["second"]),
            f"{pair['only_first']:,}",
            f"{pair['only_second']:,}",
            difference(pair),
            probability(pair),
        )
    return table


def compare_page(found: Mapping[str, Any], sides: Sequence[Side], rows: Sequence[Differing]) -> str:
    """Render the page.

    Args:
        found: what :func:`apigen.evaluate.comparing.compared` found.
        sides: who is compared.
        rows: the questions on which they differ.
    """
    shown = [rows[number * len(rows) // SHOWN] for number in range(SHOWN)] if len(rows) > SHOWN else rows
    return _template().render(
        style=style(),
        found=found,
        heading=heading(found),
        kinds=[(title, counted(one), one) for title, one in kinds(found)],
        names=[side.name for side in sides],
        differing=len(rows),
        rows=[_row(row) for row in shown],
        percent=percent,
        difference=difference,
        probability=probability,
        how=HOW,
        all=ALL,
    )


def is_compare_page(path: Path) -> bool:
    """Whether a file is such a page, and may be written anew."""
    try:
        with path.open("rb") as file:
            return b"<title>apigen evaluate compare: " in file.read(_HEAD)
    except OSError:
        return False


def _row(row: Differing) -> dict[str, Any]:
    due = [f"{call['name']}({', '.join(call['arguments'])})" for call in row.due]
    sides = []
    for verdict, given in zip(row.verdicts, row.answers, strict=True):
        calls = calls_text(given.calls) if given and given.calls else []
        text = (given.text or given.said) if given and not calls else ""
        said = verdict.detail if verdict else "was not asked"
        sides.append({"correct": bool(verdict and verdict.correct), "detail": said, "calls": calls, "text": text})
    return {"id": row.id, "category": row.category, "query": row.query, "due": due, "sides": sides}


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=True, trim_blocks=True)
    return environment.from_string(files("apigen.evaluate").joinpath("templates/comparison.html.j2").read_text("utf-8"))
