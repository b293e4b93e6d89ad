"""The training sets that are compared, by what they are drawn from.

The paper puts rejected rows back into its training set, those of one stage at a time (APIGen, arXiv 2406.18518). Ours
does that with sets of equal size, so that more data is not mistaken for better data.
"""

from enum import StrEnum

from apigen.records import Attempt, Outcome, Stage


class Arm(StrEnum):
    """One training set: verified rows, and what is mixed into them."""

    VERIFIED = "verified"
    """Nothing."""
    EXECUTION = "execution"
    """Candidates whose calls failed when they ran."""
    SEMANTICS = "semantics"
    """Candidates that ran and were found wrong: by the judges, or by grounding, which the paper does not know."""
    FORMAT = "format"
    """Candidates that broke the schema or the style, as far as calls can be read from them at all."""
    UNVERIFIED = "unverified"
    """Everything that calls can be read from, duplicates included: as if there were no verification."""


STAGES: dict[Arm, frozenset[Stage]] = {
    Arm.VERIFIED: frozenset(),
    Arm.EXECUTION: frozenset({Stage.EXECUTION}),
    Arm.SEMANTICS: frozenset({Stage.GROUNDING, Stage.SEMANTICS}),
    Arm.FORMAT: frozenset({Stage.FORMAT}),
    Arm.UNVERIFIED: frozenset(Stage),
}
"""The stages whose rejects an arm takes in."""


def rejecting_stage(attempt: Attempt) -> Stage | None:
    """The stage that rejected a candidate; ``None`` for one that passed or could not be checked."""
    if attempt.outcome is not Outcome.REJECT:
        return None
    return next((verdict.stage for verdict in attempt.verdicts if verdict.outcome is Outcome.REJECT), None)


def may_be_trained_on(attempt: Attempt) -> bool:
    """Whether a candidate is a query with calls; checks that could not be made say nothing about it."""
    return attempt.outcome is not Outcome.ERROR and bool(attempt.query.strip()) and bool(attempt.calls)
