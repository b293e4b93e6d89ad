"""A model behind an OpenAI-compatible endpoint, asked with the limits, retries and time-outs of every other request."""

import re
import time
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from apigen.concurrency import several
from apigen.dialogue.folding import folded
from apigen.dialogue.native import native_messages
from apigen.errors import ModelRefused
from apigen.evaluate.asking.base import IN_USER_TURN, Keep, Prompt, Response
from apigen.models.base import Model, Options
from apigen.records import Completion, Message

_NO_SYSTEM = re.compile(
    r"HTTP 4(?:00|22)\b.*(?:\b(?:system|developer)[ _](?:role|message|instruction)"
    r"|\brole\b.{0,20}\bsystem\b|\bonly user\b.{0,20}\bassistant\b)",
    re.IGNORECASE | re.DOTALL,
)
"""How servers report a chat template without a system role."""


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
        self._folds = False
        """Whether the server rejects a system role, so that the system prompt goes into the user turn."""

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
            completion = await self._completed(prompt.messages, options)
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

    async def _completed(self, messages: tuple[Message, ...], options: Options) -> Completion:
        """The completion; a server that rejects a system role gets the system prompt in the user turn."""
        in_turn = tuple(Message(**message) for message in folded(native_messages(messages)))
        if not self._folds:
            try:
                return await self._model.complete(messages, options)
            except ModelRefused as refused:
                if in_turn == messages or not _NO_SYSTEM.search(str(refused)):
                    raise
        completion = await self._model.complete(in_turn, options)
        self._folds = self._folds or in_turn != messages
        return completion

    def facts(self) -> dict[str, Any]:
        """Facts about the endpoints, and where the system prompt went if not into a system role."""
        seen = {"endpoints": msgspec.to_builtins(self._model.endpoints())}
        return {**seen, "system": IN_USER_TURN} if self._folds else seen

    async def aclose(self) -> None:
        """Close the connections."""
        await self._model.aclose()
