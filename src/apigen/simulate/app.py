"""The endpoints of the simulated server, as an aiohttp application."""

import asyncio
import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec
from aiohttp import web

from apigen.simulate.batches import add_batch_routes
from apigen.simulate.network import Fault, Network, faulty_response
from apigen.simulate.simulator import Reply, Simulator, failure

MOST_REMEMBERED = 200_000
"""Answers that are kept in memory, some kilobytes each; further ones are made anew each time."""


def application(
    simulator: Simulator,
    *,
    latency_s: float = 0.0,
    faults: Mapping[Fault, float] | None = None,
    seed: int = 0,
    memo: bool = False,
    batch_s: float = 0.0,
) -> web.Application:
    """The application with the endpoints for models, chat completions, files and batches.

    Args:
        simulator: answers.
        latency_s: how long each answer takes at least.
        faults: how often each fault occurs on the way.
        seed: decides when.
        memo: whether a body that was answered is answered from memory.
        batch_s: time from the creation of a batch to its first answer.
    """
    chat = _Chat(simulator, Network(faults or {}, seed), latency_s, memo)
    app = web.Application(client_max_size=64 * 2**20)
    app.router.add_get("/v1/models", chat.models)
    app.router.add_get("/v1/models/{name:.+}", chat.model)
    app.router.add_post("/v1/chat/completions", chat.complete)

    async def line(body: dict[str, Any]) -> tuple[int, Any]:
        reply = await simulator.answer(body, {})
        return reply.status, msgspec.json.decode(reply.body)

    add_batch_routes(app, line, delay_s=batch_s)
    return app


class _Chat:
    def __init__(self, simulator: Simulator, network: Network, latency_s: float, memo: bool) -> None:
        self._simulator = simulator
        self._network = network
        self._latency_s = latency_s
        self._memo: dict[bytes, Reply] | None = {} if memo else None

    async def models(self, request: web.Request) -> web.Response:
        """List the models."""
        del request
        return _sent(_as_json({"object": "list", "data": [_model(name) for name in self._simulator.models]}))

    async def model(self, request: web.Request) -> web.Response:
        """Describe one model."""
        name = request.match_info["name"]
        if name not in self._simulator.models:
            return _sent(failure(404, f"no such model: {name!r}", "model_not_found"))
        return _sent(_as_json(_model(name)))

    async def complete(self, request: web.Request) -> web.StreamResponse:
        """Answer a chat completion, or let it go wrong."""
        body = await request.read()
        digest = hashlib.blake2b(body, digest_size=16).digest()
        if self._latency_s:
            await asyncio.sleep(self._latency_s)
        fault = self._network.drawn(digest)
        if fault is not None:
            return await faulty_response(fault, request, lambda: self._reply(digest, body, request))
        return _sent(await self._reply(digest, body, request))

    async def _reply(self, digest: bytes, body: bytes, request: web.Request) -> Reply:
        if self._memo is not None and (known := self._memo.get(digest)):
            return known
        try:
            value = msgspec.json.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return failure(400, "the body is not JSON", "invalid_request_error")
        reply = await self._simulator.answer(value, request.headers)
        if self._memo is not None and len(self._memo) < MOST_REMEMBERED:
            self._memo[digest] = reply
        return reply


def _model(name: str) -> dict[str, object]:
    return {"id": name, "object": "model", "created": 0, "owned_by": "apigen-simulation"}


def _as_json(value: object) -> Reply:
    return Reply(200, msgspec.json.encode(value))


def _sent(reply: Reply) -> web.Response:
    return web.Response(status=reply.status, body=reply.body, content_type="application/json")
