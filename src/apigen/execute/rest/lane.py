"""Per-host queue: concurrency limit, rate limit, and a pause when the host does not respond."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from apigen.execute.rest.problems import Unanswered

DEAD_AFTER = 4
"""Calls in a row, with all their tries, that the host did not answer."""
DEAD_FOR_S = 30.0
"""How long a dead host is left alone before one call tries it again."""


class Lane:
    """Lets calls of one host through.

    Args:
        place: ``HOST:PORT``, for messages.
        at_once: most calls under way.
        rate: most calls a second; ``None`` for any number.
        now: seconds on a clock that never goes back.
    """

    def __init__(
        self, place: str, at_once: int, rate: float | None = None, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._place = place
        self._slots = asyncio.Semaphore(at_once)
        self._gap_s = 1 / rate if rate else 0.0
        self._now = now
        self._next = 0.0
        self._failures = 0
        self._closed_until = 0.0
        self._last = ""

    def enter(self) -> None:
        """Begin a call.

        Raises:
            Unanswered: the host is dead, and is left alone for now.
        """
        if self._failures < DEAD_AFTER:
            return
        left = self._closed_until - self._now()
        if left > 0:
            problem = (
                f"failed to answer {self._failures} calls in a row; calls are paused for another {left:.0f} s "
                f"({self._last})"
            )
            raise Unanswered(f"{self._place} {problem}", sent=False, again=False)
        self._closed_until = self._now() + DEAD_FOR_S  # one call tries it; the others wait for what comes of that

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a free place and for the right time, and hold the place."""
        async with self._slots:
            if self._gap_s or self._next > self._now():
                start = max(self._next, self._now())
                self._next = start + self._gap_s
                await asyncio.sleep(start - self._now())
            yield

    def hold(self, seconds: float) -> None:
        """Let nobody through for a while: the host asks for it."""
        self._next = max(self._next, self._now() + seconds)

    def answered(self) -> None:
        """Note that the host lives."""
        self._failures = 0

    def gave_up(self, problem: str) -> None:
        """Note that a call was not answered, with all its tries."""
        self._failures += 1
        self._last = problem
        if self._failures >= DEAD_AFTER:
            self._closed_until = self._now() + DEAD_FOR_S
