"""How surprised a model is by right answers: a measure that moves long before a whole answer is right."""

from collections.abc import Callable, Mapping
from math import log
from pathlib import Path
from typing import Any

import torch

from apigen.ablate.base import Interrupted
from apigen.dialogue.form import Form
from apigen.errors import JobFellShort
from apigen.train.batches import Collator
from apigen.train.dialogue import dialogue
from apigen.train.examples import Example, read_examples
from apigen.train.probes import logits_of_answers
from apigen.train.tokens import Encoder

_LONGEST = 1 << 20


def bits_per_character(
    net: Any,
    tokenizer: Any,
    rows: Path,
    form: Form,
    batch: int,
    stopped: Callable[[], bool] = lambda: False,
) -> float:
    """Bits that the right answers of rows take, by their own characters, so that tokenizers may differ.

    The negative log-likelihood of an answer's tokens, the one that ends it included, given its prompt; summed over all
    answers and divided by the characters that their tokens are (Jelinek et al. 1977 for the measure per word).

    Args:
        net: a model, ready to answer.
        tokenizer: its own.
        rows: file of rows; what cannot be put to the model's chat template is passed over.
        form: in which they are put.
        batch: rows at once.
        stopped: asked between batches whether to end.

    Raises:
        UserError: no row can be put to the model.
        JobFellShort: not even one row fits into the device's memory.
        Interrupted: it was asked to end.
    """
    corpus = Encoder(tokenizer, "the trained model", _LONGEST).corpus(
        dialogue(example, form) for example in read_examples([rows]).kept if isinstance(example, Example)
    )
    # Of whole rows, logits would be most of what a pass keeps: questions over many tools are nearly all prompt.
    collate = Collator(pad=tokenizer.pad_token_id or 0, packing=False, answers_only=logits_of_answers(net))
    nats, characters = 0.0, 0
    ordered = sorted(corpus.rows, key=lambda row: len(row.ids))
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
        characters += sum(len(tokenizer.decode(row.ids[row.start :])) for row in some)
    return nats / log(2) / characters


def _nats(net: Any, batch: Mapping[str, Any]) -> float:
    """What a batch's answers take, in sum."""
    given = {name: one.to(net.device) if torch.is_tensor(one) else one for name, one in batch.items()}
    # Of as many columns as there are logits, whether these are of whole rows or of answers.
    due = given.pop("labels")[:, 1:]
    trained = due >= 0
    with torch.no_grad():
        scores = net(**given, use_cache=False).logits[:, :-1][trained].float()
    return float(torch.nn.functional.cross_entropy(scores, due[trained], reduction="sum"))
