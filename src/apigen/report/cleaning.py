"""Reports of a cleaning: figures, terminal tables, and a self-contained HTML page."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import msgspec
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from apigen.clean.base import STEP_OF, Step
from apigen.clean.descriptions import Repair
from apigen.clean.probe import State
from apigen.clean.run import Cleaned
from apigen.report.page import style
from apigen.report.words import REASON_TEXT, percent
from apigen.templates import html

STEP_TEXT = {
    Step.QUALITY: "quality",
    Step.PROBE: "probe",
    Step.DUPLICATES: "near-duplicates",
    Step.DESCRIPTIONS: "descriptions",
    Step.CATEGORIES: "categories",
}
FALL_TEXT: dict[str, str] = {
    "unparsable": "its name or schema is not valid, so calls cannot be checked",
    "undocumented": "its description says nothing beyond its name",
    "no_parameters": "it has no arguments to fill in",
    "duplicate": "near-duplicate of another tool, which is kept",
    **{reason.value: text for reason, text in REASON_TEXT.items()},
}
_MOST = 10
_NOTHING_FALLS = (Step.DESCRIPTIONS, Step.CATEGORIES)
"""Steps that only mend."""


def figures(cleaned: Cleaned, reasons: Mapping[str, int]) -> dict[str, Any]:
    """Everything that was found, as ``--json`` prints it.

    Args:
        cleaned: what the steps found.
        reasons: how often each reason stands among what the library leaves out now.
    """
    probes = cleaned.probes.values()
    repairs = Counter(cleaned.repairs.values())
    origins = {tool.name: tool.origin for tool in (*cleaned.library.tools, *(one.tool for one in cleaned.fallen))}
    by_source: dict[str, Counter[str]] = {}
    for probe in probes:
        by_source.setdefault(origins[probe.tool], Counter())[probe.state] += 1
    return {
        "status": "interrupted" if cleaned.interrupted else "done",
        "before": cleaned.before,
        "tools": len(cleaned.library.tools),
        "skipped": len(cleaned.library.skipped),
        "reasons": dict(reasons),
        "steps": [{"step": step.value, "fell": dict(cleaned.fell_in(step).most_common())} for step in Step],
        "probe": {
            **{state.value: sum(probe.state is state for probe in probes) for state in State},
            "calls": sum(probe.calls for probe in probes),
            "arguments": dict(Counter(probe.source.value for probe in probes if probe.source)),
            "unprobed_because": dict(
                Counter(probe.reason or probe.detail.partition(";")[0] for probe in probes if probe.state == "unprobed")
            ),
            "by_source": {origin: dict(counts) for origin, counts in sorted(by_source.items())},
            "varying": sorted(probe.tool for probe in probes if probe.varies),
        }
        if probes
        else None,
        "duplicates": msgspec.to_builtins(cleaned.groups),
        "descriptions": {
            "poor": dict(Counter(cleaned.poor.values()).most_common()),
            "asked": sum(repairs.values()),
            **{repair.value: repairs[repair] for repair in Repair},
        },
        "categories": {
            "missing": len(cleaned.uncategorised),
            "asked": len(cleaned.categories),
            "found": dict(Counter(found for found in cleaned.categories.values() if found).most_common()),
        },
        "fallen": [
            {"name": one.tool.name, "origin": one.tool.origin, "step": STEP_OF[one.fall], "fall": one.fall}
            | {"reason": one.key, "detail": one.detail}
            for one in cleaned.fallen
        ],
        "kept": [{"name": one.tool.name, "fall": one.fall, "reason": one.key} for one in cleaned.kept],
    }


def headline(found: Mapping[str, Any]) -> str:
    """The result in one sentence."""
    before, left = found["before"], found["tools"]
    if found["status"] != "done":
        fell = before - left
        return f"Interrupted: {fell:,} of {before:,} tools removed so far; not all were checked."
    return f"{left:,} of {before:,} tools kept ({percent(left, before)})."


def tables(found: Mapping[str, Any]) -> RenderableType:
    """A table per step, for the terminal."""
    parts: list[RenderableType] = [Text(headline(found), style="bold"), Text(), _steps(found)]
    if found["probe"]:
        parts += [Text(), _by_source(found["probe"])]
    parts += [Text(line) for line in remarks(found)]
    return Group(*parts)


def remarks(found: Mapping[str, Any]) -> list[str]:
    """What is worth knowing beside the tables."""
    lines = []
    if probe := found["probe"]:
        lines += [f"{count:,} tools were not called: {why}." for why, count in probe["unprobed_because"].items()]
        if probe["varying"]:
            lines.append(
                f"{len(probe['varying']):,} gave two different results for the same call: {_some(probe['varying'])}."
            )
        if "executor_unavailable" in probe["unprobed_because"]:
            lines.append("Tools whose call the sandbox could not run are kept, since nothing is known about them.")
    if found["kept"]:
        kept = Counter(one["fall"] for one in found["kept"])
        lines.append(f"Kept because of --keep: {', '.join(f'{n:,} {fall}' for fall, n in kept.items())}.")
    groups = [f"{group['first']} = {' = '.join(group['others'])}" for group in found["duplicates"]]
    if groups:
        lines.append(f"{len(groups):,} groups of near-duplicates:")
        lines += [f"  {line}" for line in groups[:_MOST]]
        lines += [f"  and {len(groups) - _MOST:,} more"] if len(groups) > _MOST else []
    words = found["descriptions"]
    if words["poor"]:
        poor = ", ".join(f"{count:,} {what}" for what, count in words["poor"].items())
        asked = (
            f"; a model was asked about {words['asked']:,} and rewrote {words['repaired']:,}" if words["asked"] else ""
        )
        lines.append(f"Poor descriptions: {poor}{asked}.")
    for what in ("unreadable", "refused"):
        if words[what]:
            lines.append(f"  {words[what]:,} rewrites were {what}; the original descriptions are kept.")
    lines += _on_categories(found["categories"])
    return lines


def _on_categories(found: Mapping[str, Any]) -> list[str]:
    if not found["missing"]:
        return []
    line = f"No category found, so filed under Other: {found['missing']:,}"
    if found["asked"]:
        line += f"; a model was asked about {found['asked']:,} and found one for {sum(found['found'].values()):,}"
    return [f"{line}.", *(f"  {count:,} x {category}" for category, count in found["found"].items())]


def cleaning_page(found: Mapping[str, Any]) -> str:
    """The report."""
    left, steps = found["before"], [{"name": "tools", "left": found["before"], "fell": 0}]
    for step in found["steps"]:
        fell = sum(step["fell"].values())
        left -= fell
        if step["step"] not in _NOTHING_FALLS:
            steps.append({"name": STEP_TEXT[Step(step["step"])], "left": left, "fell": fell})
    return html("apigen.report", "templates/cleaning.html.j2").render(
        style=style(),
        found=found,
        headline=headline(found),
        steps=steps,
        remarks=remarks(found),
        texts=FALL_TEXT,
        states=[state.value for state in State],
    )


def _steps(found: Mapping[str, Any]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("step", no_wrap=True)
    table.add_column("why", no_wrap=True)
    table.add_column("tools", justify="right", no_wrap=True)
    table.add_column("")
    for step in found["steps"]:
        name = STEP_TEXT[Step(step["step"])]
        for key, count in step["fell"].items():
            table.add_row(name, key, f"{count:,}", FALL_TEXT.get(key, ""))
            name = ""
        if not step["fell"] and step["step"] not in _NOTHING_FALLS:
            table.add_row(name, Text("none removed", style="dim"), "0", "")
    return table


def _by_source(probe: Mapping[str, Any]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("probed, by source", overflow="fold", max_width=40)
    for state in State:
        table.add_column(state.value, justify="right")
    for origin, counts in probe["by_source"].items():
        table.add_row(Text(origin), *(f"{counts.get(state, 0):,}" for state in State))
    return table


def _some(names: list[str]) -> str:
    return ", ".join(names[:_MOST]) + (f" and {len(names) - _MOST:,} more" if len(names) > _MOST else "")
