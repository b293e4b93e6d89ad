"""Manages one server: starts it when first needed, restarts it when it exits, limits concurrency."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from apigen.config import RemoteConfig
from apigen.errors import ServiceUnavailable
from apigen.execute.mcp.opening import START_S, open_connection
from apigen.execute.mcp.servers import Answer, NotAllowed, Server, Unanswered, Unreachable
from apigen.records import Json, Reason

if TYPE_CHECKING:
    from apigen.execute.mcp.connection import Connection

_FIRST_PAUSE_S = 0.5
"""Before a second try to start a server; doubled before each further one."""
_REST_S = 30.0
"""How long a server that cannot be started is left alone; doubled each time, up to a bound."""
_LONGEST_REST_S = 600.0


class Keeper:
    """One server for all who call it. Belongs to one event loop.

    A call whose server ends or hangs under it may be the cause or a bystander. It is made once more with the server to
    itself: what goes wrong then is its own fault. Calls that may change something are not repeated.

    Args:
        server: which one.
        environ: where the values of its variables stand.
        remote: bounds.
        start_s: how long it may take to get ready, in seconds.
    """

    def __init__(
        self, server: Server, environ: Mapping[str, str], remote: RemoteConfig, *, start_s: float = START_S
    ) -> None:
        self._server = server
        self._environ = environ
        self._remote = remote
        self._start_s = start_s
        self._connection: Connection | None = None
        self._opening: asyncio.Task[Connection] | None = None
        self._ending: set[asyncio.Task[None]] = set()
        self._permits = asyncio.Semaphore(remote.per_host)
        self._taking_all = asyncio.Lock()
        self._closed = False
        self._next_call = 0.0
        self._failures = 0
        self._resting_until = 0.0
        self._last_problem = ""

    async def call(self, tool: str, arguments: dict[str, Json], *, writes: bool) -> Answer:
        """Call a tool.

        Args:
            tool: its name on the server.
            arguments: JSON that can be encoded.
            writes: whether the call may change something.

        Raises:
            ServiceUnavailable: the server cannot be started or reached, or turns everybody away.
            NotAllowed: it has a private address that is not allowed.
            UserError: the SDK is not installed, or a variable is not set.
        """
        try:
            async with self._permits:
                return await self._try(tool, arguments)
        except Unanswered as problem:
            if problem.begun and writes:
                detail = f"{problem}; a call that may change data is not retried"
                return Answer(reason=problem.reason or Reason.RUNTIME_ERROR, detail=detail)
        async with self._all_permits():
            try:
                return await self._try(tool, arguments)
            except Unanswered as problem:
                if problem.reason is None or not problem.begun:
                    raise ServiceUnavailable(f"{self._server}: {problem}") from None
                return Answer(reason=problem.reason, detail=f"{problem}; a retry failed the same way")

    async def aclose(self) -> None:
        """End the server, also one that is just getting ready; calls under way do not start it again."""
        self._closed = True
        if self._opening is not None:
            self._opening.cancel()
            await asyncio.wait({self._opening})
        if self._connection is not None:
            self._retire(self._connection)
        if self._ending:
            await asyncio.wait(self._ending)

    async def _try(self, tool: str, arguments: dict[str, Json]) -> Answer:
        connection = await self._connected()
        await self._pace()
        try:
            answer = await connection.call(tool, arguments, self._remote.timeout_s)
        except Unanswered as problem:
            if not connection.ended:
                raise
            await asyncio.shield(self._retire(connection))  # then all of its last words are there
            raise Unanswered(f"{problem}{connection.last_words()}", problem.reason, begun=problem.begun) from None
        if connection.ended:
            self._retire(connection)
        return answer

    async def _connected(self) -> "Connection":
        if self._connection is not None:
            if not self._connection.ended:
                return self._connection
            self._retire(self._connection)
        if self._opening is None:
            self._opening = asyncio.create_task(self._open())
            self._opening.add_done_callback(lambda task: task.cancelled() or task.exception())  # seen in any case
        return await asyncio.shield(self._opening)

    async def _open(self) -> "Connection":
        """Start the server, a few times; one that failed before gets a rest in between and one try after it."""
        try:
            if self._closed:
                raise ServiceUnavailable(f"{self._server}: the executor is closed")
            if time.monotonic() < self._resting_until:
                raise ServiceUnavailable(self._last_problem)
            problem = Unreachable("it was never tried")
            for number in range(1 if self._failures else 1 + self._remote.retries):
                if number:
                    await asyncio.sleep(_FIRST_PAUSE_S * 2 ** (number - 1))
                try:
                    self._connection = await open_connection(
                        self._server, self._environ, private=self._remote.private, start_s=self._start_s
                    )
                except NotAllowed:
                    raise
                except Unreachable as error:
                    problem = error
                else:
                    self._failures = 0
                    return self._connection
            rest = min(_REST_S * 2**self._failures, _LONGEST_REST_S)
            self._failures += 1
            self._resting_until = time.monotonic() + rest
            self._last_problem = f"{self._server}: {problem}"
            raise ServiceUnavailable(self._last_problem)
        finally:
            self._opening = None

    def _retire(self, connection: "Connection") -> "asyncio.Task[None]":
        """End a connection in the background."""
        if self._connection is connection:
            self._connection = None
        task = asyncio.create_task(connection.aclose())
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)
        return task

    async def _pace(self) -> None:
        """Wait until the rate allows another call."""
        if self._remote.rate is not None:
            now = time.monotonic()
            turn = max(now, self._next_call)
            self._next_call = turn + 1 / self._remote.rate
            await asyncio.sleep(turn - now)

    @asynccontextmanager
    async def _all_permits(self) -> AsyncIterator[None]:
        """Have the server to oneself."""
        taken = 0
        async with self._taking_all:
            try:
                for _ in range(self._remote.per_host):
                    await self._permits.acquire()
                    taken += 1
                yield
            finally:
                for _ in range(taken):
                    self._permits.release()
