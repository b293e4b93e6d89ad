"""A web application that listens on a port of its own, in a thread of its own, for as long as a block lasts."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import web


@contextmanager
def listening(app: web.Application, port: int = 0) -> Iterator[int]:
    """Serve an application on this machine; yields the port.

    Args:
        app: what is served.
        port: where; 0 takes any that is free.
    """
    loop = asyncio.new_event_loop()
    started, stop = threading.Event(), asyncio.Event()
    bound = []

    async def main() -> None:
        runner = web.AppRunner(app, shutdown_timeout=0.1)  # who is being answered then loses the connection
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        bound.append(runner.addresses[0][1])
        started.set()
        await stop.wait()
        await runner.cleanup()

    thread = threading.Thread(target=lambda: loop.run_until_complete(main()))
    thread.start()
    assert started.wait(60)
    try:
        yield bound[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()
