"""A model behind an OpenAI-compatible endpoint, asked with the limits, retries and time-outs of every other request."""

import time
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from apigen.concurrency import several
from apigen.errors import ModelRefused
from apigen.evaluate.asking.base import IN_USER_TURN, Keep, Prompt, Response
from apigen.models.base import Model, Options
from apigen.models.openai.dialect import SYSTEM_IN_USER


class Endpoint:
    """Asks a model over its protocol.

    Args:
        model: the model behind it.
        options: temperature and max tokens.
        concurrency: questions in flight.
    """

    def __init__(self, model: Model, options: Options, concurrency: int) -> None:
        self._model = model
        self._options = options
        self._concurrency = concurrency

    async def ask(self, prompts: Sequence[Prompt], keep: Keep, stopped: Callable[[], bool]) -> None:
        """Ask each question by itself.

        Raises:
            ModelUnavailable: the endpoint is down or refuses everything.
        """

        async def one(prompt: Prompt) -> None:
            keep(prompt, await self._response(prompt))

        await several(prompts, one, self._concurrency, stopped)

    async def _response(self, prompt: Prompt) -> Response:
        began = time.monotonic()
        options = msgspec.structs.replace(self._options, tools=prompt.tools)
        try:
            completion = await self._model.complete(prompt.messages, options)
        except ModelRefused as refused:
            return Response(error=str(refused), seconds=time.monotonic() - began)
        return Response(
            completion.text,
            completion.tool_calls if prompt.tools else None,
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
