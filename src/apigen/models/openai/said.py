"""What a server says went wrong, in whichever shape it says it.

OpenAI's is ``{"error": {"message", "type", "param", "code"}}``; vLLM's older one is that object itself, Google's
OpenAI-compatible endpoint wraps it in a list, Azure's gateway says ``{"statusCode", "message"}``, OpenRouter adds
``metadata`` with the provider's own words and headers, and a proxy in between answers with a web page.
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from apigen.models.openai.wire import error_message

_MOST_TEXT = 20_000
_TITLE = re.compile(rb"<title[^>]*>([^<]{0,200})", re.IGNORECASE)


class Said(NamedTuple):
    """A server's complaint."""

    message: str
    """In one short line."""
    code: str
    """Its own codes for the kind of error, in lower case, such as ``insufficient_quota invalid_request_error``."""
    text: str
    """All that it says, as it came."""
    status: int | None = None
    """An HTTP status inside the answer, which may differ from the one around it."""
    headers: Mapping[str, str] = {}
    """Headers that OpenRouter passes on inside the answer."""


def read_said(content: bytes) -> Said:
    """Read an answer that is no completion."""
    text = content[:_MOST_TEXT].decode("utf-8", "replace")
    if content.lstrip()[:1] == b"<":
        return Said(web_page(content), "", text)
    try:
        value: Any = msgspec.json.decode(content)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return Said(error_message(content), "", text)
    if isinstance(value, list) and value and isinstance(value[0], dict):
        value, content = value[0], msgspec.json.encode(value[0])
    error = value.get("error", value) if isinstance(value, dict) else {}
    if not isinstance(error, dict):
        return Said(error_message(content), "", text)
    metadata = error.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    raw = " ".join(str(metadata.get("raw") or "").split())[:200]
    headers = metadata.get("headers")
    codes = (error.get(key) for key in ("code", "type", "status"))
    return Said(
        message=error_message(content) + (f" ({raw})" if raw else ""),
        code=" ".join(code.lower() for code in codes if isinstance(code, str)),
        text=text,
        status=_status(error.get("code")),
        headers={str(name): str(found) for name, found in headers.items()} if isinstance(headers, dict) else {},
    )


def web_page(content: bytes) -> str:
    """How a web page is named that came instead of an answer."""
    found = _TITLE.search(content[:_MOST_TEXT])
    title = " ".join(found[1].decode("utf-8", "replace").split()) if found else ""
    return f"a web page{f' titled {title!r}' if title else ''}"


def _status(code: object) -> int | None:
    try:
        status = int(code) if isinstance(code, int | str) else 0
    except ValueError:
        return None
    return status if 400 <= status < 600 else None
