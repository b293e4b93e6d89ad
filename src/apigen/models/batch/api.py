"""Files and batches of one provider, over HTTP.

The protocol is that of OpenAI (https://platform.openai.com/docs/api-reference/batch), which Azure, Groq, LiteLLM and
others support as well.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from time import time
from typing import IO, Any, TypeVar

import aiohttp
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
from apigen.models.batch.remote import RemoteBatch, RemoteFile, read_batch, read_file, read_page
from apigen.models.environment import proxy_for
from apigen.models.openai.failures import TryAgain, may_pass_later
from apigen.models.openai.quota import used_up
from apigen.models.openai.refusals import Answer, refusal
from apigen.models.openai.said import read_said
from apigen.retry_after import seconds_to_wait

PAGE = 100
LONGEST_WAIT_S = 60.0
"""Longest wait between two tries, even if a provider asks for more."""
_CHUNK = 1 << 20
_T = TypeVar("_T")


class NotThere(Exception):  # noqa: N818 - control flow inside this package, never seen outside
    """The provider has no such file, batch or address."""


class TooLarge(Exception):  # noqa: N818 - control flow inside this package, never seen outside
    """The provider, or a proxy in front of it, does not accept a file of this size."""


class NothingDone(TryAgain):
    """As :class:`TryAgain`, and the provider certainly did nothing."""


class NotReached(NothingDone):
    """There was not even a connection."""


class BatchApi:
    """Client of one provider. Each method sends one request.

    All of them raise :class:`TryAgain` where the provider cannot answer now, :class:`NotThere` where it has no such
    thing, and :class:`ModelUnavailable` where it refuses: a batch needs every one of these requests.

    Args:
        config: name, resolved ``base_url``, name of the key's variable, timeouts.
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
        return read_file(await self._ask("POST", "/files", data=form))

    async def file(self, file_id: str) -> RemoteFile:
        """Look at a file."""
        return read_file(await self._ask("GET", f"/files/{file_id}"))

    async def create(self, file_id: str, tag: str) -> RemoteBatch:
        """Create a batch from a file. After :class:`TryAgain` it may exist or not."""
        body = {
            "input_file_id": file_id,
            "endpoint": self._batch.endpoint,
            "completion_window": self._batch.window,
            "metadata": {"apigen": tag},
        }
        return read_batch(await self._ask("POST", "/batches", json=body))

    async def batch(self, batch_id: str) -> RemoteBatch:
        """Look at a batch."""
        return read_batch(await self._ask("GET", f"/batches/{batch_id}"))

    async def find(self, file_id: str, tag: str, since: float) -> RemoteBatch | None:
        """The batch with a tag or of a file, among all that the provider created since a moment."""
        query = {"limit": str(PAGE)}
        seen = set[str]()
        while True:
            page = read_page(await self._ask("GET", "/batches", query=query))
            for batch in page.batches:
                if batch.input_file_id == file_id or batch.tag == tag:
                    return batch
            if not page.has_more or not page.batches or 0 < page.batches[-1].created_at < since:
                return None
            if page.batches[-1].id in seen:
                raise NotThere(f"{self._who('/batches')}: its list of batches never ends")
            seen.add(page.batches[-1].id)
            query["after"] = page.batches[-1].id

    async def cancel(self, batch_id: str) -> None:
        """Ask the provider to cancel a batch."""
        await self._ask("POST", f"/batches/{batch_id}/cancel")

    async def download(self, file_id: str, into: IO[bytes]) -> None:
        """Replace the content of ``into`` with that of a file."""

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
            raise TryAgain(f"no answer within timeout_s ({self._config.timeout_s:g} s)") from None
        except aiohttp.ClientConnectorCertificateError as error:  # a ValueError, too
            raise ModelUnavailable(
                f"{self._who(path)}: its certificate is not trusted ({error.certificate_error}); set SSL_CERT_FILE "
                "to a file with the issuing CA's certificate"
            ) from None
        except (aiohttp.InvalidURL, ValueError) as error:  # a key or an address that HTTP cannot carry
            problem = complaint(self._config, error)
            raise ModelUnavailable(
                f"{self._who(path)}: {problem}; check --base-url and {self._config.api_key_env}"
            ) from None
        except (aiohttp.ClientError, ConnectionError) as error:
            said = complaint(self._config, error)
            if of_proxy := proxy_problem(self._config, error, self._proxy):
                raise NotReached(of_proxy) from None
            if isinstance(error, aiohttp.ClientConnectorError):
                raise NotReached(f"cannot connect: {error.os_error.strerror or said}") from None
            raise TryAgain(f"connection lost: {said}") from None

    async def _refused(self, path: str, response: aiohttp.ClientResponse) -> None:
        said = read_said(self._without_key(await response.content.read(_CHUNK)))
        message = said.message or text_without_key(self._config, response.reason or "")
        problem = f"HTTP {response.status}: {message}"
        who = f"{self._who(path)}: {problem}"
        # A long Retry-After alone does not end a run: a batch has hours, and requests are retried until it is given up.
        if quota := used_up(response.status, said, response.headers, None, time()):
            raise ModelUnavailable(f"{who}; {quota.words(time())}")
        if may_pass_later(response.status):
            wait_s = seconds_to_wait(response.headers.get("Retry-After"))
            kind = NothingDone if response.status == 429 else TryAgain
            raise kind(problem, min(wait_s, LONGEST_WAIT_S) if wait_s else None)
        if response.status == 413 or (path == "/files" and "too large" in message.lower()):
            raise TooLarge(who)
        if response.status in (404, 405):
            raise NotThere(who)
        if response.status in (401, 403):
            raise ModelUnavailable(f"{who}; set {self._config.api_key_env} to a valid key")
        if response.status < 400:
            raise ModelUnavailable(f"{who}; check --base-url")
        raise ModelUnavailable(who)

    def refusal(self, status: int, body: bytes) -> Exception:
        """What a line of a batch means that holds no completion: judged as the same answer outside a batch would be.

        Returns:
            :class:`TryAgain`, :class:`ModelUnavailable` or :class:`ModelRefused`, to be raised.
        """
        answer = Answer(status, "", {}, self._without_key(body))
        return refusal(answer, self._config, self._config.base_url or "")

    def _without_key(self, complaint: bytes) -> bytes:
        """A provider's error without the key, should it repeat that."""
        return without_key(self._config, complaint, good=False)

    def url(self, path: str, query: dict[str, str]) -> yarl.URL:
        """The address of a path below the endpoint's."""
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
