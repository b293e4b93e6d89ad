"""Counting what became of candidates: the funnel, per stage, reason, style and category."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from apigen.records import Attempt, Outcome, Reason, Stage, Style

TOGETHER = " + "
"""What stands between the names of sources whose tools one candidate was asked to use."""

_ENDS = (None, *Stage)
"""Where a candidate can end: at a stage, or behind all of them."""


class Tally:
    """A fold over attempts. Small whatever the number of rows: it holds counts only.

    Args:
        source_of: where each tool comes from, by its name, for the funnel by source; ``None`` leaves that out.
    """

    def __init__(self, source_of: Mapping[str, str] | None = None) -> None:
        self._source_of = source_of or {}
        self.sources: Counter[tuple[str, Stage | None, Outcome]] = Counter()
        """Candidates by the source of the tools that they were asked to use, where they fell, and how."""
        self.requests = 0
        self.asked: Counter[str] = Counter()
        """Requests, and candidates that were sent back, by the writer."""
        self.candidates: Counter[Style] = Counter()
        self.accepted: Counter[Style] = Counter()
        self.fallen: Counter[tuple[Style, Stage, Outcome, Reason]] = Counter()
        self.repaired: Counter[str] = Counter()
        self.repairs: Counter[Outcome] = Counter()
        """What became of the rejected candidates that were sent back; they are in none of the counts above."""
        self.ends: Counter[tuple[str, bool, Stage | None]] = Counter()
        """Candidates by who wrote them, whether they were sent back, and where they fell; ``None``: accepted."""
        self.judged: Counter[tuple[str, str, Stage | None]] = Counter()
        """Verdicts by who judged, who had written the candidate, and where that fell."""
        self.accepted_by_tool: Counter[str] = Counter()
        self.calls_executed = 0
        self.varying: Counter[str] = Counter()
        """Calls by tool whose result was another in their second run."""
        self.execution_ms = 0.0
        self.timed_calls = 0
        self.last_error = ""
        """What was said of the latest check that could not be made."""

    def add(self, attempts: Iterable[Attempt]) -> None:
        """Count some attempts."""
        for attempt in attempts:
            self.requests += attempt.last
            self.asked[attempt.model] += attempt.last + bool(attempt.repair_of)
            self.repaired.update(attempt.repaired)
            self.calls_executed += len(attempt.executions)
            self.varying.update(execution.call.name for execution in attempt.executions if execution.varies)
            # Calls of an earlier session have no duration: it is not written down.
            timed = [execution.duration_ms for execution in attempt.executions if execution.duration_ms is not None]
            self.execution_ms += sum(timed)
            self.timed_calls += len(timed)
            last = attempt.verdicts[-1]
            stage = None if attempt.outcome is Outcome.PASS else last.stage
            self.ends[attempt.model, bool(attempt.repair_of), stage] += 1
            self.judged.update(
                (verdict.by, attempt.model, stage) for verdict in attempt.verdicts if verdict.stage is Stage.SEMANTICS
            )
            if attempt.outcome is Outcome.PASS:
                self.accepted_by_tool.update({call.name for call in attempt.calls})
            elif last.outcome is Outcome.ERROR:
                self.last_error = last.detail
            if attempt.repair_of:
                self.repairs[attempt.outcome] += 1
                continue
            self.candidates[attempt.style] += 1
            self.sources[self._source(attempt), stage, attempt.outcome] += 1
            if attempt.outcome is Outcome.PASS:
                self.accepted[attempt.style] += 1
            else:
                assert last.reason is not None, "a verdict that is no pass has a reason"  # noqa: S101
                self.fallen[attempt.style, last.stage, last.outcome, last.reason] += 1

    def _source(self, attempt: Attempt) -> str:
        """Where the tools come from that a candidate was asked to use; several sources are named together."""
        names = {self._source_of[name] for name in attempt.targets if name in self._source_of}
        return TOGETHER.join(sorted(names))

    @property
    def total(self) -> int:
        """All candidates, repairs apart."""
        return self.candidates.total()

    @property
    def total_accepted(self) -> int:
        """All accepted candidates, and the repairs among them: what the dataset can have."""
        return self.accepted.total() + self.repairs[Outcome.PASS]

    def at(self, stage: Stage, outcome: Outcome = Outcome.REJECT, style: Style | None = None) -> int:
        """How many ended at a stage."""
        return sum(
            count
            for (of_style, of_stage, of_outcome, _), count in self.fallen.items()
            if of_stage is stage and of_outcome is outcome and style in (None, of_style)
        )

    def reasons(self, outcome: Outcome = Outcome.REJECT) -> list[tuple[Stage, Reason, int]]:
        """Every reason with its count, in stage order and the most frequent first within a stage."""
        counts: Counter[tuple[Stage, Reason]] = Counter()
        for (_, stage, of_outcome, reason), count in self.fallen.items():
            if of_outcome is outcome:
                counts[stage, reason] += count
        order = list(Stage)
        rows = [(stage, reason, count) for (stage, reason), count in counts.items()]
        return sorted(rows, key=lambda row: (order.index(row[0]), -row[2], row[1]))

    @property
    def errors(self) -> int:
        """Candidates of which a check could not be made."""
        return sum(count for (_, _, outcome, _), count in self.fallen.items() if outcome is Outcome.ERROR)

    def as_json(self) -> dict[str, Any]:
        """The counts as the manifest and ``--json`` give them."""
        return {
            "requests": self.requests,
            "candidates": self.total,
            "accepted": self.accepted.total(),
            "rejected": {stage.value: self.at(stage) for stage in Stage},
            "errors": self.errors,
            "errors_at": {stage.value: self.at(stage, Outcome.ERROR) for stage in Stage},
            "reasons": {reason.value: count for _, reason, count in self.reasons()},
            "error_reasons": {reason.value: count for _, reason, count in self.reasons(Outcome.ERROR)},
            "styles": {
                style.value: {
                    "candidates": self.candidates[style],
                    "accepted": self.accepted[style],
                    "rejected": {stage.value: self.at(stage, style=style) for stage in Stage},
                    "errors": sum(self.at(stage, Outcome.ERROR, style) for stage in Stage),
                }
                for style in Style
                if self.candidates[style]
            },
            "sources": {
                source: {
                    "candidates": sum(self.sources[source, stage, outcome] for stage in _ENDS for outcome in Outcome),
                    "accepted": self.sources[source, None, Outcome.PASS],
                    "rejected": {stage.value: self.sources[source, stage, Outcome.REJECT] for stage in Stage},
                    "errors": sum(self.sources[source, stage, Outcome.ERROR] for stage in Stage),
                }
                for source in sorted({source for source, _, _ in self.sources})
                if source
            },
            "repaired": dict(sorted(self.repaired.items())),
            "repairs": {"sent": self.repairs.total(), "passed": self.repairs[Outcome.PASS]},
            "calls_executed": self.calls_executed,
            "varying": dict(sorted(self.varying.items())),
            "tools_covered": len(self.accepted_by_tool),
        }
