"""Many things under way at once, none of which outlives the wait for them.

``asyncio.gather`` alone leaves the others running when one fails, and they go on to use what is being closed.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

_T = TypeVar("_T")


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

    async def worker() -> None:
        for thing in waiting:
            if stopped():
                return
            await work(thing)

    await together(worker() for _ in range(concurrency))
