"""Each answer with its score, and the counts by category."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from apigen.agreement import wilson
from apigen.errors import UserError
from apigen.evaluate.answers import AnswerLine
from apigen.evaluate.base import Question, Score

_LINE = 2**20
"""Bytes of a file's first line that are looked at."""


class Scored(msgspec.Struct, frozen=True):
    """One line of answers and its score."""

    question: Question
    score: Score | None
    """``None`` for an error, which is neither right nor wrong."""
    error: str = ""

    def verdict(self) -> dict[str, Any]:
        """The line of ``--verdicts``: the score, and the expected calls."""
        due = [{"name": call.name, "arguments": call.types} for call in self.question.ground_truth.due()]
        found = found_of(self.score, self.error)
        return {"id": self.question.id, **found, "category": self.question.category, "due": due}


def found_of(score: Score | None, error: str = "") -> dict[str, Any]:
    """A score as verdicts have it.

    Args:
        score: ``None`` for an error.
        error: its message.
    """
    if score is None:
        return {"correct": None, "reason": "error", "detail": error}
    return {"correct": score.correct, "reason": score.error_type, "detail": score.detail}


def score(questions: Mapping[str, Question], lines: Iterable[AnswerLine]) -> Iterator[Scored]:
    """Score every answer, in order.

    Args:
        questions: by id.
        lines: the answers; a question may have none, one or several.

    Raises:
        UserError: an answer has no question in the suite.
    """
    for line in lines:
        question = questions.get(line.id)
        if question is None:
            raise UserError(f"{line.place}: no question {line.id!r} in the suite; check --suite and the id")
        yield Scored(question, question.ground_truth.score(line.answer) if line.answer else None, line.error)


def holds_verdicts(path: Path) -> bool:
    """Whether a file holds nothing, or such verdicts from its first line on."""
    try:
        with path.open("rb") as file:
            line = file.readline(_LINE)
        return not line or {"id", "correct", "reason", "due"} <= msgspec.json.decode(line, type=dict[str, Any]).keys()
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return False


class ScoreTally:
    """Counts scores by category.

    Args:
        questions: all questions, so that unanswered ones are counted.
    """

    def __init__(self, questions: Iterable[Question]) -> None:
        self._asked: dict[str, set[str]] = {}
        for question in questions:
            self._asked.setdefault(question.category, set()).add(question.id)
        self._answered: dict[str, set[str]] = {category: set() for category in self._asked}
        self._counts: dict[str, Counter[str]] = {category: Counter() for category in self._asked}

    def add(self, scored: Scored) -> None:
        """Count one line."""
        category = scored.question.category
        self._answered[category].add(scored.question.id)
        found = "error" if scored.score is None else scored.score.error_type or "correct"
        self._counts[category][found] += 1

    def as_json(self) -> dict[str, Any]:
        """All answers together, and each category by its name."""
        return {
            **_figures(sum(self._counts.values(), Counter()), _total(self._asked), _total(self._answered)),
            "categories": {
                category: _figures(counts, len(self._asked[category]), len(self._answered[category]))
                for category, counts in self._counts.items()
            },
        }


def _total(ids: Mapping[str, set[str]]) -> int:
    return sum(map(len, ids.values()))


def _figures(counts: Counter[str], asked: int, answered: int) -> dict[str, Any]:
    """Counts and accuracy; errors are excluded from the accuracy."""
    correct, errors = counts["correct"], counts["error"]
    scored = counts.total() - errors
    share = {name: round(part, 6) for name, part in wilson(correct, scored)._asdict().items()} if scored else None
    reasons = {str(name): count for name, count in counts.most_common() if name not in ("correct", "error")}
    return {
        "questions": asked,
        "unanswered": asked - answered,
        "answers": scored,
        "correct": correct,
        "accuracy": share,
        "errors": errors,
        "reasons": reasons,
    }


def pooled(found: Mapping[str, Any]) -> bool:
    """Whether the accuracy over all answers is an estimate for the suite.

    A sample has as many questions of a small category as of a large one, so pooling them weighs categories wrongly.
    """
    limit, categories = found.get("limit"), found["categories"]
    return limit is None or len(categories) < 2 or all(one["questions"] < limit for one in categories.values())
