"""For tests of web services: tools by hand, calls that run, and a server that sends exactly the bytes it is given."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import stamina

from apigen.config import RemoteConfig
from apigen.execute.rest.executor import RestExecutor
from apigen.execute.rest.guard import named_places
from apigen.records import Call, Execution, RestBinding, Tool


def tool_for(server: str, path: str = "/", method: str = "GET", name: str = "ask", **settings: Any) -> Tool:
    """A tool that is one operation."""
    return Tool(name, "Asks.", {"type": "object"}, binding=RestBinding(method, server.rstrip("/"), path, **settings))


def executor_for(
    *tools: Tool, environment: Mapping[str, str] | None = None, result_kb: int = 64, **remote: Any
) -> RestExecutor:
    """An executor that may reach the servers of these tools, though they are on this machine."""
    named = named_places(tools)
    config = RemoteConfig(**({"private": tuple(sorted(named)), "writes": ("*",)} | remote))
    return RestExecutor(config, environment or {}, hosts=named, result_kb=result_kb)


def execute(
    tool: Tool,
    arguments: Mapping[str, Any] | None = None,
    *,
    also: Sequence[Tool] = (),
    environment: Mapping[str, str] | None = None,
    **settings: Any,
) -> Execution:
    """One call, without waits between tries; ``also`` are other tools of the library."""

    async def main() -> Execution:
        executor = executor_for(tool, *also, environment=environment, **settings)
        try:
            return await executor.execute(tool, Call(tool.name, dict(arguments or {})))
        finally:
            await executor.aclose()

    with stamina.set_testing(True, attempts=10, cap=True):
        return asyncio.run(main())


Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class RawServer:
    """Reads a request and sends bytes, whatever they are."""

    def __init__(self, answers: Sequence[bytes]) -> None:
        self._answers = answers
        self.requests: list[bytes] = []

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            self.requests.append(await reader.readuntil(b"\r\n\r\n"))
        except asyncio.IncompleteReadError:
            return
        writer.write(self._answers[min(len(self.requests), len(self._answers)) - 1])
        await writer.drain()


@asynccontextmanager
async def listening(handle: Handler) -> AsyncIterator[str]:
    """The address of a server whose connections the handler gets."""
    open_now: dict[asyncio.StreamWriter, asyncio.Future[None]] = {}

    async def tracked(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        done = open_now[writer] = asyncio.get_running_loop().create_future()
        try:
            await handle(reader, writer)
        except OSError:
            pass
        finally:
            writer.close()
            done.set_result(None)

    server = await asyncio.start_server(tracked, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.close()
        for writer in open_now:
            writer.transport.abort()
        await asyncio.gather(*open_now.values())


def execute_against(handle: Handler, **settings: Any) -> Execution:
    """One call of a server that a handler makes up."""

    async def main() -> Execution:
        async with listening(handle) as url:
            tool = tool_for(url)
            executor = executor_for(tool, **settings)
            try:
                return await executor.execute(tool, Call("ask"))
            finally:
                await executor.aclose()

    with stamina.set_testing(True, attempts=10, cap=True):
        return asyncio.run(main())


def execute_raw(*answers: bytes, **settings: Any) -> Execution:
    """One call of a server that sends these bytes, the last of them for ever."""
    return execute_against(RawServer(answers).handle, **settings)
