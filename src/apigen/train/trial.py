"""What the libraries refuse of a recipe, found out before anything is trained or written."""

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
from apigen.train.steps import arguments, on_one_device


@contextmanager
def refusals() -> Iterator[None]:
    """Turn what the libraries say about a recipe into one line."""
    try:
        yield
    except (ValueError, ImportError) as error:
        raise UserError(f"the recipe cannot be used with this model: {in_one_line(error)}") from error


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
    return peft.get_peft_model(model, config)


def require_usable(recipe: Recipe, plan: Plan, empty: Any) -> None:
    """Try the recipe's parts where they cost nothing: on a model without weights, and on one of a single weight.

    Args:
        recipe: to be tried.
        plan: of the training.
        empty: the model without weights, which has an adapter afterwards if the recipe says so.

    Raises:
        UserError: there is no such optimizer, schedule or module, or it needs what is not there.
    """
    with refusals(), TemporaryDirectory() as folder:
        if recipe.lora.use:
            adapted(empty, recipe)
        settings = transformers.TrainingArguments(**arguments(recipe, plan, Path(folder), evaluate=False))
        trainer = transformers.Trainer(model=torch.nn.Linear(1, 1), args=on_one_device(settings))
        trainer.create_optimizer_and_scheduler(plan.steps)
