"""Requests to one OpenAI-compatible endpoint: vLLM, llama.cpp, Ollama, OpenRouter, OpenAI, Azure.

One connection pool serves all requests of a model. 429, 5xx, time-outs and lost connections are tried again with
growing, jittered waits.
"""

import asyncio
import os
from collections.abc import Callable
from typing import TypeVar

import aiohttp
import stamina

from apigen.errors import ModelUnavailable
from apigen.model_config import ModelConfig
from apigen.models.openai.refused import body_refused
from apigen.models.openai.wire import NoCompletion, error_message
from apigen.retry_after import seconds_to_wait

MAX_RESPONSE_BYTES = 32 * 1024 * 1024
LONGEST_WAIT_S = 60.0
"""Longest wait between two tries, also where a server asks for more."""

RETRYABLE_STATUS = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})

_Read = TypeVar("_Read")


class TryAgain(Exception):  # noqa: N818 - control flow inside this package, never seen outside
    """The server could not answer now. ``wait_s`` is what it asked for, if it did."""

    def __init__(self, message: str, wait_s: float | None = None) -> None:
        super().__init__(message)
        self.wait_s = wait_s


class Client:
    """What sends requests to one endpoint.

    Args:
        config: name (``openai/NAME``), resolved ``base_url``, name of the key's variable, time-outs and retries.
        concurrency: requests in flight at once.
    """

    def __init__(self, config: ModelConfig, concurrency: int) -> None:
        self.url = f"{config.base_url}/chat/completions"
        self._config = config
        self._slots = asyncio.Semaphore(concurrency)
        self._concurrency = concurrency
        self._session: aiohttp.ClientSession | None = None

    async def ask(self, body: bytes, read: Callable[[bytes], _Read]) -> _Read:
        """Post a body to the chat endpoint until there is an answer that can be read.

        Args:
            body: JSON.
            read: turns an answer into what is wanted, or raises :class:`NoCompletion`, which is tried again too.

        Raises:
            TryAgain: the last try failed as well.
            ModelUnavailable: the server refuses everything.
            BodyRefused: the server refuses this body.
        """
        async for attempt in stamina.retry_context(
            on=TryAgain,
            attempts=self._config.retries + 1,
            timeout=None,
            wait_initial=0.5,
            wait_max=LONGEST_WAIT_S,
            wait_jitter=1.0,
        ):
            with attempt:
                return await self.once(body, read)
        raise AssertionError("a retry loop ends by returning or raising")

    async def once(self, body: bytes, read: Callable[[bytes], _Read]) -> _Read:
        """Post a body once; see :meth:`ask`."""
        async with self._slots:
            try:
                return read(await self._post(body))
            except NoCompletion as error:
                raise TryAgain(str(error)) from None

    async def _post(self, body: bytes) -> bytes:
        try:
            # Redirects are not followed: the key goes to the address that the user named, and nowhere else.
            async with self._connected().post(
                self.url, data=body, headers=self._headers(), allow_redirects=False
            ) as response:
                content = await response.content.read(MAX_RESPONSE_BYTES)
                while len(content) < MAX_RESPONSE_BYTES and not response.content.at_eof():
                    content += await response.content.read(MAX_RESPONSE_BYTES - len(content))
                if response.status != 200:
                    await self._refused(response, content)
                return content
        except TimeoutError:
            raise TryAgain(f"no answer within {self._config.timeout_s:g} s") from None
        except (aiohttp.InvalidURL, ValueError) as error:  # a key or an address that HTTP cannot carry
            problem = str(error).split("\n")[0] or "it cannot be reached"
            raise ModelUnavailable(
                f"{self._config.name} at {self.url}: {problem}; check --base-url and {self._config.api_key_env}"
            ) from None
        except aiohttp.ClientConnectorError as error:
            raise TryAgain(f"cannot connect: {error.os_error.strerror or error}") from None
        except (aiohttp.ClientError, OSError) as error:
            raise TryAgain(f"connection lost: {str(error) or type(error).__name__}") from None

    async def _refused(self, response: aiohttp.ClientResponse, content: bytes) -> None:
        said = error_message(content) or response.reason or ""
        problem = f"HTTP {response.status}: {said}"
        who = f"{self._config.name} at {self.url}: {problem}"
        refused = body_refused(who, response.status, content)
        if response.status in (404, 500) and refused.about_form:
            raise refused  # asked for a form in another way, it may answer
        if response.status in RETRYABLE_STATUS and "insufficient_quota" not in said:
            wait_s = seconds_to_wait(response.headers.get("Retry-After"))
            if wait_s:
                # The server's own wish comes first; the growing wait of the retry is added to it as jitter.
                await asyncio.sleep(min(wait_s, LONGEST_WAIT_S))
            raise TryAgain(problem, wait_s)
        if response.status in (401, 403):
            raise ModelUnavailable(f"{who}; set {self._config.api_key_env} to a valid key")
        if response.status in (404, 405) or response.status < 400:
            raise ModelUnavailable(
                f"{who}; check --base-url and the model name {self._config.name.removeprefix('openai/')!r}"
            )
        if "insufficient_quota" in said or response.status == 402:
            raise ModelUnavailable(f"{who}; the account has no credit left")
        raise refused

    def _connected(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._concurrency, ttl_dns_cache=300),
                timeout=aiohttp.ClientTimeout(total=self._config.timeout_s, sock_connect=self._config.connect_s),
            )
        return self._session

    def _headers(self) -> dict[str, str]:
        headers = {"Content-Type": "application/json"}
        key = os.environ.get(self._config.api_key_env, "").strip()
        return headers | {"Authorization": f"Bearer {key}"} if key else headers

    async def aclose(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None
