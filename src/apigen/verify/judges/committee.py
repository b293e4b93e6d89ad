"""A committee of judges, which asks no more of its members than needed for a decision.

Rules go first and are no members: what they reject costs no model call. The members vote. An error is a vote that could
have gone either way, so it decides nothing, and where it could have changed the decision, the decision is an error.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

from apigen.errors import ModelRefused
from apigen.records import Candidate, Execution, Outcome, Reason, Stage, Verdict
from apigen.verify.base import Judge
from apigen.verify.rules import NAME as RULES

COMMITTEE = "committee"
"""Who speaks in the last verdict where several language models judge."""

MAX_DETAIL = 300


class Rule(StrEnum):
    """How the members' votes become one decision."""

    UNANIMOUS = "unanimous"
    """Every member must pass the candidate; one reject decides, and an error without a reject is an error."""
    MAJORITY = "majority"
    """More than half of all members must pass it; a tie rejects."""
    VETO = "veto"
    """One reject decides; a member in error has no veto, so the others' word stands unless all are in error."""


def decided(rule: Rule, votes: Sequence[Outcome], members: int) -> Outcome | None:
    """What a committee says after some of its members voted.

    Args:
        rule: how votes become a decision.
        votes: those cast so far, in any order.
        members: how many there are; at least one.

    Returns:
        The decision, or ``None`` where the votes that are missing could still change it.
    """
    count = Counter(votes)
    passed, rejected, errors = count[Outcome.PASS], count[Outcome.REJECT], count[Outcome.ERROR]
    waiting = members - len(votes)
    if rule is Rule.VETO:
        if rejected:
            return Outcome.REJECT
        if waiting:
            return None
        return Outcome.PASS if passed else Outcome.ERROR
    needed = members if rule is Rule.UNANIMOUS else members // 2 + 1
    if passed >= needed:
        return Outcome.PASS
    if passed + errors + waiting < needed:
        return Outcome.REJECT
    return None if waiting else Outcome.ERROR


def fewest(rule: Rule, votes: Sequence[Outcome], members: int) -> int:
    """How many further votes could decide, at the least: so many are asked for at once."""
    waiting = members - len(votes)
    for more in range(1, waiting + 1):
        if any(decided(rule, [*votes, *[vote] * more], members) for vote in (Outcome.PASS, Outcome.REJECT)):
            return more
    return waiting


def together(rule: Rule, outcomes: Mapping[str, Outcome]) -> Outcome:
    """What judges that have all been asked decide, by their names: rules first, then the others' vote."""
    if outcomes.get(RULES, Outcome.PASS) is not Outcome.PASS:
        return outcomes[RULES]
    votes = [outcome for name, outcome in outcomes.items() if name != RULES]
    return (decided(rule, votes, len(votes)) or Outcome.ERROR) if votes else Outcome.PASS


class Committee:
    """Judges that decide together.

    Args:
        judges: at least one, each under a name of its own; rules are moved to the front.
        rule: how the others decide.
    """

    def __init__(self, judges: Iterable[Judge], rule: Rule = Rule.UNANIMOUS) -> None:
        judges = tuple(judges)
        self._rules = tuple(judge for judge in judges if judge.name == RULES)
        self._members = tuple(judge for judge in judges if judge.name != RULES)
        self._rule = rule

    async def verdicts(self, candidate: Candidate, executions: Sequence[Execution]) -> tuple[Verdict, ...]:
        """What each judge that was asked found; the last verdict is the decision.

        Which members are asked depends on the votes alone, never on who answers first.

        Raises:
            ModelUnavailable: a member gave no answer at all.
        """
        found: list[Verdict] = []
        for judge in self._rules:
            found.append(await asked(judge, candidate, executions))
            if found[-1].outcome is not Outcome.PASS:
                return tuple(found)
        votes: list[Verdict] = []
        while len(votes) < len(self._members):
            outcomes = [vote.outcome for vote in votes]
            if decided(self._rule, outcomes, len(self._members)):
                break
            next_ones = self._members[len(votes) :][: fewest(self._rule, outcomes, len(self._members))]
            answers = await asyncio.gather(
                *(asked(judge, candidate, executions) for judge in next_ones), return_exceptions=True
            )
            for answer in answers:  # once all have answered, so that no answer that was paid for is thrown away
                if isinstance(answer, BaseException):
                    raise answer
                votes.append(answer)
        said = [self.decision(votes)] if len(self._members) > 1 else []
        return (*found, *votes, *said)

    def decision(self, votes: Sequence[Verdict]) -> Verdict:
        """The verdict of the committee over its members' verdicts."""
        outcomes = [vote.outcome for vote in votes]
        outcome = decided(self._rule, outcomes, len(self._members))
        assert outcome is not None, "enough members were asked"  # noqa: S101
        counts = Counter(outcomes)
        said = ", ".join(f"{counts[each]} {each}" for each in Outcome if counts[each])
        detail = f"{self._rule} of {len(self._members)}: {said}"
        of_those = [vote for vote in votes if vote.outcome is outcome]
        if outcome is Outcome.PASS:
            return Verdict(Stage.SEMANTICS, outcome, detail=detail, by=COMMITTEE)
        reasons = Counter(vote.reason for vote in of_those)
        reason = max(reasons, key=lambda each: reasons[each]) if reasons else None
        detail = "; ".join([detail, *(f"{vote.by}: {vote.detail}" for vote in of_those)])[:MAX_DETAIL]
        return Verdict(Stage.SEMANTICS, outcome, reason or Reason.JUDGED_WRONG, detail, by=COMMITTEE)


async def asked(judge: Judge, candidate: Candidate, executions: Sequence[Execution]) -> Verdict:
    """One judge's verdict; a refusal of this one prompt is an error."""
    try:
        return await judge.judge(candidate, executions)
    except ModelRefused as error:
        detail = str(error)[:MAX_DETAIL]
        return Verdict(Stage.SEMANTICS, Outcome.ERROR, Reason.JUDGE_REFUSED, detail, by=judge.name)
