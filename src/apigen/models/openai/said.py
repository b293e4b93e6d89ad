"""What a server reports as wrong, in whichever shape it does.

OpenAI's is ``{"error": {"message", "type", "param", "code"}}``; vLLM's older one is that object itself, Google's
OpenAI-compatible endpoint wraps it in a list, Azure's gateway sends ``{"statusCode", "message"}``, OpenRouter adds
``metadata`` with the provider's own message and headers, and a proxy in between answers with a web page.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from apigen.errors import one_line
from apigen.models.foreign import words_of
from apigen.models.openai.wire import error_message, error_of

_MOST_TEXT = 20_000
_STREAMED = (b"data:", b"event:", b": ")
"""How server-sent events begin; the last is a comment, such as OpenRouter's ``: OPENROUTER PROCESSING``."""
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
    """Read an answer that is not a completion."""
    text = content[:_MOST_TEXT].decode("utf-8", "replace")
    if is_web_page(content):
        return Said(web_page(content), "", text)
    error = error_of(content)
    metadata = error.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    raw = one_line(words_of(metadata.get("raw") or ""))
    headers = metadata.get("headers")
    codes = (error.get(key) for key in ("code", "type", "status"))
    return Said(
        message=error_message(content) + (f" ({raw})" if raw else ""),
        code=" ".join(code.lower() for code in codes if isinstance(code, str)),
        text=text,
        status=_status(error.get("code")),
        headers={name: words_of(found) for name, found in headers.items()} if isinstance(headers, dict) else {},
    )


def is_web_page(content: bytes) -> bool:
    """Whether an answer is HTML."""
    return content[:_MOST_TEXT].lstrip()[:1] == b"<"


def web_page(content: bytes) -> str:
    """How a web page is named that came instead of an answer."""
    found = _TITLE.search(content[:_MOST_TEXT])
    title = one_line(found[1].decode("utf-8", "replace")) if found else ""
    return f"a web page{f' titled {title!r}' if title else ''}"


def another_kind(content: bytes) -> str:
    """What a good answer is that is not JSON, and what to do about it; empty where it may be JSON."""
    if is_web_page(content):
        return f"the answer is {web_page(content)}, not a chat completion; check --base-url"
    if content.startswith(_STREAMED):
        return (
            "the answer is an event stream, not a chat completion; remove `stream` from `extra`, or turn off streaming "
            "in the server or gateway"
        )
    return ""


def _status(code: object) -> int | None:
    try:
        status = int(code) if isinstance(code, int | str) and not isinstance(code, bool) else 0
    except ValueError:
        return None
    return status if 400 <= status < 600 else None
