"""Several judges decide together, by a rule that also says what an error means, asking no more than it takes."""

import asyncio
from collections.abc import Sequence
from itertools import permutations, product

import pytest

from apigen.errors import ModelRefused, ModelUnavailable
from apigen.records import Call, Candidate, Execution, Outcome, Reason, Stage, Tool, Verdict
from apigen.verify.judges.committee import COMMITTEE, Committee, Rule, decided, fewest, together
from apigen.verify.rules import RuleJudge
from apigen.verify.stages import Examined, semantics

P, R, E = Outcome.PASS, Outcome.REJECT, Outcome.ERROR
CALL = Call("add", {"a": 2, "b": 3})
ADD = Tool(
    "add",
    "Adds two numbers.",
    {
        "type": "object",
        "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
        "required": ["a", "b"],
        "additionalProperties": False,
    },
)
RIGHT = Candidate("Add 2 and 3.", (CALL,), (ADD,))
DONE = (Execution(CALL, ok=True, result=5),)


class Says:
    """A judge with one answer, after a while."""

    def __init__(self, name: str, outcome: Outcome, wait_s: float = 0.0, error: Exception | None = None) -> None:
        self.name, self.outcome, self.wait_s, self.error = name, outcome, wait_s, error
        self.asked = 0

    async def judge(self, candidate: Candidate, executions: Sequence[Execution]) -> Verdict:
        self.asked += 1
        await asyncio.sleep(self.wait_s)
        if self.error:
            raise self.error
        reason = {P: None, R: Reason.TOOL_MISMATCH, E: Reason.JUDGE_UNREADABLE}[self.outcome]
        return Verdict(Stage.SEMANTICS, self.outcome, reason, by=self.name)


def verdicts(judges: Sequence[Says | RuleJudge], rule: Rule, candidate: Candidate = RIGHT) -> tuple[Verdict, ...]:
    return asyncio.run(Committee(judges, rule).verdicts(candidate, DONE))


@pytest.mark.parametrize(
    ("rule", "votes", "outcome"),
    [
        (Rule.UNANIMOUS, [P, P], P),
        (Rule.UNANIMOUS, [P, R], R),
        (Rule.UNANIMOUS, [E, R], R),
        (Rule.UNANIMOUS, [P, E], E),
        (Rule.MAJORITY, [P, P, R], P),
        (Rule.MAJORITY, [P, R, R], R),
        (Rule.MAJORITY, [P, R], R),
        (Rule.MAJORITY, [P, P, E], P),
        (Rule.MAJORITY, [P, R, E], E),
        (Rule.MAJORITY, [R, R, E], R),
        (Rule.MAJORITY, [P, E], E),
        (Rule.MAJORITY, [R, E], R),
        (Rule.MAJORITY, [E, E, E], E),
        (Rule.VETO, [P, R, P], R),
        (Rule.VETO, [P, E, E], P),
        (Rule.VETO, [R, E, E], R),
        (Rule.VETO, [E, E, E], E),
    ],
)
def test_each_rule_says_what_votes_ties_and_errors_mean(rule: Rule, votes: list[Outcome], outcome: Outcome) -> None:
    """An error is a vote that could have gone either way; only a veto does without it."""
    for order in permutations(votes):
        assert decided(rule, order, len(order)) is outcome
        found = verdicts([Says(f"openai/{at}", vote) for at, vote in enumerate(order)], rule)
        assert found[-1].outcome is outcome
        assert found[-1].by == COMMITTEE


@pytest.mark.parametrize("rule", Rule)
@pytest.mark.parametrize("members", [1, 2, 3, 4, 5])
def test_a_decision_made_early_is_the_one_that_all_votes_would_make(rule: Rule, members: int) -> None:
    """Over every possible vote: nobody is asked in vain once it is decided, and nobody is left out before."""
    for votes in product((P, R, E), repeat=members):
        final = decided(rule, votes, members)
        assert final is not None
        cast = 0
        while decided(rule, votes[:cast], members) is None:
            more = fewest(rule, votes[:cast], members)
            assert 1 <= more <= members - cast
            cast += more
        assert decided(rule, votes[:cast], members) is final
        assert together(rule, {f"openai/{at}": vote for at, vote in enumerate(votes)}) is final


@pytest.mark.parametrize(
    ("rule", "votes", "asked"),
    [
        (Rule.UNANIMOUS, [R, P, P], [1, 0, 0]),
        (Rule.UNANIMOUS, [E, P, R], [1, 1, 1]),
        (Rule.VETO, [P, R, P], [1, 1, 0]),
        (Rule.MAJORITY, [P, P, R], [1, 1, 0]),
        (Rule.MAJORITY, [R, R, P], [1, 1, 0]),
        (Rule.MAJORITY, [P, R, P], [1, 1, 1]),
    ],
)
def test_no_judge_is_asked_once_it_is_decided(rule: Rule, votes: list[Outcome], asked: list[int]) -> None:
    """The order of the configuration is the order of asking, so the cheap one stands first."""
    judges = [Says(f"openai/{at}", vote) for at, vote in enumerate(votes)]
    found = verdicts(judges, rule)
    assert [judge.asked for judge in judges] == asked
    assert [verdict.by for verdict in found] == [*(judge.name for judge in judges if judge.asked), COMMITTEE]


def test_who_is_asked_does_not_depend_on_who_answers_first() -> None:
    """The same votes give the same verdicts in the same order, whatever the delays."""
    one = verdicts([Says("a", P, 0.02), Says("b", R), Says("c", P)], Rule.MAJORITY)
    other = verdicts([Says("a", P), Says("b", R, 0.02), Says("c", P, 0.01)], Rule.MAJORITY)
    assert one == other
    assert [verdict.by for verdict in one] == ["a", "b", "c", COMMITTEE]
    assert one[-1].detail == "majority of 3: 2 pass, 1 reject"


def test_rules_come_first_and_what_they_reject_costs_no_question() -> None:
    """They are no member: the others' majority cannot outvote them, and one model alone makes no committee."""
    models = [Says("openai/a", P), Says("openai/b", P)]
    wrong = Candidate("Add 2 and 3.", (Call("add", {"a": 2, "b": 7}),), (ADD,))
    found = verdicts([*models, RuleJudge()], Rule.MAJORITY, wrong)
    assert [(verdict.by, verdict.outcome) for verdict in found] == [("rules", R)]
    assert [judge.asked for judge in models] == [0, 0]
    found = verdicts([models[0], RuleJudge()], Rule.UNANIMOUS)
    assert [verdict.by for verdict in found] == ["rules", "openai/a"]
    assert together(Rule.MAJORITY, {"rules": R, "openai/a": P, "openai/b": P}) is R
    assert together(Rule.MAJORITY, {"rules": P}) is P


def test_the_decision_takes_the_reason_of_those_who_made_it() -> None:
    """With their names, for the reports."""
    found = verdicts([Says("openai/a", P), Says("openai/b", R)], Rule.UNANIMOUS)
    assert found[-1].reason is Reason.TOOL_MISMATCH
    assert found[-1].detail.startswith("unanimous of 2: 1 pass, 1 reject; openai/b: ")


def test_a_refusal_is_an_error_and_an_absence_ends_the_run() -> None:
    """A refused prompt concerns one candidate; a judge that is gone would concern all of them."""
    refusing = Says("openai/b", P, error=ModelRefused("filtered"))
    found = verdicts([Says("openai/a", P), refusing], Rule.UNANIMOUS)
    assert (found[1].outcome, found[1].reason) == (E, Reason.JUDGE_REFUSED)
    assert found[-1].outcome is E
    gone = Says("openai/b", P, error=ModelUnavailable("gone"))
    slow = Says("openai/c", P, 0.02)
    with pytest.raises(ModelUnavailable):
        verdicts([gone, slow, Says("openai/d", P)], Rule.MAJORITY)
    assert slow.asked == 1


def test_the_stage_keeps_every_verdict() -> None:
    """The decision is the last of them, so the outcome is the committee's."""
    stage = semantics(Says("openai/a", P), Says("openai/b", R), Says("openai/c", P), rule=Rule.MAJORITY)

    async def through() -> Examined:
        return await stage(Examined(RIGHT, executions=DONE))

    examined = asyncio.run(through())
    assert [verdict.outcome for verdict in examined.verdicts] == [P, R, P, P]
    assert examined.outcome is P
