"""Detects repeated rows, in some thirty bytes per row."""

import hashlib
from array import array

from apigen.records import Candidate

_FIRST_SIZE = 1 << 12

_PUNCTUATION = str.maketrans(dict.fromkeys(".,;:!?\u2026'\"\u201c\u201d\u2018\u2019`", " "))
"""What :func:`apigen.dataset.duplicates.fingerprint` passes over as well; signs and symbols are kept."""


class SeenRows:
    """Digests of rows with their numbers: an open-addressed table, whose memory grows by doubling.

    Two rows are the same question when query (but for case, spacing and punctuation), what was said before, and the
    names of the tools offered and of their parameters are the same: a tool that lacks a parameter makes another
    question. Digests have 64 bits: among a million rows, two different ones share theirs with a probability of 3 in
    100 million.
    """

    def __init__(self) -> None:
        self._keys = array("Q", bytes(8 * _FIRST_SIZE))
        self._numbers = array("Q", bytes(8 * _FIRST_SIZE))
        self._count = 0

    def earlier(self, candidate: Candidate, number: int) -> int | None:
        """The number of the first row with the same question; the row itself is remembered where there is none."""
        key = _digest(candidate)
        slot = self._slot(key)
        if self._keys[slot]:
            return self._numbers[slot]
        self._keys[slot], self._numbers[slot] = key, number
        self._count += 1
        if 5 * self._count > 3 * len(self._keys):
            self._grow()
        return None

    def _slot(self, key: int) -> int:
        mask = len(self._keys) - 1
        slot = key & mask
        while self._keys[slot] not in (0, key):
            slot = (slot + 1) & mask
        return slot

    def _grow(self) -> None:
        keys, numbers = self._keys, self._numbers
        self._keys = array("Q", bytes(16 * len(keys)))
        self._numbers = array("Q", bytes(16 * len(keys)))
        for key, number in zip(keys, numbers, strict=True):
            if key:
                slot = self._slot(key)
                self._keys[slot], self._numbers[slot] = key, number


def _digest(candidate: Candidate) -> int:
    words = " ".join(candidate.query.casefold().translate(_PUNCTUATION).split())
    tools = sorted(" ".join((tool.name, *sorted(tool.properties or ()))) for tool in candidate.tools)
    said = "\0".join((words, *candidate.context, "\0", *tools))
    digest = hashlib.blake2b(said.encode("utf-8", "backslashreplace"), digest_size=8).digest()
    return int.from_bytes(digest, "big") or 1
