"""From token ids to tensors: padded rows, or several rows packed into one sequence, none of which sees another."""

from collections.abc import Sequence
from typing import Any

import msgspec

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


class Collator(msgspec.Struct, frozen=True):
    """Makes a batch of sequences."""

    pad: int
    packing: bool

    def __call__(self, sequences: Sequence[tuple[Encoded, ...]]) -> dict[str, Any]:
        """Tensors of one width.

        Packed rows are told apart by their positions, which begin anew with each; there is then no attention mask, and
        transformers makes one that keeps the rows from each other. A pad is a row of its own.
        """
        import torch  # noqa: PLC0415 - what packs and counts is used where torch is not

        width = max(sum(len(row.ids) for row in sequence) for sequence in sequences)
        ids, labels, positions, mask = [], [], [], []
        for sequence in sequences:
            real = sum(len(row.ids) for row in sequence)
            pads = width - real
            ids.append([token for row in sequence for token in row.ids] + [self.pad] * pads)
            labels.append([label for row in sequence for label in _labels(row)] + [IGNORED] * pads)
            positions.append([place for row in sequence for place in range(len(row.ids))] + [0] * pads)
            mask.append([1] * real + [0] * pads)
        batch = {"input_ids": ids, "labels": labels}
        batch |= {"position_ids": positions} if self.packing else {"attention_mask": mask}
        return {name: torch.tensor(values) for name, values in batch.items()}


def _labels(row: Encoded) -> list[int]:
    return [IGNORED] * row.start + row.ids[row.start :]
