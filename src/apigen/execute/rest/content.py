"""Reads the body of an answer as JSON or as text, by its media type."""

import codecs
import json
import re
from email.message import Message
from typing import Any, NoReturn

from apigen.execute.rest.exchange import HttpAnswer
from apigen.execute.rest.problems import Rejected
from apigen.records import Json, Reason
from apigen.signatures.jsonable import to_json
from apigen.signatures.problems import ResultNotJson

_JSON = re.compile(r"(?:application|text)/json|[^/]+/[^/]+\+json|application/problem\+json")
_XML = re.compile(r"(?:application|text)/xml|[^/]+/[^/]+\+xml")
_TEXTS = re.compile(r"text/[^/]+|application/(?:javascript|yaml|x-yaml|x-ndjson|graphql)")
_HTML = ("text/html", "application/xhtml+xml")
_CHARSETS = re.compile(
    r"utf[-_]?(?:8|16|32).*|us-ascii|ascii|iso[-_]?8859.*|latin.*|windows.*|cp\d+|koi8.*|shift.*|euc.*|gb.*|big5.*"
)
"""Encodings of text; Python knows others that are none on the web, and slow."""
_DECLARED = re.compile(rb"""<\?xml[^>]{0,200}?encoding=["']([A-Za-z0-9._-]{1,40})["']""")
_TITLE = re.compile(r"<title[^>]*>([^<]{1,200})", re.IGNORECASE)


def read_result(answer: HttpAnswer, *, html: bool = False) -> Json:
    """What a service returned.

    JSON is read strictly. XML and other text stay text, but for text that is a JSON document by its looks. A page of
    HTML is for people, such as a login or an error page, and no result unless it was asked for.

    Args:
        answer: with a status that says that all went well.
        html: whether a page was asked for.

    Raises:
        Rejected: it cannot be read as what it says it is, or has no JSON form.
    """
    if not answer.body:
        return None
    kind, charset = media_type(answer)
    if _JSON.fullmatch(kind):
        return read_json(_decoded(answer.body, charset or json.detect_encoding(answer.body)))
    if kind in _HTML:
        text = _decoded(answer.body, charset or "utf-8")
        if html:
            return to_json(text)
        title = _TITLE.search(text)
        shown = f" titled {' '.join(title[1].split())!r}" if title else ""
        raise _no_json(f"the service returned an HTML page{shown}")
    if _XML.fullmatch(kind):
        declared = _DECLARED.match(answer.body.lstrip())
        return _decoded(answer.body, charset or (declared[1].decode() if declared else "utf-8"))
    if kind and not _TEXTS.fullmatch(kind):
        raise _no_json(f"the service returned {kind}, which is neither JSON nor text")
    text = _decoded(answer.body, charset or "utf-8")
    if text.lstrip()[:1] in ("{", "["):
        try:
            return read_json(text)
        except Rejected:
            return text
    return text


def media_type(answer: HttpAnswer) -> tuple[str, str]:
    """The media type in small letters, and the charset if one is named; both may be empty."""
    header = Message()
    header["Content-Type"] = answer.headers.get("Content-Type", "")
    charset = header.get_param("charset", "")
    named = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return named, charset.strip("\"' ") if isinstance(charset, str) else ""


def read_json(text: str) -> Json:
    """A JSON document, read as RFC 8259 has it: no NaN, no name twice in an object.

    Raises:
        Rejected: it is none, or nested too deeply.
    """
    try:
        value = json.loads(text, object_pairs_hook=_once_each, parse_constant=_no_constant)
        return to_json(value)
    except RecursionError:
        raise _no_json("the result is nested too deeply") from None
    except ResultNotJson as error:
        raise _no_json(str(error)) from None
    except ValueError as error:
        raise _no_json(f"the service declares its response as JSON, but it is not valid JSON: {error}") from None


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ResultNotJson(f"an object in the result repeats the key {next(n for n in names if names.count(n) > 1)!r}")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ResultNotJson(f"the result contains {name}, which is not valid JSON")


def _decoded(body: bytes, charset: str) -> str:
    try:
        known = codecs.lookup(charset).name if _CHARSETS.fullmatch(charset.lower()) else None
        if known is None:
            raise _no_json(f"the service's response declares the unknown text encoding {charset[:40]!r}")
        return body.decode(known).removeprefix("\ufeff")
    except LookupError:
        raise _no_json(f"the service's response declares the unknown text encoding {charset[:40]!r}") from None
    except UnicodeDecodeError as error:
        raise _no_json(f"the service's response is not valid {charset} (byte {error.start})") from None


def _no_json(detail: str) -> Rejected:
    return Rejected(Reason.RESULT_NOT_JSON, detail)
