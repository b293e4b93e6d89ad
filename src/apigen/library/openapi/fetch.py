"""Reads a document from a file or URL named by the user."""

import gzip
import io
import time
import zlib
from http.client import HTTPException, HTTPMessage
from pathlib import Path
from typing import IO, Protocol
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPRedirectHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
    UnknownHandler,
)

import msgspec

from apigen.errors import UserError

MOST_BYTES = 64 << 20
"""Largest document that is read, unpacked; the largest public ones have some 45 MiB."""

TIMEOUT_S = 30.0
"""Wall-clock seconds that fetching one document may take."""

_CHUNK = 1 << 20
_GZIP = b"\x1f\x8b"


class Fetched(msgspec.Struct, frozen=True):
    """A document's bytes and where they were found in the end."""

    data: bytes
    location: str
    """An absolute path, or an address after redirects."""


def is_address(place: str) -> bool:
    """Whether a place is an address rather than a path."""
    return place.lower().startswith(("http://", "https://"))


def origin_of(address: str) -> tuple[str, str, int | None]:
    """Scheme, host and port: what has to be equal for two addresses to belong to one server."""
    parts = urlsplit(address)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    return parts.scheme, (parts.hostname or "").lower(), port


def fetch(place: str, *, stay: bool = False, most: int = MOST_BYTES, timeout_s: float = TIMEOUT_S) -> Fetched:
    """Read a file, or an address over HTTP; either may be packed with gzip.

    Args:
        place: a path, or an address with its scheme.
        stay: whether redirects away from the address's own server are refused.
        most: bytes that are read at most.
        timeout_s: wall-clock seconds that an address may take.

    Raises:
        UserError: it cannot be read, or is too large.
    """
    try:
        if is_address(place):
            return _from_address(place, stay, most, timeout_s)
        path = Path(place).expanduser()
        if path.is_dir():
            raise UserError(f"{place} is a folder; name the document itself")
        with path.open("rb") as file:
            return Fetched(_unpacked(_bounded(file, most, place), most, place), str(path.resolve()))
    except HTTPError as problem:
        raise UserError(f"{place}: the server answered HTTP {problem.code}: {_told(problem)}") from None
    except URLError as problem:
        raise UserError(f"{place} cannot be reached: {_told(problem)}") from None
    except TimeoutError:
        raise UserError(f"{place} did not answer within {timeout_s:g} s") from None
    except FileNotFoundError:
        raise UserError(f"no such file: {Path(place).expanduser().absolute()}") from None
    except (OSError, HTTPException, ValueError) as problem:
        raise UserError(f"{place} cannot be read: {_told(problem)}") from None


def _told(problem: Exception) -> str:
    """What is wrong, in one line."""
    reason = getattr(problem, "reason", None) or getattr(problem, "strerror", None) or problem
    return str(reason).strip().partition("\n")[0] or type(problem).__name__


def _from_address(place: str, stay: bool, most: int, timeout_s: float) -> Fetched:
    until = time.monotonic() + timeout_s
    headers = {"Accept": "application/json, application/yaml, */*;q=0.5", "Accept-Encoding": "gzip"}
    request = Request(place, headers={**headers, "User-Agent": "apigen"})  # noqa: S310 - the opener knows HTTP only
    with _opener(_StayingRedirects if stay else HTTPRedirectHandler).open(request, timeout=timeout_s) as response:
        data = _bounded(response, most, place, until)
        return Fetched(_unpacked(data, most, place), response.url)


class _Readable(Protocol):
    def read1(self, size: int, /) -> bytes: ...


class _StayingRedirects(HTTPRedirectHandler):
    """Follows redirects as long as they stay on one server."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> Request | None:
        """The next request; what another server would be asked is refused."""
        if origin_of(newurl) != origin_of(req.full_url):
            raise URLError("it redirects to another server")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _opener(redirects: type[HTTPRedirectHandler]) -> OpenerDirector:
    """HTTP with redirects and the environment's proxies, and no other scheme."""
    opener = OpenerDirector()
    for handler in (
        *(ProxyHandler, HTTPHandler, HTTPSHandler, UnknownHandler),
        *(redirects, HTTPErrorProcessor, HTTPDefaultErrorHandler),
    ):
        opener.add_handler(handler())
    return opener


def _bounded(file: _Readable, most: int, place: str, until: float | None = None) -> bytes:
    """All that a file holds, read piece by piece, so that neither size nor slowness is without end."""
    chunks = []
    size = 0
    while chunk := file.read1(_CHUNK):  # what has come so far, so that the clock is looked at
        chunks.append(chunk)
        size += len(chunk)
        if size > most:
            raise UserError(f"{place} is larger than {most >> 20} MiB, the limit for one document")
        if until is not None and time.monotonic() > until:
            raise TimeoutError
    return b"".join(chunks)


def _unpacked(data: bytes, most: int, place: str) -> bytes:
    if not data.startswith(_GZIP):
        return data
    try:
        with gzip.open(io.BytesIO(data)) as file:
            return _bounded(file, most, place)
    except (EOFError, zlib.error) as problem:
        raise UserError(f"{place} is not valid gzip: {problem}") from None
