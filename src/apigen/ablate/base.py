"""What trains and what evaluates, as an ablation sees them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import msgspec


class Interrupted(Exception):  # noqa: N818 - named for what happened
    """Somebody asked for the end; what was done is kept."""


class Arguments(msgspec.Struct, frozen=True):
    """Of the arguments that calls must have, how many are right."""

    due: int
    """All, of every answer."""
    called: int
    """Those of calls whose tool was called."""
    right: int
    """Those that were given with the right value."""


class SuiteResult(msgspec.Struct, frozen=True):
    """How a model answered one suite."""

    correct: int
    answers: int
    """Without errors, which are neither right nor wrong."""
    reasons: Mapping[str, int] = {}
    """Why the others are wrong."""
    errors: int = 0
    """Questions to which there is no answer, such as prompts that are too long for the model."""
    tools: int = 0
    """Answers that call the right tools, whatever the arguments."""
    arguments: Arguments | None = None
    """How many values are right, whatever the rest of the answer."""
    bits: float | None = None
    """What right answers take, per character; see :mod:`apigen.ablate.likelihood`."""
    scored: int | None = None
    """Right answers that ``bits`` is of; the others exceed the model's positions, or its template refuses them."""

    @property
    def share(self) -> float | None:
        """Accuracy between 0 and 1; ``None`` where every question ended in an error."""
        return self.correct / self.answers if self.answers else None


class Trained(msgspec.Struct, frozen=True):
    """What one training says about itself."""

    rows: int
    """Trained on, without those over the cutoff."""
    tokens: int
    steps: int
    loss: float | None
    """At the end."""
    seconds: float


class Trainer(Protocol):
    """Trains one model."""

    def __call__(self, rows: Path, out: Path, seed: int) -> Trained:
        """Train on a file of rows; the model stands in ``out`` then.

        Raises:
            UserError: the rows, or the model, cannot be used.
            JobFellShort: the disk is full, or the like.
            Interrupted: the end was asked for; the same call goes on later.
        """
        ...


class Evaluator(Protocol):
    """Asks one model."""

    def __call__(self, model: Path, rows: Path, out: Path) -> SuiteResult:
        """Ask what a file of rows asks, and score by their calls.

        Args:
            model: folder of the model.
            rows: verified rows.
            out: a folder for the answers.

        Raises:
            Interrupted: the end was asked for; the same call goes on later.
        """
        ...
