"""What the batches of one run share: their journal, how far they are, and whether anybody waits for them."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from apigen.models.batch.journal import Entry, Journal


class BatchState(msgspec.Struct, frozen=True):
    """How far one batch is, for people to look at."""

    number: int
    batch_id: str
    """The provider's name for it; empty while it is not created."""
    model: str
    status: str
    """The provider's word, or ours while it has none."""
    done: int
    total: int
    made: float
    """When it was made, in seconds since 1970."""


class BatchBook:
    """The batches of one run, over all its models.

    Args:
        path: the journal's file.
        wait: whether answers are waited for; if not, what can be sent is sent, and then the run ends.
        watch: told whenever a batch has come further; the owner of the book may replace it.
        warn: told, in a line, what a person at the terminal should know.
    """

    def __init__(
        self,
        path: Path,
        *,
        wait: bool = True,
        watch: Callable[[], None] = lambda: None,
        warn: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.journal = Journal(path)
        self.wait = wait
        self.watch = watch
        self._warn = warn
        self._warned: set[str] = set()
        self._states: dict[int, BatchState] = {}
        self._cancels: list[Callable[[], Awaitable[None]]] = []
        self._busy = 0
        self._quiet = asyncio.Event()

    @property
    def states(self) -> tuple[BatchState, ...]:
        """Those that are not over, the oldest first."""
        return tuple(self._states[number] for number in sorted(self._states))

    def tell(self, entry: Entry, status: str, done: int = 0) -> None:
        """Note how far a batch is."""
        state = BatchState(entry.number, entry.batch_id or "", entry.model, status, done, entry.requests, entry.made)
        if self._states.get(entry.number) != state:
            self._states[entry.number] = state
            self.watch()

    def warn(self, line: str) -> None:
        """Tell the person at the terminal something, once."""
        if line not in self._warned:
            self._warned.add(line)
            self._warn(line)

    def over(self, number: int) -> None:
        """Note that nothing more will come of a batch."""
        if self._states.pop(number, None):
            self.watch()

    @contextmanager
    def sending(self) -> Iterator[None]:
        """As long as this lasts, there is something that can be done without waiting for a provider's work."""
        self._busy += 1
        self._quiet.clear()
        try:
            yield
        finally:
            self._busy -= 1
            if not self._busy:
                self._quiet.set()

    async def all_sent(self, grace_s: float) -> None:
        """Wait until there is nothing left but to wait for providers.

        Args:
            grace_s: how long it must have been so; what was just answered may lead to new requests.
        """
        while True:
            await self._quiet.wait()
            await asyncio.sleep(grace_s)
            if not self._busy:
                return

    def ended_by(self, cancel: Callable[[], Awaitable[None]]) -> None:
        """Note how batches of one model are cancelled."""
        self._cancels.append(cancel)

    async def abandon(self) -> None:
        """Cancel what is still under way: the run has all that it needs."""
        for cancel in self._cancels:
            await cancel()

    def close(self) -> None:
        """Close the journal."""
        self.journal.close()


def under_way(path: Path) -> list[Entry]:
    """The batches that a run has at its providers; none where it never had any.

    Args:
        path: the journal's file.
    """
    if not path.exists():
        return []
    journal = Journal(path)
    try:
        return [entry for entry in journal.unfinished() if entry.batch_id]
    finally:
        journal.close()
