"""The figures as a table for the terminal and as one self-contained HTML page."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.table import Table

from apigen.report.page import style
from apigen.report.words import counted
from apigen.templates import html

COLUMNS = (
    "training set",
    "rejects",
    "accuracy",
    "Δ vs verified",
    "tool accuracy",
    "argument accuracy",
    "Δ vs verified",
    "bits per character",
    "Δ vs verified",
)
"""Accuracies in percent, their differences in percentage points; bits to three decimal places."""
TITLES = {"unseen": "Unseen tools (held out of every training set)", "seen": "Seen tools (in every training set)"}
PAPER = (
    "APIGen (arXiv 2406.18518, section 5.2) adds rejects of the execution and semantic stages back to its training set "
    "and reports lower BFCL accuracy for both of its models, more so for the smaller one. Models, data and benchmark "
    "differ from these, so only the direction can be compared."
)
"""What the paper claims, in words: its figures are for other models and another benchmark."""
_LEFT, _WIDTH = 170, 680


def rows(arms: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """One suite's figures as text, arm by arm; each cell has the figure itself and, below it, its interval."""
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
            _bits(arm),
            _told(arm["bits_difference"], 1, "+.3f"),
        )


def _accuracy(arm: Mapping[str, Any]) -> str:
    """Counts over all seeds, and below them the mean over seeds with its interval."""
    counts = f"{arm['correct']:,} of {arm['answers']:,}"
    return f"{counts}\n{_told(arm['mean'], 100, '.1f', unit='%', between=' ')}" if arm["answers"] else counts


def _bits(arm: Mapping[str, Any]) -> str:
    """The mean over seeds, and how many answers it is of where some could not be scored."""
    questions, scored = arm["answers"] + arm["errors"], arm["scored"]
    part = "" if scored is None or scored == questions else f"\n{scored:,} of {questions:,} scored"
    return _told(arm["bits"], 1, ".3f") + part


def _values(values: Mapping[str, Any]) -> str:
    of_called = "-" if values["share_of_called"] is None else f"{values['share_of_called']:.1%} of called tools"
    return f"{values['share']:.1%}\n({of_called})"


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
        counted=counted,
        mixed=mixed_words(found["mixed_versions"]),
        paper=PAPER,
        unanswered=[*unanswered_words(found["suites"])],
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
    """That trainings used different versions of libraries; empty where they did not."""
    if not mixed:
        return ""
    told = ", ".join(f"{name} {' and '.join(versions)}" for name, versions in mixed.items())
    return f"Trainings used different library versions, which may explain differences between them: {told}."


def unanswered_words(suites: Mapping[str, Any]) -> Iterator[str]:
    """Which seeds are in no mean, since none of their questions was answered."""
    for suite, arms in suites.items():
        for name, arm in arms.items():
            if arm["unanswered"]:
                seeds = ", ".join(map(str, arm["unanswered"]))
                yield (
                    f"{name}, {suite} tools: no question was answered with seed {seeds} (all ended in errors); "
                    "excluded from the means."
                )


def _dots(arms: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    top = _top(arms)
    for name, arm in arms.items():
        mean = arm["mean"] or {"mean": None, "low": None, "high": None}
        yield {
            "name": name,
            "x": None if mean["mean"] is None else _x(mean["mean"], top),
            "line": None if mean["low"] is None else (_x(mean["low"], top), _x(mean["high"], top)),
            "seeds": [_x(share, top) for share in _shares(arm)],
        }


def _shares(arm: Mapping[str, Any]) -> list[float]:
    return [share for share in arm["by_seed"].values() if share is not None]


def _top(arms: Mapping[str, Any]) -> float:
    """The accuracy at the right end of the axis: the smallest tenth above everything shown."""
    highs = [arm["mean"]["high"] or 0.0 for arm in arms.values() if arm["mean"]]
    most = max([0.1, *highs, *(share for arm in arms.values() for share in _shares(arm))])
    return min(1.0, int(most * 10 + 0.999999) / 10)


def _ticks(top: float) -> range:
    return range(0, round(top * 100) + 1, 2 if top <= 0.2 else 10)


def _x(share: float, top: float) -> float:
    return round(_LEFT + _WIDTH * share / top, 1)


def _told(
    spread: Mapping[str, float | None] | None, times: float, form: str, *, unit: str = "", between: str = "\n"
) -> str:
    """A mean with its interval; a dash for either that does not exist."""
    if spread is None or spread["mean"] is None:
        return "-"
    mean, low, high = spread["mean"], spread["low"], spread["high"]
    said = format(times * mean, form)
    interval = "-" if low is None or high is None else f"{format(times * low, form)} to {format(times * high, form)}"
    return f"{said}{unit}{between}({interval})"
