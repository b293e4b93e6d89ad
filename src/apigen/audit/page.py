"""An audit's report: one self-contained HTML file with the funnel, the reasons, and rows to look at."""

from collections.abc import Mapping
from typing import Any

from apigen.audit.summary import headline, reason_rows, remarks
from apigen.audit.tally import AuditTally
from apigen.records import Stage
from apigen.report.page import style
from apigen.report.words import REASON_TEXT, STAGE_TEXT
from apigen.templates import html


def page(found: Mapping[str, Any], tally: AuditTally) -> str:
    """Render the report.

    Args:
        found: the audit as ``--json`` prints it.
        tally: the counts with their example rows.
    """
    return html("apigen.audit", "templates/audit.html.j2").render(
        style=style(),
        found=found,
        headline=headline(found),
        remarks=remarks(found),
        steps=_steps(found, tally),
        reasons=reason_rows(tally),
        reason_text=REASON_TEXT,
        examples=[(reason, tally.examples[reason]) for reason, _ in tally.ordered_reasons()],
    )


def _steps(found: Mapping[str, Any], tally: AuditTally) -> list[dict[str, Any]]:
    """How many rows were left after each stage that was asked."""
    left = tally.rows
    asked = {Stage.FORMAT, Stage.DUPLICATE}
    asked |= {Stage.GROUNDING} if found["grounding"] != "off" else set()
    asked |= {Stage.EXECUTION} if found["library"] else set()
    asked |= {Stage.SEMANTICS} if found["judges"] else set()
    steps = [{"name": "rows", "left": left, "fell": 0}]
    for stage in Stage:
        if stage in asked:
            fell = tally.stages[stage] + tally.errors_at[stage]
            left -= fell
            steps.append({"name": STAGE_TEXT[stage], "left": left, "fell": fell})
    return steps
