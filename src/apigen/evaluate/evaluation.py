"""A model's answers with their scores, and the figures."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from apigen.evaluate.asking.answer_record import AnswerRecord
from apigen.evaluate.asking.notations import calls_in
from apigen.evaluate.base import Question
from apigen.evaluate.executed import ByResult
from apigen.evaluate.scoring import Scored, ScoreTally, found_of, pooled

_NUMBER = re.compile(r"\d[\d,.]*")


class Evaluated(msgspec.Struct, frozen=True):
    """One question with its answer and its scores."""

    scored: Scored
    record: AnswerRecord
    by_result: ByResult | None = None
    """The score by execution; ``None`` where nothing was executed for it."""

    def verdict(self) -> dict[str, Any]:
        """The line of verdicts.jsonl."""
        line = self.scored.verdict() | {"query": query_of(self.scored.question)}
        if self.by_result is not None:
            line["executed"] = found_of(self.by_result.score, self.by_result.problem)
        return line


def query_of(question: Question) -> str:
    """The last user turn."""
    return next((one.content for one in reversed(question.messages) if one.role == "user"), "")


def evaluated(
    questions: Iterable[Question], answers: Mapping[str, AnswerRecord], by_result: Mapping[str, ByResult]
) -> list[Evaluated]:
    """Every question that has an answer or an error, in the suite's order.

    Args:
        questions: all questions of the evaluation.
        answers: by the question's id.
        by_result: the scores by execution, by the question's id.
    """
    found = []
    for question in questions:
        one = answers.get(question.id)
        if one is not None:
            line = one.line()
            score = question.ground_truth.score(line.answer) if line.answer else None
            found.append(Evaluated(Scored(question, score, line.error), one, by_result.get(question.id)))
    return found


def figures(questions: Sequence[Question], found: Sequence[Evaluated], limit: int | None = None) -> dict[str, Any]:
    """Counts and shares, all together and by category, ready for JSON.

    Args:
        questions: all questions of the evaluation.
        found: those that have an answer or an error.
        limit: at most how many of each category were drawn; a sample of several categories has no pooled accuracy.
    """
    tally, by_result = ScoreTally(questions), ScoreTally(questions)
    for one in found:
        tally.add(one.scored)
        if one.by_result is not None:
            by_result.add(Scored(one.scored.question, one.by_result.score, one.by_result.problem))
    executed = any(one.by_result is not None for one in found)
    return {
        **_counts(tally, limit),
        "execution": _counts(by_result, limit) if executed else None,
        "error_reasons": _error_reasons(found),
        "cut": sum(one.record.cut for one in found),
        "calls_in_text": sum(map(_calls_in_text, found)),
        "tokens": {
            "prompt": sum(one.record.tokens.prompt for one in found),
            "completion": sum(one.record.tokens.completion for one in found),
        },
    }


def _error_reasons(found: Iterable[Evaluated]) -> list[dict[str, Any]]:
    """The errors that differ in more than numbers, the most common first: ``reason``, ``count`` and ``unfit``."""
    groups: dict[tuple[bool, str], list[str]] = {}
    for one in found:
        if one.scored.score is None:
            shape = _NUMBER.sub("0", one.scored.error)
            groups.setdefault((one.record.unfit, shape), []).append(one.scored.error)
    return [
        {"reason": errors[0], "count": len(errors), "unfit": unfit}
        for (unfit, _), errors in sorted(groups.items(), key=lambda group: -len(group[1]))
    ]


def _counts(tally: ScoreTally, limit: int | None) -> dict[str, Any]:
    found = tally.as_json()
    return found if pooled({**found, "limit": limit}) else {**found, "accuracy": None}


def _calls_in_text(one: Evaluated) -> bool:
    """Whether ``tool_calls`` is empty although the text looks like a call."""
    return one.record.calls == [] and bool(one.record.said) and bool(calls_in(one.record.said))
