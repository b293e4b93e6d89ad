"""Completions that were paid for, kept before anything is done with them.

A completion is found again by what was asked (model, messages, options, and what is added to every request), so a run
that is resumed, or repeated with other checks, never pays twice for the same prompt.
"""

import hashlib
import secrets
import shlex
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from apigen.database import Database
from apigen.errors import JobFellShort, ModelRefused, NotKept, in_one_line
from apigen.models.base import EndpointFacts, Model, Options
from apigen.models.roles import Role
from apigen.models.under_way import UnderWay
from apigen.records import Completion, Json, Message

_SCHEMA = """
CREATE TABLE IF NOT EXISTS completions (
    key BLOB PRIMARY KEY, role TEXT NOT NULL, model TEXT NOT NULL,
    prompt_tokens INTEGER NOT NULL, completion_tokens INTEGER NOT NULL, cost_usd REAL,
    completion BLOB NOT NULL
) WITHOUT ROWID
"""
_ENDPOINTS = "CREATE TABLE IF NOT EXISTS endpoints (key BLOB PRIMARY KEY, facts BLOB NOT NULL) WITHOUT ROWID"

Pay = Callable[[Completion], Completion]
"""Enters an answer in the accounts; returns it with its cost."""


def unpaid(completion: Completion) -> Completion:
    """Where there are no accounts."""
    return completion


def request_key(
    role: str, locator: str, messages: Sequence[Message], options: Options, extra: Mapping[str, Json]
) -> bytes:
    """Sixteen bytes that stand for what is asked of whom.

    Named one by one, so that a field that options or messages get later does not make every answer a stranger.
    """
    said = [(message.role, message.content) for message in messages]
    asked = (role, locator, said, options.temperature, options.max_tokens, options.seed)
    # Only what there is: most have nothing, and answers that were kept before it counted keep their keys.
    more = dict(extra) | ({"tools": options.tools} if options.tools else {})
    return _digest((*asked, more) if more else asked)


class CompletionStore:
    """``completions.sqlite`` of a run directory.

    Args:
        path: the file, made if it is not there.
        under_way: the answers that will be kept here when they come; shared by all models that use this store.
    """

    def __init__(self, path: Path, under_way: UnderWay | None = None) -> None:
        self.under_way = under_way or UnderWay()
        self._path = path
        self._database = Database(path, _SCHEMA, "move it away to ask the models again")
        self._database.execute(_ENDPOINTS)
        self._decoder = msgspec.json.Decoder(Completion)

    def get(self, key: bytes) -> Completion | None:
        """The completion kept under a key.

        Raises:
            JobFellShort: it cannot be read.
        """
        row = self._database.execute("SELECT completion FROM completions WHERE key = ?", (key,)).fetchone()
        if row is None:
            return None
        try:
            return self._decoder.decode(row[0])
        except (ValueError, TypeError, RecursionError) as error:  # msgspec's and those of broken UTF-8 are ValueErrors
            statement = f"DELETE FROM completions WHERE key = x'{key.hex()}'"  # noqa: S608 - shown, never executed
            raise JobFellShort(
                f"{self._path}: a stored answer is damaged ({in_one_line(error, 100)}); move the file away to ask the "
                f'models again, or delete this answer alone: sqlite3 {shlex.quote(str(self._path))} "{statement}"'
            ) from error

    def keep(self, key: bytes, role: str, completion: Completion) -> None:
        """Keep a completion; it is durable when this returns.

        It is written at once and by itself, before whoever waits for its place in the queue can take that: of an answer
        that cannot be kept, nothing more is sent.

        Raises:
            ModelRefused: it holds what no file can, such as half of a pair of code units.
            JobFellShort: it cannot be kept.
        """
        try:
            row = _row(key, role, completion)
        except (UnicodeError, OverflowError, RecursionError) as error:
            why = f"{completion.model}: the answer cannot be stored: {in_one_line(error)}"
            raise ModelRefused(why) from error
        self._put(row)

    def put(self, key: bytes, role: str, completion: Completion) -> None:
        """Keep a completion; it is durable when this returns."""
        self._put(_row(key, role, completion))

    def _put(self, row: "_Row") -> None:
        self._database.execute("INSERT OR REPLACE INTO completions VALUES (?, ?, ?, ?, ?, ?, ?)", row)

    def count(self, role: str) -> int:
        """How many completions of a role are kept."""
        statement = "SELECT COUNT(*) FROM completions WHERE role = ?"
        count: int = self._database.execute(statement, (role,)).fetchone()[0]
        return count

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

    def notes(self, who: bytes, pay: Pay) -> "Notes":
        """What is kept about an endpoint.

        Args:
            who: everything that makes it another endpoint if it changes.
            pay: enters what was asked to learn it; returns the answer with its cost.
        """
        return Notes(self, self._database, hashlib.sha256(who).digest()[:16], pay)

    def close(self) -> None:
        """Close the file."""
        self._database.close()


class Notes:
    """What was learned about one endpoint, for the next session."""

    def __init__(self, store: CompletionStore, database: Database, key: bytes, pay: Pay) -> None:
        self._pay = pay
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
        """Enter an answer in the accounts that no role asked for.

        Each is a row of its own: what a session that was killed had asked is asked again, and paid again.
        """
        asked = (Role.PROBE, self._key.hex(), what, secrets.token_hex(8))
        self._store.put(_digest(asked), Role.PROBE, self._pay(completion))


_Row = tuple[bytes, str, str, int, int, float | None, bytes]


def _row(key: bytes, role: str, completion: Completion) -> _Row:
    return (
        key,
        role,
        completion.model,
        completion.prompt_tokens,
        completion.completion_tokens,
        completion.cost_usd,
        msgspec.json.encode(completion),
    )


def _digest(asked: Json) -> bytes:
    return hashlib.sha256(msgspec.json.encode(asked, order="sorted")).digest()[:16]


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

    @property
    def extra(self) -> Mapping[str, Json]:
        """What is added to requests to the model behind."""
        return self._model.extra

    async def complete(self, messages: Sequence[Message], options: Options) -> Completion:
        """Answer from the store, or ask and keep the answer.

        Once sent, a request continues even if this call is cancelled: the answer is kept when it comes.
        """
        key = request_key(self._role, self.locator, messages, options, self.extra)
        kept = self._store.get(key)
        if kept is not None:
            return kept

        async def ask() -> Completion:
            completion = await self._model.complete(messages, options)
            try:
                self._store.keep(key, self._role, completion)
            except JobFellShort as error:
                self._store.under_way.fail(error)  # what cannot be kept must not be paid for
                raise
            return completion

        return await self._store.under_way.answer(key, self._model, ask)

    def endpoints(self) -> tuple[EndpointFacts, ...]:
        """Those of the model behind."""
        return self._model.endpoints()

    def stop(self) -> None:
        """Send nothing more to the model behind."""
        self._model.stop()

    async def aclose(self) -> None:
        """Give answers that are under way their time, and close the model behind; the store's owner closes that."""
        await self._store.under_way.drain()
        await self._model.aclose()


class KeptModel:
    """A model that is never asked: it answers from the store alone, and counts what is not there.

    Args:
        locator: of the model whose answers were kept.
        store: where; ``None`` where nothing was kept.
        role: as for :class:`StoredModel`.
        extra: what is added to every request to the model now.
    """

    llm = True

    def __init__(self, locator: str, store: CompletionStore | None, role: str, extra: Mapping[str, Json]) -> None:
        self.locator = locator
        self.extra = extra
        self.missing = 0
        """How often there was no answer."""
        self._store = store
        self._role = role

    async def complete(self, messages: Sequence[Message], options: Options) -> Completion:
        """Answer from the store.

        Raises:
            NotKept: it has no answer.
        """
        key = request_key(self._role, self.locator, messages, options, self.extra)
        kept = self._store.get(key) if self._store else None
        if kept is None:
            self.missing += 1
            raise NotKept(f"{self.locator}: there is no stored answer to this prompt")
        return kept

    def endpoints(self) -> tuple[EndpointFacts, ...]:
        """There are none."""
        return ()

    def stop(self) -> None:
        """Nothing is ever sent."""

    async def aclose(self) -> None:
        """Nothing is held open."""
