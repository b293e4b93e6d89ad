"""What a model can do is tried on two short rows, where it will be trained and in the precision that it will have."""

import copy
import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
import transformers

from apigen.errors import UserError
from apigen.train.batches import Collator, keeps_some_logits
from apigen.train.tokens import Encoded, ids_of

_NEAR = {False: 0.01, True: 0.02}
"""How far losses may be apart that are the same but for rounding: in fp32, and in bf16."""
_LAYERS, _WORDS, _WIDE = 2, 64, 0.5
_LARGEST = 5 * 10**8
"""Parameters of a model that is made only to be tried."""
_APART = {False: 0.02, True: 0.05}
"""How far logits may be apart, as a share of the largest."""


def logits_of_answers(model: Any, *, bf16: bool = False) -> bool:
    """Whether loss and gradients are sound where logits are computed for answers alone.

    A model may not offer it, and one that remembers in a state rather than by attention may see what fills up in front.
    There are then positions that attend to nothing, for which some kernels compute what is no number: if not on the way
    there, then on the way back.

    Args:
        model: on the device that it is trained on.
        bf16: whether training computes in bf16.
    """
    base = model.get_base_model() if hasattr(model, "get_base_model") else model
    if not keeps_some_logits(base):
        return False
    size = model.config.get_text_config().vocab_size
    ids = ids_of(token % size for token in range(1, 10))
    rows = [(Encoded("long", ids, 6),), (Encoded("short", ids[2:7], 3),)]
    losses = []
    with _tried(model, bf16=bf16):
        for only in (False, True):
            batch = Collator(0, packing=False, answers_only=only)(rows)
            given = {name: one.to(model.device) if torch.is_tensor(one) else one for name, one in batch.items()}
            with torch.set_grad_enabled(only):
                losses.append(model(**given, use_cache=False).loss)
        same = math.isclose(*(float(loss.detach()) for loss in losses), rel_tol=_NEAR[bf16])
        return same and _gradients_are_numbers(model, losses[-1])


def require_apart(model: Any, *, bf16: bool = False) -> None:
    """Try whether the second of two packed rows is read as if the first were not there.

    Args:
        model: on the device that it is trained on.
        bf16: whether training computes in bf16.

    Raises:
        UserError: it is not.
    """
    if model.config._attn_implementation not in ("sdpa", "eager"):
        model.set_attn_implementation("sdpa")
    size = model.config.get_text_config().vocab_size
    first, second = torch.arange(1, 9) % size, torch.arange(3, 9) % size
    both = torch.cat([first, second])[None].to(model.device)
    places = torch.cat([torch.arange(len(first)), torch.arange(len(second))])[None].to(model.device)
    with _tried(model, bf16=bf16), torch.no_grad():
        together = model(input_ids=both, position_ids=places, use_cache=False).logits[0, len(first) :]
        alone = model(input_ids=second[None].to(model.device), use_cache=False).logits[0]
    off = float((together - alone).abs().max() / alone.abs().max().clamp(min=1e-6))
    if not math.isfinite(off) or off > _APART[bf16]:
        raise UserError(
            f"--packing: {model.config.model_type} models attend across packed rows in this version of transformers; "
            "drop --packing"
        )


def require_packable(config: Any) -> None:
    """The same before any weights are loaded: on a model with random weights, two layers and few words.

    A model that cannot be made so small is let through, since the model itself is tried before it is trained.

    Args:
        config: of the model; it stays as it is.

    Raises:
        UserError: the second of two packed rows sees the first.
    """
    small = copy.deepcopy(config)
    text = small.get_text_config()
    text.num_hidden_layers, text.vocab_size, text.pad_token_id = _LAYERS, _WORDS, None
    text.initializer_range = _WIDE  # at the usual one, what one row sees of another drowns in rounding
    if getattr(text, "layer_types", None):
        text.layer_types = text.layer_types[:_LAYERS]
    try:
        with torch.device("meta"):
            size = transformers.AutoModelForCausalLM.from_config(small).num_parameters()
        if size > _LARGEST:
            return
        made = transformers.AutoModelForCausalLM.from_config(small, dtype=torch.float32)
    except Exception:  # noqa: BLE001 - every family has its own rules for what fits together
        return
    require_apart(made)


@contextmanager
def _tried(model: Any, *, bf16: bool) -> Iterator[None]:
    """Without dropout, in training's precision; afterwards the model is as it was."""
    was_training = model.training
    model.eval()
    try:
        with torch.autocast(model.device.type, dtype=torch.bfloat16, enabled=bf16):
            yield
    finally:
        model.train(was_training)
        model.zero_grad(set_to_none=True)


def _gradients_are_numbers(model: Any, loss: Any) -> bool:
    loss.backward()
    return all(bool(each.grad.isfinite().all()) for each in model.parameters() if each.grad is not None)
