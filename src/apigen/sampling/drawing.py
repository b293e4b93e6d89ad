"""Draws the requests of a run round by round, reusing what an earlier session drew."""

from collections.abc import Iterator, Mapping

import msgspec

from apigen.config import Config
from apigen.errors import UserError
from apigen.records import Attempt, Request
from apigen.sampling.sampler import Sampler
from apigen.sampling.state import Lesson, SamplingState


class Past(msgspec.Struct, frozen=True):
    """What was drawn from lessons that nobody can learn any more, since the candidates were verified again."""

    written: int = 0
    """Requests, from the first, whose attempts are taken as they are, though they would be drawn otherwise now."""
    drawn: Mapping[int, Request] = {}
    """Requests after those that had been drawn already, by their index: their answers may have been paid for."""


class Drawing:
    """Draws requests in their order; what it draws depends on the configuration, the lessons and the past alone.

    Args:
        config: resolved.
        sampler: draws the rounds.
        state: what the sampler remembers; owned by this drawing.
        past: what is not drawn anew.
    """

    def __init__(self, config: Config, sampler: Sampler, state: SamplingState, past: Past) -> None:
        assert config.rounds.requests is not None, "the configuration is resolved before a run"  # noqa: S101
        self._requests = config.rounds.requests
        self._sampler = sampler
        self._state = state
        self._past = past

    def round(self, number: int) -> Iterator[Request]:
        """The requests of one round; lessons of all rounds that it may draw from must have been learned."""
        for request in self._sampler.round(number, number * self._requests, self._state):
            drawn = self._past.drawn.get(request.index)
            if drawn is not None:
                self._state.drawn_otherwise(request, drawn)
            yield drawn or request

    def taken(self, request: Request, attempt: Attempt) -> None:
        """Note that the attempts of an earlier session stand in a request's place.

        Args:
            request: that was drawn now.
            attempt: the first of them.

        Raises:
            UserError: it was written for another request, so it was made by another version or edited.
        """
        if request.index < self._past.written:
            self._state.drawn_otherwise(request, attempt)
            return
        offered = tuple(tool.name for tool in request.tools)
        drawn = (request.style, request.wording, offered, request.targets)
        if drawn != (attempt.style, attempt.wording, attempt.offered, attempt.targets):
            raise UserError(
                f"attempts.jsonl: request {request.index} differs from the one drawn now (another version of "
                "apigen wrote it, or "
                "the file was edited); start a new run with another --out"
            )

    def learn(self, lesson: Lesson) -> None:
        """Take in what the next round taught."""
        self._state.learn(lesson)
