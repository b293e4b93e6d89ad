"""Answers that are under way: each is asked for once, and given time to arrive when a run ends.

An answer is paid for from the moment that a server works on it, whether or not anybody still waits for it here. So a
request continues when whoever wanted it was cancelled, and is given up only at the very end, after a grace period.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, NamedTuple

from apigen.errors import AnswersPending, JobFellShort, ModelUnavailable
from apigen.models.base import Model
from apigen.records import Completion

GRACE_S = 10.0
"""Longest wait, at the end, for answers that are under way."""
_LOOK_EVERY_S = 0.05
_TURNS = 10
"""Turns of the loop in which whoever waits in a model is told that it stopped."""

Asking = Callable[[], Coroutine[Any, Any, Completion]]


class UnderWay:
    """The requests of all models of a run whose answers are still to come.

    Args:
        grace_s: longest wait for them at the end.
        tell: called once with that time and their number, before they are waited for.
    """

    def __init__(
        self, grace_s: float = GRACE_S, tell: Callable[[float, int], None] = lambda seconds, answers: None
    ) -> None:
        self._grace_s = grace_s
        self._tell = tell
        self._hurried = False
        self._failure: JobFellShort | None = None
        self._requests: dict[bytes, _Request] = {}

    async def answer(self, key: bytes, model: Model, ask: Asking) -> Completion:
        """The answer to a request; the same one, asked for several times at once, is made once.

        Args:
            key: what is asked, of whom.
            model: that is asked.
            ask: asks and keeps the answer.

        Raises:
            Unavailable: as ``ask`` does.
        """
        request = self._requests.get(key)
        if request is None:
            request = self._requests[key] = _Request(asyncio.ensure_future(ask()), model)
            request.task.add_done_callback(lambda task: self._landed(key, task))
        # Unlike to await the task itself, to wait for it does not cancel it where whoever waits is cancelled; nor is a
        # failure that comes after that logged, as asyncio.shield does.
        await asyncio.wait({request.task})
        try:
            return request.task.result()
        except (ModelUnavailable, AnswersPending):
            if self._failure is not None:
                raise self._failure from None
            raise

    def hurry(self) -> None:
        """Wait no longer."""
        self._hurried = True

    def fail(self, why: JobFellShort) -> None:
        """Have nothing more sent, since answers can be kept no longer; whoever was not answered yet is told why."""
        self._failure = self._failure or why
        self._stop()

    def _stop(self) -> None:
        for request in list(self._requests.values()):
            request.model.stop()

    async def drain(self) -> None:
        """Give answers that servers are working on time to arrive, and give up the others at once."""
        self._stop()
        loop = asyncio.get_running_loop()
        deadline, told = loop.time() + self._grace_s, False
        for _ in range(_TURNS):
            await asyncio.sleep(0)  # what was not sent raises meanwhile
        while (tasks := self._tasks()) and not self._hurried and loop.time() < deadline:
            if not told:
                self._tell(self._grace_s, len(tasks))
                told = True
            await asyncio.wait(tasks, timeout=min(deadline - loop.time(), _LOOK_EVERY_S))
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _tasks(self) -> "set[asyncio.Task[Completion]]":
        return {request.task for request in self._requests.values() if not request.task.done()}

    def _landed(self, key: bytes, task: "asyncio.Task[Completion]") -> None:
        del self._requests[key]
        if not task.cancelled():
            task.exception()  # whoever still waits is told; nobody need be


class _Request(NamedTuple):
    task: "asyncio.Task[Completion]"
    model: Model
