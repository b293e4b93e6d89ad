"""Requests that wait for a place at one of several endpoints, first come, first served."""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from apigen.models.openai.endpoint import Endpoint, Ticket


class Request(NamedTuple):
    """What is to be sent."""

    number: int
    """Tells requests apart, and stays when one is tried again."""
    body: bytes
    tried: tuple[Endpoint, ...] = ()
    """Where it failed; the last of them is taken only if no other endpoint is free."""

    def failed_at(self, endpoint: Endpoint) -> "Request":
        """The same request, rather sent elsewhere."""
        return self._replace(tried=(*(other for other in self.tried if other is not endpoint), endpoint))


class Place(NamedTuple):
    """Where a request may be sent now."""

    endpoint: Endpoint
    ticket: Ticket


class _Waiting(NamedTuple):
    place: "asyncio.Future[Place]"
    request: Request


class Queue:
    """Gives each request a place at the endpoint that has least to do for its weight.

    All limits are values that say when they allow the next request; this is the only thing that waits. It looks again
    whenever a place is given back (:meth:`serve`), and at the earliest time that a limit names.
    """

    def __init__(self, endpoints: Sequence[Endpoint]) -> None:
        self._endpoints = endpoints
        self._waiting: deque[_Waiting] = deque()
        self._timer: asyncio.TimerHandle | None = None

    async def place(self, request: Request) -> Place:
        """Wait for a place; whoever gets one gives it back through the endpoint, then calls :meth:`serve`.

        Raises:
            ModelUnavailable: there will be none; see :meth:`fail`.
        """
        place: asyncio.Future[Place] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(place, request))
        self.serve()
        try:
            return await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled() and not place.exception():
                given = place.result()
                given.endpoint.leave(given.ticket)
                self.serve()
            raise

    def serve(self) -> None:
        """Give out the places there are."""
        loop = asyncio.get_running_loop()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._waiting:
            waiting = self._waiting[0]
            if waiting.place.done():  # cancelled
                self._waiting.popleft()
                continue
            now = loop.time()
            times = [endpoint.ready_at() for endpoint in self._endpoints]
            ready = [endpoint for endpoint, time in zip(self._endpoints, times, strict=True) if time <= now]
            if not ready:
                if min(times) < float("inf"):
                    self._timer = loop.call_at(min(times), self.serve)
                return
            request = self._waiting.popleft().request
            endpoint = min(ready, key=lambda each: (each in request.tried[-1:], *each.load))
            waiting.place.set_result(Place(endpoint, endpoint.enter(request.number, request.body)))

    def fail(self, error: Exception) -> None:
        """Tell everybody who waits that there will be no place."""
        while self._waiting:
            waiting = self._waiting.popleft()
            if not waiting.place.done():
                waiting.place.set_exception(error)
