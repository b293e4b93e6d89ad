"""Groups waiting calls into batches that one process can make together.

Whoever executes calls for many things at once has many of them waiting as soon as processes are what is short. Then few
processes make them all. Each call is answered as if it had been made by itself, so which calls happen to wait together
changes how soon they are answered, and nothing else.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Hashable, Iterable, Mapping
from functools import partial
from typing import Any

from apigen.execute.sandbox.bulk import LONGEST, Wanted
from apigen.records import Call, Execution, PythonBinding

Decide = Callable[[Mapping[Wanted, Call]], Awaitable[Mapping[Wanted, Execution]]]
"""Makes calls together, and says what those did of which that could be told."""

_FEWEST = 64
"""Calls that are worth a second batch beside another: two processes cost what so many calls do, about."""


class Gathering:
    """Lets calls wait for their turn, and has those that wait together made together.

    Answers come batch by batch; no batch waits for another. Belongs to one event loop.
    """

    def __init__(self, decide: Decide, at_once: int) -> None:
        """Prepare.

        Args:
            decide: makes a batch of calls.
            at_once: batches made at once; what comes meanwhile waits and gathers.
        """
        self._decide = decide
        self._at_once = at_once
        self._waiting: dict[Hashable, dict[PythonBinding, _Batch]] = {}
        """By what can be made together; whichever has waited longest is first."""
        self._making: set[asyncio.Task[None]] = set()
        self._in_making = 0
        """Calls in batches that are being made."""
        self._preparing: dict[asyncio.Task[None], Hashable] = {}
        """What is done first, and for which company."""
        self._about_to_start = False
        self._closed = False

    async def answer(self, company: Hashable, wanted: Wanted, call: Call) -> Execution | None:
        """What a call did; ``None`` where it has to be made by itself.

        Args:
            company: equal for calls that can be made together.
            wanted: the call.
            call: the same as it will stand in the execution.
        """
        if self._closed:
            return None
        functions = self._waiting.setdefault(company, {})
        batch = functions.setdefault(wanted.binding, _Batch())
        answer: asyncio.Future[Execution | None] = asyncio.get_running_loop().create_future()
        waiting = batch.setdefault(wanted, _Waiting(call))
        waiting.answers.append(answer)
        if not self._about_to_start:
            # Not at once: whoever is ready to run now has a call to add, too.
            self._about_to_start = True
            asyncio.get_running_loop().call_soon(self._start)
        try:
            return await answer
        finally:
            if answer.cancelled():
                waiting.leave()

    def wait_for(self, company: Hashable, preparation: Coroutine[Any, Any, None]) -> None:
        """Have calls of one company wait, and gather, until something is done that all of them gain from.

        Calls of others are made meanwhile. Where it fails, those that waited are made as if it had not been tried.
        """
        preparing = asyncio.ensure_future(preparation)
        self._preparing[preparing] = company
        preparing.add_done_callback(self._prepared)

    async def close(self) -> None:
        """Make no more calls; who waits for one is told to make it by itself."""
        self._closed = True
        for functions in self._waiting.values():
            for batch in functions.values():
                for waiting in batch.values():
                    waiting.take(None)
        self._waiting.clear()
        making = [*self._making, *self._preparing]
        for each in making:
            each.cancel()
        await asyncio.gather(*making, return_exceptions=True)

    def _start(self) -> None:
        self._about_to_start = False
        while ready := [company for company in self._waiting if company not in self._preparing.values()]:
            if self._making and (len(self._making) >= self._at_once or not self._are_many(ready)):
                break
            batch = self._take(ready[0])
            making = asyncio.ensure_future(self._make(batch))
            for waiting in batch.values():
                waiting.batch, waiting.making = batch, making
            self._making.add(making)
            self._in_making += len(batch)
            making.add_done_callback(partial(self._made, len(batch)))

    def _are_many(self, companies: Iterable[Hashable]) -> bool:
        """Whether enough wait for one more batch: as many as are being made, so that batches grow with the work."""
        waiting = sum(len(batch) for company in companies for batch in self._waiting[company].values())
        return waiting >= max(_FEWEST, self._in_making)

    def _take(self, company: Hashable) -> "_Batch":
        """Some of the calls that wait in one company, and all of a function's, as long as a process takes them."""
        functions = self._waiting[company]
        enough = max(_FEWEST, sum(map(len, functions.values())) // self._at_once)
        batch = _Batch()
        while functions and len(batch) < min(enough, LONGEST):
            following = next(iter(functions))
            if batch and len(batch) + len(functions[following]) > LONGEST:
                break  # one call too many would take two processes more
            batch |= functions.pop(following)
        if not functions:
            del self._waiting[company]
        return batch

    def _made(self, calls: int, making: "asyncio.Task[None]") -> None:
        self._making.discard(making)
        self._in_making -= calls
        self._start()

    def _prepared(self, preparing: "asyncio.Task[None]") -> None:
        del self._preparing[preparing]
        if not preparing.cancelled():
            preparing.exception()  # whatever it was, the calls will tell
        self._start()

    async def _make(self, batch: "_Batch") -> None:
        calls = {wanted: waiting.call for wanted, waiting in batch.items() if waiting.wanted}
        try:
            found = await self._decide(calls) if len(calls) > 1 else {}
        except asyncio.CancelledError:
            for waiting in batch.values():
                waiting.take(None)
            raise
        except Exception as error:  # noqa: BLE001 - raised where each call is waited for
            for waiting in batch.values():
                waiting.fail(error)
            return
        for wanted, waiting in batch.items():
            waiting.take(found.get(wanted))


class _Waiting:
    """A call, and all who wait for it."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self.answers: list[asyncio.Future[Execution | None]] = []
        self.batch: _Batch = _Batch()
        self.making: asyncio.Task[None] | None = None

    @property
    def wanted(self) -> bool:
        """Whether anybody still waits."""
        return not all(answer.done() for answer in self.answers)

    def leave(self) -> None:
        """Somebody does not wait any more; where nobody waits for anything of the batch, it is given up."""
        if self.making is not None and not any(waiting.wanted for waiting in self.batch.values()):
            self.making.cancel()

    def take(self, found: Execution | None) -> None:
        for answer in self.answers:
            if not answer.done():
                answer.set_result(found)

    def fail(self, error: Exception) -> None:
        for answer in self.answers:
            if not answer.done():
                answer.set_exception(error)


class _Batch(dict[Wanted, _Waiting]):
    """Calls that are made together."""
