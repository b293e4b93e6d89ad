"""A real OpenAI-compatible server for tests that answers questions with tools, as it is told to."""

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from listening import listening


def calling(*calls: tuple[str, Any], text: str | None = None) -> dict[str, Any]:
    """An assistant's message that makes calls; arguments that are no text are written as JSON."""
    made = [
        {
            "id": f"call_{number}",
            "type": "function",
            "function": {"name": name, "arguments": given if isinstance(given, str) else json.dumps(given)},
        }
        for number, (name, given) in enumerate(calls)
    ]
    return {"role": "assistant", "content": text, "tool_calls": made}


def saying(text: str) -> dict[str, Any]:
    """An assistant's message without calls."""
    return {"role": "assistant", "content": text}


@dataclass
class ToolServer:
    """Answers each request's body with a message, or with a status and what is wrong."""

    answers: Callable[[dict[str, Any]], dict[str, Any] | tuple[int, str]]
    url: str = ""
    bodies: list[dict[str, Any]] = field(default_factory=list)
    """Every body that came."""
    hold_after: int | None = None
    """Lets this many requests in, and the others wait."""
    finish: str = "stop"

    async def complete(self, request: web.Request) -> web.Response:
        body = await request.json()
        while self.hold_after is not None and len(self.bodies) >= self.hold_after:
            if request.transport is None:
                return web.Response(status=503)  # whoever asked is gone
            await asyncio.sleep(0.002)
        self.bodies.append(body)
        said = self.answers(body)
        if isinstance(said, tuple):
            return web.json_response({"error": {"message": said[1]}}, status=said[0])
        usage = {"prompt_tokens": 50, "completion_tokens": 7}
        return web.json_response({"choices": [{"message": said, "finish_reason": self.finish}], "usage": usage})


@contextmanager
def answering(answers: Callable[[dict[str, Any]], Any], **settings: Any) -> Iterator[ToolServer]:
    """Run a server on a port of its own for as long as the block lasts."""
    server = ToolServer(answers, **settings)
    app = web.Application(client_max_size=64 * 2**20)
    app.router.add_post("/v1/chat/completions", server.complete)
    with listening(app) as port:
        server.url = f"http://127.0.0.1:{port}/v1"
        yield server
