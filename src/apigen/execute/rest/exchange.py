"""Sends one request and reads one response of bounded size; converts aiohttp's exceptions to ours."""

import errno
import os
import ssl
from collections.abc import Mapping

import aiohttp
import msgspec

from apigen.execute.rest.guard import Guard, GuardedResolver
from apigen.execute.rest.inflate import Inflater
from apigen.execute.rest.problems import Unanswered
from apigen.execute.rest.request import HttpRequest

_LONGEST_HEADER = 1 << 15
_CONNECT_S = 10.0
_SLACK = 1024
"""What compression may add to a small body."""


class HttpAnswer(msgspec.Struct, frozen=True):
    """An answer as it came, with the body unpacked."""

    status: int
    headers: Mapping[str, str]
    """Found under their names in small or capital letters."""
    body: bytes
    cut: bool = False
    """Whether the body went on beyond what was read."""


def connect(guard: Guard, timeout_s: float) -> aiohttp.ClientSession:
    """A session that connects where the guard lets it, keeps no cookies, takes no proxies from the environment.

    Args:
        guard: decides.
        timeout_s: of a whole call; half of it, but at most ten seconds, may pass before a connection stands.
    """
    connect_s = min(_CONNECT_S, timeout_s / 2)
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            limit=0,  # lanes bound what is under way
            resolver=GuardedResolver(guard, connect_s),
            ttl_dns_cache=60,
            ssl=ssl.create_default_context(),  # made now, so that SSL_CERT_FILE is read now
        ),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=connect_s),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        max_line_size=_LONGEST_HEADER,
        max_field_size=_LONGEST_HEADER,
        trust_env=False,
    )


async def exchange(session: aiohttp.ClientSession, request: HttpRequest, largest: int) -> HttpAnswer:
    """Send a request, and read at most ``largest`` bytes of what comes back, counted after unpacking.

    Raises:
        Rejected: the guard lets it through nowhere.
        Unanswered: no answer came, or none that is HTTP.
    """
    secret = {name.lower() for name, _ in request.secret_headers}
    headers = [*(header for header in request.headers if header[0].lower() not in secret), *request.secret_headers]
    try:
        async with session.request(
            request.method, request.url, headers=headers, data=request.body, allow_redirects=False
        ) as response:
            body, cut = await _read(response, largest)
            if cut:
                response.close()  # rather than reading on so that the connection can be used again
            return HttpAnswer(response.status, response.headers, body, cut)
    except aiohttp.ClientConnectorCertificateError as error:
        said = getattr(error.certificate_error, "verify_message", "") or error.certificate_error
        detail = (
            f"its certificate is not trusted ({said}); SSL_CERT_FILE can name a file with more trusted certificates"
        )
        raise Unanswered(detail, sent=False, again=False) from None
    except aiohttp.ClientConnectorSSLError as error:
        raise Unanswered(f"TLS failed: {_short(error.os_error)}", sent=False, again=False) from None
    except aiohttp.ClientConnectorDNSError as error:
        raise Unanswered(f"its host name cannot be resolved: {_short(error.os_error)}", sent=False) from None
    except aiohttp.ClientConnectorError as error:
        raise Unanswered(f"cannot connect: {_short(error.os_error)}", sent=False) from None
    except aiohttp.ConnectionTimeoutError:
        raise Unanswered("cannot connect: no answer in time", sent=False) from None
    except aiohttp.InvalidURL as error:
        raise Unanswered(f"its URL is not valid: {_short(error)}", sent=False, again=False) from None
    except aiohttp.ClientPayloadError as error:
        raise Unanswered(f"its response was cut off: {_short(error)}") from None
    except aiohttp.ClientResponseError as error:
        raise Unanswered(f"its response is not HTTP: {_short(error.message)}") from None
    except (aiohttp.ClientError, OSError) as error:
        if isinstance(error, TimeoutError):
            raise  # the whole call's time is up
        raise Unanswered(f"connection lost: {_short(error)}") from None


async def _read(response: aiohttp.ClientResponse, largest: int) -> tuple[bytes, bool]:
    inflater = Inflater(response.headers.get("Content-Encoding", ""))
    body = bytearray()
    arrived = 0
    async for piece in response.content.iter_any():
        arrived += len(piece)
        body += inflater.feed(piece, largest + 1 - len(body))
        if len(body) > largest or arrived > largest + _SLACK:
            return bytes(body[:largest]), True
    if body or arrived:
        inflater.finish()
    return bytes(body), False


def _short(error: object) -> str:
    """An error in a few words: asyncio writes the address in place of what went wrong."""
    text = str(error) or type(error).__name__
    if isinstance(error, OSError) and not isinstance(error, ssl.SSLError) and (error.errno or 0) in errno.errorcode:
        text = os.strerror(error.errno or 0)
    return " ".join(text.split())[:200]
