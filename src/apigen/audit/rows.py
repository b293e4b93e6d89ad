"""One row and what the checks that need no execution find about it: format, duplicate, grounding."""

from collections.abc import Callable

import msgspec

from apigen.audit.seen import SeenRows
from apigen.dataset.read.base import Row
from apigen.records import Candidate, Execution, Json, Outcome, Reason, Stage, Verdict
from apigen.verify.format import Fault, FormatCheck, verdict_on
from apigen.verify.stages import failed

Grounding = Callable[[Candidate], Verdict]
"""The grounding stage on one candidate."""


class Finding(msgspec.Struct, frozen=True):
    """A row with what was found about it."""

    row: Row
    candidate: Candidate
    verdict: Verdict
    """The first that is no pass, else the last."""
    faults: tuple[Fault, ...] = ()
    """Everything that the format stage found, strongest first."""
    executions: tuple[Execution, ...] = ()
    not_executed: int = 0
    """Calls that nothing could run, because the library has no tool of that name."""

    @property
    def passed(self) -> bool:
        """Whether nothing speaks against the row so far."""
        return self.verdict.outcome is Outcome.PASS


class RowCheck:
    """The checks of single rows, in the order of the stages.

    Args:
        grounding: the grounding stage; ``None`` leaves it out.
    """

    def __init__(self, grounding: Grounding | None) -> None:
        self._format = FormatCheck()
        self._grounding = grounding
        self._seen = SeenRows()

    def look(self, row: Row) -> Finding:
        """Check a row as it was read."""
        return self._guarded(row, row.calls, self._seen)

    def look_again(self, row: Row, calls: Json) -> Finding:
        """Check a row with other calls than its own; nothing is remembered of it."""
        return self._guarded(row, calls, None)

    def _guarded(self, row: Row, calls: Json, seen: SeenRows | None) -> Finding:
        try:
            return self._look(row, calls, seen)
        except Exception as error:  # noqa: BLE001 - one odd row must not end an audit that took an hour
            return Finding(row, Candidate(row.query, (), row.tools), failed(Stage.FORMAT, error))

    def _look(self, row: Row, calls: Json, seen: SeenRows | None) -> Finding:
        candidate, faults = self._faults(row, calls)
        if faults:
            return Finding(row, candidate, verdict_on(faults), faults)
        earlier = seen.earlier(candidate, row.number) if seen else None
        if earlier is not None and earlier != row.number:
            detail = f"repeats row {earlier}: same query, same preceding turns, same tools"
            return Finding(row, candidate, Verdict(Stage.DUPLICATE, Outcome.REJECT, Reason.DUPLICATE_QUERY, detail))
        if self._grounding is None or not candidate.calls:
            return Finding(row, candidate, verdict_on(()))
        return Finding(row, candidate, self._grounding(candidate))

    def _faults(self, row: Row, calls: Json) -> tuple[Candidate, tuple[Fault, ...]]:
        if row.problem is not None:
            fault = Fault(row.problem.reason, row.problem.detail)
            return Candidate(row.query, (), row.tools, None, row.context), (fault,)
        return self._format.read_row(row.query, calls, row.tools, call_due=row.call_due, context=row.context)
