"""The training sets that are compared, by the rows they are drawn from.

The paper adds rejected rows back to its training set, one stage at a time (APIGen, arXiv 2406.18518). Here sets have
equal size, so that more data is not mistaken for better data.
"""

from enum import StrEnum

from apigen.records import Attempt, Outcome, Stage


class Arm(StrEnum):
    """One training set: verified rows, and the rejects mixed into them."""

    VERIFIED = "verified"
    """Nothing."""
    EXECUTION = "execution"
    """Candidates whose calls failed when they ran."""
    SEMANTICS = "semantics"
    """Candidates that ran and were found wrong: by the judges, or by grounding, which the paper does not have."""
    FORMAT = "format"
    """Candidates that violate the schema or the style, if calls can be read from them."""
    UNVERIFIED = "unverified"
    """Everything from which calls can be read, duplicates included: as if there were no verification."""


STAGES: dict[Arm, frozenset[Stage]] = {
    Arm.VERIFIED: frozenset(),
    Arm.EXECUTION: frozenset({Stage.EXECUTION}),
    Arm.SEMANTICS: frozenset({Stage.GROUNDING, Stage.SEMANTICS}),
    Arm.FORMAT: frozenset({Stage.FORMAT}),
    Arm.UNVERIFIED: frozenset(Stage),
}
"""The stages whose rejects an arm includes."""


def rejecting_stage(attempt: Attempt) -> Stage | None:
    """The stage that rejected a candidate; ``None`` for one that passed or could not be checked."""
    if attempt.outcome is not Outcome.REJECT:
        return None
    return next((verdict.stage for verdict in attempt.verdicts if verdict.outcome is Outcome.REJECT), None)


def may_be_trained_on(attempt: Attempt) -> bool:
    """Whether a candidate is a query with calls, and was fully checked."""
    return attempt.outcome is not Outcome.ERROR and bool(attempt.query.strip()) and bool(attempt.calls)
