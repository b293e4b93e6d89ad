"""Servers at an address: where we connect to is checked, how much is read is bounded, refusals say their status."""

from collections.abc import AsyncGenerator, AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import httpx2
import msgspec
from mcp.client.streamable_http import streamable_http_client

from apigen.execute.addresses import is_public
from apigen.execute.mcp.addresses import addresses_of
from apigen.execute.mcp.servers import NotAllowed
from apigen.toolspecs.text import parse_json

if TYPE_CHECKING:
    from mcp.client._transport import TransportStreams

MOST_BYTES = 16 << 20
"""Of one message."""
TOO_LARGE = f"a message of more than {MOST_BYTES >> 20} MiB"
HTTP_STATUS = "httpStatus"
"""Where an error's data has the status of a refusal that had no words of its own."""
_MOST_OF_A_REFUSAL = 1 << 16
_CONNECT_S = 30.0
_READ_S = 3700.0
"""Longer than any call may take, whose own time-out counts."""
_PORTS = {"http": 80, "https": 443}


@asynccontextmanager
async def over_http(url: str, token: str, private: Collection[str] | None) -> "AsyncGenerator[TransportStreams, None]":
    """Reach a server and take leave of it. Redirects are followed on the same host only, by the SDK's own rule.

    Args:
        url: its address.
        token: sent as a bearer token; empty for none.
        private: as :func:`~apigen.execute.mcp.addresses.addresses_of` takes it.

    Raises:
        Unreachable: it has no address, or a private one that is not allowed.
    """
    parts = httpx2.URL(url)
    found = await addresses_of(parts.host, parts.port or _PORTS[parts.scheme], private)
    if token and parts.scheme == "http" and any(map(is_public, found)):
        raise NotAllowed("its token would cross the public internet in plain text; use an https URL")
    headers = {"accept-encoding": "identity"}  # what is counted is what is read
    if token:
        headers["authorization"] = f"Bearer {token}"
    async with (
        httpx2.AsyncClient(
            headers=headers,
            timeout=httpx2.Timeout(_CONNECT_S, read=_READ_S),
            transport=_Checked(private),
        ) as client,
        streamable_http_client(url, http_client=client, max_sse_event_size=MOST_BYTES) as streams,
    ):
        yield streams


class _Checked(httpx2.AsyncBaseTransport):
    """Connects to addresses that were checked, rather than to a name that may mean another one a moment later."""

    def __init__(self, private: Collection[str] | None) -> None:
        self._private = private
        self._inner = httpx2.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request to the first address that takes connections."""
        url = request.url
        *others, last = await addresses_of(url.host, url.port or _PORTS[url.scheme], self._private)
        for address in others:
            try:
                return await _readable(request, await self._inner.handle_async_request(_to(address, request)))
            except httpx2.ConnectError:
                continue
        return await _readable(request, await self._inner.handle_async_request(_to(last, request)))

    async def aclose(self) -> None:
        """Close every connection."""
        await self._inner.aclose()


def _to(address: str, request: httpx2.Request) -> httpx2.Request:
    """The same request for one address; certificates are still checked for the name."""
    return httpx2.Request(
        request.method,
        request.url.copy_with(host=address),
        headers=request.headers,
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": request.url.host},
    )


async def _readable(request: httpx2.Request, response: httpx2.Response) -> httpx2.Response:
    """A response that cannot flood us; a refusal without words says its status, as an error of the protocol."""
    assert isinstance(response.stream, httpx2.AsyncByteStream)  # noqa: S101 - it comes from an async transport
    if response.status_code < 400 or response.status_code == 404 or request.method != "POST":
        if response.headers.get("content-type", "").lower().startswith("application/json"):
            response.stream = _Bounded(response.stream)
        return response
    body = b""
    async for chunk in response.stream:
        body += chunk
        if len(body) > _MOST_OF_A_REFUSAL:
            break
    await response.aclose()
    if not _is_error(body):
        status = response.status_code
        error = {"code": -32603, "message": f"HTTP {status} {response.reason_phrase}", "data": {HTTP_STATUS: status}}
        body = msgspec.json.encode({"jsonrpc": "2.0", "id": None, "error": error})
    return httpx2.Response(response.status_code, headers={"content-type": "application/json"}, content=body)


def _is_error(body: bytes) -> bool:
    """Whether a refusal is an error message of the protocol, which the SDK reports in full."""
    parsed = parse_json(body).value
    return isinstance(parsed, dict) and "jsonrpc" in parsed and isinstance(parsed.get("error"), dict)


class _Bounded(httpx2.AsyncByteStream):
    """The body of a message, up to a size."""

    def __init__(self, inner: httpx2.AsyncByteStream) -> None:
        self._inner = inner

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for chunk in self._inner:
            size += len(chunk)
            if size > MOST_BYTES:
                raise httpx2.StreamError(TOO_LARGE)
            yield chunk

    async def aclose(self) -> None:
        """Let go of the connection."""
        await self._inner.aclose()
