"""The figures as a table for the terminal and as one self-contained HTML page."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.table import Table

from apigen.report.page import style
from apigen.templates import html

COLUMNS = (
    "training set",
    "rejects",
    "right",
    "from verified",
    "right tools",
    "right values",
    "from verified",
    "bits a character",
    "from verified",
    "paper",
)
"""Shares in per cent and what they differ by in points of them; bits to three places."""
TITLES = {"unseen": "Tools that no training set shows", "seen": "Tools that every training set shows"}
_LEFT, _WIDTH = 170, 680


def rows(arms: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """One suite's figures as text, arm by arm: in two lines, the figure itself and what it is to be read with."""
    for name, arm in arms.items():
        values = arm["arguments"]
        yield (
            name,
            f"{arm['rejected']:,}",
            _accuracy(arm),
            _told(arm["difference"], 100, "+.1f"),
            f"{arm['tools'] / arm['answers']:.1%}" if arm["answers"] else "-",
            _values(values) if values else "-",
            _told(values["difference"], 100, "+.1f") if values else "-",
            _told(arm["bits"], 1, ".3f"),
            _told(arm["bits_difference"], 1, "+.3f"),
            "\n".join(f"{model} about {points:+.0f}" for model, points in arm["paper"].items()) or "-",
        )


def _accuracy(arm: Mapping[str, Any]) -> str:
    """The counts of all seeds together, and below them the mean over seeds with its interval."""
    counts = f"{arm['correct']:,} of {arm['answers']:,}"
    return f"{counts}\n{_told(arm['mean'], 100, '.1f', unit='%', between=' ')}" if arm["answers"] else counts


def _values(values: Mapping[str, Any]) -> str:
    of_called = "-" if values["share_of_called"] is None else f"{values['share_of_called']:.1%}"
    return f"{values['share']:.1%}\n({of_called} of called)"


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
    return html("apigen.ablate", "page.html.j2").render(
        style=style(),
        found=found,
        mixed=mixed_words(found["mixed_versions"]),
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


def mixed_words(mixed: Mapping[str, Sequence[str]]) -> str:
    """That trainings were done with different versions of libraries; empty where they were not."""
    if not mixed:
        return ""
    told = ", ".join(f"{name} {' and '.join(versions)}" for name, versions in mixed.items())
    return f"Trainings were done with different versions of libraries, which may be what tells them apart: {told}."


def _dots(arms: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    top = _top(arms)
    for name, arm in arms.items():
        mean = arm["mean"]
        yield {
            "name": name,
            "x": _x(mean["mean"], top),
            "line": None if mean["low"] is None else (_x(mean["low"], top), _x(mean["high"], top)),
            "seeds": [_x(share, top) for share in arm["by_seed"].values()],
        }


def _top(arms: Mapping[str, Any]) -> float:
    """The share at the right end: the least tenth that is beyond everything."""
    highs = [arm["mean"]["high"] or 0.0 for arm in arms.values()]
    most = max(0.1, *highs, *(share for arm in arms.values() for share in arm["by_seed"].values()))
    return min(1.0, int(most * 10 + 0.999999) / 10)


def _ticks(top: float) -> range:
    return range(0, round(top * 100) + 1, 2 if top <= 0.2 else 10)


def _x(share: float, top: float) -> float:
    return round(_LEFT + _WIDTH * share / top, 1)


def _told(
    spread: Mapping[str, float | None] | None, times: float, form: str, *, unit: str = "", between: str = "\n"
) -> str:
    """A mean with its interval, or a dash in the place of one that there is not."""
    if spread is None or spread["mean"] is None:
        return "-"
    mean, low, high = spread["mean"], spread["low"], spread["high"]
    said = format(times * mean, form)
    interval = "-" if low is None or high is None else f"{format(times * low, form)} to {format(times * high, form)}"
    return f"{said}{unit}{between}({interval})"
