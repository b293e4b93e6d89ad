"""Answers that are under way: each is asked for once, and given time to arrive when a run ends.

An answer is paid for from the moment that a server works on it, whether or not anybody still waits for it here. So a
request goes on when whoever wanted it was cancelled, and is given up only at the very end, after a grace.
"""

import asyncio
from collections.abc import Callable, Container, Coroutine
from typing import Any, NamedTuple, Protocol, runtime_checkable

from apigen.models.base import Model
from apigen.records import Completion

GRACE_S = 10.0
"""Longest wait, at the end, for answers that are under way."""
_LOOK_EVERY_S = 0.05

Asking = Callable[[], Coroutine[Any, Any, Completion]]


@runtime_checkable
class Sending(Protocol):
    """A model that can tell which of its requests a server has at the moment."""

    @property
    def sent(self) -> Container["asyncio.Task[Any] | None"]:
        """The tasks whose request has left and is not answered; not those that wait for a slot or to try again."""
        ...


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
        # Unlike to await the task itself, to wait for it does not cancel it where whoever waits is cancelled.
        await asyncio.wait({request.task})
        return request.task.result()

    def hurry(self) -> None:
        """Wait no longer."""
        self._hurried = True

    async def drain(self) -> None:
        """Give answers that servers are working on time to arrive, and give up the others at once."""
        loop = asyncio.get_running_loop()
        deadline, told = loop.time() + self._grace_s, False
        while sent := self._sent():
            await self._give_up_all_but(sent)
            left = deadline - loop.time()
            if self._hurried or left <= 0:
                break
            if not told:
                self._tell(self._grace_s, len(sent))
                told = True
            await asyncio.wait(sent, timeout=min(left, _LOOK_EVERY_S))
        await self._give_up_all_but(set())

    def _sent(self) -> "set[asyncio.Task[Completion]]":
        """The requests that are worth waiting for; of a model that does not tell, all of them."""
        return {
            task
            for task, model in self._requests.values()
            if not task.done() and (not isinstance(model, Sending) or task in model.sent)
        }

    async def _give_up_all_but(self, kept: "set[asyncio.Task[Completion]]") -> None:
        tasks = [task for task, _ in self._requests.values() if task not in kept]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _landed(self, key: bytes, task: "asyncio.Task[Completion]") -> None:
        del self._requests[key]
        if not task.cancelled():
            task.exception()  # whoever still waits is told; nobody need be


class _Request(NamedTuple):
    task: "asyncio.Task[Completion]"
    model: Model
