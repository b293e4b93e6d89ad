"""Counting what an audit finds, with a few rows of each kind to look at."""

from collections import Counter

import msgspec

from apigen.agreement import wilson
from apigen.audit.rows import Finding
from apigen.records import Json, Outcome, Reason, Stage
from apigen.verify.format.faults import shown

EXAMPLES = 5
"""Rows kept for each reason."""

MOST_NOTES = 200
"""Different notes counted: a reader has few, a broken dataset might make many."""


class Example(msgspec.Struct, frozen=True):
    """A row that fell, shortened for people to look at."""

    id: str
    number: int
    query: str
    calls: tuple[str, ...]
    detail: str


class AuditTally:
    """What became of the rows so far."""

    def __init__(self) -> None:
        self.rows = self.passed = self.rejected = self.errors = 0
        self.calls = self.rows_without_calls = self.executed = self.not_executed = self.varying = 0
        self.reasons: Counter[Reason] = Counter()
        self.error_reasons: Counter[Reason] = Counter()
        self.stages: Counter[Stage] = Counter()
        self.errors_at: Counter[Stage] = Counter()
        self.faults: Counter[Reason] = Counter()
        """Rows with a fault of the kind, also where another explains more."""
        self.notes: Counter[str] = Counter()
        self.examples: dict[Reason, list[Example]] = {}
        self.stage_of: dict[Reason, Stage] = {}

    def add(self, finding: Finding) -> None:
        """Count one row."""
        self.rows += 1
        self.calls += len(finding.candidate.calls)
        self.rows_without_calls += not finding.candidate.calls and finding.row.problem is None and not finding.row.calls
        self.executed += len(finding.executions)
        self.varying += sum(execution.varies for execution in finding.executions)
        self.not_executed += finding.not_executed
        for note in finding.row.notes:
            if note in self.notes or len(self.notes) < MOST_NOTES:
                self.notes[note] += 1
        verdict = finding.verdict
        if verdict.outcome is Outcome.PASS or verdict.reason is None:
            self.passed += 1
            return
        if verdict.outcome is Outcome.REJECT:
            self.rejected += 1
            self.reasons[verdict.reason] += 1
            self.stages[verdict.stage] += 1
        else:
            self.errors += 1
            self.error_reasons[verdict.reason] += 1
            self.errors_at[verdict.stage] += 1
        self.stage_of.setdefault(verdict.reason, verdict.stage)
        self.faults.update({fault.reason for fault in finding.faults} or {verdict.reason})
        kept = self.examples.setdefault(verdict.reason, [])
        if len(kept) < EXAMPLES:
            kept.append(_example(finding))

    def ordered_reasons(self) -> list[tuple[Reason, int]]:
        """Reasons of rejects and errors with their counts: by stage, then the commonest first."""
        order = list(Stage)
        both = self.reasons + self.error_reasons
        return sorted(both.items(), key=lambda item: (order.index(self.stage_of[item[0]]), -item[1], item[0]))

    def summary(self) -> dict[str, Json]:
        """The counts as one JSON object."""
        shares = {reason: wilson(count, self.rows) for reason, count in self.ordered_reasons()}
        return {
            "rows": self.rows,
            "passed": self.passed,
            "rejected": self.rejected,
            "errors": self.errors,
            "reasons": {str(reason): count for reason, count in self.reasons.most_common()},
            "error_reasons": {str(reason): count for reason, count in self.error_reasons.most_common()},
            "stages": {str(stage): self.stages[stage] for stage in Stage if stage is not Stage.GENERATION},
            "shares": {
                str(reason): {"share": found.share, "low": found.low, "high": found.high}
                for reason, found in shares.items()
            },
            "faults": {str(reason): count for reason, count in self.faults.most_common()},
            "examples": {str(reason): [one.id for one in kept] for reason, kept in self.examples.items()},
            "calls": self.calls,
            "rows_without_calls": self.rows_without_calls,
            "executed": self.executed,
            "not_executed": self.not_executed,
            "varying": self.varying,
            "notes": dict(self.notes.most_common()),
        }


def _example(finding: Finding) -> Example:
    row = finding.row
    calls = row.calls if isinstance(row.calls, list | tuple) else [row.calls]
    return Example(
        row.id, row.number, row.query[:500], tuple(shown(call, 400) for call in calls[:8]), finding.verdict.detail
    )
