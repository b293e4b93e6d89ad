"""Which request is in which batch, recorded before anything is paid: ``batches.sqlite`` of a run directory.

A batch is *made* here first, then its file is *uploaded*, then it is *created* at the provider, which is what costs.
A process that dies between requesting the creation and receiving the id leaves a batch *in doubt*; all other states
are certain. Once a batch is *over*, its answers are kept by request, including those that nobody waits for now.
"""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

import msgspec

from apigen.database import Database
from apigen.records import Completion

_SCHEMA = """
CREATE TABLE IF NOT EXISTS batches (
    number INTEGER PRIMARY KEY AUTOINCREMENT, owner TEXT NOT NULL, url TEXT NOT NULL, tag TEXT NOT NULL,
    requests INTEGER NOT NULL, made REAL NOT NULL, stage TEXT NOT NULL, file_id TEXT, batch_id TEXT,
    cancelled INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS lines (
    key TEXT PRIMARY KEY, batch INTEGER NOT NULL, position INTEGER NOT NULL, answer BLOB
);
CREATE INDEX IF NOT EXISTS lines_of_batch ON lines (batch, position);
"""


class Stage(StrEnum):
    """The state of a batch, as far as this side knows."""

    MADE = "made"
    UPLOADED = "uploaded"
    IN_DOUBT = "in doubt"
    UNDER_WAY = "under way"
    OVER = "over"


class Entry(msgspec.Struct, frozen=True):
    """What is recorded of one batch."""

    number: int
    owner: str
    """The role and the model whose requests are in it."""
    url: str
    """The endpoint where it is."""
    tag: str
    """Its metadata, by which it is found again at the provider."""
    requests: int
    made: float
    """When it was prepared, in seconds since 1970."""
    stage: Stage
    file_id: str | None = None
    batch_id: str | None = None
    cancelled: bool = False
    """Whether this side cancelled it."""

    @property
    def name(self) -> str:
        """The provider's id, or what identifies a batch in doubt at the provider."""
        return self.batch_id or f"unconfirmed, with the metadata apigen={self.tag}"

    @property
    def model(self) -> str:
        """The model's name alone."""
        return self.owner.partition(" ")[2]


def owned_by(role: str, model: str) -> str:
    """Whose requests are in a batch."""
    return f"{role} {model}"


_COLUMNS = ", ".join(Entry.__struct_fields__)


class Journal:
    """All batches of a run, and the answers that came through them.

    Args:
        path: the file, created if missing.
    """

    def __init__(self, path: Path) -> None:
        self._database = Database(path, _SCHEMA, "move it away to send everything in new batches")
        self._database.execute("PRAGMA synchronous=FULL")  # what was paid must outlive a power cut, too
        self._completion = msgspec.json.Decoder(Completion)

    def make(self, owner: str, url: str, tag: str, keys: Iterable[str]) -> Entry:
        """Record a new batch and its requests, in the order of its lines."""
        keys = list(keys)
        with self._database.atomically():
            number = self._database.execute(
                "INSERT INTO batches (owner, url, tag, requests, made, stage) VALUES (?, ?, ?, ?, ?, ?)",
                (owner, url, tag, len(keys), time.time(), Stage.MADE),
            ).lastrowid
            for position, key in enumerate(keys):
                self._database.execute("INSERT OR REPLACE INTO lines VALUES (?, ?, ?, NULL)", (key, number, position))
        return self.entry(number or 0)

    def entry(self, number: int) -> Entry:
        """The batch of that number."""
        (row,) = self._database.execute(f"SELECT {_COLUMNS} FROM batches WHERE number = ?", (number,))  # noqa: S608
        return msgspec.convert(dict(zip(Entry.__struct_fields__, row, strict=True)), Entry, strict=False)

    def unfinished(self) -> list[Entry]:
        """All batches that are not over, oldest first."""
        rows = self._database.execute("SELECT number FROM batches WHERE stage != ? ORDER BY number", (Stage.OVER,))
        return [self.entry(number) for (number,) in rows.fetchall()]

    def uploaded(self, number: int, file_id: str) -> None:
        """Record the id of a batch's file."""
        self._database.execute(
            "UPDATE batches SET stage = ?, file_id = ? WHERE number = ?", (Stage.UPLOADED, file_id, number)
        )

    def in_doubt(self, number: int) -> None:
        """Record that the provider is about to be asked to create a batch."""
        self._database.execute("UPDATE batches SET stage = ? WHERE number = ?", (Stage.IN_DOUBT, number))

    def created(self, number: int, batch_id: str) -> None:
        """Record the id of a batch that the provider created."""
        self._database.execute(
            "UPDATE batches SET stage = ?, batch_id = ? WHERE number = ?", (Stage.UNDER_WAY, batch_id, number)
        )

    def cancelled(self, number: int) -> None:
        """Record that this side cancels a batch, to tell it from one cancelled at the provider."""
        self._database.execute("UPDATE batches SET cancelled = 1 WHERE number = ?", (number,))

    @contextmanager
    def ending(self, number: int) -> Iterator[None]:
        """Keep the answers of a batch within the block; at its end the batch is over, unanswered lines are freed."""
        with self._database.atomically():
            yield
            self._database.execute("DELETE FROM lines WHERE batch = ? AND answer IS NULL", (number,))
            self._database.execute("UPDATE batches SET stage = ? WHERE number = ?", (Stage.OVER, number))

    def answered(self, number: int, key: str, completion: Completion) -> bool:
        """Keep the answer to a line of a batch; returns whether the line belongs to it and had no answer yet."""
        kept = self._database.execute(
            "UPDATE lines SET answer = ? WHERE key = ? AND batch = ? AND answer IS NULL",
            (msgspec.json.encode(completion), key, number),
        )
        return kept.rowcount == 1

    def keys(self, number: int) -> list[str]:
        """The requests of a batch, in the order of its lines."""
        rows = self._database.execute("SELECT key FROM lines WHERE batch = ? ORDER BY position", (number,))
        return [key for (key,) in rows]

    def find(self, key: str) -> Completion | int | None:
        """The answer to a request, or the number of the batch that it is in, or ``None``."""
        row = self._database.execute("SELECT answer, batch FROM lines WHERE key = ?", (key,)).fetchone()
        if row is None:
            return None
        return int(row[1]) if row[0] is None else self._completion.decode(row[0])

    def close(self) -> None:
        """Close the file."""
        self._database.close()
