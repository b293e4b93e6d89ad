"""Any OpenAI-compatible chat endpoint: vLLM, llama.cpp, Ollama, OpenRouter, OpenAI.

The wire format is that of OpenAI's ``POST /chat/completions``
(https://platform.openai.com/docs/api-reference/chat/create). One connection pool serves all requests of a model.
"""

import asyncio
import os
from collections.abc import Sequence
from typing import Any

import aiohttp
import msgspec
import stamina

from apigen.config import ModelConfig
from apigen.errors import ModelRefused, ModelUnavailable
from apigen.models.base import Options
from apigen.records import Completion, Message
from apigen.retry_after import seconds_to_wait

MAX_RESPONSE_BYTES = 32 * 1024 * 1024
LONGEST_WAIT_S = 60.0
"""Longest wait between two tries, also where a server asks for more."""

RETRYABLE_STATUS = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})


class _Usage(msgspec.Struct):
    prompt_tokens: int | None = 0
    completion_tokens: int | None = 0


class _Message(msgspec.Struct):
    content: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    refusal: str | None = None


class _Choice(msgspec.Struct):
    message: _Message
    finish_reason: str | None = None


class _Response(msgspec.Struct):
    choices: list[_Choice]
    usage: _Usage | None = None


class _TryAgain(Exception):  # noqa: N818 - control flow inside this module, never seen outside
    """The server could not answer now. ``wait_s`` is what it asked for, if it did."""

    def __init__(self, message: str, wait_s: float | None = None) -> None:
        super().__init__(message)
        self.wait_s = wait_s


class OpenAIModel:
    """A model behind an OpenAI-compatible endpoint.

    Args:
        config: name (``openai/NAME``), resolved ``base_url``, name of the key's variable, time-out and retries.
        concurrency: requests in flight at once.
    """

    def __init__(self, config: ModelConfig, concurrency: int) -> None:
        self._config = config
        self._name = config.name.removeprefix("openai/")
        self._url = f"{config.base_url}/chat/completions"
        self._slots = asyncio.Semaphore(concurrency)
        self._concurrency = concurrency
        self._session: aiohttp.ClientSession | None = None
        self.sent: set[asyncio.Task[Any] | None] = set()
        """The tasks whose request the server has at the moment: it may be working on an answer already."""
        self._decoder = msgspec.json.Decoder(_Response, strict=False)

    @property
    def locator(self) -> str:
        """``openai/NAME``."""
        return self._config.name

    @property
    def llm(self) -> bool:
        """A server that speaks this protocol is taken to have a language model behind it."""
        return True

    async def complete(self, messages: Sequence[Message], options: Options) -> Completion:
        """Ask the endpoint; 429, 5xx, time-outs and lost connections are tried again with growing, jittered waits.

        Raises:
            ModelUnavailable: the server is down, refuses everything, or answers what is no chat completion.
            ModelRefused: the server refuses this prompt.
        """
        payload = {
            "model": self._name,
            "messages": [{"role": message.role, "content": message.content} for message in messages],
            "temperature": options.temperature,
            "max_tokens": options.max_tokens,
        } | ({"seed": options.seed} if options.seed is not None else {})
        try:
            return await self._patiently(msgspec.json.encode(payload))
        except _TryAgain as error:
            tries = self._config.retries + 1
            problem = f"{self.locator} at {self._url}: {error} (tried {tries} time{'s' if tries > 1 else ''})"
            if await self._answers():
                # The server lives: it is this prompt that it cannot answer, and it would not after a resume either.
                raise ModelRefused(problem) from None
            raise ModelUnavailable(problem) from None

    async def _patiently(self, body: bytes) -> Completion:
        async for attempt in stamina.retry_context(
            on=_TryAgain,
            attempts=self._config.retries + 1,
            timeout=None,
            wait_initial=0.5,
            wait_max=LONGEST_WAIT_S,
            wait_jitter=1.0,
        ):
            with attempt:
                async with self._slots:
                    return await self._once(body)
        raise AssertionError("a retry loop ends by returning or raising")

    async def _answers(self) -> bool:
        """Whether the server answers a trivial prompt."""
        trivial = {"model": self._name, "messages": [{"role": "user", "content": "Say yes."}], "max_tokens": 16}
        try:
            async with self._slots:
                await self._once(msgspec.json.encode(trivial))
        except (_TryAgain, ModelUnavailable, ModelRefused):
            return False
        return True

    async def _once(self, body: bytes) -> Completion:
        task = asyncio.current_task()
        self.sent.add(task)
        try:
            # Redirects are not followed: the key goes to the address that the user named, and nowhere else.
            async with self._connected().post(
                self._url, data=body, headers=self._headers(), allow_redirects=False
            ) as response:
                content = await response.content.read(MAX_RESPONSE_BYTES)
                while len(content) < MAX_RESPONSE_BYTES and not response.content.at_eof():
                    content += await response.content.read(MAX_RESPONSE_BYTES - len(content))
        except TimeoutError:
            raise _TryAgain(f"no answer within {self._config.timeout_s:g} s") from None
        except (aiohttp.InvalidURL, ValueError) as error:  # a key or an address that HTTP cannot carry
            problem = str(error).split("\n")[0] or "it cannot be reached"
            raise ModelUnavailable(
                f"{self.locator} at {self._url}: {problem}; check --base-url and {self._config.api_key_env}"
            ) from None
        except aiohttp.ClientConnectorError as error:
            raise _TryAgain(f"cannot connect: {error.os_error.strerror or error}") from None
        except (aiohttp.ClientError, OSError) as error:
            raise _TryAgain(f"connection lost: {str(error) or type(error).__name__}") from None
        finally:
            self.sent.discard(task)
        if response.status != 200:
            await self._refused(response, content)
        return self._read(content)

    async def _refused(self, response: aiohttp.ClientResponse, content: bytes) -> None:
        said = _error_message(content) or response.reason or ""
        problem = f"HTTP {response.status}: {said}"
        if response.status in RETRYABLE_STATUS and "insufficient_quota" not in said:
            wait_s = seconds_to_wait(response.headers.get("Retry-After"))
            if wait_s:
                # The server's own wish comes first; the growing wait of the retry is added to it as jitter.
                await asyncio.sleep(min(wait_s, LONGEST_WAIT_S))
            raise _TryAgain(problem, wait_s)
        who = f"{self.locator} at {self._url}: {problem}"
        if response.status in (401, 403):
            raise ModelUnavailable(f"{who}; set {self._config.api_key_env} to a valid key")
        if response.status in (404, 405) or response.status < 400:
            raise ModelUnavailable(f"{who}; check --base-url and the model name {self._name!r}")
        if "insufficient_quota" in said or response.status == 402:
            raise ModelUnavailable(f"{who}; the account has no credit left")
        raise ModelRefused(who)

    def _read(self, content: bytes) -> Completion:
        try:
            response = self._decoder.decode(content)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise _TryAgain(f"the answer is no chat completion ({error})") from None
        if not response.choices:
            raise _TryAgain("the answer holds no choice")
        choice, usage = response.choices[0], response.usage or _Usage()
        return Completion(
            text=choice.message.content or choice.message.refusal or "",
            model=self.locator,
            prompt_tokens=_count(usage.prompt_tokens),
            completion_tokens=_count(usage.completion_tokens),
            finish_reason=choice.finish_reason or "",
            thinking=choice.message.reasoning_content or choice.message.reasoning or "",
        )

    def _connected(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._concurrency, ttl_dns_cache=300),
                timeout=aiohttp.ClientTimeout(total=self._config.timeout_s, sock_connect=10),
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


def _count(tokens: int | None) -> int:
    """A number of tokens as a server gives it, if it can be one."""
    return tokens if tokens and 0 < tokens < 2**40 else 0


def _error_message(content: bytes) -> str:
    """What a server says went wrong, in one short line."""
    try:
        value: Any = msgspec.json.decode(content)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        value = content[:200].decode("utf-8", "replace")
    if isinstance(value, dict):
        error = value.get("error", value.get("detail", value.get("message", value)))
        value = error.get("message") or error.get("code") or error if isinstance(error, dict) else error
    return " ".join(str(value).split())[:200]
