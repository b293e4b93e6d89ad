"""The trainer and the evaluator, as an ablation sees them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import msgspec

from apigen.train.examples import LeftOut


class Interrupted(Exception):  # noqa: N818 - named for what happened
    """It was stopped on request; what was done is kept."""


class Arguments(msgspec.Struct, frozen=True):
    """How many of the expected arguments are right."""

    due: int
    """Expected arguments, over all answers."""
    called: int
    """Those whose tool was called."""
    right: int
    """Those given with the right value."""


class SuiteResult(msgspec.Struct, frozen=True):
    """How a model answered one suite."""

    correct: int
    answers: int
    """Not counting errors, which are neither right nor wrong."""
    reasons: Mapping[str, int] = {}
    """Why the others are wrong."""
    errors: int = 0
    """Questions without an answer, such as those whose prompt is too long for the model."""
    tools: int = 0
    """Answers that call the right tools, whatever the arguments: tool accuracy."""
    arguments: Arguments | None = None
    """Argument accuracy, whatever the rest of the answer."""
    bits: float | None = None
    """Bits per character of the right answers; see :mod:`apigen.ablate.likelihood`."""
    scored: int | None = None
    """Right answers that ``bits`` covers; the others exceed the model's positions, or do not render."""

    @property
    def share(self) -> float | None:
        """Accuracy between 0 and 1; ``None`` where every question ended in an error."""
        return self.correct / self.answers if self.answers else None


class Trained(msgspec.Struct, frozen=True):
    """The record of one training."""

    rows: int
    """Trained on, not counting those over the cutoff."""
    tokens: int
    steps: int
    loss: float | None
    """At the end."""
    seconds: float


class Unfit(msgspec.Struct, frozen=True):
    """Rows that cannot be trained on."""

    too_long: frozenset[str]
    """Ids of rows that are longer than the cutoff."""
    longest: int
    """Tokens of the longest of all rows."""
    refused: tuple[LeftOut, ...]
    """Rows that the chat template does not render."""


class Trainer(Protocol):
    """Trains one model."""

    def __call__(self, rows: Path, out: Path, seed: int) -> Trained:
        """Train on a file of rows and save the model to ``out``.

        Raises:
            UserError: the rows, or the model, cannot be used.
            JobFellShort: the disk is full, or the like.
            Interrupted: it was stopped; the same call resumes it later.
        """
        ...


class Evaluator(Protocol):
    """Asks one model."""

    def __call__(self, model: Path, rows: Path, out: Path) -> SuiteResult:
        """Ask the queries of a file of rows, and score the answers by the rows' calls.

        Args:
            model: folder of the model.
            rows: verified rows.
            out: a folder for the answers.

        Raises:
            Interrupted: it was stopped; the same call resumes it later.
        """
        ...
