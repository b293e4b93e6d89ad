"""Ending what an event loop works on in good order, at Ctrl-C or a polite kill."""

import asyncio
import signal
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from typing import Any


def on_interrupt(work: "asyncio.Future[Any]", hurry: Callable[[], None], stack: AsyncExitStack) -> Callable[[], bool]:
    """Let the first Ctrl-C, or a polite kill, end the work; a second one, or one after the work, ends the waiting.

    Args:
        work: cancelled at the first.
        hurry: called at the second: nothing is waited for any more.
        stack: takes the handlers away.

    Returns:
        A function that tells whether that happened.
    """
    happened = False

    def stop() -> None:
        nonlocal happened
        if happened or work.done():
            hurry()
        happened = True
        work.cancel()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError, RuntimeError, ValueError):  # not in the main thread: the caller decides
            loop.add_signal_handler(number, stop)
            stack.callback(loop.remove_signal_handler, number)
    return lambda: happened
