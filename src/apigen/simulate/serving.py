"""The server's life: it listens until somebody ends it."""

import asyncio
import signal
from collections.abc import Callable
from contextlib import suppress

from aiohttp import web

from apigen.errors import UserError

_LAST_ANSWERS_S = 0.5
"""How long requests in progress are waited for at the end."""


async def serve(app: web.Application, host: str, port: int, ready: Callable[[str], None]) -> None:
    """Serve until Ctrl-C or a polite kill.

    Args:
        app: what is served.
        host: the address to listen on.
        port: 0 for any that is free.
        ready: told the base address, such as ``http://127.0.0.1:8000/v1``, once it answers.

    Raises:
        UserError: it cannot listen at the address.
    """
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError, RuntimeError, ValueError):  # not in the main thread: the caller decides
            loop.add_signal_handler(number, ended.set)
    # A client that goes away ends its request, so that those that hang do not pile up.
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=_LAST_ANSWERS_S)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            reason = error.strerror or error
            raise UserError(f"{host}:{port}: cannot listen there ({reason}); choose another --port") from None
        address, bound = runner.addresses[0][:2]
        ready(f"http://{f'[{address}]' if ':' in address else address}:{bound}/v1")
        await ended.wait()
    finally:
        await runner.cleanup()
