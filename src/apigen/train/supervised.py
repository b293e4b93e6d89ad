"""Supervised fine-tuning: the answers' tokens are learnt, given the prompts'."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
import transformers

from apigen.errors import UserError
from apigen.train.batches import Collator, Rows, packed
from apigen.train.plan import Plan
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
    if recipe.packing:
        _require_apart(model)
    return transformers.Trainer(
        model=model,
        args=on_one_device(transformers.TrainingArguments(**arguments(recipe, plan, out, evaluate=bool(held_out)))),
        train_dataset=rows,
        eval_dataset=Rows(held_out) if held_out else None,
        data_collator=Collator(pad, recipe.packing),
        callbacks=[watcher],
    )


def _require_apart(model: Any) -> None:
    """Try on two short rows whether the second is read as if the first were not there."""
    if model.config._attn_implementation not in ("sdpa", "eager"):
        model.set_attn_implementation("sdpa")
    first, second = torch.arange(1, 9) % model.config.vocab_size, torch.arange(3, 9) % model.config.vocab_size
    both = torch.cat([first, second])[None].to(model.device)
    places = torch.cat([torch.arange(len(first)), torch.arange(len(second))])[None].to(model.device)
    was_training = model.training
    model.eval()
    with torch.no_grad():
        together = model(input_ids=both, position_ids=places, use_cache=False).logits[0, len(first) :]
        alone = model(input_ids=second[None].to(model.device), use_cache=False).logits[0]
    model.train(was_training)
    off = float((together - alone).abs().max() / alone.abs().max().clamp(min=1e-6))
    if not math.isfinite(off) or off > 0.02:
        raise UserError(
            f"--packing: {model.config.model_type} models let packed rows see each other in this version of "
            "transformers; leave --packing out"
        )
