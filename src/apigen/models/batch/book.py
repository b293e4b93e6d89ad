"""What the batches of one run share: their journal, their progress, and whether the run waits for them."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from apigen.models.batch.journal import Entry, Journal, Stage


class BatchState(msgspec.Struct, frozen=True):
    """Progress of one batch, for display."""

    number: int
    batch_id: str
    """The provider's id; empty until it is created."""
    model: str
    status: str
    """The provider's, or ours until it has one."""
    done: int
    total: int
    made: float
    """When it was prepared, in seconds since 1970."""


class BatchBook:
    """The batches of one run, over all its models.

    Args:
        path: the journal's file.
        wait: whether to wait for answers; if not, everything that can be sent is sent, and the run ends.
        watch: called whenever a batch has made progress; the owner of the book may replace it.
        warn: called with lines that the user should see.
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
        """Those that are not finished, oldest first."""
        return tuple(self._states[number] for number in sorted(self._states))

    def tell(self, entry: Entry, status: str, done: int = 0) -> None:
        """Record the progress of a batch."""
        state = BatchState(entry.number, entry.batch_id or "", entry.model, status, done, entry.requests, entry.made)
        if self._states.get(entry.number) != state:
            self._states[entry.number] = state
            self.watch()

    def warn(self, line: str) -> None:
        """Show the user a line, once."""
        if line not in self._warned:
            self._warned.add(line)
            self._warn(line)

    def over(self, number: int) -> None:
        """Record that a batch is finished."""
        if self._states.pop(number, None):
            self.watch()

    @contextmanager
    def sending(self) -> Iterator[None]:
        """Mark that there is work to do which does not wait for a provider's answers."""
        self._busy += 1
        self._quiet.clear()
        try:
            yield
        finally:
            self._busy -= 1
            if not self._busy:
                self._quiet.set()

    async def all_sent(self, grace_s: float) -> None:
        """Wait until nothing is left to do but wait for providers.

        Args:
            grace_s: how long this must have lasted; fresh answers may lead to new requests.
        """
        while True:
            await self._quiet.wait()
            await asyncio.sleep(grace_s)
            if not self._busy:
                return

    def ended_by(self, cancel: Callable[[], Awaitable[None]]) -> None:
        """Register how the batches of one model are cancelled."""
        self._cancels.append(cancel)

    async def abandon(self) -> None:
        """Cancel the batches still running: the run has all that it needs."""
        for cancel in self._cancels:
            await cancel()

    def close(self) -> None:
        """Close the journal."""
        self.journal.close()


def under_way(path: Path) -> list[Entry]:
    """The batches of a run that are, or may be, still running at its providers.

    Args:
        path: the journal's file.
    """
    if not path.exists():
        return []
    journal = Journal(path)
    try:
        return [entry for entry in journal.unfinished() if entry.batch_id or entry.stage is Stage.IN_DOUBT]
    finally:
        journal.close()
