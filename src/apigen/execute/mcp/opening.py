"""Imports the official SDK, an optional package, on first use."""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from apigen.errors import UserError
from apigen.execute.mcp.servers import Server

if TYPE_CHECKING:
    from apigen.execute.mcp.connection import Connection

START_S = 60.0
"""How long a server may take to get ready; ``npx`` and ``uvx`` download it first."""


async def open_connection(
    server: Server, environ: Mapping[str, str], *, private: Collection[str] | None, start_s: float = START_S
) -> "Connection":
    """Start or reach a server and have it list its tools.

    Args:
        server: which one.
        environ: where the values of its variables stand.
        private: addresses that may be private, each as ``HOST:PORT``; ``None`` for all.
        start_s: how long all of that may take, in seconds.

    Raises:
        UserError: the SDK is not installed, or a variable is not set.
        Unreachable: the server does not get ready.
    """
    values = server.values(environ)
    try:
        from apigen.execute.mcp.connection import Connection  # noqa: PLC0415 - an optional package stands behind it
    except ImportError as problem:
        raise UserError(
            f"{server}: MCP servers require version 2 of the `mcp` package ({problem}); "
            "install it with `pip install 'apigen-pipeline[mcp]'`"
        ) from None
    return await Connection.open(server, values, private=private, start_s=start_s)
