"""Executes tools of MCP servers."""

import asyncio
import json
import os
import time
from collections.abc import Mapping, Sequence

import msgspec

from apigen.config import RemoteConfig
from apigen.errors import ServiceUnavailable
from apigen.execute.base import Ran, side_by_side
from apigen.execute.error_shapes import error_in
from apigen.execute.mcp.keeper import Keeper
from apigen.execute.mcp.servers import Answer, NotAllowed, Server, server_of
from apigen.execute.sandbox.outcome import tidy
from apigen.execute.secrets import Secrets
from apigen.records import Call, Execution, McpBinding, Reason, Tool


class McpExecutor:
    """Calls tools on their servers, each of which is started or reached when it is first needed.

    A server is the user's own program: it runs outside of the sandbox, with the user's rights.
    Belongs to one event loop.

    Args:
        remote: bounds, and what may be reached.
        result_kb: largest result, in KiB of JSON.
        environ: where the values of variables stand; by default the environment.
    """

    def __init__(self, remote: RemoteConfig, *, result_kb: int, environ: Mapping[str, str] | None = None) -> None:
        self._remote = remote
        self._result_kb = result_kb
        self._environ = os.environ if environ is None else environ
        self._servers: dict[Server, tuple[Keeper, Secrets]] = {}

    async def execute(self, tool: Tool, call: Call) -> Execution:
        """Run one call; see :class:`~apigen.execute.base.Executor`.

        Raises:
            ServiceUnavailable: the server cannot be started or reached, or turns everybody away.
            UserError: the official SDK is not installed, or a variable of the server is not set.
        """
        binding = tool.binding
        if not isinstance(binding, McpBinding):
            return Execution(
                call, ok=False, reason=Reason.NOT_EXECUTABLE, detail="the tool is not bound to an MCP server"
            )
        if binding.writes and not self._remote.may_write(tool.name):
            detail = f"the call may change data; allow it with `--allow-writes {tool.name}`"
            return Execution(call, ok=False, reason=Reason.FORBIDDEN, detail=detail)
        try:
            msgspec.json.encode(call.arguments)
        except (ValueError, TypeError, RecursionError) as error:  # it would end the connection for everybody
            detail = f"the arguments cannot be written as JSON: {error}"
            return Execution(call, ok=False, reason=Reason.ARGUMENT_TYPE, detail=detail)
        keeper, secrets = self._server(server_of(binding))
        started = time.monotonic()
        try:
            answer = await keeper.call(binding.tool, call.arguments, writes=binding.writes)
        except NotAllowed as problem:
            answer = Answer(reason=Reason.FORBIDDEN, detail=str(problem))
        except ServiceUnavailable as problem:
            raise ServiceUnavailable(secrets.hide_in_text(str(problem))) from None
        duration_ms = (time.monotonic() - started) * 1000
        execution = secrets.hide_in_execution(self._judged(call, answer))
        return msgspec.structs.replace(execution, duration_ms=duration_ms)

    def ahead(self, tool: Tool) -> bool:
        """Never: a server notices every call."""
        return False

    def prepare(self, tools: Sequence[Tool]) -> None:
        """Servers are started when they are needed."""

    async def execute_many(self, pairs: Sequence[tuple[Tool, Call]]) -> list[Ran]:
        """Run many calls, as many at once as each server may be given.

        Raises:
            UserError: as :meth:`execute`.
        """
        return await side_by_side(self, pairs)

    async def aclose(self) -> None:
        """End every server and connection."""
        await asyncio.gather(*(keeper.aclose() for keeper, _ in self._servers.values()))

    def _server(self, server: Server) -> tuple[Keeper, Secrets]:
        if server not in self._servers:
            secrets = server.secrets(self._environ)
            self._servers[server] = (Keeper(server, self._environ, self._remote), secrets)
        return self._servers[server]

    def _judged(self, call: Call, answer: Answer) -> Execution:
        """What an answer says about a call."""
        if answer.reason is not None:
            return Execution(call, ok=False, reason=answer.reason, detail=tidy(answer.detail, ()))
        try:
            text = json.dumps(answer.result, allow_nan=False, ensure_ascii=False, separators=(",", ":")).encode()
        except (ValueError, RecursionError) as problem:
            detail = f"the result cannot be written as JSON: {tidy(str(problem), ())}"
            return Execution(call, ok=False, reason=Reason.RESULT_NOT_JSON, detail=detail)
        if len(text) > self._result_kb * 1024:
            detail = f"the result is larger than {self._result_kb} KiB of JSON"
            return Execution(call, ok=False, reason=Reason.RESULT_TOO_LARGE, detail=detail)
        if (error := error_in(answer.result)) is not None:
            detail = tidy(error, ())
            return Execution(call, ok=False, result=answer.result, reason=Reason.ERROR_RESULT, detail=detail)
        return Execution(call, ok=True, result=answer.result)
