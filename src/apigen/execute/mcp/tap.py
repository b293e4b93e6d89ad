"""Observes the messages of a server before the SDK sees them.

The SDK takes a list of tools as a whole or not at all, waits in vain for an answer that was no JSON, and does not tell
when a server has ended. Here each tool is taken by itself, a broken answer becomes an error of its call, and the end is
seen.
"""

import re
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Self

from mcp.shared.message import SessionMessage
from mcp_types import PARSE_ERROR, ErrorData, JSONRPCError, JSONRPCResponse
from pydantic import ValidationError

from apigen.records import Json

if TYPE_CHECKING:
    from mcp.client._transport import ReadStream

_ID_FIRST = re.compile(r'\s*\{\s*"jsonrpc"\s*:\s*"2\.0"\s*,\s*"id"\s*:\s*(\d{1,15})\s*,')
_ID_LAST = re.compile(r'"jsonrpc"\s*:\s*"2\.0"\s*,\s*"id"\s*:\s*(\d{1,15})\s*\}\s*$')
_ENDS = 200
"""Characters at the beginning and the end of a line in which the id is looked for."""


class Tap:
    """Sees every message of one connection on its way in.

    Args:
        on_end: called when no further message can come.
    """

    def __init__(self, on_end: Callable[[], None]) -> None:
        self.on_end = on_end
        self.listed: list[Json] = []
        """Every tool that was listed, as the server describes it."""
        self.nonsense = ""
        """The last line that was no message."""

    def on(self, stream: "ReadStream[SessionMessage | Exception]") -> "ReadStream[SessionMessage | Exception]":
        """The stream, seen."""
        return _Tapped(stream, self)

    def see(self, item: SessionMessage | Exception) -> SessionMessage | Exception:
        """Take notice of a message, and mend it where the SDK could do nothing with it."""
        if isinstance(item, SessionMessage):
            if isinstance(item.message, JSONRPCResponse):
                self._see_tools(item.message.result)
            return item
        if not isinstance(item, ValidationError):
            return item
        written = item.errors(include_url=False, include_context=False)[0]["input"]
        self.nonsense = str(written)[:_ENDS]
        number = _answered(written)
        if number is None:
            return item
        error = ErrorData(code=PARSE_ERROR, message="the response is not a valid JSON-RPC message")
        return SessionMessage(JSONRPCError(jsonrpc="2.0", id=number, error=error))

    def _see_tools(self, result: dict[str, Json]) -> None:
        """Keep listed tools as they are, and leave the SDK what it needs to call them."""
        tools = result.get("tools")
        if isinstance(tools, list):
            self.listed += tools
            result["tools"] = [_callable(tool) for tool in tools if _has_name(tool)]


class _Tapped:
    """A stream of messages that shows each one to a tap."""

    def __init__(self, stream: "ReadStream[SessionMessage | Exception]", tap: Tap) -> None:
        self._stream = stream
        self._tap = tap

    async def receive(self) -> SessionMessage | Exception:
        return self._tap.see(await self._stream.receive())

    async def aclose(self) -> None:
        await self._stream.aclose()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> SessionMessage | Exception:
        try:
            return self._tap.see(await anext(self._stream))
        except BaseException:  # the end of the stream, or of the task that reads it where the transport broke
            self._tap.on_end()
            raise

    async def __aenter__(self) -> Self:
        await self._stream.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        return await self._stream.__aexit__(kind, error, trace)


def _answered(written: Json) -> int | None:
    """The number of the request that a broken message was meant to answer."""
    if isinstance(written, dict):
        number = written.get("id")
        is_answer = "result" in written or "error" in written
        return number if is_answer and isinstance(number, int) and not isinstance(number, bool) else None
    if not isinstance(written, str):
        return None
    found = _ID_FIRST.match(written[:_ENDS]) or _ID_LAST.search(written[-_ENDS:])
    return int(found[1]) if found else None


def _has_name(tool: Json) -> bool:
    return isinstance(tool, dict) and isinstance(tool.get("name"), str)


def _callable(tool: dict[str, Json]) -> dict[str, Json]:
    """The little that the SDK needs of a tool: its schema says which arguments are repeated in HTTP headers."""
    schema = tool.get("inputSchema")
    properties = schema.get("properties") if isinstance(schema, dict) else None
    kept = {"properties": properties} if _are_schemas(properties) else {}
    return {"name": tool["name"], "inputSchema": {"type": "object", **kept}}


def _are_schemas(properties: Json) -> bool:
    return isinstance(properties, dict) and all(isinstance(inner, dict) for inner in properties.values())
