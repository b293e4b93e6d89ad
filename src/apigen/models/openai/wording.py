"""One request that somebody else carries, put in the way that its endpoint takes best, and otherwise once refused."""

from collections.abc import Callable, Mapping
from typing import Any

from apigen.errors import ModelRefused
from apigen.models.openai.dialect import mending, spoken
from apigen.models.openai.failures import NoChat
from apigen.models.openai.ladder import Ask, Ladder
from apigen.models.openai.refused import BodyRefused
from apigen.models.openai.rungs import TEXT, Rung
from apigen.records import Json


class Worded:
    """How one request is put.

    Args:
        plain: its body as most take it, on a rung.
        ladder: how forms of answers are asked for there.
        ask: tries a rung where none is known to hold; ``None`` for a request without a form.
        extra: what the user adds to every request.
    """

    def __init__(
        self, plain: Callable[[Rung], dict[str, Any]], ladder: Ladder, ask: Ask | None, extra: Mapping[str, Json]
    ) -> None:
        self._plain = plain
        self._ladder = ladder
        self._ask = ask
        self._extra = extra
        self._rung: Rung | None = None if ask else TEXT
        self._fallen: tuple[Rung, ...] = ()
        self._sent: dict[str, Any] | None = None

    async def body(self) -> dict[str, Any]:
        """The body to send now.

        Where the endpoint takes no single request, so that no rung can be tried, the form is asked for in words alone.

        Raises:
            ModelUnavailable: the endpoint cannot be tried now.
        """
        if self._rung is None:
            self._rung = await self._top()
        self._sent = self._spoken(self._rung)
        return self._sent

    async def _top(self) -> Rung:
        if self._ask is None:
            return TEXT
        try:
            return await self._ladder.top(self._ask)
        except (NoChat, ModelRefused) as problem:
            return self._ladder.unasked(problem)

    def refused(self, refused: BodyRefused) -> bool:
        """Learn from a refusal; returns whether the request is put otherwise from now on.

        There are so many changes and rungs and no more, and neither is ever taken back, so this ends.
        """
        asked_for = mending(refused)
        if asked_for:
            self._ladder.learn(asked_for)
        if self._rung is None or self._sent is None:
            # An earlier session sent it, and nobody knows how. Said as this one would, it may be taken.
            return bool(asked_for) or refused.about_form
        # By now another request may have learned what this one was refused for.
        if asked_for and self._spoken(self._rung) != self._sent:
            return True
        lower = self._ladder.below(self._rung, refused)
        if lower is None:
            return False
        self._fallen = (*self._fallen, self._rung)
        self._rung = lower
        return True

    def answered(self) -> None:
        """Take note that it was answered."""
        if self._rung is not None and self._ask is not None:
            self._ladder.answered(self._rung, self._fallen)

    def _spoken(self, rung: Rung) -> dict[str, Any]:
        return spoken(self._plain(rung), self._ladder.told.changes, self._extra)
