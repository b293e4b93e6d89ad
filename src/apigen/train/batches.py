"""From token ids to tensors: padded rows, or several rows packed into one sequence, none of which sees another."""

import itertools
from collections.abc import Sequence
from functools import partial
from inspect import signature
from typing import Any

import msgspec

from apigen.train.recipe import Recipe
from apigen.train.tokens import Encoded

IGNORED = -100
"""The label of a token that is not trained."""


def packed(rows: Sequence[Encoded], cutoff: int) -> list[tuple[Encoded, ...]]:
    """Rows in sequences of at most ``cutoff`` tokens: the longest first, each into the fullest that still has room."""
    room: dict[int, list[list[Encoded]]] = {}
    sequences: list[list[Encoded]] = []
    for row in sorted(rows, key=lambda row: -len(row.ids)):
        length = len(row.ids)
        left = min((free for free, open_ in room.items() if free >= length and open_), default=None)
        if left is None:
            sequence: list[Encoded] = []
            sequences.append(sequence)
            left = cutoff
        else:
            sequence = room[left].pop()
        sequence.append(row)
        room.setdefault(left - length, []).append(sequence)
    return [tuple(sequence) for sequence in sequences]


class Rows:
    """What a trainer draws from: rows, or sequences of packed rows."""

    def __init__(self, items: Sequence[Encoded] | Sequence[tuple[Encoded, ...]]) -> None:
        self._items = items

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, index: int) -> tuple[Encoded, ...]:
        item = self._items[index]
        return item if isinstance(item, tuple) else (item,)


def sequences(rows: Sequence[Encoded], recipe: Recipe) -> Rows:
    """What an epoch goes through."""
    return Rows(packed(rows, recipe.cutoff) if recipe.packing else rows)


class Collator(msgspec.Struct, frozen=True):
    """Makes a batch of sequences.

    Args:
        pad: the token that fills up.
        packing: whether a sequence may be several rows.
        answers_only: let the model compute logits where answers are and nowhere else. Rows are then filled up in front,
            so that all answers end in one place, and ``logits_to_keep`` says how many positions count from there. Most
            of a row is its prompt, and with the vocabularies of today logits are most of what a pass keeps.
    """

    pad: int
    packing: bool
    answers_only: bool = False

    def __call__(self, sequences: Sequence[tuple[Encoded, ...]]) -> dict[str, Any]:
        """Tensors of one width; ``labels`` of as many columns as there are logits.

        Packed rows are told apart by their positions, which begin anew with each; there is then no attention mask, and
        transformers makes one that keeps the rows from each other. A pad is a row of its own.
        """
        import torch  # noqa: PLC0415 - what packs and counts is used where torch is not

        width = max(sum(len(row.ids) for row in sequence) for sequence in sequences)
        in_front = self.answers_only and not self.packing
        ids, labels, positions, mask = [], [], [], []
        for sequence in sequences:
            real = sum(len(row.ids) for row in sequence)
            pads = width - real
            fill = partial(_filled, pads=pads, in_front=in_front)
            ids.append(fill([token for row in sequence for token in row.ids], self.pad))
            labels.append(fill([label for row in sequence for label in _labels(row)], IGNORED))
            positions.append(fill([place for row in sequence for place in range(len(row.ids))], 0))
            mask.append(fill([1] * real, 0))
        batch: dict[str, Any] = {"input_ids": ids, "labels": labels}
        batch |= {"position_ids": positions} if self.packing or in_front else {}
        batch |= {} if self.packing else {"attention_mask": mask}
        tensors: dict[str, Any] = {name: torch.tensor(values) for name, values in batch.items()}
        if in_front:
            # The token before an answer is what its first one is told from.
            keep = 1 + max(len(row.ids) - row.start for sequence in sequences for row in sequence)
            tensors |= {"labels": tensors["labels"][:, -keep:], "logits_to_keep": min(keep, width)}
        return tensors


def keeps_some_logits(model: Any) -> bool:
    """Whether a model takes ``logits_to_keep``, and its loss what is kept."""
    return "logits_to_keep" in signature(model.forward).parameters


def _filled(values: list[int], filling: int, *, pads: int, in_front: bool) -> list[int]:
    return [filling] * pads + values if in_front else values + [filling] * pads


def _labels(row: Encoded) -> list[int]:
    return [*itertools.repeat(IGNORED, row.start), *row.ids[row.start :]]
