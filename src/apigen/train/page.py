"""report.html of a training: one self-contained file with its curves, its data and its settings."""

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from apigen.report.page import style
from apigen.report.words import counted
from apigen.templates import html

_WIDTH, _HEIGHT = 760.0, 220.0


def page(record: Mapping[str, Any]) -> str:
    """Render the report from the record."""
    points = record["losses"]["points"]
    losses = {"training loss": _series(points, "loss"), "held-out loss": _series(points, "evaluation_loss")}
    rate = {"learning rate": _series(points, "learning_rate")}
    return html("apigen.train", "templates/report.html.j2").render(
        style=style(),
        record=record,
        counted=counted,
        plots=[plot for plot in (_plot("loss", losses), _plot("learning rate", rate)) if plot],
        recipe=yaml.safe_dump(record["recipe"], sort_keys=False),
        seconds=sum(session["seconds"] for session in record["sessions"]),
    )


def _series(points: Sequence[Mapping[str, Any]], key: str) -> list[tuple[int, float]]:
    return [(point["step"], point[key]) for point in points if point.get(key) is not None]


def _plot(title: str, series: Mapping[str, list[tuple[int, float]]]) -> dict[str, Any] | None:
    """A plot's lines in the coordinates of its picture, over all steps and from the least value to the greatest."""
    values = [value for line in series.values() for _, value in line]
    if not values:
        return None
    last = max(step for line in series.values() for step, _ in line)
    low, high = min(0.0, *values), max(values)
    span = (high - low) or 1.0

    def place(step: int, value: float) -> str:
        return f"{_WIDTH * step / last:.1f},{_HEIGHT * (1 - (value - low) / span):.1f}"

    return {
        "title": title,
        "last": last,
        "low": f"{low:.3g}",
        "high": f"{high:.3g}",
        "lines": [
            {"name": name, "points": " ".join(place(step, value) for step, value in line), "end": f"{line[-1][1]:.3g}"}
            for name, line in series.items()
            if line
        ],
    }
