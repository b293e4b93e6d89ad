"""The figures as a table for the terminal and as one self-contained HTML page."""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import jinja2
from rich.table import Table

from apigen.report.page import style

COLUMNS = (
    "training set",
    "rejects",
    "right of",
    "share",
    "from verified",
    "right tools",
    "bits a character",
    "from verified",
    "paper",
)
"""Shares in per cent and what they differ by in points of them; bits to three places."""
TITLES = {"unseen": "Tools that no training set shows", "seen": "Tools that training sets show"}
_LEFT, _WIDTH = 170, 680


def rows(arms: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """One suite's figures as text, arm by arm; shares in per cent, differences in points of them."""
    for name, arm in arms.items():
        accuracy = arm["accuracy"]
        yield (
            name,
            f"{arm['rejected']:,}",
            f"{arm['correct']:,} of {arm['answers']:,}",
            f"{accuracy['share']:.1%} ({100 * accuracy['low']:.1f}-{100 * accuracy['high']:.1f})" if accuracy else "-",
            _told(arm["difference"], 100, "+.1f"),
            f"{arm['tools'] / arm['answers']:.1%}" if arm["answers"] else "-",
            _told(arm["bits"], 1, ".3f"),
            _told(arm["bits_difference"], 1, "+.3f"),
            ", ".join(f"{model} {points:+.2f}" for model, points in arm["paper"].items()) or "-",
        )


def tables(found: Mapping[str, Any]) -> Iterator[Table]:
    """Each suite as a table for the terminal."""
    for suite, arms in found["suites"].items():
        table = Table(title=TITLES.get(suite, suite), title_justify="left")
        for number, column in enumerate(COLUMNS):
            table.add_column(column, justify="right" if number else "left", overflow="fold")
        for row in rows(arms):
            table.add_row(*row)
        yield table


def page(found: Mapping[str, Any]) -> str:
    """Render the page of an ablation's figures."""
    return _template().render(
        style=style(),
        found=found,
        suites=[
            {
                "title": TITLES.get(suite, suite),
                "rows": [*rows(arms)],
                "columns": COLUMNS,
                "arms": [*_dots(arms)],
                "ticks": [{"x": _x(share / 100, _top(arms)), "text": f"{share}%"} for share in _ticks(_top(arms))],
            }
            for suite, arms in found["suites"].items()
        ],
    )


def _dots(arms: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    top = _top(arms)
    for name, arm in arms.items():
        low, high = (arm["accuracy"]["low"], arm["accuracy"]["high"]) if arm["accuracy"] else (0.0, 0.0)
        yield {
            "name": name,
            "x": _x(arm["mean"]["mean"], top),
            "low": _x(low, top),
            "high": _x(high, top),
            "seeds": [_x(share, top) for share in arm["by_seed"].values()],
        }


def _top(arms: Mapping[str, Any]) -> float:
    """The share at the right end: the least tenth that is beyond everything."""
    most = max([0.1, *(arm["accuracy"]["high"] for arm in arms.values() if arm["accuracy"])])
    most = max(most, *(share for arm in arms.values() for share in arm["by_seed"].values()), most)
    return min(1.0, int(most * 10 + 0.999999) / 10)


def _ticks(top: float) -> range:
    return range(0, round(top * 100) + 1, 2 if top <= 0.2 else 10)


def _x(share: float, top: float) -> float:
    return round(_LEFT + _WIDTH * share / top, 1)


def _told(spread: Mapping[str, float | None] | None, times: float, form: str) -> str:
    """A mean with its interval, where there is one."""
    if spread is None or spread["mean"] is None:
        return "-"
    mean, low, high = spread["mean"], spread["low"], spread["high"]
    said = format(times * mean, form)
    if low is None or high is None:
        return said
    return f"{said} ({format(times * low, form)} to {format(times * high, form)})"


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=True, trim_blocks=True)
    return environment.from_string(files("apigen.ablate").joinpath("page.html.j2").read_text("utf-8"))
