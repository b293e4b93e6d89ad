"""The judge that needs no model."""

from collections.abc import Callable, Sequence
from typing import Literal

from apigen.records import Candidate, Execution, Outcome, Reason, Stage, Verdict
from apigen.verify.grounding import LEVELS, Level
from apigen.verify.rules.assignment import misassigned
from apigen.verify.rules.case import Case, Reject
from apigen.verify.rules.counting import unrequested
from apigen.verify.rules.fit import mismatched
from apigen.verify.rules.lists import shortened
from apigen.verify.rules.options import overlooked
from apigen.verify.rules.periods import reversed_period, reversed_range
from apigen.verify.rules.requests import unanswered
from apigen.verify.rules.stated import unstated
from apigen.verify.rules.strangers import ignored
from apigen.verify.rules.units import misstated

NAME = "rules"


class RuleJudge:
    """Judges semantics by rules: deterministic, offline, and explained in one line.

    Args:
        grounding: how values are held to the query, as in the stage before; ``off`` asks the other rules alone.
    """

    def __init__(self, grounding: Level | Literal["off"] = "strict") -> None:
        self._grounding = grounding

    @property
    def name(self) -> str:
        """``rules``."""
        return NAME

    async def judge(self, candidate: Candidate, executions: Sequence[Execution]) -> Verdict:
        """Pass the candidate, or reject it with the first reason that a rule finds.

        Args:
            candidate: query, calls and offered tools.
            executions: what the calls did; one that failed is a reason to reject, an empty result is not.
        """
        reject = _failed(executions) or self._ungrounded(candidate)
        case = Case(candidate)
        for rule in RULES:
            reject = reject or rule(case)
        if reject:
            return Verdict(Stage.SEMANTICS, Outcome.REJECT, reject.reason, reject.detail, NAME)
        return Verdict(Stage.SEMANTICS, Outcome.PASS, by=NAME)

    def _ungrounded(self, candidate: Candidate) -> Reject | None:
        if self._grounding == "off":
            return None
        for finding in LEVELS[self._grounding](candidate):
            call = candidate.calls[finding.call]
            return Reject(
                Reason.UNGROUNDED, f"{call.name}: {finding.path} is {finding.value!r}, which the query does not give"
            )
        return None


def _failed(executions: Sequence[Execution]) -> Reject | None:
    for execution in executions:
        if not execution.ok:
            return Reject(
                Reason.JUDGED_WRONG, f"{execution.call.name} did not succeed: {execution.reason or 'no reason given'}"
            )
    return None


RULES: tuple[Callable[[Case], Reject | None], ...] = (
    misstated,
    misassigned,
    reversed_period,
    reversed_range,
    unrequested,
    overlooked,
    unstated,
    shortened,
    unanswered,
    mismatched,
    ignored,
)
"""In the order in which they are asked; the first reject decides."""
