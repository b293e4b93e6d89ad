"""Which addresses may be connected to: public ones, and private ones that the user allowed."""

import asyncio
import socket
from collections.abc import Collection

from apigen.execute.addresses import is_public, place
from apigen.execute.mcp.servers import NotAllowed, Unreachable


async def addresses_of(host: str, port: int, private: Collection[str] | None) -> tuple[str, ...]:
    """The numeric addresses of a host, once all of them are known to be allowed.

    Args:
        host: a name or an address.
        port: where it listens.
        private: hosts that may be private, each as ``HOST:PORT``; ``None`` allows all.

    Raises:
        NotAllowed: one of its addresses is private.
        Unreachable: it has no address.
    """
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as problem:
        raise Unreachable(f"{host} has no address: {problem.strerror or problem}") from None
    addresses = tuple(dict.fromkeys(str(address[0]) for *_, address in found))
    named = place(host, port)
    if private is not None and named not in private:
        for address in addresses:
            if not is_public(address):
                raise NotAllowed(
                    f"{named} has a private address ({address}); allow it with `remote.private: [{named}]`"
                )
    return addresses
