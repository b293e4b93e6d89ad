"""The request: one comparison of training sets."""

from pathlib import Path

import msgspec
from msgspec.structs import replace

from apigen.ablate.arms import Arm
from apigen.errors import UserError
from apigen.train.job import Job


class Ablation(msgspec.Struct, frozen=True):
    """One ablation: each training set, with each seed, trains a model that then answers the same questions.

    Raises:
        UserError: a number is out of range.
    """

    run: Path
    """Run directory, with its rejected candidates."""
    job: Job
    """How each model is trained, and the output directory; no rows are held out for an evaluation loss, since sets must
    have equal size."""
    arms: tuple[Arm, ...] = tuple(Arm)
    """The verified one is always included, since all others are compared with it."""
    seeds: tuple[int, ...] = (1, 2, 3)
    size: int | None = None
    """Rows per training set; by default as many as there are verified rows."""
    share: float | None = None
    """Share of rejects in a training set; by default the run's own."""
    held_out: float = 0.1
    """Approximate share of rows whose tools are held out of every training set."""
    questions: int = 200
    """Maximum per suite."""
    seed: int = 0
    """Decides which tools and rows are held out."""
    answer_batch: int = 16
    """Questions per batch."""
    answer_tokens: int = 512
    """Maximum tokens per answer."""
    keep_models: bool = False

    def __post_init__(self) -> None:
        for name, value, sound in (
            ("--seeds", len(self.seeds), bool(self.seeds)),
            ("--questions", self.questions, self.questions >= 1),
            ("--answer-batch", self.answer_batch, self.answer_batch >= 1),
            ("--answer-tokens", self.answer_tokens, self.answer_tokens >= 1),
            ("--seed", self.seed, self.seed >= 0),
            ("--held-out", self.held_out, 0 <= self.held_out < 1),
            ("--share", self.share, self.share is None or 0 < self.share < 1),
            ("--size", self.size, self.size is None or self.size >= 1),
        ):
            if not sound:
                raise UserError(f"{name} {value}: out of range; see `apigen ablate --help`")

    @property
    def out(self) -> Path:
        """The output directory: trainings, answers and figures."""
        return self.job.out

    @property
    def compared(self) -> tuple[Arm, ...]:
        """The training sets in their order."""
        return tuple(arm for arm in Arm if arm in self.arms or arm is Arm.VERIFIED)

    def training(self) -> Job:
        """The job that all trainings share."""
        return replace(self.job, recipe=self.job.recipe.model_copy(update={"held_out": 0.0}))
