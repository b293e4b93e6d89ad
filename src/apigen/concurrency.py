"""Many things under way at once, none of which outlives the wait for them.

``asyncio.gather`` alone leaves the others running when one fails, and they go on to use what is being closed.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from itertools import chain, islice
from typing import TypeVar

_T = TypeVar("_T")
_R = TypeVar("_R")


async def together(work: Iterable[Awaitable[_T]]) -> list[_T]:
    """Do everything at once; the first that fails ends the others, and is raised once all have ended.

    Args:
        work: what is done, such as coroutines.

    Returns:
        What each came to, in the same order.

    Raises:
        Exception: what the first of them to fail raised.
    """
    tasks = [asyncio.ensure_future(item) for item in work]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class Turnstile:
    """Lets so many through in each turn of the event loop, in the order in which they came.

    Many that become ready at the same moment, each with work to do, would keep the loop from everything else until the
    last of them is done: what the first handed on would lie idle meanwhile. Belongs to one event loop at a time.

    Args:
        each_turn: how many.
    """

    def __init__(self, each_turn: int) -> None:
        self._each_turn = each_turn
        self._passed = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def passing(self) -> None:
        """Wait for one's turn."""
        loop = asyncio.get_running_loop()
        if loop is not self._loop:  # an earlier one may have ended in the middle of a turn
            self._loop, self._passed = loop, 0
            self._waiting.clear()
        if self._passed == 0:
            loop.call_soon(self._turn)
        if self._passed < self._each_turn:
            self._passed += 1
            return
        place: asyncio.Future[None] = loop.create_future()
        self._waiting.append(place)
        await place

    def _turn(self) -> None:
        self._passed = 0
        while self._waiting and self._passed < self._each_turn:
            place = self._waiting.popleft()
            if not place.done():  # cancelled
                place.set_result(None)
                self._passed += 1
        if self._passed:
            asyncio.get_running_loop().call_soon(self._turn)


async def several(
    things: Iterable[_T], work: Callable[[_T], Awaitable[None]], concurrency: int, stopped: Callable[[], bool]
) -> None:
    """Do the work for each thing, so many at a time; what is under way when it is stopped is finished.

    Args:
        things: taken one by one, when there is room.
        work: what is done for each.
        concurrency: things under way at once.
        stopped: whether no more should be begun.

    Raises:
        Exception: what the work raised first; the rest is given up.
    """
    waiting = iter(things)

    async def worker(thing: _T) -> None:
        for each in chain((thing,), waiting):
            if stopped():
                return
            await work(each)

    await together(worker(thing) for thing in islice(waiting, concurrency))  # no more workers than things


async def in_order(things: Iterable[_T], work: Callable[[_T], Awaitable[_R]], most: int) -> AsyncGenerator[_R, None]:
    """Do the work for each thing, so many at a time, and give the results in the order of the things.

    Args:
        things: taken one by one, when there is room.
        work: what is done for each.
        most: things under way at once, those that wait for an earlier one included.

    Yields:
        What each came to.

    Raises:
        Exception: what the first in order to fail raised; the rest is given up.
    """
    under_way: deque[asyncio.Future[_R]] = deque()
    try:
        for thing in things:
            under_way.append(asyncio.ensure_future(work(thing)))
            if len(under_way) >= most:
                yield await under_way[0]
                under_way.popleft()
        while under_way:
            yield await under_way[0]
            under_way.popleft()
    finally:
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
