"""One endpoint's connections: a body goes out, an answer comes back, and whatever HTTP does wrong gets a name.

aiohttp was chosen by measurement: a request costs 0.13 ms of CPU at concurrency 256, with the OpenAI SDK 2.06 ms
(``benchmarks/clients.py``).
"""

from typing import NoReturn

import aiohttp

from apigen.errors import ModelUnavailable, one_line
from apigen.model_config import ModelConfig
from apigen.models.access import (
    address,
    complaint,
    key_header,
    proxy_problem,
    shown,
    socket_problem,
    text_without_key,
    without_key,
)
from apigen.models.environment import proxy_for
from apigen.models.openai.failures import GOOD, Kind, TryAgain
from apigen.models.openai.refusals import Answer

MAX_RESPONSE_BYTES = 32 * 1024 * 1024
KEEP_ALIVE_S = 4.0
"""Idle connections are closed before the server does: uvicorn (vLLM) and llama.cpp do after five seconds, and a request
that meets a connection at that moment is lost."""


class Connection:
    """What posts bodies to one endpoint.

    Args:
        config: resolved ``base_url``, query, key and time-outs.
    """

    def __init__(self, config: ModelConfig) -> None:
        self._url = address(config, "chat/completions")
        self._proxy = proxy_for(config.base_url or "")
        self.address = shown(self._url)
        """Where requests go, without what may be secret."""
        self._config = config
        self._session: aiohttp.ClientSession | None = None

    async def post(self, body: bytes) -> Answer:
        """Post a body once.

        Raises:
            TryAgain: there was no connection, or no whole answer.
            ModelUnavailable: nothing can be sent there at all.
        """
        try:
            # Redirects are not followed: the key goes to the address that the user named, and nowhere else.
            async with self._connected().post(
                self._url, data=body, headers=self._headers(), allow_redirects=False, proxy=self._proxy
            ) as response:
                content = without_key(self._config, await _read(response), good=response.status in GOOD)
                reason = one_line(text_without_key(self._config, response.reason or ""))
                return Answer(response.status, reason, response.headers, content)
        except (aiohttp.ClientError, OSError, ValueError) as error:  # time-outs are OSErrors
            self._name(error)

    def _name(self, error: Exception) -> NoReturn:
        """Raise ours for what HTTP, sockets and addresses raise."""
        config = self._config
        silence_s = config.silence_s or config.timeout_s
        if problem := proxy_problem(config, error, self._proxy):
            raise TryAgain(problem) from None
        match error:
            case aiohttp.ConnectionTimeoutError():
                raise TryAgain(f"no connection within connect_s ({config.connect_s:g} s)") from None
            case aiohttp.SocketTimeoutError():
                raise TryAgain(f"nothing received within silence_s ({silence_s:g} s)", kind=Kind.SLOW) from None
            case TimeoutError():
                raise TryAgain(
                    f"no complete answer within timeout_s ({config.timeout_s:g} s)", kind=Kind.SLOW
                ) from None
            case aiohttp.ClientConnectorCertificateError():
                raise ModelUnavailable(
                    f"{config.name} at {self.address}: its certificate is not trusted "
                    f"({one_line(str(error.certificate_error))}); set SSL_CERT_FILE to "
                    "a file with the issuing CA's certificate"
                ) from None
            case aiohttp.ClientConnectorDNSError():
                raise TryAgain(f"cannot connect: the host {self._url.host} cannot be resolved") from None
            case aiohttp.ClientConnectorError():
                raise TryAgain(f"cannot connect: {socket_problem(config, error.os_error)}") from None
            case aiohttp.InvalidURL() | ValueError():  # a key or an address that HTTP cannot carry
                problem = complaint(config, error)
                raise ModelUnavailable(
                    f"{config.name} at {self.address}: {problem}; check --base-url and {config.api_key_env}"
                ) from None
        raise TryAgain(f"connection lost: {complaint(config, error)}") from None

    def _connected(self) -> aiohttp.ClientSession:
        if self._session is None:
            config = self._config
            self._session = aiohttp.ClientSession(
                # No limit here: whoever posts keeps to one, and the wait for a connection counts as connecting.
                connector=aiohttp.TCPConnector(limit=0, ttl_dns_cache=300, keepalive_timeout=KEEP_ALIVE_S),
                timeout=aiohttp.ClientTimeout(
                    total=config.timeout_s, connect=config.connect_s, sock_read=config.silence_s
                ),
            )
        return self._session

    def _headers(self) -> dict[str, str]:
        return {"Content-Type": "application/json"} | key_header(self._config)

    async def aclose(self) -> None:
        """Close the connections; an answer that is still awaited is lost."""
        if self._session is not None:
            await self._session.close()
            self._session = None


async def _read(response: aiohttp.ClientResponse) -> bytes:
    content = bytearray()
    while chunk := await response.content.read(MAX_RESPONSE_BYTES):
        content += chunk
        if len(content) > MAX_RESPONSE_BYTES:
            raise TryAgain(f"the answer is longer than {MAX_RESPONSE_BYTES >> 20} MiB", kind=Kind.UNREADABLE)
    return bytes(content)
