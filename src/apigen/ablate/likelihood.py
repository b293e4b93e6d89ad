"""How likely a model finds the right answers: a measure that moves long before a whole answer is right."""

from collections.abc import Callable, Mapping
from math import log
from pathlib import Path
from typing import Any

import msgspec
import torch

from apigen.ablate.base import Interrupted
from apigen.dialogue.form import Form
from apigen.errors import JobFellShort, UserError
from apigen.train.batches import Collator
from apigen.train.dialogue import dialogue
from apigen.train.examples import Example, read_examples
from apigen.train.probes import logits_of_answers
from apigen.train.tokens import Encoded, Encoder

_LONGEST = 1 << 20
"""A cutoff that no row reaches: which rows are too long is decided by the model's positions."""


class Likelihood(msgspec.Struct, frozen=True):
    """How many bits right answers take."""

    bits: float | None
    """Per character; ``None`` where no answer could be scored."""
    scored: int
    """Answers that were scored; the chat template does not render the others, or they exceed the model's positions."""


def bits_per_character(
    net: Any,
    tokenizer: Any,
    rows: Path,
    form: Form,
    batch: int,
    stopped: Callable[[], bool] = lambda: False,
) -> Likelihood:
    """Bits that the right answers of rows take, per character of their text, so that tokenizers may differ.

    The negative log-likelihood of an answer's tokens, the one that ends it included, given its prompt; summed over all
    answers and divided by the characters of their text (Jelinek et al. 1977 for the measure per word). Special tokens
    have no characters there: how long a tokenizer's name for the end of a turn is says nothing about the answer.

    Args:
        net: a model, ready to answer.
        tokenizer: its own.
        rows: file of rows. Those that the chat template does not render are skipped, and those with more tokens than
            the model has positions: beyond these a model fails, or computes what it was never trained for.
        form: in which tools and calls are rendered.
        batch: rows at once.
        stopped: asked between batches whether to end.

    Raises:
        JobFellShort: not even one row fits into the device's memory.
        Interrupted: it was asked to end.
    """
    ordered = sorted(_fitting(net, tokenizer, rows, form), key=lambda row: len(row.ids))
    # Of whole rows, logits would be most of what a pass keeps: questions over many tools are nearly all prompt.
    collate = Collator(pad=tokenizer.pad_token_id or 0, packing=False, answers_only=logits_of_answers(net))
    nats, characters = 0.0, 0
    start = 0
    while start < len(ordered):
        if stopped():
            raise Interrupted
        some = ordered[start : start + batch]
        try:
            loss = _nats(net, collate([(row,) for row in some]))
        except torch.OutOfMemoryError:
            if batch == 1:
                raise JobFellShort(f"row {some[0].id} of {rows} does not fit into the device's memory") from None
            batch //= 2
            continue
        start += len(some)
        nats += loss
        characters += sum(len(_text(tokenizer, row)) for row in some)
    return Likelihood(nats / log(2) / characters if characters else None, len(ordered))


def _fitting(net: Any, tokenizer: Any, rows: Path, form: Form) -> list[Encoded]:
    """The rows that the model can read to their end."""
    try:
        corpus = Encoder(tokenizer, "the trained model", _LONGEST).corpus(
            dialogue(example, form) for example in read_examples([rows]).kept if isinstance(example, Example)
        )
    except UserError:  # the chat template renders none of them
        return []
    positions = getattr(net.config.get_text_config(decoder=True), "max_position_embeddings", None) or _LONGEST
    return [row for row in corpus.rows if len(row.ids) <= positions]


def _text(tokenizer: Any, row: Encoded) -> str:
    """The answer's text without special tokens."""
    text: str = tokenizer.decode(row.ids[row.start :], skip_special_tokens=True, clean_up_tokenization_spaces=False)
    return text


def _nats(net: Any, batch: Mapping[str, Any]) -> float:
    """What a batch's answers take, in sum."""
    given = {name: one.to(net.device) if torch.is_tensor(one) else one for name, one in batch.items()}
    # Of as many columns as there are logits, whether these are of whole rows or of answers.
    due = given.pop("labels")[:, 1:]
    trained = due >= 0
    with torch.no_grad():
        scores = net(**given, use_cache=False).logits[:, :-1][trained].float()
    return float(torch.nn.functional.cross_entropy(scores, due[trained], reduction="sum"))
