"""One connection to a server, from start to end, in its own task.

The SDK's contexts must be left in the task that entered them, so :meth:`Connection._hold` does both, and
nothing else does either. Calls may come from any task. The SDK's exceptions become ours here.
"""

import asyncio
import logging
import math
from collections.abc import AsyncGenerator, Collection, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import TYPE_CHECKING, Self

import anyio
import httpx2
from mcp import Client, MCPError
from mcp_types import CONNECTION_CLOSED, INVALID_REQUEST, METHOD_NOT_FOUND, REQUEST_TIMEOUT, Implementation
from pydantic import ValidationError

from apigen import __version__
from apigen.execute.mcp.answers import answer_of, answer_of_error, is_too_large
from apigen.execute.mcp.http import over_http
from apigen.execute.mcp.servers import Answer, Server, Unanswered, Unreachable
from apigen.execute.mcp.stdio import LastWords, over_stdio
from apigen.execute.mcp.tap import Tap
from apigen.records import Json, Reason

if TYPE_CHECKING:
    from mcp.client._transport import TransportStreams

MOST_PAGES = 1000
"""Of a list of tools; a server that has more goes round in circles."""

_SIGN_OF_LIFE_S = 5.0
"""How long a server that did not answer a call may take to list its tools, before it counts as hung."""

_FAILURES = (MCPError, ValidationError, RuntimeError)
"""What the SDK raises where a request has no result."""

# The SDK logs what servers do wrong, with stack traces, which would reach the terminal; what matters we say ourselves.
for _name in ("mcp", "client"):
    logging.getLogger(_name).addHandler(logging.NullHandler())


class Connection:
    """A server that can be called, until :attr:`ended`. Made by :meth:`open`; belongs to one event loop."""

    def __init__(self, server: Server, values: Mapping[str, str], private: Collection[str] | None) -> None:
        self._server = server
        self._values = values
        self._private = private
        self._heard = LastWords()
        self._closing = asyncio.Event()
        self._tap = Tap(on_end=self._closing.set)
        self._client: Client | None = None
        self._opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._opening_time = anyio.CancelScope()
        self._task: asyncio.Task[None] | None = None
        self._listed: tuple[Json, ...] = ()
        self._under_way = 0
        self.problem: Unreachable | None = None
        """Why it ended, where it did not end because it was closed."""

    @classmethod
    async def open(
        cls, server: Server, values: Mapping[str, str], *, private: Collection[str] | None, start_s: float
    ) -> Self:
        """Start or reach a server and have it list its tools.

        Args:
            server: which one.
            values: of its variables.
            private: addresses that may be private, each as ``HOST:PORT``; ``None`` for all.
            start_s: how long all of that may take, in seconds.

        Raises:
            Unreachable: it does not come to that.
        """
        self = cls(server, values, private)
        self._task = asyncio.create_task(self._hold(start_s))
        try:
            await asyncio.shield(self._opened)
        except asyncio.CancelledError:
            await self.aclose()
            raise
        return self

    @property
    def ended(self) -> bool:
        """Whether it can no longer be called."""
        return self._closing.is_set()

    @property
    def listed(self) -> tuple[Json, ...]:
        """The tools as the server describes them, each whatever JSON it is."""
        return self._listed

    async def call(self, tool: str, arguments: dict[str, Json], timeout_s: float) -> Answer:
        """Call a tool.

        Args:
            tool: its name on the server.
            arguments: JSON that can be encoded.
            timeout_s: how long the answer may take.

        Raises:
            Unanswered: the server ended, hung, or turned everybody away.
        """
        if self._client is None or self.ended:
            raise Unanswered("the server exited before the call", begun=False)
        if not any(isinstance(one, dict) and one.get("name") == tool for one in self._listed):
            return Answer(reason=Reason.NOT_EXECUTABLE, detail=f"the server no longer has a tool {tool!r}")
        self._under_way += 1
        try:
            result = await self._client.call_tool(tool, arguments, read_timeout_seconds=timeout_s)
        except MCPError as error:
            if error.code == REQUEST_TIMEOUT:
                await self._judge_silence(self._client, timeout_s)
            self._judge_loss(error)
            return answer_of_error(error.error, timeout_s)
        except ValidationError as error:
            return Answer(reason=Reason.RESULT_NOT_JSON, detail=f"the response violates the protocol: {_first(error)}")
        except RuntimeError as error:  # the SDK's word for answers of a kind that it does not know
            if self.ended:
                raise Unanswered("the server exited during the call", Reason.CRASHED) from None
            return Answer(reason=Reason.RUNTIME_ERROR, detail=str(error))
        finally:
            self._under_way -= 1
        return answer_of(result)

    async def aclose(self) -> None:
        """End the connection, and the server with all that it started where we started it."""
        self._closing.set()
        if not self._opened.done():
            self._opening_time.cancel()
        if self._task is not None:
            await asyncio.wait({self._task})

    def last_words(self) -> str:
        """What the server wrote last to standard error, or instead of a message, as the end of a sentence."""
        if line := self._heard.line():
            return f"; its last line on stderr is {line[:300]!r}"
        return f"; it wrote {self._tap.nonsense!r}, which is not a protocol message" if self._tap.nonsense else ""

    async def _judge_silence(self, client: Client, timeout_s: float) -> None:
        """After a time-out: a server that does not even list its tools any more hangs, and is not called again.

        Raises:
            Unanswered: it hangs, and any of the calls under way may have brought that about.
        """
        alone = self._under_way == 1
        with anyio.move_on_after(min(timeout_s, _SIGN_OF_LIFE_S)) as waiting, suppress(*_FAILURES):
            await client.session.list_tools()
        if waiting.cancelled_caught:
            self._closing.set()
        if self.ended and not alone:
            raise Unanswered("the server stopped responding", Reason.TIMEOUT)

    def _judge_loss(self, error: MCPError) -> None:
        """Tell the end of a connection from an error that the server itself sent under the same number.

        Raises:
            Unanswered: there is no connection any more, or none that the server knows.
        """
        if error.code == INVALID_REQUEST and error.message == "Session terminated":
            self._closing.set()
            raise Unanswered("the server no longer knows the session", begun=False)
        if is_too_large(error.error):
            return
        if error.code == CONNECTION_CLOSED and (self.ended or error.message.startswith("SSE stream")):
            self._closing.set()
            raise Unanswered("the server exited during the call", Reason.CRASHED)

    async def _hold(self, start_s: float) -> None:
        """Enter the connection, wait until it is to end, and leave it."""
        try:
            with self._opening_time:
                self._opening_time.deadline = anyio.current_time() + start_s
                info = Implementation(name="apigen", version=__version__)
                async with Client(self._transport(), cache=None, client_info=info) as client:
                    await _list(client)
                    self._listed = tuple(self._tap.listed)
                    self._opening_time.deadline = math.inf
                    self._client = client
                    self._opened.set_result(None)
                    await self._closing.wait()
            late = self._opening_time.cancelled_caught and anyio.current_time() >= self._opening_time.deadline
            if late and not self._opened.done():
                self.problem = Unreachable(f"it was not ready within {start_s:g} s{self.last_words()}")
        except Exception as error:  # noqa: BLE001 - whatever the SDK raises, in groups, becomes one line here
            self.problem = self._told(error)
        finally:
            self._closing.set()
            if not self._opened.done():
                self._opened.set_exception(self.problem or Unreachable("it was closed during startup"))
                self._opened.exception()  # seen, also where nobody waits any more

    def _transport(self) -> "AbstractAsyncContextManager[TransportStreams]":
        if self._server.url:
            token = next(iter(self._values.values()), "")
            return self._tapped(over_http(self._server.url, token, self._private))
        return self._tapped(over_stdio(self._server.command, self._values, self._heard))

    @asynccontextmanager
    async def _tapped(
        self, transport: "AbstractAsyncContextManager[TransportStreams]"
    ) -> "AsyncGenerator[TransportStreams, None]":
        async with transport as (read, write):
            yield self._tap.on(read), write

    def _told(self, error: Exception) -> Unreachable:
        """One line for whatever kept us from a server."""
        error = _innermost(error)
        match error:
            case Unreachable():
                return error
            case MCPError(code=code) if code == CONNECTION_CLOSED:
                return Unreachable(f"it exited before it answered{self.last_words()}")
            case MCPError():
                return Unreachable(f"it answered with an error: {_line(error.message)}{_hint(error)}")
            case ValidationError():
                return Unreachable(f"its response violates the protocol: {_first(error)}")
            case httpx2.HTTPError():
                return Unreachable(f"it cannot be reached: {_line(str(error)) or type(error).__name__}")
        return Unreachable(f"{_line(str(error)) or type(error).__name__}{self.last_words()}")


async def _list(client: Client) -> None:
    """Have a server list its tools, page by page; the tap keeps them.

    Raises:
        Unreachable: there is no list, or it does not end.
    """
    cursor: str | None = None
    for _ in range(MOST_PAGES):
        try:
            page = await client.list_tools(cursor=cursor)
        except MCPError as error:
            if error.code == METHOD_NOT_FOUND:
                raise Unreachable("it offers no tools") from None
            raise
        if not page.next_cursor:
            return
        if page.next_cursor == cursor:
            break
        cursor = page.next_cursor
    raise Unreachable("its paginated tool list never ends")


def _innermost(error: Exception) -> Exception:
    """The exception in nested groups that says most: one of ours, or of the network, before what followed from it."""
    if not isinstance(error, ExceptionGroup):
        return error
    found = [_innermost(inner) for inner in error.exceptions]
    return min(found, key=lambda inner: (not isinstance(inner, Unreachable), not isinstance(inner, httpx2.HTTPError)))


def _first(error: ValidationError) -> str:
    found = error.errors(include_url=False, include_context=False, include_input=False)[0]
    return f"{'.'.join(map(str, found['loc']))}: {found['msg']}"


def _line(text: str) -> str:
    return " ".join(text.split())[:300]


def _hint(error: MCPError) -> str:
    unauthorized = any(status in error.message for status in ("HTTP 401", "HTTP 403"))
    return "; `#variable=NAME` sends the value of $NAME as a bearer token" if unauthorized else ""
