"""What goes wrong between a client and a model: busy servers, lost connections, broken answers, at chosen rates."""

import asyncio
import hashlib
import socket
import struct
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from enum import StrEnum

from aiohttp import web

from apigen.errors import UserError
from apigen.simulate.simulator import Reply, failure

_RETRY_AFTER_S = 1
_DRIP_BYTES = 16
_DRIP_S = 0.2


class Fault(StrEnum):
    """One way in which a request goes wrong."""

    BUSY = "429"
    """HTTP 429 with ``Retry-After``."""
    BUSY_SILENT = "429-silent"
    """HTTP 429 without a time to wait."""
    ERROR = "500"
    """HTTP 500."""
    RESET = "reset"
    """The connection is reset before an answer."""
    HANG = "hang"
    """No answer, for as long as the client waits."""
    DRIP = "drip"
    """The right answer, a few bytes at a time."""
    TRUNCATED = "truncated"
    """An answer whose JSON ends in the middle."""
    NOT_UTF8 = "not-utf8"
    """An answer with bytes that are not UTF-8."""
    HTML = "html"
    """A page of HTML with status 200, as proxies send them."""
    CONTENT_TYPE = "content-type"
    """The right answer under the wrong content type."""


def read_rates(given: Mapping[str, float]) -> dict[Fault, float]:
    """Rates as a user wrote them.

    Raises:
        UserError: there is no such fault, or the rates cannot be.
    """
    for name, rate in given.items():
        if name not in list(Fault):
            raise UserError(f"--fault {name}: no such fault; choose from {', '.join(Fault)}")
        if not 0 <= rate <= 1:
            raise UserError(f"--fault {name}={rate:g}: the rate must be between 0 and 1, such as 0.1")
    if sum(given.values()) > 1:
        raise UserError("--fault: the rates add up to more than 1; lower them")
    return {Fault(name): rate for name, rate in given.items()}


class Network:
    """Decides what goes wrong, and does it.

    Whether a request meets a fault depends on its body, on the seed, and on how often the same body was asked before: a
    client that tries again has another chance, and a whole run meets the same faults whatever comes first.

    Args:
        rates: how often each fault occurs.
        seed: decides when.
    """

    def __init__(self, rates: Mapping[Fault, float], seed: int) -> None:
        self._rates = dict(rates)
        self._seed = seed
        self._asked: Counter[bytes] = Counter()

    def drawn(self, digest: bytes) -> Fault | None:
        """The fault that a request meets, if any.

        Args:
            digest: of its body.
        """
        if not self._rates:
            return None
        self._asked[digest] += 1
        chance = hashlib.blake2b(f"{self._seed}/{self._asked[digest]}/".encode() + digest, digest_size=8).digest()
        left = int.from_bytes(chance, "big") / 2**64
        for fault, rate in self._rates.items():
            if left < rate:
                return fault
            left -= rate
        return None


async def faulty_response(
    fault: Fault, request: web.Request, right: Callable[[], Awaitable[Reply]]
) -> web.StreamResponse:
    """What is sent in the place of a right answer.

    Args:
        fault: what goes wrong.
        request: what is answered.
        right: gives the right answer, where the fault needs it.
    """
    match fault:
        case Fault.BUSY | Fault.BUSY_SILENT:
            headers = {"Retry-After": str(_RETRY_AFTER_S)} if fault is Fault.BUSY else {}
            return _json(failure(429, "too many requests at once", "rate_limit_exceeded"), headers)
        case Fault.ERROR:
            return _json(failure(500, "the server had an error", "server_error"))
        case Fault.RESET:
            return _reset(request)
        case Fault.HANG:
            await asyncio.Event().wait()  # until the client goes away
        case Fault.HTML:
            return web.Response(text="<html><body><h1>Welcome</h1></body></html>", content_type="text/html")
    reply = await right()
    match fault:
        case Fault.DRIP:
            return await _dripped(request, reply)
        case Fault.TRUNCATED:
            return _json(Reply(reply.status, reply.body[: len(reply.body) // 2]))
        case Fault.NOT_UTF8:
            return _json(Reply(reply.status, reply.body.replace(b'"content":"', b'"content":"\xff\xfe', 1)))
        case _:
            return web.Response(status=reply.status, body=reply.body, content_type="text/plain")


def _json(reply: Reply, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.Response(status=reply.status, body=reply.body, headers=headers, content_type="application/json")


def _reset(request: web.Request) -> web.Response:
    """Drop the connection at once, so that the client is told that it was reset."""
    transport = request.transport
    if transport is not None:
        connection = transport.get_extra_info("socket")
        if connection is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    return web.Response(status=500)  # nobody is there to read it


async def _dripped(request: web.Request, reply: Reply) -> web.StreamResponse:
    response = web.StreamResponse(status=reply.status, headers={"Content-Type": "application/json"})
    response.content_length = len(reply.body)
    await response.prepare(request)
    for start in range(0, len(reply.body), _DRIP_BYTES):
        await response.write(reply.body[start : start + _DRIP_BYTES])
        await asyncio.sleep(_DRIP_S)
    return response
