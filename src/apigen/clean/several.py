"""Doing something for many things, several at a time, until it is done or stopped."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

_T = TypeVar("_T")


async def several(
    things: Iterable[_T], work: Callable[[_T], Awaitable[None]], concurrency: int, stopped: Callable[[], bool]
) -> None:
    """Do the work for each thing; what is under way when it is stopped is finished.

    Args:
        things: taken one by one, when there is room.
        work: what is done for each.
        concurrency: things under way at once.
        stopped: whether no more should be begun.

    Raises:
        Exception: what the work raised first; the rest is given up.
    """
    waiting = iter(things)

    async def worker() -> None:
        for thing in waiting:
            if stopped():
                return
            await work(thing)

    tasks = [asyncio.ensure_future(worker()) for _ in range(concurrency)]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
