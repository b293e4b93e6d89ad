"""A real server that speaks the batch protocol, on a port of its own, and stumbles where a test says so."""

import asyncio
import json
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from aiohttp import web

from apigen.simulate.batches import add_batch_routes
from listening import listening

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Answer = Callable[[dict[str, Any]], Awaitable[tuple[int, Any]]]


def completion(text: str) -> dict[str, Any]:
    choice = {"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    return {"choices": [choice], "usage": {"prompt_tokens": 7, "completion_tokens": 2}}


async def echo(body: dict[str, Any]) -> tuple[int, Any]:
    """Answers with what was asked."""
    return 200, completion(f"re: {body['messages'][-1]['content']}")


class BatchServer:
    """Looks at everything that passes.

    Args:
        answer: answers one line.
        settings: of ``add_batch_routes``.
    """

    def __init__(self, answer: Answer = echo, **settings: Any) -> None:
        self.url = ""
        self.now = 1_700_000_000.0
        """What its clock shows."""
        self.calls: list[str] = []
        """Each request as METHOD PATH, without the ids."""
        self.answered: Counter[str] = Counter()
        """How often each body was answered, which is what costs."""
        self.before: Callable[[str], web.Response | None] = lambda _: None
        """May answer a call in the server's place."""
        self.after: Callable[[str, dict[str, Any]], dict[str, Any] | None] = lambda _, value: value
        """What a call that was carried out says; ``None`` cuts the connection instead."""
        self.content: Callable[[bytes], bytes] = lambda content: content
        """What a downloaded file holds instead of what it should."""
        self.hold = ""
        """A call that is not answered, such as ``POST /batches``, with `` before`` or `` after`` it is carried out."""
        self.held = threading.Event()
        self.headers: list[Mapping[str, str]] = []
        self._answer = answer
        self._settings = settings

    async def _counted(self, body: dict[str, Any]) -> tuple[int, Any]:
        status, value = await self._answer(body)
        self.answered[json.dumps(body, sort_keys=True)] += 1
        return status, value

    def app(self) -> web.Application:
        @web.middleware
        async def watched(request: web.Request, handler: Handler) -> web.StreamResponse:
            path = request.path.removeprefix("/v1").replace(request.match_info.get("id", "{id}"), "{id}")
            call = f"{request.method} {path}"
            self.calls.append(call)
            self.headers.append(request.headers)
            instead = self.before(call)
            if instead is not None:
                return instead
            await self._held(f"{call} before")
            response = await handler(request)
            await self._held(f"{call} after")
            if isinstance(response, web.Response) and call.endswith("/content"):
                assert isinstance(response.body, bytes)
                return web.Response(body=self.content(response.body))
            if isinstance(response, web.Response) and response.content_type == "application/json":
                said = self.after(call, json.loads(response.text or ""))
                if said is None:
                    assert request.transport is not None
                    request.transport.abort()
                return web.json_response(said, status=response.status)
            return response

        app = web.Application(middlewares=[watched])
        add_batch_routes(app, self._counted, clock=lambda: self.now, **self._settings)
        return app

    async def _held(self, where: str) -> None:
        if where == self.hold:
            self.held.set()
            while self.hold:  # noqa: ASYNC110 - whoever lets go is in another thread
                await asyncio.sleep(0.005)


@contextmanager
def serving_batches(server: BatchServer) -> Iterator[BatchServer]:
    """Run a server for as long as the block lasts."""
    # The same port again where it is started again.
    port = int(server.url.rpartition(":")[2].partition("/")[0]) if server.url else 0
    with listening(server.app(), port) as port:
        server.url = f"http://127.0.0.1:{port}/v1"
        try:
            yield server
        finally:
            server.hold = ""
