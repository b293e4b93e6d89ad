"""Completions that were paid for, kept before anything is done with them.

A completion is found again by what was asked (model, messages, options), so a run that is resumed, or repeated with
other checks, never pays twice for the same prompt.
"""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from apigen.database import Database
from apigen.models.base import Model, Options
from apigen.records import Completion, Message

_SCHEMA = """
CREATE TABLE IF NOT EXISTS completions (
    key BLOB PRIMARY KEY, role TEXT NOT NULL, model TEXT NOT NULL,
    prompt_tokens INTEGER NOT NULL, completion_tokens INTEGER NOT NULL, cost_usd REAL,
    completion BLOB NOT NULL
) WITHOUT ROWID
"""


class CompletionStore:
    """``completions.sqlite`` of a run directory."""

    def __init__(self, path: Path) -> None:
        self._database = Database(path, _SCHEMA, "move it away to ask the models again")
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

    def reprice(self, model: str, cost: Callable[[Completion], float | None]) -> None:
        """Enter the cost of a model's answers that had none, now that it may be known."""
        unknown = "SELECT key, role FROM completions WHERE model = ? AND cost_usd IS NULL"
        for key, role in self._database.execute(unknown, (model,)).fetchall():
            kept = self.get(key)
            if kept is not None and (usd := cost(kept)) is not None:
                self.put(key, role, msgspec.structs.replace(kept, cost_usd=usd))

    def usage(self) -> list[dict[str, Any]]:
        """Requests, tokens and cost per model and role; no cost where that of one request is not known."""
        rows = self._database.execute(
            "SELECT model, role, COUNT(*), SUM(prompt_tokens), SUM(completion_tokens), "
            "CASE WHEN COUNT(cost_usd) = COUNT(*) THEN SUM(cost_usd) END, COUNT(*) - COUNT(cost_usd) "
            "FROM completions GROUP BY model, role ORDER BY model, role"
        )
        names = ("model", "role", "requests", "prompt_tokens", "completion_tokens", "cost_usd", "unpriced")
        return [dict(zip(names, row, strict=True)) for row in rows]

    def close(self) -> None:
        """Close the file."""
        self._database.close()


class StoredModel:
    """A model whose completions are kept, and taken from the store where they are already there.

    Args:
        model: who is asked when the store has no answer.
        store: where answers are kept.
        role: why it is asked, for the accounts.
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
        asked = msgspec.json.encode((self._role, self.locator, messages, options))
        key = hashlib.sha256(asked).digest()[:16]
        kept = self._store.get(key)
        if kept is not None:
            return kept
        completion = await self._model.complete(messages, options)
        self._store.put(key, self._role, completion)
        return completion

    async def aclose(self) -> None:
        """Close the model behind; the store is closed by its owner."""
        await self._model.aclose()
