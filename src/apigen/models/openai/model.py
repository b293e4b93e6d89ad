"""A language model behind an OpenAI-compatible endpoint."""

from collections.abc import Sequence
from functools import partial

import msgspec

from apigen.errors import ModelRefused, ModelUnavailable
from apigen.model_config import ModelConfig
from apigen.models.base import EndpointFacts, Options
from apigen.models.openai.client import Client
from apigen.models.openai.failures import TryAgain
from apigen.models.openai.wire import read_completion, request_body
from apigen.records import Completion, Message


class OpenAIModel:
    """A model behind an OpenAI-compatible endpoint.

    Args:
        config: name (``openai/NAME``), resolved ``base_url``, name of the key's variable, time-outs and retries.
        concurrency: requests in flight at once.
        client: what reaches it, where that is shared or has several endpoints.
    """

    def __init__(self, config: ModelConfig, concurrency: int, client: Client | None = None) -> None:
        self._config = config
        self._name = config.name.removeprefix("openai/")
        self._client = client or Client((config,), concurrency)
        self._read = partial(read_completion, locator=config.name)

    @property
    def locator(self) -> str:
        """``openai/NAME``."""
        return self._config.name

    @property
    def llm(self) -> bool:
        """A server that speaks this protocol is taken to have a language model behind it."""
        return True

    async def complete(self, messages: Sequence[Message], options: Options) -> Completion:
        """Ask the endpoint; see :meth:`apigen.models.openai.client.Client.ask` for what is tried again.

        Raises:
            ModelUnavailable: the server is down, refuses everything, or answers what is no chat completion.
            ModelRefused: the server refuses this prompt.
        """
        try:
            return await self._client.ask(msgspec.json.encode(request_body(self._name, messages, options)), self._read)
        except TryAgain as error:
            tries = self._config.retries + 1
            problem = f"{self.locator} at {self._client.url}: {error} (tried {tries} time{'s' if tries > 1 else ''})"
            if await self._answers():
                # The server lives: it is this prompt that it cannot answer, and it would not after a resume either.
                raise ModelRefused(problem) from None
            raise ModelUnavailable(problem) from None

    async def _answers(self) -> bool:
        """Whether the server answers a trivial prompt."""
        trivial = request_body(self._name, [Message("user", "Say yes.")], Options(max_tokens=16))
        try:
            await self._client.once(msgspec.json.encode(trivial), self._read)
        except (TryAgain, ModelUnavailable, ModelRefused):
            return False
        return True

    def endpoints(self) -> tuple[EndpointFacts, ...]:
        """What was seen of each endpoint."""
        return self._client.facts()

    def stop(self) -> None:
        """Send nothing more; answers that are awaited still come."""
        self._client.stop()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()
