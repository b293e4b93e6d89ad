"""Handles redirects (RFC 9110, section 15.4)."""

import msgspec
from yarl import URL

from apigen.execute.rest.exchange import HttpAnswer
from apigen.execute.rest.guard import place_of
from apigen.execute.rest.problems import Rejected
from apigen.execute.rest.request import HttpRequest
from apigen.records import Reason

MOST_REDIRECTS = 5

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_OF_A_BODY = frozenset({"content-type", "content-language", "content-location", "content-encoding"})


def redirected(request: HttpRequest, answer: HttpAnswer) -> HttpRequest | None:
    """The request that follows; ``None`` where the answer is final.

    A POST becomes a GET after 301 and 302, everything but HEAD after 303; 307 and 308 repeat the request as it is.
    Credentials go no further than the host that they were for.

    Raises:
        Rejected: it leads from TLS to plain text, or nowhere.
    """
    location = answer.headers.get("Location")
    if answer.status not in _REDIRECTS or location is None:
        return None
    try:
        target = request.url.join(URL(location)).with_fragment(None)
    except ValueError:
        raise Rejected(Reason.RUNTIME_ERROR, f"HTTP {answer.status} redirects to an invalid URL") from None
    if request.url.scheme == "https" and target.scheme == "http":
        raise Rejected(Reason.FORBIDDEN, f"refused a redirect from https to plain http at {place_of(target)}")
    becomes_get = (answer.status == 303 and request.method != "HEAD") or (
        answer.status in (301, 302) and request.method == "POST"
    )
    following = msgspec.structs.replace(
        request, url=target, secret_headers=request.secret_headers if _same_host(request.url, target) else ()
    )
    if not becomes_get:
        return following
    headers = tuple(header for header in request.headers if header[0].lower() not in _OF_A_BODY)
    return msgspec.structs.replace(following, method="GET", headers=headers, body=None)


def _same_host(before: URL, after: URL) -> bool:
    """Whether credentials may go along: to the same scheme, host and port, or from port 80 to TLS at port 443."""
    if before.raw_host != after.raw_host:
        return False
    upgraded = (before.scheme, before.port, after.scheme, after.port) == ("http", 80, "https", 443)
    return upgraded or (before.scheme, before.port) == (after.scheme, after.port)
