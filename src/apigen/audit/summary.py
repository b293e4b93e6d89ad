"""What an audit found, in the terminal."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from apigen.agreement import wilson
from apigen.audit.tally import AuditTally
from apigen.printable import escaped_line
from apigen.records import Reason
from apigen.report.words import STAGE_TEXT, counted, percent

_MOST_NOTES = 8


def headline(found: Mapping[str, Any]) -> str:
    """The result in one sentence."""
    rows, passed = found["rows"], found["passed"]
    text = f"{passed:,} of {rows:,} rows pass ({percent(passed, rows)})"
    if found["errors"]:
        text += f"; {found['errors']:,} could not be checked"
    return f"{text}."


def summary(found: Mapping[str, Any], tally: AuditTally) -> RenderableType:
    """The result, the reasons by stage, and what else is worth knowing."""
    parts: list[RenderableType] = [Text(headline(found), style="bold"), Text(_checked(found))]
    if tally.examples:
        parts += [Text(), _reasons(tally)]
    parts += [Text(line) for line in remarks(found)]
    if found["notes"]:
        parts += [Text("\nNotes from reading:"), _notes(found["notes"])]
    return Group(*parts)


def _checked(found: Mapping[str, Any]) -> str:
    checks = ["format", "duplicates"]
    checks += [f"grounding ({found['grounding']})"] if found["grounding"] != "off" else []
    checks += ["execution"] if found["library"] else []
    checks += [f"judge {name}" for name in found["judges"]]
    return f"{found['dataset']}, format {found['format']}; checked: {', '.join(checks)}."


def remarks(found: Mapping[str, Any]) -> list[str]:
    """Remarks that are not faults of a row."""
    rows = found["rows"]
    lines = []
    if found["rows_without_calls"]:
        share = percent(found["rows_without_calls"], rows)
        lines.append(f"{counted(found['rows_without_calls'], 'row')} without a call ({share}).")
    elif rows:
        lines.append("Every row makes a call; models trained only on such data call tools even when none fits.")
    if found["library"]:
        lines.append(
            f"{found['executed']:,} calls executed; {found['not_executed']:,} not: no such tool in the library."
        )
    if found["varying"]:
        lines.append(f"{found['varying']:,} calls gave different results when run twice.")
    if found["fixed"]:
        fixed = found["fixed"]
        lines.append(
            f"{counted(fixed['written'], 'row')} written to {fixed['path']}, {fixed['mended_rows']:,} of them fixed; "
            f"{fixed['left_out']:,} left out."
        )
        lines += [f"  {count:,} x {name.replace('_', ' ')}" for name, count in fixed["mends"].items()]
    return lines


def reason_rows(tally: AuditTally) -> list[tuple[str, Reason, int, str, Sequence[str]]]:
    """For each reason: stage, reason, count, share with its interval, and ids of example rows."""
    return [
        (
            STAGE_TEXT[tally.stage_of[reason]],
            reason,
            count,
            share(count, tally.rows),
            [escaped_line(one.id) for one in tally.examples[reason]],
        )
        for reason, count in tally.ordered_reasons()
    ]


def share(count: int, rows: int) -> str:
    """A share with its 95% Wilson interval, such as ``1.2% (0.9-1.6)``."""
    found = wilson(count, rows)
    return f"{100 * found.share:.2f}% ({100 * found.low:.2f}-{100 * found.high:.2f})"


def _reasons(tally: AuditTally) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("stage", "reason", "rows", "share (95% interval)", "examples"):
        right = name in ("rows", "share (95% interval)")
        table.add_column(name, justify="right" if right else "left", no_wrap=name != "examples")
    before = ""
    for stage, reason, count, shown, ids in reason_rows(tally):
        label = "" if stage == before else stage
        before = stage
        table.add_row(label, reason, f"{count:,}", shown, Text(", ".join(ids[:3])))
    return table


def _notes(notes: Mapping[str, int]) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(justify="right", no_wrap=True)
    table.add_column()
    for note, count in list(notes.items())[:_MOST_NOTES]:
        table.add_row(f"{count:,}", Text(escaped_line(note)))
    if len(notes) > _MOST_NOTES:
        table.add_row("", f"and {len(notes) - _MOST_NOTES} more kinds; --json lists them")
    return table
