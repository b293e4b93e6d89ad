"""Supervised fine-tuning: the answers' tokens are learnt, given the prompts'."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
import transformers

from apigen.errors import UserError
from apigen.train.batches import Collator, Rows, keeps_some_logits, packed
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
        data_collator=Collator(pad, recipe.packing, answers_only=logits_of_answers(model)),
        callbacks=[watcher],
    )


def logits_of_answers(model: Any) -> bool:
    """Whether the loss is the same where logits are computed for answers alone, tried on two short rows.

    A model may not offer it, and one that remembers in a state rather than by attention may see what fills up in front.
    """
    base = model.get_base_model() if hasattr(model, "get_base_model") else model
    if not keeps_some_logits(base):
        return False
    size = model.config.get_text_config().vocab_size
    ids = [token % size for token in range(1, 10)]
    rows = [(Encoded("long", ids, 6),), (Encoded("short", ids[2:7], 3),)]
    was_training = model.training
    model.eval()
    losses = []
    with torch.no_grad():
        for only in (False, True):
            batch = Collator(0, packing=False, answers_only=only)(rows)
            given = {name: one.to(model.device) if torch.is_tensor(one) else one for name, one in batch.items()}
            losses.append(float(model(**given, use_cache=False).loss))
    model.train(was_training)
    return math.isclose(*losses, rel_tol=0.01)


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
