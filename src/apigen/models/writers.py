"""Several models that write one dataset, each its share of the requests."""

from collections.abc import Sequence
from random import Random

import msgspec

from apigen.models.base import Model
from apigen.records import Request


class Writer(msgspec.Struct, frozen=True):
    """A model that writes, and its weight against the others."""

    model: Model
    weight: float = 1.0
    mender: Model | None = None
    """The same model as it is asked for repairs, where the accounts separate the two."""


class Writers:
    """Who writes which request: drawn by weight from the request's own seed, so the same whatever finished first."""

    def __init__(self, writers: Sequence[Writer]) -> None:
        self._writers = tuple(writers)
        self._weights = [writer.weight for writer in writers]

    @property
    def llm(self) -> bool:
        """Whether language models write."""
        return any(writer.model.llm for writer in self._writers)

    @property
    def models(self) -> tuple[Model, ...]:
        """All of them."""
        return tuple(writer.model for writer in self._writers)

    def of(self, request: Request) -> Model:
        """The model that writes a request."""
        return self._drawn(request).model

    def mender_of(self, request: Request) -> Model:
        """The model that repairs the rejected pairs of a request: the one that wrote them."""
        drawn = self._drawn(request)
        return drawn.mender or drawn.model

    def _drawn(self, request: Request) -> Writer:
        if len(self._writers) == 1:
            return self._writers[0]
        return Random(f"writer/{request.seed}").choices(self._writers, self._weights)[0]
