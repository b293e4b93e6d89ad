"""A real OpenAI-compatible server for tests: the offline writer, and a judge of a fixed temper, behind HTTP."""

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from apigen.models.base import Options
from apigen.models.offline.model import OfflineModel
from apigen.records import Message
from form_servers import BY_ITSELF, fitting
from listening import listening


@dataclass
class ChatServer:
    """Counts what it is asked; can fail on purpose."""

    url: str = ""
    port: int = 0
    """Where it listens; 0 takes any that is free."""
    delay_s: float = 0.0
    fail_after: int | None = None
    """Answers with ``fail_with`` from this many requests on."""
    fail_with: tuple[int, str] = (503, "overloaded")
    hold_after: int | None = None
    """Lets this many requests in, and the others wait until there may be more."""
    claims_forms: bool = False
    """Holds a small answer to its form, so that it looks as if it did so with all; else it takes no notice of forms."""
    garbles: Callable[[int], str | None] = lambda number: None
    """What it writes in the place of the pairs of a request, by their number, if anything."""
    refuse: bool = False
    """Answers with HTTP 400."""
    judge_says: str = '{"thought": "fits", "pass": "yes"}'
    describes: Callable[[str], str] = lambda prompt: '{"description": "Adds what it is given and says the sum."}'
    """What it makes of a user message that asks for a tool's description."""
    categorises: Callable[[str], str] = lambda prompt: '{"category": "Other"}'
    """What it makes of a message that asks for a tool's category."""
    judges: dict[str, Callable[[str], str | None]] = field(default_factory=dict)
    """What a judge of that name makes of a user message, in place of ``judge_says``; ``None`` refuses it."""
    prompts: list[str] = field(default_factory=list)
    """Every prompt that was answered, as JSON."""
    usage: Callable[[str, str], tuple[int, int]] = lambda prompt, answer: (100, 10)
    """The tokens that it counts for a prompt and an answer."""
    admitted: int = 0
    under_way: int = 0
    answering: int = 0
    """How many will be answered in full, and are not yet."""

    async def complete(self, request: web.Request) -> web.Response:
        self.under_way += 1
        try:
            return await self._complete(request)
        finally:
            self.under_way -= 1

    async def _complete(self, request: web.Request) -> web.Response:
        body = await request.json()
        if body["messages"][0]["content"].startswith("What colour is fresh snow"):
            held = self.claims_forms and body.get("response_format", {}).get("type") == "json_schema"
            probed = fitting(body["response_format"]["json_schema"]["schema"]) if held else BY_ITSELF
            status, answer = self._answer(str(body["messages"]), probed)
            return web.json_response(answer, status=status)
        while self.hold_after is not None and self.admitted >= self.hold_after:
            if request.transport is None:
                return web.Response(status=503)  # whoever asked is gone
            await asyncio.sleep(0.002)
        self.admitted += 1
        status, answer = await self.answer(body)
        return web.json_response(answer, status=status)

    async def answer(self, body: dict[str, Any]) -> tuple[int, Any]:
        """Status and value of the answer to one body, however it came."""
        if self.fail_after is not None and len(self.prompts) + self.answering >= self.fail_after:
            status, message = self.fail_with
            return status, {"error": {"message": message}}
        if self.refuse:
            return 400, {"error": {"message": "max_tokens is not supported"}}
        self.answering += 1  # they may all come at once, and the one after the last is to fail nevertheless
        try:
            return await self._in_full(body)
        finally:
            self.answering -= 1

    async def _in_full(self, body: dict[str, Any]) -> tuple[int, Any]:
        await asyncio.sleep(self.delay_s)
        messages = [Message(message["role"], message["content"]) for message in body["messages"]]
        if messages[0].content.startswith("You check"):
            judge = self.judges.get(body["model"])
            said = judge(messages[-1].content) if judge else self.judge_says
            if said is None:
                return 400, {"error": {"message": "filtered"}}
            text = said
        elif messages[0].content.startswith("You describe tools"):
            text = self.describes(messages[-1].content)
        elif "Decide which category" in messages[0].content:
            text = self.categorises(messages[-1].content)
        else:
            written = (await OfflineModel().complete(messages, Options(seed=body.get("seed")))).text
            text = self.garbles(len(self.prompts)) or written
        self.prompts.append(json.dumps(body, sort_keys=True))
        return self._answer("\n".join(message.content for message in messages), text)

    def _answer(self, prompt: str, text: str) -> tuple[int, Any]:
        choice = {"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
        counted = self.usage(prompt, text)
        usage = dict(zip(("prompt_tokens", "completion_tokens"), counted, strict=True))
        return 200, {"choices": [choice], "usage": usage}


@contextmanager
def serving(**settings: object) -> Iterator[ChatServer]:
    """Run a server on a port of its own for as long as the block lasts."""
    server = ChatServer(**settings)  # type: ignore[arg-type]
    app = web.Application()
    app.router.add_post("/v1/chat/completions", server.complete)
    with listening(app, server.port) as server.port:
        server.url = f"http://127.0.0.1:{server.port}/v1"
        yield server
