"""What is asked for: one comparison of training sets."""

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
    """Directory of a run, with the candidates that it rejected."""
    job: Job
    """How each model is trained, and the folder of the whole; no row is held out for a loss on the side, since sets are
    to be equally large."""
    arms: tuple[Arm, ...] = tuple(Arm)
    """The verified one is always among them, since all others are compared with it."""
    seeds: tuple[int, ...] = (1, 2, 3)
    size: int | None = None
    """Rows of each training set; all that are verified by default."""
    share: float | None = None
    """Of rejects in a training set; as many as the run has by default."""
    held_out: float = 0.1
    """Share of the rows whose tools no training set shows, about."""
    questions: int = 200
    """Of either kind at most."""
    seed: int = 0
    """Decides which tools and rows are held out."""
    answer_batch: int = 16
    """Questions that are asked at once."""
    answer_tokens: int = 512
    """Of an answer at most."""
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
                raise UserError(f"{name} {value}: is out of range; `apigen ablate --help` says what it is")

    @property
    def out(self) -> Path:
        """Where trainings, answers and figures go."""
        return self.job.out

    @property
    def compared(self) -> tuple[Arm, ...]:
        """The training sets in their order."""
        return tuple(arm for arm in Arm if arm in self.arms or arm is Arm.VERIFIED)

    def training(self) -> Job:
        """The job that all trainings have in common."""
        return replace(self.job, recipe=self.job.recipe.model_copy(update={"held_out": 0.0}))
