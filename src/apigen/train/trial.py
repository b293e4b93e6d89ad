"""What the libraries reject in a recipe, found out before anything is trained or written."""

import copy
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
import transformers

from apigen.errors import UserError, in_one_line
from apigen.train.plan import Plan
from apigen.train.recipe import Recipe
from apigen.train.steps import Task, arguments, on_one_device
from apigen.train.tokens import Encoded


@contextmanager
def refusals() -> Iterator[None]:
    """Turn what the libraries raise about a recipe into one line."""
    try:
        yield
    except (ValueError, ImportError) as error:
        raise UserError(f"the recipe does not work with this model: {in_one_line(error)}") from error


def adapted(model: Any, recipe: Recipe) -> Any:
    """The model with an adapter, whose weights alone are trained."""
    import peft  # noqa: PLC0415 - with an adapter only

    config = peft.LoraConfig(
        r=recipe.lora.rank,
        lora_alpha=recipe.lora.alpha,
        lora_dropout=recipe.lora.dropout,
        target_modules=recipe.lora.targets,
        task_type="CAUSAL_LM",
    )
    with warnings.catch_warnings():
        # GPT-2's layers hold their weights the other way round, which peft finds out and mentions.
        warnings.filterwarnings("ignore", message="fan_in_fan_out")
        warnings.simplefilter("ignore", FutureWarning)  # between peft and transformers, and no news to the user
        return peft.get_peft_model(model, config)


def adapter_parameters(recipe: Recipe, empty: Any) -> int | None:
    """How many parameters the recipe's adapter has on a model.

    Args:
        recipe: which says rank and modules.
        empty: the model without weights; it stays as it is.

    Returns:
        The number; ``None`` if the adapter is not wanted and cannot be made for this model, or peft is not installed.

    Raises:
        UserError: the adapter is wanted and cannot be made.
    """
    try:
        with refusals():
            made = adapted(copy.deepcopy(empty), recipe)
    except Exception:  # an estimate must not end a training that needs no adapter
        if recipe.lora.use:
            raise
        return None
    trained: int = sum(each.numel() for each in made.parameters() if each.requires_grad)
    return trained


def require_usable(recipe: Recipe, plan: Plan) -> None:
    """Try the recipe's optimizer and schedule where they cost nothing: on a model of a single weight.

    Args:
        recipe: to be tried.
        plan: of the training.

    Raises:
        UserError: there is no such optimizer or schedule, or it needs a package or setting that is not there.
    """
    with refusals(), TemporaryDirectory() as folder:
        task = Task[Encoded]((), (), recipe, plan, Path(folder), pad=0)
        settings = transformers.TrainingArguments(**arguments(task))
        trainer = transformers.Trainer(model=torch.nn.Linear(1, 1), args=on_one_device(settings))
        trainer.create_optimizer_and_scheduler(plan.steps)
