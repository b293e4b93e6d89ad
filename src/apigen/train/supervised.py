"""Supervised fine-tuning: the answers' tokens are learnt, given the prompts'."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import transformers

from apigen.train.batches import Collator, Rows, packed
from apigen.train.plan import Plan
from apigen.train.probes import logits_of_answers, require_apart
from apigen.train.recipe import Recipe
from apigen.train.steps import Watcher, arguments, on_one_device
from apigen.train.tokens import Encoded


def sequences(rows: Sequence[Encoded], recipe: Recipe) -> Rows:
    """What an epoch goes through."""
    return Rows(packed(rows, recipe.cutoff) if recipe.packing else rows)


def trainer(
    model: Any,
    rows: Rows,
    held_out: Sequence[Encoded],
    recipe: Recipe,
    plan: Plan,
    out: Path,
    pad: int,
    watcher: Watcher,
) -> Any:
    """A trainer that is ready to go.

    Raises:
        UserError: rows shall be packed, and this model would let them see each other.
    """
    made = transformers.Trainer(
        model=model,
        args=on_one_device(transformers.TrainingArguments(**arguments(recipe, plan, out, evaluate=bool(held_out)))),
        train_dataset=rows,
        eval_dataset=Rows(held_out) if held_out else None,
        data_collator=Collator(pad, recipe.packing),
        callbacks=[watcher],
    )
    # Tried only now that the trainer has moved the model to where it is trained: kernels differ between devices.
    if recipe.packing:
        require_apart(made.model, bf16=made.args.bf16)
    else:
        only = logits_of_answers(made.model, bf16=made.args.bf16)
        made.data_collator = Collator(pad, packing=False, answers_only=only)
    return made
