"""What a service says about an error, in one line."""

import re
from collections.abc import Iterator, Mapping

import msgspec

from apigen.execute.rest.content import media_type
from apigen.execute.rest.exchange import HttpAnswer
from apigen.records import Json

_LONGEST = 300
_WORDS = ("message", "msg", "detail", "details", "title", "error_description", "error_message", "description", "reason")
_INSIDE = ("error", "errors", "fault", "validation", "invalid-params", "violations")
_PLACES = ("loc", "location", "field", "path", "pointer", "name", "param")
_TAG = re.compile(r"<(?:script|style)\b.*?</(?:script|style)>|<[^>]*>", re.DOTALL | re.IGNORECASE)


def message_of(answer: HttpAnswer) -> str:
    """The words of an error answer: of RFC 9457, of common frameworks, or the text of a page; may be empty."""
    try:
        value: Json = msgspec.json.decode(answer.body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        value = answer.body.decode("utf-8", "replace")
    if isinstance(value, str) and ("html" in media_type(answer)[0] or "xml" in media_type(answer)[0]):
        value = _TAG.sub(" ", value)
    text = value if isinstance(value, str) else "; ".join(dict.fromkeys(_words(value)))
    text = text or answer.body.decode("utf-8", "replace")
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


def _words(value: Json, depth: int = 0) -> Iterator[str]:
    """Every text in a place where error messages stand, each with the field that it is about."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list) and depth < 4:
        for item in value[:5]:
            yield from _words(item, depth + 1)
    elif isinstance(value, Mapping) and depth < 4:
        where = next((_place(value[key]) for key in _PLACES if value.get(key)), "")
        said = [text for key in _WORDS if value.get(key) for text in _words(value[key], depth + 1)]
        yield from (f"{where}: {text}" if where and depth else text for text in said)
        for key in _INSIDE:
            yield from _words(value.get(key), depth + 1)
        code = value.get("code")
        if not said and isinstance(code, str):
            yield code


def _place(value: Json) -> str:
    return ".".join(map(str, value)) if isinstance(value, list) else str(value)
