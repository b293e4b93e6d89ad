"""Access rules for requests: only hosts used by the library, and private networks only if allowed.

A name is looked up once for a connection; every address that it leads to is checked, and the connection goes to a
checked address. So a name that changes its meaning between check and connection (DNS rebinding) gains nothing.
"""

import asyncio
import re
import socket
from collections.abc import Iterable, Sequence

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from yarl import URL

from apigen.execute.addresses import is_public, place
from apigen.execute.rest.problems import Rejected
from apigen.execute.rest.request import server_of
from apigen.records import Reason, RestBinding, Tool

_ENDS_IN_A_NUMBER = re.compile(r"(?:.*\.)?(?:[0-9]+|0[xX][0-9a-fA-F]*)\.?")
"""IPv4 addresses, also as ``2130706433``, ``0x7f.1`` or ``0177.0.0.1`` (URL Standard, "ends in a number")."""


def place_of(url: URL) -> str:
    """``HOST:PORT`` of an address, in one spelling; an IPv6 address stands in brackets."""
    return place(url.raw_host or "", url.port or 0)


def named_places(tools: Iterable[Tool]) -> frozenset[str]:
    """``HOST:PORT`` of every web service that the tools of a library name."""
    places = set()
    for tool in tools:
        if isinstance(tool.binding, RestBinding):
            try:
                places.add(place_of(server_of(tool.binding)))
            except Rejected:
                continue  # a call of it says so
    return frozenset(places)


class Guard:
    """Says what may be connected to.

    Args:
        named: ``HOST:PORT`` of each host that the library names.
        private: ``HOST:PORT`` of each that may be at a private address.
    """

    def __init__(self, named: Iterable[str], private: Iterable[str]) -> None:
        self._named = frozenset(named)
        self._private = frozenset(private)

    def admit(self, url: URL) -> None:
        """Check an address before anything is sent to it.

        Raises:
            Rejected: it is not HTTP, not named by the library, or a private address by number.
        """
        named = place_of(url)
        if url.scheme not in ("http", "https"):
            raise Rejected(Reason.FORBIDDEN, f"refused a {url.scheme}: URL; only HTTP and HTTPS are followed")
        if url.raw_user is not None or url.raw_password is not None:
            raise Rejected(Reason.FORBIDDEN, f"refused a URL of {named} that contains a user name")
        if named not in self._named:
            raise Rejected(Reason.FORBIDDEN, f"{named} is not a host used by any tool of the library")
        host = url.raw_host or ""
        if ":" in host or _ENDS_IN_A_NUMBER.fullmatch(host):  # the resolver is never asked for these
            self.require_reachable(host, url.port or 0, [host])

    def admit_secrets(self, url: URL, variables: Sequence[str]) -> None:
        """Check that nobody on the way to an address can read what is sent.

        Args:
            url: where a request goes.
            variables: whose values it carries.

        Raises:
            Rejected: they would cross the public internet in plain text.
        """
        named = place_of(url)
        if variables and url.scheme == "http" and named not in self._private:
            keys = " and ".join(f"${name}" for name in variables)
            detail = f"{keys} would go to {named} in plain text; use an https URL, if it has one"
            raise Rejected(Reason.FORBIDDEN, detail)

    def require_reachable(self, host: str, port: int, addresses: Iterable[str]) -> list[str]:
        """Those of a host's addresses that may be connected to.

        Raises:
            Rejected: there is none.
        """
        found = list(addresses)
        named = place(host, port)
        allowed = found if named in self._private else [address for address in found if is_public(address)]
        if not allowed:
            leads = "is" if found == [host] else f"leads to {', '.join(found)},"
            detail = (
                f"{named} {leads} an address of this machine or a private network; allow it with "
                f"`--allow-private {named}`"
            )
            raise Rejected(Reason.FORBIDDEN, detail)
        return allowed


class GuardedResolver(AbstractResolver):
    """Looks names up and passes on only what the guard lets through.

    Args:
        guard: decides.
        timeout_s: longest wait for an answer.
        inner: does the looking up; the machine's own resolver where none is given.
    """

    def __init__(self, guard: Guard, timeout_s: float, inner: AbstractResolver | None = None) -> None:
        self._guard = guard
        self._timeout_s = timeout_s
        self._inner = inner

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of a host that may be connected to.

        Raises:
            OSError: there are none at all, or no answer in time.
            Rejected: there are some, and none may be connected to.
        """
        self._inner = self._inner or ThreadedResolver()
        try:
            async with asyncio.timeout(self._timeout_s):
                found = await self._inner.resolve(host, port, family)
        except TimeoutError:
            raise OSError(socket.EAI_AGAIN, f"no answer within {self._timeout_s:g} s") from None
        allowed = set(self._guard.require_reachable(host, port, [str(entry["host"]) for entry in found]))
        return [entry for entry in found if entry["host"] in allowed]

    async def close(self) -> None:
        """Let go of the inner resolver."""
        if self._inner is not None:
            await self._inner.close()
