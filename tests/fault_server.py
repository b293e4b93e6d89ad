"""A server that fails as real ones do: by the byte, on the same event loop as the test that asks it."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

USAGE = {"prompt_tokens": 7, "completion_tokens": 2}


def response(status: int, body: bytes, *, kind: str = "application/json", **headers: str) -> bytes:
    """One whole HTTP response; underscores in header names stand for hyphens."""
    lines = [f"HTTP/1.1 {status} Said", f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def as_json(status: int, value: Any, **headers: str) -> bytes:
    return response(status, json.dumps(value).encode(), **headers)


def answer(text: str = "hi", **usage: int) -> bytes:
    choice = {"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    return as_json(200, {"choices": [choice], "usage": USAGE | usage})


def error(status: int, message: str, **headers: str) -> bytes:
    return as_json(status, {"error": {"message": message}}, **headers)


Handler = Callable[["FaultServer", bytes, asyncio.StreamWriter], Awaitable[bytes]]


@dataclass
class FaultServer:
    """Answers with what ``handler`` returns; nothing for no answer, after which the connection is reset."""

    handler: Handler
    port: int = 0
    bodies: list[bytes] = field(default_factory=list)
    """Of every request, in order."""
    heads: list[str] = field(default_factory=list)
    connections: int = 0
    """How many were ever made."""
    in_flight: int = 0
    most_in_flight: int = 0
    closed_by_client: int = 0
    """Requests whose sender went away before the answer."""
    asked_by: list[Any] = field(default_factory=list)
    """Clients to be closed before it."""
    _server: asyncio.Server | None = None
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Go down, with all connections; :meth:`start` comes back at the same address."""
        assert self._server is not None
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.sleep(0)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.add(writer)
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                length = next((line for line in head.lower().splitlines() if line.startswith("content-length:")), ":0")
                body = await reader.readexactly(int(length.partition(":")[2]))
                self.heads.append(head)
                self.bodies.append(body)
                if not await self._handled(body, reader, writer):
                    break
        self._writers.discard(writer)
        writer.transport.abort()

    async def _handled(self, body: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        answering = asyncio.ensure_future(self.handler(self, body, writer))
        gone = asyncio.ensure_future(reader.read(1))  # nothing comes before the answer, unless the sender leaves
        try:
            await asyncio.wait({answering, gone}, return_when=asyncio.FIRST_COMPLETED)
            if not answering.done():
                self.closed_by_client += 1
                return False
            content = answering.result()
            writer.write(content)
            await writer.drain()
            return bool(content)
        finally:
            self.in_flight -= 1
            for task in (answering, gone):
                task.cancel()
                with suppress(asyncio.CancelledError, ConnectionError):
                    await task


@asynccontextmanager
async def faults(*handlers: Handler) -> AsyncIterator[list[FaultServer]]:
    """Servers, one a handler, for as long as the block lasts."""
    servers = [FaultServer(handler) for handler in handlers]
    for server in servers:
        await server.start()
    try:
        yield servers
    finally:
        for server in servers:
            await server.stop()


def always(content: bytes) -> Handler:
    """The same for everybody."""
    return in_turn(content)


def in_turn(*contents: bytes) -> Handler:
    """One after another, then the last for ever."""
    left = list(contents)

    async def handle(server: FaultServer, body: bytes, writer: asyncio.StreamWriter) -> bytes:
        return left.pop(0) if len(left) > 1 else left[0]

    return handle


async def hang(server: FaultServer, body: bytes, writer: asyncio.StreamWriter) -> bytes:
    """Takes the request and never answers."""
    await asyncio.Event().wait()
    return b""


async def reset(server: FaultServer, body: bytes, writer: asyncio.StreamWriter) -> bytes:
    """Takes the request and closes the connection."""
    return b""
