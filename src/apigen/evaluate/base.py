"""What a suite asks, what is answered, and the score of an answer."""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Protocol

import msgspec

from apigen.records import Call, Json, Message, Tool


class ErrorType(StrEnum):
    """Why an answer is wrong. docs/evaluate.md explains each one."""

    NO_CALL = "no_call"
    MISSING_CALL = "missing_call"
    EXTRA_CALL = "extra_call"
    WRONG_NAME = "wrong_name"
    MISSING_ARGUMENT = "missing_argument"
    UNKNOWN_ARGUMENT = "unknown_argument"
    WRONG_TYPE = "wrong_type"
    WRONG_VALUE = "wrong_value"
    CALLED_NEEDLESSLY = "called_needlessly"
    UNDECODABLE = "undecodable"
    OTHER_RESULT = "other_result"
    CALL_FAILED = "call_failed"


class Answer(msgspec.Struct, frozen=True):
    """The answer to one question."""

    calls: tuple[Call, ...] = ()
    undecodable: str = ""
    """Why the answer cannot be decoded as calls; empty where it can."""


class Score(msgspec.Struct, frozen=True):
    """Whether an answer is right, and if not, why."""

    error_type: ErrorType | None = None
    """Why it is wrong; ``None`` for a right one."""
    detail: str = ""
    """Where and what, in one line."""

    @property
    def correct(self) -> bool:
        """Whether the answer is right."""
        return self.error_type is None


RIGHT = Score()


class Due(msgspec.Struct, frozen=True):
    """One expected call, as reports and ``--focus`` need it."""

    name: str
    types: dict[str, str]
    """The JSON type of each argument."""
    values: dict[str, Sequence[Json]]
    """The acceptable values of each argument."""


class GroundTruth(Protocol):
    """The ground truth of one question, which scores its answers."""

    def due(self) -> Sequence[Due]:
        """The expected calls; empty where none is expected, or any will do."""
        ...

    def score(self, answer: Answer) -> Score:
        """Score one answer. Never raises, whatever the answer holds."""
        ...


class Question(msgspec.Struct, frozen=True):
    """One question of a suite: what a model is shown, and the ground truth."""

    id: str
    """Unique in its suite."""
    category: str
    messages: tuple[Message, ...]
    """The conversation up to the answer."""
    tools: tuple[Tool, ...]
    """The tools offered, under the names that answers are expected to use."""
    ground_truth: GroundTruth
    own: tuple[Call, ...] | None = None
    """The ground-truth calls, where the suite has exactly one version of them, so that they can be executed."""


class Suite(Protocol):
    """Questions whose answers can be scored."""

    @property
    def name(self) -> str:
        """As on the command line: ``bfcl:multiple``."""
        ...

    @property
    def version(self) -> str:
        """Identifies the exact questions and rules; quoted with every figure."""
        ...

    def questions(self) -> Iterator[Question]:
        """Every question, category by category, always in the same order.

        Raises:
            UserError: they cannot be read; the message says where.
        """
        ...


UNDERSCORED = ", names with _ for ."
"""Suffix of a version whose tools have underscores for dots; without it, the questions are the same."""


def short(value: Json) -> str:
    """A value in the detail of a score: one line, not too long."""
    try:
        text = repr(value)
    except (RecursionError, ValueError):  # nested too deep, or an integer of thousands of digits
        return f"a {type(value).__name__} too large to show"
    return text if len(text) <= 80 else text[:79] + "…"
