"""How much memory training takes, by the formula in docs/train.md.

Per parameter: weights, gradients and AdamW's two moments. Per token of a pass: what a layer keeps for the way back, by
Korthikanti et al. (arXiv 2205.05198, equation 2) without the quadratic term, which fused attention does not keep, and
the logits. It knows nothing of fragmentation, so a tenth more is wise.
"""

from typing import Any

import msgspec

from apigen.train.recipe import Precision, Recipe

GIB = 2**30
_KEPT = 34
"""Bytes that a layer keeps per token and unit of width in 16 bits."""
_LOGIT = 12
"""Bytes per logit when the way back begins. In 16 bits: 2 as computed, 4 for the logarithm of its softmax, which the
loss takes in fp32, 4 for the gradient of that, and 2 for its own; in fp32: 4 as computed, 4, and 4 for both gradients,
since no copy of another type is between them."""


class Shape(msgspec.Struct, frozen=True):
    """What of a model decides how much memory it takes."""

    parameters: int
    adapter: int | None
    """Parameters of the recipe's adapter; ``None`` if it cannot be made for this model."""
    width: int
    layers: int
    vocabulary: int


class Memory(msgspec.Struct, frozen=True):
    """Bytes, by what they are for."""

    weights: int
    gradients: int
    optimizer: int
    activations: int

    @property
    def total(self) -> int:
        """All of it."""
        return self.weights + self.gradients + self.optimizer + self.activations


def estimate(
    shape: Shape,
    recipe: Recipe,
    kind: Precision,
    longest: int,
    *,
    answer: int | None = None,
    lora: bool,
    pairs: bool = False,
) -> Memory:
    """What training takes at most.

    Args:
        shape: of the model.
        recipe: batch, cutoff, packing and checkpointing count.
        kind: the precision, which is not ``auto``.
        longest: tokens of the longest row.
        answer: tokens of the longest answer, where logits are computed for answers alone; else for all of a row.
        lora: with an adapter, or all weights.
        pairs: whether a pass holds two answers to each prompt.
    """
    bytes_each = 4 if kind == "fp32" else 2
    moment = 2 if kind == "bf16" else 4
    if lora:
        own = shape.adapter or 0
        weights = shape.parameters * bytes_each + own * 4
        gradients, optimizer = own * 4, own * 8
    else:
        weights = shape.parameters * {"fp32": 4, "mixed": 6, "bf16": 2}[kind]
        gradients, optimizer = shape.parameters * moment, shape.parameters * 2 * moment
    row = recipe.cutoff if recipe.packing else longest
    rows = recipe.batch * (2 if pairs else 1)
    layer = shape.width * _KEPT * bytes_each // 2
    kept = shape.layers * shape.width * bytes_each + layer if recipe.gradient_checkpointing else shape.layers * layer
    logits = (row if answer is None else answer + 1) * shape.vocabulary * _LOGIT
    return Memory(weights, gradients, optimizer, rows * (row * kept + logits))


def shape_of(model: Any, adapter: int | None) -> Shape:
    """The shape of a model, which may be without weights.

    Args:
        model: without an adapter.
        adapter: parameters of an adapter for it, if known.
    """
    config = model.config.get_text_config()
    return Shape(
        parameters=sum(parameter.numel() for parameter in model.parameters()),
        adapter=adapter,
        width=config.hidden_size,
        layers=config.num_hidden_layers,
        vocabulary=config.vocab_size,
    )
