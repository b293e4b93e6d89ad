"""What a suite asks, what is answered, and the mark that an answer gets."""

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
    """What was answered to one question."""

    calls: tuple[Call, ...] = ()
    undecodable: str = ""
    """Why what was answered is no list of calls; empty where it is one."""


class Score(msgspec.Struct, frozen=True):
    """What an answer was found to be."""

    miss: ErrorType | None = None
    """Why it is wrong; ``None`` for a right one."""
    detail: str = ""
    """Where and what, in one line."""

    @property
    def correct(self) -> bool:
        """Whether the answer is right."""
        return self.miss is None


RIGHT = Score()


class Due(msgspec.Struct, frozen=True):
    """One call that is due, for people and for whoever makes more questions like it."""

    name: str
    types: dict[str, str]
    """The JSON type of each argument that it has."""
    values: dict[str, Sequence[Json]]
    """What is acceptable for each of them."""


class GroundTruth(Protocol):
    """What is right for one question: how its answers are scored."""

    def due(self) -> Sequence[Due]:
        """The calls that are due; none where none is, or where it does not matter which."""
        ...

    def mark(self, answer: Answer) -> Score:
        """Score one answer. Never raises, whatever the answer holds."""
        ...


class Question(msgspec.Struct, frozen=True):
    """One question of a suite: what a model is shown, and what is right."""

    id: str
    """Unique in its suite."""
    category: str
    messages: tuple[Message, ...]
    """The conversation up to the answer."""
    tools: tuple[Tool, ...]
    """The tools offered, under the names that answers are expected to use."""
    truth: GroundTruth
    own: tuple[Call, ...] | None = None
    """The right calls themselves, where the suite has them in one spelling, so that they can be executed."""


class Suite(Protocol):
    """Questions whose answers can be scored."""

    @property
    def name(self) -> str:
        """As on the command line: ``bfcl:multiple``."""
        ...

    @property
    def version(self) -> str:
        """Which questions these are exactly, for every figure that is quoted."""
        ...

    def questions(self) -> Iterator[Question]:
        """Every question, category by category, always in the same order.

        Raises:
            UserError: they cannot be read; the message says where.
        """
        ...


UNDERSCORED = ", names with _ for ."
"""What stands behind a version whose tools are offered with underscores; the questions are the same without."""


def short(value: Json) -> str:
    """A value in the detail of a mark: one line, not too long."""
    try:
        text = repr(value)
    except (RecursionError, ValueError):  # nested too deep, or an integer of thousands of digits
        return f"a {type(value).__name__} too large to show"
    return text if len(text) <= 80 else text[:79] + "…"
