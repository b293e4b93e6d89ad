"""Stage 3 by a language model that sees the tools, the query, the calls and what they returned."""

import re
from collections.abc import Sequence

from apigen.generate.parse import parse_object
from apigen.generate.prompts import judge_messages
from apigen.models.base import Model, Options
from apigen.records import Candidate, Execution, Json, Outcome, Reason, Stage, Verdict

TRIES = 2
"""A judge whose answer cannot be read is asked once more, with another seed, before the check counts as not made."""

MAX_DETAIL = 500


class LLMJudge:
    """Asks a model whether the executed calls serve the query.

    A judge that cannot be reached raises; one that answers something unreadable leaves an *error*. Neither is ever a
    reject: the candidate may be perfectly right.
    """

    def __init__(self, model: Model, max_tokens: int = 4096) -> None:
        self._model = model
        self._max_tokens = max_tokens

    @property
    def name(self) -> str:
        """The model's locator."""
        return self._model.locator

    async def judge(self, candidate: Candidate, executions: Sequence[Execution]) -> Verdict:
        """Judge one candidate.

        Raises:
            ModelUnavailable: the model gave no answer at all.
        """
        messages = judge_messages(candidate, executions)
        answer = ""
        for seed in range(TRIES):
            completion = await self._model.complete(
                messages, Options(temperature=0.0, max_tokens=self._max_tokens, seed=seed)
            )
            answer = completion.text
            value = None if completion.finish_reason == "length" else _one_answer(answer)
            passed = _as_bool(value.get("pass")) if value is not None else None
            if value is not None and passed is not None:
                return self._verdict(passed=passed, thought=str(value.get("thought") or ""))
        shown = " ".join(answer.split())[:100]
        return Verdict(
            Stage.SEMANTICS, Outcome.ERROR, Reason.JUDGE_UNREADABLE, f"no yes or no in {shown!r}", by=self.name
        )

    def _verdict(self, *, passed: bool, thought: str) -> Verdict:
        thought = " ".join(thought.split())[:MAX_DETAIL]
        if passed:
            return Verdict(Stage.SEMANTICS, Outcome.PASS, detail=thought, by=self.name)
        return Verdict(Stage.SEMANTICS, Outcome.REJECT, Reason.JUDGED_WRONG, thought, by=self.name)


_PASS = re.compile(r'"pass"\s*:\s*("?[A-Za-z]+)')
"""The decision as it stands in an answer; inside a quoted text its quotes are escaped and do not match."""


def _one_answer(text: str) -> dict[str, Json] | None:
    """The object that a judge answered with; ``None`` where it is cut off, or where several decisions contradict.

    A judge may quote what a tool returned, and a hostile result may hold a decision of its own.
    """
    value, repaired = parse_object(text)
    decisions = {found.strip('"').lower() for found in _PASS.findall(text)}
    if len(decisions) > 1 or {"cut_off", "unclosed_list", "several_lists"} & set(repaired):
        return None
    return value


def _as_bool(value: Json) -> bool | None:
    """``yes``/``no`` in the ways models write it; ``None`` for anything else."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return {"yes": True, "true": True, "pass": True, "no": False, "false": False, "fail": False}.get(
            value.strip().strip(".!").lower()
        )
    return None
