"""Servers on standard input and output: started, heard on standard error, and ended with all that they started."""

import asyncio
import os
import shutil
import sys
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

from mcp.client.stdio import StdioServerParameters, stdio_client

from apigen.execute.mcp import launch
from apigen.execute.mcp.servers import Unreachable

if TYPE_CHECKING:
    from mcp.client._transport import TransportStreams

_KEPT = 4096
"""Bytes of standard error that are kept."""
_LAST_WORDS_S = 0.5
"""How long the rest of standard error is waited for; something that the server left behind may hold it open."""


class LastWords(asyncio.Protocol):
    """Takes in whatever a server writes to standard error, and keeps the end of it."""

    def __init__(self) -> None:
        self._kept = b""
        self.complete = asyncio.Event()

    def data_received(self, data: bytes) -> None:
        """Keep the end."""
        self._kept = (self._kept + data)[-_KEPT:]

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing more will come."""
        self.complete.set()

    def line(self) -> str:
        """The last line that says something."""
        lines = [line.strip() for line in self._kept.decode("utf-8", "replace").splitlines()]
        return next((line for line in reversed(lines) if line), "")


@asynccontextmanager
async def over_stdio(
    command: Sequence[str], variables: Mapping[str, str], heard: LastWords
) -> "AsyncGenerator[TransportStreams, None]":
    """Start a server and end it.

    Args:
        command: program and arguments; no shell reads them.
        variables: of the environment, beside the few that are safe to give to anybody.
        heard: what it writes to standard error.

    Raises:
        Unreachable: there is no such program.
    """
    if shutil.which(command[0]) is None:
        raise Unreachable(f"no such executable: `{command[0]}`; the command is run without a shell")
    reads, writes = os.pipe()
    with os.fdopen(writes, "w") as stderr:
        pipe, _ = await asyncio.get_running_loop().connect_read_pipe(lambda: heard, os.fdopen(reads, "rb"))
        server = StdioServerParameters(
            command=sys.executable,
            args=["-I", "-S", str(launch.__file__), str(os.getpid()), *command],
            env=dict(variables),
            encoding_error_handler="replace",  # what is no UTF-8 is no message either, and must not end the connection
        )
        try:
            async with stdio_client(server, errlog=stderr) as streams:
                stderr.close()  # the server has it; held here as well it would never come to an end
                yield streams
        finally:
            stderr.close()
            with suppress(TimeoutError):
                await asyncio.wait_for(heard.complete.wait(), _LAST_WORDS_S)
            pipe.close()
