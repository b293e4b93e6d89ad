"""What both methods give to transformers' trainer: its arguments, and what is done at each of its steps."""

import math
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Generic, TypeVar

import msgspec
import torch
import transformers

from apigen.errors import in_one_line
from apigen.train import checkpoints
from apigen.train.job import Watch
from apigen.train.loading import precision
from apigen.train.plan import Plan
from apigen.train.recipe import Recipe
from apigen.train.tokens import Encoded, EncodedPair

Learnt = TypeVar("Learnt", Encoded, EncodedPair)


class Diverged(Exception):  # noqa: N818 - what became of the training
    """The loss or a weight is NaN or infinite; the message says which, and at which step."""


class CannotSave(Exception):  # noqa: N818 - what the disk did
    """A checkpoint cannot be written; the message says why."""


class Point(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was measured at one step."""

    step: int
    loss: float | None = None
    evaluation_loss: float | None = None
    learning_rate: float | None = None


class Task(msgspec.Struct, Generic[Learnt], frozen=True):
    """What a trainer of either method does with a model."""

    rows: Sequence[Learnt]
    held_out: Sequence[Learnt]
    recipe: Recipe
    plan: Plan
    out: Path
    """Folder for checkpoints."""
    pad: int
    """The token that fills up batches."""


def arguments(task: Task[Learnt]) -> dict[str, Any]:
    """Keyword arguments of ``TrainingArguments`` and of TRL's that build on it."""
    recipe, plan = task.recipe, task.plan
    mixed = precision(recipe) != "fp32"
    return {
        "output_dir": str(task.out),
        "per_device_train_batch_size": recipe.batch,
        "per_device_eval_batch_size": recipe.batch,
        "gradient_accumulation_steps": recipe.accumulation,
        "max_steps": plan.steps,
        "learning_rate": recipe.learning_rate,
        "lr_scheduler_type": recipe.schedule,
        "warmup_steps": recipe.warmup_steps,
        "weight_decay": recipe.weight_decay,
        "max_grad_norm": recipe.max_grad_norm,
        "optim": recipe.optimizer,
        "bf16": mixed,
        "seed": recipe.seed,
        "data_seed": recipe.seed,
        "logging_steps": recipe.log_every,
        "logging_first_step": True,
        "logging_nan_inf_filter": False,  # otherwise a NaN loss would be logged as zero
        "eval_strategy": "steps" if task.held_out else "no",
        "eval_steps": plan.evaluate_every,
        "save_strategy": "steps",
        "save_steps": plan.checkpoint_every,
        "save_total_limit": recipe.keep_checkpoints,
        "report_to": "none",
        "disable_tqdm": True,
        "remove_unused_columns": False,
        "dataloader_pin_memory": torch.cuda.is_available(),
        "use_cpu": not (torch.cuda.is_available() or torch.backends.mps.is_available()),
    }


def on_one_device(settings: Any) -> Any:
    """Training arguments for one GPU: of several in one process transformers would make a copy of the model on each."""
    if settings.n_gpu > 1:
        settings._n_gpu = 1
    return settings


@contextmanager
def writing() -> Iterator[None]:
    """Tell what goes wrong while a checkpoint is written from everything else that can go wrong in training.

    Raises:
        CannotSave: the disk is full or fails.
    """
    try:
        yield
    except OSError as error:
        raise CannotSave(error.strerror or str(error)) from error
    except RuntimeError as error:  # how torch's writer reports a full disk
        if not any(mark in str(error) for mark in _OF_TORCHS_WRITER):
            raise
        raise CannotSave("the disk is full, or a file may not grow") from error
    except Exception as error:
        if type(error).__name__ != "SafetensorError":  # its class is another one in each version
            raise
        raise CannotSave(in_one_line(error, 200)) from error


_OF_TORCHS_WRITER = ("PytorchStreamWriter", "file write failed", "No space left", "unexpected pos")


class Watcher(transformers.TrainerCallback):  # type: ignore[misc]
    """Reports each step, marks whole checkpoints, and ends training when asked to or when it diverges.

    The trainer sums the loss of all steps since it was last logged, on the device. A single NaN or infinity stays in
    that sum, so reading it when it is logged covers every step, without waiting for the device at each. Before a
    checkpoint is written the loss is therefore logged, whatever ``log_every`` is; and the weights are looked at, since
    the last step may have ruined them after its loss was computed.

    Args:
        watch: called after each step.
        stopped: whether training shall end after the current step; a checkpoint is then written.
        saved: called with the step of each checkpoint once it is whole.
    """

    def __init__(
        self, watch: Watch, stopped: Callable[[], bool] = lambda: False, saved: Callable[[int], None] = lambda _: None
    ) -> None:
        self._watch = watch
        self._stopped = stopped
        self._saved = saved
        self.interrupted = False
        self.began = False
        """Whether a step has begun, so that the checkpoint it resumes from was read."""
        self._loss: float | None = None

    def on_step_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Remember that training is under way."""
        del args, state, control
        self.began = True

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, float] | None = None, **_: Any) -> None:
        """Report the loss.

        Raises:
            Diverged: the loss of a step since it was last logged is NaN or infinite.
        """
        del args, control
        if logs and "loss" in logs:
            if not math.isfinite(logs["loss"]):
                raise Diverged(f"the loss became NaN or infinite by step {state.global_step:,}")
            self._loss = logs["loss"]
            self._watch(state.global_step, state.max_steps, self._loss)

    def on_step_end(self, args: Any, state: Any, control: Any, model: Any = None, **_: Any) -> Any:
        """Report the step, unless it is logged in a moment, and look at the weights before they are saved.

        Raises:
            Diverged: a weight that would be saved is NaN or infinite.
        """
        del args
        if self._stopped() and state.global_step < state.max_steps:
            self.interrupted = True
            control.should_save = True
            control.should_training_stop = True
        if control.should_save or state.global_step >= state.max_steps:
            control.should_log = True
            if not _finite(model):
                raise Diverged(f"the weights became NaN or infinite by step {state.global_step:,}")
        if not control.should_log:
            self._watch(state.global_step, state.max_steps, self._loss)
        return control

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Mark the checkpoint as whole, and report it."""
        del control
        os.sync()
        checkpoints.mark(Path(args.output_dir) / f"checkpoint-{state.global_step}")
        self._saved(state.global_step)


def _finite(model: Any) -> bool:
    """Whether no trained weight is NaN or infinite, as found on the device and read from it once."""
    found = [each.detach().isfinite().all() for each in model.parameters() if each.requires_grad]
    return not found or bool(torch.stack(found).all())


def points(history: list[dict[str, Any]]) -> list[Point]:
    """What the trainer logged, a point for each step."""
    found: dict[int, dict[str, Any]] = {}
    for entry in history:
        point = found.setdefault(entry["step"], {})
        for ours, theirs in (("loss", "loss"), ("evaluation_loss", "eval_loss"), ("learning_rate", "learning_rate")):
            if theirs in entry:
                point[ours] = entry[theirs]
    return [Point(step, **values) for step, values in sorted(found.items()) if values]
