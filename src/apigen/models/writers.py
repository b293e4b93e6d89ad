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


class Writers:
    """Who writes which request: drawn by weight from the request's own seed, so the same whatever finished first."""

    def __init__(self, writers: Sequence[Writer]) -> None:
        self._models = [writer.model for writer in writers]
        self._weights = [writer.weight for writer in writers]

    @property
    def llm(self) -> bool:
        """Whether language models write."""
        return any(model.llm for model in self._models)

    @property
    def models(self) -> tuple[Model, ...]:
        """All of them."""
        return tuple(self._models)

    def of(self, request: Request) -> Model:
        """The model that writes a request, and mends what falls of it."""
        if len(self._models) == 1:
            return self._models[0]
        return Random(f"writer/{request.seed}").choices(self._models, self._weights)[0]
