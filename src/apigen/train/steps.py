"""What both methods give to transformers' trainer: its arguments, and what is done at each of its steps."""

import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import torch
import transformers

from apigen.errors import JobFellShort
from apigen.train import checkpoints
from apigen.train.job import Watch
from apigen.train.loading import precision
from apigen.train.plan import Plan
from apigen.train.recipe import Recipe


class Point(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was measured at one step."""

    step: int
    loss: float | None = None
    evaluation_loss: float | None = None
    learning_rate: float | None = None


def arguments(recipe: Recipe, plan: Plan, out: Path, *, evaluate: bool) -> dict[str, Any]:
    """Keyword arguments of ``TrainingArguments`` and of TRL's that build on it."""
    mixed = precision(recipe) != "fp32"
    return {
        "output_dir": str(out),
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
        "logging_nan_inf_filter": False,  # else a loss that is no number is told as zero
        "eval_strategy": "steps" if evaluate else "no",
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


class Watcher(transformers.TrainerCallback):  # type: ignore[misc]
    """Passes on what happens, marks whole checkpoints, and ends training where that is asked for.

    Args:
        watch: told each step.
        stopped: whether training shall end after the step under way; a checkpoint is then written.
    """

    def __init__(self, watch: Watch, stopped: Callable[[], bool]) -> None:
        self._watch = watch
        self._stopped = stopped
        self.interrupted = False
        self.began = False
        """Whether a step was begun, so that whatever is gone on from was read."""
        self._loss: float | None = None

    def on_step_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Remember that training is under way."""
        del args, state, control
        self.began = True

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, float] | None = None, **_: Any) -> None:
        """Say what a step's loss was.

        Raises:
            JobFellShort: it is no number any more, and so will none of the weights be.
        """
        del args, control
        if logs and "loss" in logs:
            if not math.isfinite(logs["loss"]):
                raise JobFellShort(
                    f"the loss is no number any more at step {state.global_step:,}, so nothing is saved; give a lower "
                    "--learning-rate and another --out"
                )
            self._loss = logs["loss"]
            self._watch(state.global_step, state.max_steps, self._loss)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> Any:
        """Say how far it is, unless this step's loss is known in a moment and said with it."""
        del args
        if not control.should_log:
            self._watch(state.global_step, state.max_steps, self._loss)
        if self._stopped() and state.global_step < state.max_steps:
            self.interrupted = True
            control.should_save = True
            control.should_training_stop = True
        return control

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """A checkpoint is whole now."""
        del control
        os.sync()
        checkpoints.mark(Path(args.output_dir) / f"checkpoint-{state.global_step}")


def points(history: list[dict[str, Any]]) -> list[Point]:
    """What the trainer logged, a point for each step."""
    found: dict[int, dict[str, Any]] = {}
    for entry in history:
        point = found.setdefault(entry["step"], {})
        for ours, theirs in (("loss", "loss"), ("evaluation_loss", "eval_loss"), ("learning_rate", "learning_rate")):
            if theirs in entry:
                point[ours] = entry[theirs]
    return [Point(step, **values) for step, values in sorted(found.items()) if values]
