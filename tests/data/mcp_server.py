"""A small MCP server, written with the official SDK: ``python mcp_server.py`` or ``python mcp_server.py PORT``."""

import asyncio
import sys
from enum import StrEnum
from typing import Annotated, Any

from mcp.server.mcpserver import Image, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import ToolAnnotations
from pydantic import BaseModel, Field

READS = ToolAnnotations(read_only_hint=True)
server = MCPServer("shelf")
notes: list[str] = []


class Size(StrEnum):
    SMALL = "small"
    LARGE = "large"


class Box(BaseModel):
    width: Annotated[float, Field(gt=0, le=100)]
    labels: list[str] = []


@server.tool(annotations=READS)
def add(a: int, b: int = 1) -> int:
    """Add two numbers."""
    return a + b


@server.tool(annotations=READS, structured_output=False)
def pack(box: Box, size: Size | None = None) -> str:
    """Pack a box."""
    return f'{{"width": {box.width}, "size": "{size}"}}'


@server.tool(name="shelf.note", annotations=ToolAnnotations(read_only_hint=False, destructive_hint=False))
def note(text: str) -> list[str]:
    """Write something down."""
    notes.append(text)
    return notes


@server.tool(annotations=ToolAnnotations(destructive_hint=True))
def forget() -> int:
    """Forget everything that was written down."""
    count = len(notes)
    notes.clear()
    return count


@server.tool(description="Say a word several times.", structured_output=False)
def repeat(word: str, times: int = 2) -> list[str]:
    return [word] * times


@server.tool(annotations=READS)
def fail(message: str) -> str:
    """Fail with a message."""
    raise ToolError(message)


@server.tool(annotations=READS, structured_output=False)
def refuse(thing: str) -> dict[str, Any]:
    """Say in a result that something was not found."""
    return {"error": f"{thing} not found"}


@server.tool(annotations=READS)
def swatch() -> Image:
    """Draw a small picture."""
    return Image(data=b"\x89PNG not quite", format="png")


@server.tool(annotations=READS)
async def wait(seconds: float) -> str:
    """Wait for a while."""
    await asyncio.sleep(seconds)
    return "done"


if __name__ == "__main__":
    if sys.argv[1:]:
        server.run("streamable-http", port=int(sys.argv[1]))
    server.run()
