"""Which addresses may be connected to: public ones, and private ones that the user allowed."""

import asyncio
import ipaddress
import socket
from collections.abc import Collection

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
    named = f"[{host}]:{port}" if ":" in host else f"{host.lower().rstrip('.')}:{port}"
    if private is not None and named not in private:
        for address in addresses:
            if not _is_public(address):
                raise NotAllowed(f"{named} is a private address ({address}); `remote.private: [{named}]` allows it")
    return addresses


def _is_public(text: str) -> bool:
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return address.is_global and not address.is_multicast
