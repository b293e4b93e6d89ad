"""The ledger: what a simulated model spoiled, and how. The pipeline never sees it; whoever measures joins it."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from apigen.files import LineWriter
from apigen.models.base import Options
from apigen.records import Call, Message


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One pair that was written, right or spoiled: a line of the ledger."""

    request: str
    """Of which request: :func:`request_key`."""
    pair: int
    """Its position in the completion, from 0."""
    profile: str
    seed: int | None = None
    """The seed that the request came with."""
    kind: str = ""
    """The fault, by its name in ``kinds``; empty for a right pair."""
    stage: str = ""
    """The paper's stage by whose rate the fault was drawn: ``format``, ``execution`` or ``semantics``."""
    what: str = ""
    """What was done, in one line."""
    noise: str = ""
    """How the completion is untidy, where it is; see ``noise``."""
    query: str = ""
    """The right query."""
    calls: tuple[Call, ...] = ()
    """The right calls."""
    written: str = ""
    """What was written for the pair; of a fault of the whole completion, all of it."""


Keep = Callable[[Sequence[Entry]], None]
"""Takes the entries of one completion, in their order."""


def request_key(messages: Sequence[Message], options: Options) -> str:
    """Sixteen hex digits that tell one request from all others: over its messages and its seed."""
    asked = msgspec.json.encode((messages, options.seed))
    return hashlib.blake2b(asked, digest_size=8).hexdigest()


class LedgerFile:
    """A ledger in a file, one line a pair; a request that is asked again is written again, alike.

    Args:
        path: appended to.
    """

    def __init__(self, path: Path) -> None:
        self._writer = LineWriter(path)
        self._encoder = msgspec.json.Encoder()

    def keep(self, entries: Sequence[Entry]) -> None:
        """Write the entries of one completion."""
        self._writer.write(b"".join(self._encoder.encode(entry) + b"\n" for entry in entries))

    def close(self) -> None:
        """Close the file."""
        self._writer.close()
