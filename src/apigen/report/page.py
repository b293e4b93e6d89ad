"""report.html: one self-contained file with the funnel as a picture, the reasons, the coverage and sample rows."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec

from apigen.records import Sample, Stage
from apigen.report.money import cost_lines, end_rows, role_rows, writer_rows
from apigen.report.summary import headline
from apigen.report.words import REASON_TEXT, STAGE_TEXT, duration, percent, repairs_line, reverified_line, varying_line
from apigen.templates import html

SHOWN_ROWS = 20


def page(manifest: Mapping[str, Any], shown: Sequence[Sample]) -> str:
    """Render the report.

    Args:
        manifest: the run's manifest.
        shown: rows to show, from :func:`choose_rows`.
    """
    counts = manifest["counts"]
    return html("apigen.report", "templates/report.html.j2").render(
        style=style(),
        manifest=manifest,
        headline=headline(manifest),
        steps=_steps(counts),
        funnels=_funnels(counts),
        stages=[stage for stage in Stage if counts["rejected"][stage] or stage is not Stage.GENERATION],
        stage_text=STAGE_TEXT,
        reason_text=REASON_TEXT,
        reasons=sorted((counts["reasons"] | counts["error_reasons"]).items(), key=lambda item: -item[1]),
        categories=sorted(manifest["library"]["categories"].items(), key=lambda item: item[0]),
        most_in_category=max((row["samples"] for row in manifest["library"]["categories"].values()), default=0),
        rows=[_row(sample) for sample in shown],
        percent=percent,
        repairs=repairs_line(counts),
        varying=varying_line(counts),
        reverified=reverified_line(manifest),
        costs=cost_lines(manifest),
        cost_tables=_cost_tables(manifest),
        duration=duration,
    )


def choose_rows(samples: Iterable[Sample], total: int) -> list[Sample]:
    """Rows spread evenly over the dataset, so that the report shows every part of the run."""
    step = max(1, total // SHOWN_ROWS)
    return [sample for number, sample in enumerate(samples) if number % step == 0][:SHOWN_ROWS]


def _steps(counts: Mapping[str, Any]) -> list[dict[str, Any]]:
    """How many candidates were left after each stage, for the picture."""
    left = counts["candidates"]
    steps = [{"name": "candidates", "left": left, "fell": 0}]
    for stage in Stage:
        fell = counts["rejected"][stage] + counts["errors_at"][stage]
        left -= fell
        if stage is not Stage.GENERATION or fell:
            steps.append({"name": STAGE_TEXT[stage], "left": left, "fell": fell})
    return steps


def _funnels(counts: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The funnel by query style, and by source where the tools come from several."""
    by_style = {name.replace("_", " "): row for name, row in counts["styles"].items()} | {"all": counts}
    sources = counts.get("sources", {})
    return {"query style": by_style} | ({"source": {**sources, "all": counts}} if len(sources) > 1 else {})


def _cost_tables(manifest: Mapping[str, Any]) -> list[tuple[tuple[str, ...], list[tuple[str, ...]]]]:
    """What was spent, as headings with rows, where a paid model was asked."""
    if not cost_lines(manifest):
        return []
    costs = manifest["costs"]
    return [
        (("role", "requests", "prompt tokens", "completion tokens", "cost"), [*role_rows(costs)]),
        (("candidates", "number", "tokens", "cost"), [*end_rows(costs)]),
        (("writer", "candidates", "accepted", "cost", "per accepted", "tokens per accepted"), [*writer_rows(costs)]),
    ]


def _row(sample: Sample) -> dict[str, Any]:
    return {
        "id": sample.id,
        "style": sample.provenance.style.replace("_", " "),
        "wording": sample.provenance.wording,
        "query": sample.query,
        "offered": ", ".join(tool["name"] for tool in sample.tools),
        "calls": [
            {
                "name": call.name,
                "arguments": msgspec.json.encode(call.arguments).decode(),
                "result": _short(msgspec.json.encode(result).decode()),
            }
            for call, result in zip(sample.calls, sample.results, strict=True)
        ],
    }


def _short(text: str, most: int = 160) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


@cache
def style() -> str:
    """The style sheet that all pages share, also in dark mode."""
    return files("apigen.report").joinpath("templates/page.css").read_text("utf-8")
