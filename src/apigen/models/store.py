"""Completions that were paid for, kept before anything is done with them.

A completion is found again by what was asked (model, messages, options), so a run that is resumed, or repeated with
other checks, never pays twice for the same prompt.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from apigen.database import Database
from apigen.models.base import Model, Options
from apigen.records import Completion, Json, Message

_SCHEMA = """
CREATE TABLE IF NOT EXISTS completions (
    key BLOB PRIMARY KEY, role TEXT NOT NULL, model TEXT NOT NULL,
    prompt_tokens INTEGER NOT NULL, completion_tokens INTEGER NOT NULL, cost_usd REAL,
    completion BLOB NOT NULL
) WITHOUT ROWID
"""
_ENDPOINTS = "CREATE TABLE IF NOT EXISTS endpoints (key BLOB PRIMARY KEY, facts BLOB NOT NULL) WITHOUT ROWID"

PROBE = "probe"
"""The role of what is asked to learn about an endpoint."""


class CompletionStore:
    """``completions.sqlite`` of a run directory."""

    def __init__(self, path: Path) -> None:
        self._database = Database(path, _SCHEMA, "move it away to ask the models again")
        self._database.execute(_ENDPOINTS)
        self._decoder = msgspec.json.Decoder(Completion)

    def get(self, key: bytes) -> Completion | None:
        """The completion kept under a key."""
        row = self._database.execute("SELECT completion FROM completions WHERE key = ?", (key,)).fetchone()
        return self._decoder.decode(row[0]) if row else None

    def put(self, key: bytes, role: str, completion: Completion) -> None:
        """Keep a completion; it is durable when this returns."""
        self._database.execute(
            "INSERT OR REPLACE INTO completions VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                key,
                role,
                completion.model,
                completion.prompt_tokens,
                completion.completion_tokens,
                completion.cost_usd,
                msgspec.json.encode(completion),
            ),
        )

    def usage(self) -> list[dict[str, Any]]:
        """Requests, tokens and cost per model and role."""
        rows = self._database.execute(
            "SELECT model, role, COUNT(*), SUM(prompt_tokens), SUM(completion_tokens), SUM(cost_usd) "
            "FROM completions GROUP BY model, role ORDER BY model, role"
        )
        names = ("model", "role", "requests", "prompt_tokens", "completion_tokens", "cost_usd")
        return [dict(zip(names, row, strict=True)) for row in rows]

    def notes(self, who: bytes) -> "Notes":
        """What is kept about an endpoint.

        Args:
            who: everything that makes it another endpoint if it changes.
        """
        return Notes(self, self._database, hashlib.sha256(who).digest()[:16])

    def close(self) -> None:
        """Close the file."""
        self._database.close()


class Notes:
    """What was learned about one endpoint, for the next session."""

    def __init__(self, store: CompletionStore, database: Database, key: bytes) -> None:
        self._store = store
        self._database = database
        self._key = key

    def recall(self) -> bytes | None:
        """What was kept last."""
        row = self._database.execute("SELECT facts FROM endpoints WHERE key = ?", (self._key,)).fetchone()
        return row[0] if row else None

    def remember(self, facts: bytes) -> None:
        """Keep this in the place of what was there."""
        self._database.execute("INSERT OR REPLACE INTO endpoints VALUES (?, ?)", (self._key, facts))

    def paid(self, what: str, completion: Completion) -> None:
        """Enter an answer in the accounts that no role asked for."""
        self._store.put(_digest((PROBE, self._key.hex(), what)), PROBE, completion)


def _digest(asked: Json) -> bytes:
    return hashlib.sha256(msgspec.json.encode(asked)).digest()[:16]


class StoredModel:
    """A model whose completions are kept, and taken from the store where they are already there.

    Args:
        model: who is asked when the store has no answer.
        store: where answers are kept.
        role: ``writer`` or ``judge``, for the accounts.
    """

    def __init__(self, model: Model, store: CompletionStore, role: str) -> None:
        self._model = model
        self._store = store
        self._role = role

    @property
    def locator(self) -> str:
        """The locator of the model behind."""
        return self._model.locator

    @property
    def llm(self) -> bool:
        """Whether the model behind is a language model."""
        return self._model.llm

    async def complete(self, messages: Sequence[Message], options: Options) -> Completion:
        """Answer from the store, or ask and keep the answer."""
        key = _digest((self._role, self.locator, messages, options))
        kept = self._store.get(key)
        if kept is not None:
            return kept
        completion = await self._model.complete(messages, options)
        self._store.put(key, self._role, completion)
        return completion

    async def aclose(self) -> None:
        """Close the model behind; the store is closed by its owner."""
        await self._model.aclose()
