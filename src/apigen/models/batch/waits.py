"""Waits between tries to reach the provider of a batch."""

import asyncio
import random
import time
from collections.abc import Callable

from apigen.errors import ModelUnavailable
from apigen.models.batch.api import LONGEST_WAIT_S
from apigen.models.openai.failures import TryAgain

SILENT_S = 5.0
"""Shorter outages are not shown to the user."""


class Waits:
    """Growing, jittered waits between tries, with an end.

    Args:
        first_s: the first, at most.
        who: the model and the batch, for messages.
        warn: called when it has been failing for a while.
    """

    def __init__(self, first_s: float, who: str, warn: Callable[[str], None]) -> None:
        self._next_s = min(first_s, 0.5)
        self._who = who
        self._warn = warn
        self._began: float | None = None

    async def after(self, error: TryAgain, outage_s: float) -> None:
        """Wait after a failed try; the first of them begins the outage.

        Raises:
            ModelUnavailable: it has been failing for too long.
        """
        now = time.monotonic()
        self._began = now if self._began is None else self._began
        if now - self._began > outage_s:
            raise ModelUnavailable(f"{self._who}: no success for {outage_s / 60:.3g} min: {error}") from None
        if now - self._began > SILENT_S:
            self._warn(f"{self._who}: {error}; retrying for up to {outage_s / 60:.0f} min")
        await asyncio.sleep(max(error.wait_s or 0.0, self._next_s * random.uniform(0.5, 1.0)))
        self._next_s = min(2 * self._next_s, LONGEST_WAIT_S)
