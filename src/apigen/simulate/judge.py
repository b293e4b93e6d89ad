"""The simulated judge: the rule judge's verdict in the form that a judge's prompt asks for, wrong at a rate."""

from random import Random

import msgspec

from apigen.records import Candidate, Execution, Json, Outcome, Reason, Verdict
from apigen.verify.judges.criteria import CRITERIA
from apigen.verify.rules import RuleJudge

_NUMBER = frozenset({Reason.CALL_COUNT_MISMATCH, Reason.UNANSWERED_REQUEST, Reason.UNREQUESTED_CALL})
_QUOTED = 80


async def judged(candidate: Candidate, executions: tuple[Execution, ...], error: float, rng: Random) -> str:
    """What the judge answers.

    Args:
        candidate: what it is shown.
        executions: what the calls did.
        error: how often it says the opposite of what the rules say.
        rng: decides when.
    """
    verdict = await RuleJudge().judge(candidate, executions)
    failing = _failing(verdict, executions) if verdict.outcome is Outcome.REJECT else ""
    thought = verdict.detail if failing else "The calls do what the query asks."
    if rng.random() < error:
        failing, thought = ("", "The calls look fine.") if failing else ("serves_query", "This is not what was asked.")
    quote = candidate.query[:_QUOTED]
    criteria: dict[str, Json] = {name: {"holds": name != failing, "quote": quote} for name in CRITERIA}
    answer = {"thought": thought, "criteria": criteria, "pass": not failing}
    return msgspec.json.encode(answer).decode()


def _failing(verdict: Verdict, executions: tuple[Execution, ...]) -> str:
    """The criterion under which a rule's reason falls."""
    if any(not execution.ok for execution in executions):
        return "results_without_errors"
    if verdict.reason in _NUMBER:
        return "right_number_of_calls"
    return next((name for name, reason in CRITERIA.items() if reason is verdict.reason), "serves_query")
