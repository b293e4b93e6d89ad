"""The summary printed at the end of a run."""

from collections.abc import Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from apigen.records import Stage
from apigen.report.money import cost_lines
from apigen.report.words import (
    REASON_TEXT,
    SHORT_STAGE_TEXT,
    duration,
    percent,
    repairs_line,
    reverified_line,
    varying_line,
)
from apigen.tally import TOGETHER

_MOST_REASONS = 8


def summary(manifest: Mapping[str, Any]) -> RenderableType:
    """The funnel per style and stage, the reasons, and where the files are."""
    parts: list[RenderableType] = [Text(headline(manifest), style="bold"), Text(manifest["notice"], style="italic")]
    counts = manifest["counts"]
    if counts["candidates"]:
        parts += [
            Text("\nCandidates generated, rejected at each stage, and accepted:"),
            _funnel(counts),
        ]
        if spare := _spare(manifest):
            beyond = f"Accepted beyond the {manifest['wanted']:,} requested: {spare:,}"
            parts.append(Text(f"{beyond}, in attempts.jsonl but not in the dataset."))
    if len(counts.get("sources", {})) > 1:
        parts += [Text("\nThe same by source of the target tools:"), _funnel(counts, "sources")]
    if repaired := repairs_line(counts):
        parts.append(Text(repaired))
    if varying := varying_line(counts):
        parts.append(Text(varying))
    if reverified := reverified_line(manifest):
        parts.append(Text(reverified))
    parts += [Text(line) for line in cost_lines(manifest)]
    if counts["reasons"] or counts["error_reasons"]:
        parts += [Text(), _reasons(counts)]
    return Group(*parts)


def headline(manifest: Mapping[str, Any]) -> str:
    """What came out, in one sentence."""
    counts, rows = manifest["counts"], manifest["samples"]
    text = f"{rows:,} verified samples ({manifest['wanted']:,} requested)"
    if counts["candidates"]:
        beyond = _spare(manifest)
        spare = f", {beyond:,} more than requested" if beyond else ""
        passed = percent(counts["accepted"], counts["candidates"])
        text += f", from {counts['candidates']:,} candidates ({passed} passed{spare})"
    text += f", covering {counts['tools_covered']} of {manifest['library']['tools']} tools"
    return f"{text}, in {duration(manifest['times']['seconds'])}."


def _spare(manifest: Mapping[str, Any]) -> int:
    """How many passed beyond the number wanted: answers that were under way when it was reached."""
    counts = manifest["counts"]
    passed: int = counts["accepted"] + counts.get("repairs", {}).get("passed", 0)
    samples: int = manifest["samples"]
    return max(0, passed - samples)


def _funnel(counts: Mapping[str, Any], by: str = "styles") -> Table:
    stages = [stage for stage in Stage if stage is not Stage.GENERATION]
    if by == "sources" or counts["errors"]:  # the room that a column of zeros would take is needed
        stages = [stage for stage in stages if counts["rejected"][stage]]
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    if by == "styles":
        table.add_column("style", no_wrap=True)
    else:
        table.add_column("source", overflow="fold")
    table.add_column("written", justify="right", no_wrap=True)
    for stage in stages:
        table.add_column(SHORT_STAGE_TEXT[stage], justify="right", no_wrap=True)
    if counts["errors"]:
        table.add_column("errors", justify="right", no_wrap=True)
    table.add_column("accepted", justify="right", no_wrap=True)
    table.add_column("passed", justify="right", no_wrap=True)
    named = counts["styles"] if by == "styles" else _merged(counts["sources"])
    for name, row in [*named.items(), ("all", counts)]:
        cells = [f"{row['candidates']:,}", *(f"{row['rejected'][stage]:,}" for stage in stages)]
        cells += [f"{row['errors']:,}"] if counts["errors"] else []
        cells += [f"{row['accepted']:,}", percent(row["accepted"], row["candidates"])]
        table.add_row(name.replace("_", " ") if by == "styles" else name, *cells, style="bold" if name == "all" else "")
    return table


def _merged(sources: Mapping[str, Any]) -> dict[str, Any]:
    """A row for each source, and one for all candidates that were to use tools of several; the manifest has each."""
    rows = {name: row for name, row in sources.items() if TOGETHER not in name}
    if mixed := [row for name, row in sources.items() if TOGETHER in name]:
        rows["several sources"] = {
            **{key: sum(row[key] for row in mixed) for key in ("candidates", "accepted", "errors")},
            "rejected": {stage: sum(row["rejected"][stage] for row in mixed) for stage in mixed[0]["rejected"]},
        }
    return rows


def _reasons(counts: Mapping[str, Any]) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(justify="right", no_wrap=True)
    table.add_column()
    table.add_column(style="dim")
    reasons = sorted((counts["reasons"] | counts["error_reasons"]).items(), key=lambda item: -item[1])
    for reason, count in reasons[:_MOST_REASONS]:
        table.add_row(f"{count:,}", reason, REASON_TEXT[reason])
    if len(reasons) > _MOST_REASONS:
        rest = sum(count for _, count in reasons[_MOST_REASONS:])
        table.add_row(f"{rest:,}", "other reasons", "full list in manifest.json and report.html")
    return table
