"""How surprised a model is by right answers: a measure that moves long before a whole answer is right."""

from collections.abc import Callable
from math import log
from pathlib import Path
from typing import Any

import torch

from apigen.ablate.base import Interrupted
from apigen.errors import JobFellShort
from apigen.train.batches import Collator
from apigen.train.examples import Example, read_examples
from apigen.train.form import Form, dialogue
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
    collate = Collator(pad=tokenizer.pad_token_id or 0, packing=False)
    nats, characters = 0.0, 0
    ordered = sorted(corpus.rows, key=lambda row: len(row.ids))
    start = 0
    while start < len(ordered):
        if stopped():
            raise Interrupted
        some = ordered[start : start + batch]
        given = {name: values.to(net.device) for name, values in collate([(row,) for row in some]).items()}
        labels = given.pop("labels")
        try:
            with torch.no_grad():
                scores = net(**given).logits[:, :-1][labels[:, 1:] >= 0].float()
            loss = torch.nn.functional.cross_entropy(scores, labels[:, 1:][labels[:, 1:] >= 0], reduction="sum")
        except torch.OutOfMemoryError:
            if batch == 1:
                raise JobFellShort(f"row {some[0].id} of {rows} does not fit into the device's memory") from None
            batch //= 2
            continue
        start += len(some)
        nats += float(loss)
        characters += sum(len(tokenizer.decode(row.ids[row.start :])) for row in some)
    return nats / log(2) / characters
