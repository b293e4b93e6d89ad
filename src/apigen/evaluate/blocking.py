"""Asynchronous work waited for from ordinary code, and ordinary work waited for from asynchronous code."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Thread
from typing import Any, ParamSpec, TypeVar

T = TypeVar("T")
P = ParamSpec("P")


def blocking(work: Coroutine[Any, Any, T]) -> T:
    """Run asynchronous work and wait for its result, also in a notebook, whose thread has a running loop already."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


async def in_thread(work: Callable[P, T], *args: P.args, **more: P.kwargs) -> T:
    """Do ordinary work in a thread of its own, and wait for it.

    Nothing waits for the thread once its caller is interrupted, unlike for that of :func:`asyncio.to_thread`: it may be
    stuck for ever, such as in a chat template.
    """
    result: Future[T] = Future()
    result.set_running_or_notify_cancel()

    def done() -> None:
        try:
            result.set_result(work(*args, **more))
        except BaseException as error:  # noqa: BLE001 - raised where the work is waited for
            result.set_exception(error)

    Thread(target=done, daemon=True).start()
    return await asyncio.wrap_future(result)
