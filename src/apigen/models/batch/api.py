"""What a provider is asked about files and batches, over HTTP.

The protocol is that of OpenAI (https://platform.openai.com/docs/api-reference/batch), which Azure, Groq, LiteLLM and
others speak as well.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import IO, Any, TypeVar

import aiohttp
import msgspec
import yarl

from apigen.errors import ModelUnavailable
from apigen.model_config import BatchConfig, ModelConfig
from apigen.models.access import (
    address,
    complaint,
    key_header,
    proxy_problem,
    shown,
    text_without_key,
    without_key,
)
from apigen.models.environment import proxy_for
from apigen.models.openai.failures import TryAgain, may_pass_later
from apigen.models.openai.wire import error_message
from apigen.retry_after import seconds_to_wait

PAGE = 100
LONGEST_WAIT_S = 60.0
"""Longest wait between two tries, also where a provider asks for more."""
FINAL = frozenset({"completed", "failed", "expired", "cancelled"})
_CHUNK = 1 << 20
_T = TypeVar("_T")


class NotThere(Exception):  # noqa: N818 - control flow inside this package, never seen outside
    """The provider knows no such file or batch, or has no such address."""


class TooLarge(Exception):  # noqa: N818 - control flow inside this package, never seen outside
    """The provider, or what stands before it, takes no file of this size."""


class NothingDone(TryAgain):
    """As :class:`TryAgain`, and the provider certainly did nothing."""


class NotReached(NothingDone):
    """There was not even a connection."""


class Counts(msgspec.Struct, frozen=True):
    """How many lines of a batch are done."""

    total: int = 0
    completed: int = 0
    failed: int = 0


class Flaw(msgspec.Struct, frozen=True):
    """Why a batch failed at validation."""

    code: str | None = None
    message: str | None = None
    line: int | None = None
    """Counted from 1; ``None`` where no line is to blame."""


class _Flaws(msgspec.Struct, frozen=True):
    data: tuple[Flaw, ...] | None = None


class RemoteBatch(msgspec.Struct, frozen=True):
    """A batch as its provider shows it."""

    id: str
    status: str
    created_at: float = 0
    input_file_id: str | None = None
    output_file_id: str | None = None
    error_file_id: str | None = None
    errors: _Flaws | None = None
    request_counts: Counts | None = None
    metadata: dict[str, str] | None = None

    @property
    def final(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.status in FINAL

    @property
    def flaws(self) -> tuple[Flaw, ...]:
        """What validation found."""
        return (self.errors.data if self.errors else None) or ()


class RemoteFile(msgspec.Struct, frozen=True):
    """A file as its provider shows it."""

    id: str
    status: str | None = None

    @property
    def ready(self) -> bool:
        """Whether a batch can be made of it; Azure looks at a file for a while before."""
        return self.status not in ("pending", "running")


class _Page(msgspec.Struct, frozen=True):
    data: tuple[RemoteBatch, ...]
    has_more: bool = False


class BatchApi:
    """What asks one provider. Each method asks once.

    All of them raise :class:`TryAgain` where the provider cannot answer now, :class:`NotThere` where it knows no such
    thing, and :class:`ModelUnavailable` where it refuses: nothing that a batch needs can be left out.

    Args:
        config: name, resolved ``base_url``, name of the key's variable, time-outs.
        batch: the endpoint and the window that batches name.
    """

    def __init__(self, config: ModelConfig, batch: BatchConfig) -> None:
        self._config = config
        self._batch = batch
        self._proxy = proxy_for(config.base_url or "")
        self._session: aiohttp.ClientSession | None = None

    async def upload(self, lines: IO[bytes]) -> RemoteFile:
        """Upload a file of requests.

        Raises:
            TooLarge: a smaller one may do.
        """
        lines.seek(0)
        form = aiohttp.FormData()
        form.add_field("purpose", "batch")
        # In pieces, since aiohttp closes a file that it is given, and another try needs it.
        form.add_field("file", _pieces(lines), filename="requests.jsonl", content_type="application/jsonl")
        return _as(RemoteFile, await self._ask("POST", "/files", data=form))

    async def file(self, file_id: str) -> RemoteFile:
        """Look at a file."""
        return _as(RemoteFile, await self._ask("GET", f"/files/{file_id}"))

    async def create(self, file_id: str, tag: str) -> RemoteBatch:
        """Make a batch of a file. After :class:`TryAgain` it may be there or not."""
        body = {
            "input_file_id": file_id,
            "endpoint": self._batch.endpoint,
            "completion_window": self._batch.window,
            "metadata": {"apigen": tag},
        }
        return _as(RemoteBatch, await self._ask("POST", "/batches", json=body))

    async def batch(self, batch_id: str) -> RemoteBatch:
        """Look at a batch."""
        return _as(RemoteBatch, await self._ask("GET", f"/batches/{batch_id}"))

    async def find(self, file_id: str, tag: str, since: float) -> RemoteBatch | None:
        """The batch with a tag or of a file, looked for among all that the provider has since a moment."""
        query = {"limit": str(PAGE)}
        seen = set[str]()
        while True:
            page = _as(_Page, await self._ask("GET", "/batches", query=query))
            for batch in page.data:
                if batch.input_file_id == file_id or (batch.metadata or {}).get("apigen") == tag:
                    return batch
            if not page.has_more or not page.data or page.data[-1].created_at < since:
                return None
            if page.data[-1].id in seen:
                raise NotThere(f"{self._who('/batches')}: its list of batches has no end")
            seen.add(page.data[-1].id)
            query["after"] = page.data[-1].id

    async def cancel(self, batch_id: str) -> None:
        """Ask that a batch be ended."""
        await self._ask("POST", f"/batches/{batch_id}/cancel")

    async def download(self, file_id: str, into: IO[bytes]) -> None:
        """Write a file's content over what is in ``into``."""

        async def write(response: aiohttp.ClientResponse) -> None:
            into.seek(0)
            into.truncate()
            async for piece in response.content.iter_chunked(_CHUNK):
                into.write(piece)

        await self._request("GET", f"/files/{file_id}/content", write)

    async def _ask(self, method: str, path: str, **sent: Any) -> bytes:
        async def read(response: aiohttp.ClientResponse) -> bytes:
            return without_key(self._config, await response.content.read(), good=True)

        return await self._request(method, path, read, **sent)

    async def _request(
        self,
        method: str,
        path: str,
        read: Callable[[aiohttp.ClientResponse], Awaitable[_T]],
        *,
        query: dict[str, str] | None = None,
        **sent: Any,
    ) -> _T:
        try:
            # Redirects are not followed: the key goes to the address that the user named, and nowhere else.
            async with self._connected().request(
                method,
                self.url(path, query or {}),
                headers=key_header(self._config),
                allow_redirects=False,
                proxy=self._proxy,
                **sent,
            ) as response:
                if response.status // 100 != 2:
                    await self._refused(path, response)
                return await read(response)
        except TimeoutError:
            raise TryAgain(f"no answer within {self._config.timeout_s:g} s") from None
        except (aiohttp.InvalidURL, ValueError) as error:  # a key or an address that HTTP cannot carry
            problem = complaint(self._config, error)
            raise ModelUnavailable(
                f"{self._who(path)}: {problem}; check --base-url and {self._config.api_key_env}"
            ) from None
        except (aiohttp.ClientError, ConnectionError) as error:
            said = complaint(self._config, error)
            if of_proxy := proxy_problem(self._config, error, self._proxy):
                raise NotReached(f"cannot connect: {of_proxy}") from None
            if isinstance(error, aiohttp.ClientConnectorError):
                raise NotReached(f"cannot connect: {error.os_error.strerror or said}") from None
            raise TryAgain(f"connection lost: {said}") from None

    async def _refused(self, path: str, response: aiohttp.ClientResponse) -> None:
        said = error_message(self.without_key(await response.content.read(_CHUNK)))
        said = said or text_without_key(self._config, response.reason or "")
        problem = f"HTTP {response.status}: {said}"
        if may_pass_later(response.status) and "insufficient_quota" not in said:
            wait_s = seconds_to_wait(response.headers.get("Retry-After"))
            kind = NothingDone if response.status == 429 else TryAgain
            raise kind(problem, min(wait_s, LONGEST_WAIT_S) if wait_s else None)
        who = f"{self._who(path)}: {problem}"
        if response.status == 413 or (path == "/files" and "too large" in said.lower()):
            raise TooLarge(who)
        if response.status in (404, 405):
            raise NotThere(who)
        if response.status in (401, 403):
            raise ModelUnavailable(f"{who}; set {self._config.api_key_env} to a valid key")
        if response.status < 400:
            raise ModelUnavailable(f"{who}; check --base-url")
        if "insufficient_quota" in said or response.status == 402:
            raise ModelUnavailable(f"{who}; the account has no credit left")
        raise ModelUnavailable(who)

    def without_key(self, complaint: bytes) -> bytes:
        """What a provider says is wrong, without the key, should it repeat that."""
        return without_key(self._config, complaint, good=False)

    def url(self, path: str, query: dict[str, str]) -> yarl.URL:
        """The address of a path beneath the endpoint's."""
        return address(self._config, path, query)

    def _who(self, path: str) -> str:
        return f"{self._config.name} at {shown(self.url(path, {}))}"

    def _connected(self) -> aiohttp.ClientSession:
        if self._session is None:
            # No limit on the whole of an exchange: a file of 200 MB takes its time.
            timeout = aiohttp.ClientTimeout(
                total=None, sock_connect=self._config.connect_s, sock_read=self._config.timeout_s
            )
            self._session = aiohttp.ClientSession(timeout=timeout)
        return self._session

    async def aclose(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None


async def _pieces(file: IO[bytes]) -> AsyncIterator[bytes]:
    while piece := file.read(_CHUNK):
        yield piece


def _as(kind: type[_T], content: bytes) -> _T:
    """A provider's answer as what it should be.

    Raises:
        TryAgain: it is something else, such as the page of a proxy.
    """
    try:
        return msgspec.json.decode(content, type=kind, strict=False)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise TryAgain(f"the answer is none of the batch protocol ({error})") from None
