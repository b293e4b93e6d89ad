"""A language model behind an OpenAI-compatible endpoint."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import msgspec

from apigen.errors import ModelRefused, ModelUnavailable
from apigen.model_config import ModelConfig
from apigen.models.access import without_key
from apigen.models.base import EndpointFacts, Options
from apigen.models.openai import probe
from apigen.models.openai.client import Client
from apigen.models.openai.dialect import mending, spoken
from apigen.models.openai.failures import TryAgain
from apigen.models.openai.ladder import Ladder
from apigen.models.openai.refused import BodyRefused
from apigen.models.openai.rungs import TEXT, Rung
from apigen.models.openai.wire import read_completion, request_body
from apigen.models.openai.wording import Worded
from apigen.records import Completion, Json, Message


class OpenAIModel:
    """A model behind an OpenAI-compatible endpoint.

    Args:
        config: name (``openai/NAME``), resolved ``base_url``, name of the key's variable, time-outs and retries.
        concurrency: requests in flight at once.
        client: what reaches it, where that is shared or has several endpoints.
        ladder: how forms of answers are asked for there, where others ask there as well.
    """

    def __init__(
        self, config: ModelConfig, concurrency: int, client: Client | None = None, ladder: Ladder | None = None
    ) -> None:
        self._config = config
        self._name = config.name.removeprefix("openai/")
        self._client = client or Client((config,), concurrency)
        self._ladder = ladder or Ladder(config.structured, model=self._config.name)

    @property
    def locator(self) -> str:
        """``openai/NAME``."""
        return self._config.name

    @property
    def llm(self) -> bool:
        """A server that speaks this protocol is taken to have a language model behind it."""
        return True

    @property
    def extra(self) -> Mapping[str, Json]:
        """What the configuration adds to every request."""
        return self._config.extra

    async def complete(self, messages: Sequence[Message], options: Options) -> Completion:
        """Ask the endpoint; see :meth:`apigen.models.openai.client.Client.ask` for what is tried again.

        Raises:
            ModelUnavailable: the server is down, refuses everything, or returns what is not a chat completion.
            ModelRefused: the server refuses this prompt.
        """
        if options.shape is None:
            return await self._asked(TEXT, messages, options)
        rung = await self._ladder.top(self._probed)
        fallen: list[Rung] = []
        while True:
            try:
                completion = await self._asked(rung, messages, options)
            except ModelRefused as refused:
                lower = self._ladder.below(rung, refused)
                if lower is None:
                    raise
                fallen.append(rung)
                rung = lower
            else:
                self._ladder.answered(rung, tuple(fallen))
                return completion

    def worded(self, messages: Sequence[Message], options: Options) -> Worded:
        """How a request is put that somebody else carries there."""
        plain = partial(self._plain, messages=messages, options=options)
        return Worded(plain, self._ladder, self._probed if options.shape else None, self._config.extra)

    def read(self, content: bytes) -> Completion:
        """The completion in an answer, on whichever rung it was asked for.

        Raises:
            NoCompletion: there is none in it.
        """
        content = without_key(self._config, content, good=True)
        return read_completion(content, self.locator, lambda reply: reply.arguments or reply.text)

    async def _probed(self, rung: Rung) -> Completion:
        return await self._asked(rung, probe.MESSAGES, probe.OPTIONS)

    def _plain(self, rung: Rung, messages: Sequence[Message], options: Options) -> dict[str, Any]:
        return request_body(self._name, messages, options) | (rung.added(options.shape) if options.shape else {})

    async def _asked(self, rung: Rung, messages: Sequence[Message], options: Options) -> Completion:
        """Ask on one rung, in the endpoint's own dialect.

        Raises:
            ModelUnavailable: as :meth:`complete` says.
            ModelRefused: the server refuses this prompt, or to be asked for a form in this way.
        """
        plain = self._plain(rung, messages, options)
        changes = self._ladder.told.changes
        while True:
            body = spoken(plain, changes, self._config.extra)
            try:
                completion = await self._sent(rung, body, options)
            except BodyRefused as refused:
                asked_for = mending(refused)
                if not set(asked_for) & set(changes):  # else what was changed did not help
                    self._ladder.learn(changes)
                # By now another request may have learned what this one was refused for.
                wanted = tuple(dict.fromkeys([*changes, *self._ladder.told.changes, *asked_for]))
                if spoken(plain, wanted, self._config.extra) == body:
                    raise
                changes = wanted
            else:
                self._ladder.learn(changes)
                return completion

    async def _sent(self, rung: Rung, body: dict[str, Any], options: Options) -> Completion:
        read = partial(
            read_completion,
            locator=self.locator,
            answer=rung.answer,
            most=options.max_tokens,
            offered=bool(options.tools),
        )
        try:
            return await self._client.ask(msgspec.json.encode(body), read)
        except TryAgain as error:
            times = f"{error.tries} time{'s' if error.tries > 1 else ''}"
            problem = f"{self.locator} at {self._client.url}: {error} (tried {times})"
            if await self._answers():
                # The server lives: it is this body that it cannot answer, and it would not after a resume either.
                raise BodyRefused(problem, said=str(error)) from None
            raise ModelUnavailable(problem) from None

    async def _answers(self) -> bool:
        """Whether the server answers a trivial prompt."""
        trivial = request_body(self._name, [Message("user", "Say yes.")], Options(max_tokens=16))
        body = spoken(trivial, self._ladder.told.changes, self._config.extra)
        try:
            await self._client.once(msgspec.json.encode(body), partial(read_completion, locator=self.locator))
        except (TryAgain, ModelUnavailable, ModelRefused):
            return False
        return True

    def endpoints(self) -> tuple[EndpointFacts, ...]:
        """What was seen of each endpoint, and how it is asked: all in one way, whichever of them the probe came to."""
        seen = self._client.facts()
        shared = {"shared_by": len(seen)} if len(seen) > 1 else {}
        structured = msgspec.to_builtins(self._ladder.told) | shared
        return tuple(msgspec.structs.replace(facts, structured=structured) for facts in seen)

    def stop(self) -> None:
        """Send nothing more; answers that are awaited still come."""
        self._client.stop()
        self._ladder.stop()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()
