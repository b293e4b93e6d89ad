"""A model behind an OpenAI-compatible endpoint, asked with the limits, retries and time-outs of every other request."""

import time
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from apigen.concurrency import several
from apigen.errors import ModelRefused
from apigen.evaluate.asking.base import IN_USER_TURN, Keep, Put, Said
from apigen.models.base import Model, Options
from apigen.models.openai.dialect import SYSTEM_IN_USER


class Endpoint:
    """Asks a model over its protocol.

    Args:
        model: who is asked.
        options: temperature and most tokens of an answer.
        concurrency: questions under way at once.
    """

    def __init__(self, model: Model, options: Options, concurrency: int) -> None:
        self._model = model
        self._options = options
        self._concurrency = concurrency

    async def ask(self, puts: Sequence[Put], keep: Keep, stopped: Callable[[], bool]) -> None:
        """Ask each question by itself.

        Raises:
            ModelUnavailable: the endpoint is down or refuses everything.
        """

        async def one(put: Put) -> None:
            keep(put, await self._said(put))

        await several(puts, one, self._concurrency, stopped)

    async def _said(self, put: Put) -> Said:
        began = time.monotonic()
        options = msgspec.structs.replace(self._options, tools=put.tools)
        try:
            completion = await self._model.complete(put.messages, options)
        except ModelRefused as refused:
            return Said(error=str(refused), seconds=time.monotonic() - began)
        return Said(
            completion.text,
            completion.tool_calls if put.tools else None,
            prompt_tokens=completion.prompt_tokens,
            completion_tokens=completion.completion_tokens,
            seconds=time.monotonic() - began,
            cut=completion.finish_reason == "length",
        )

    def facts(self) -> dict[str, Any]:
        """What was seen of the endpoints, and where the system message was put if they take none."""
        seen = self._model.endpoints()
        moved = any(SYSTEM_IN_USER.name in facts.structured.get("changes", ()) for facts in seen)
        return {"endpoints": msgspec.to_builtins(seen)} | ({"system": IN_USER_TURN} if moved else {})

    async def aclose(self) -> None:
        """Close the connections."""
        await self._model.aclose()
