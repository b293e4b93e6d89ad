"""Recognises results that report a failure in the form of a success.

Many functions and services catch their errors and return them. Such a call did not do what was asked, so it must
not count as executed. Told apart from legitimate results by what a field holds, not by its name alone: ``error: 0.05``
is an error estimate, ``errors: []`` says that there were none.
"""

import re
from collections.abc import Mapping

from apigen.records import Json

_ERROR_KEYS = ("error", "errors", "exception", "traceback", "error_message", "errormessage", "err")
_STATUS_KEYS = ("status", "state")
_FAILED_STATUSES = frozenset({"error", "fail", "failed", "failure", "exception"})
_SUCCESS_KEYS = ("success", "ok", "succeeded", "is_success")
_CODE_KEYS = ("status", "statuscode", "status_code", "code", "http_status")
_MESSAGE_KEYS = ("message", "error", "detail", "reason", "msg", "title", "description")
_NOTHING_WRONG = frozenset({"", "0", "false", "n/a", "no", "no error", "none", "null", "ok", "success"})
_HTTP_ERRORS = range(400, 600)

_ERROR_TEXT = re.compile(
    r"\s*(?:"
    r"traceback \(most recent call last\)"
    r"|(?:an? )?(?:fatal |internal |server |unexpected )?(?:error|exception)(?: occurred)?\s*[:!]"
    r"|\[?error\]\s"
    r"|(?:[A-Za-z_]\w*\.)*[A-Z]\w*(?:Error|Exception): "
    r")",
    re.IGNORECASE,
)
"""How a text begins that is nothing but an error message."""


def error_in(result: Json) -> str | None:
    """What went wrong, where a result is in truth an error.

    Args:
        result: what a call returned, as JSON.

    Returns:
        One line that says which part of the result is the error; ``None`` for a legitimate result.
    """
    if isinstance(result, str):
        return _short(result) if _ERROR_TEXT.match(result) else None
    if not isinstance(result, Mapping):
        return None
    fields = {str(key).lower(): value for key, value in result.items()}
    return _named_error(fields) or _failed_status(fields) or _denied_success(fields) or _http_error(fields)


def _named_error(fields: Mapping[str, Json]) -> str | None:
    for key in _ERROR_KEYS:
        if _tells_an_error(value := fields.get(key)):
            return f"{key}: {_short(value)}"
    return None


def _tells_an_error(value: Json) -> bool:
    """Whether a field called "error" holds one: a text, an object or a list; of numbers and booleans only ``true``."""
    if isinstance(value, str):
        return value.strip().lower() not in _NOTHING_WRONG
    if isinstance(value, list):
        return any(isinstance(item, str | Mapping) and _tells_an_error(item) for item in value)
    if isinstance(value, Mapping):
        return any(_tells_something(item) for item in value.values())
    return value is True


def _tells_something(value: Json) -> bool:
    """Whether a part of an error object is more than an empty field or an estimate by name: ``{"mean": 0.1}``."""
    if isinstance(value, str | list | Mapping):
        return bool(value)
    return value is True or (isinstance(value, int) and value in _HTTP_ERRORS)


def _failed_status(fields: Mapping[str, Json]) -> str | None:
    for key in _STATUS_KEYS:
        value = fields.get(key)
        if isinstance(value, str) and value.strip().lower() in _FAILED_STATUSES and _speaks_of_itself(fields, key):
            return _with_message(f"{key}: {value.strip()}", fields)
    return None


def _speaks_of_itself(fields: Mapping[str, Json], key: str) -> bool:
    """Whether the status is about this call, rather than a property of what was looked up.

    A failed payment or build has an identity and data of its own beside its status; an error reply has only words.
    """
    others = [name for name, value in fields.items() if name != key and value not in (None, [], {}, "")]
    return key == "status" and all(
        name in _MESSAGE_KEYS or name in _CODE_KEYS or name in _ERROR_KEYS for name in others
    )


def _denied_success(fields: Mapping[str, Json]) -> str | None:
    for key in _SUCCESS_KEYS:
        if fields.get(key) is False:
            return _with_message(f"{key}: false", fields)
    return None


def _http_error(fields: Mapping[str, Json]) -> str | None:
    """A status of 400 to 599 beside a message, as web services answer."""
    for key in _CODE_KEYS:
        code = fields.get(key)
        if isinstance(code, str) and code.isascii() and code.isdigit() and len(code) == 3:
            code = int(code)
        is_code = isinstance(code, int) and not isinstance(code, bool) and code in _HTTP_ERRORS
        if is_code and _message(fields):
            return _with_message(f"{key}: {code}", fields)
    return None


def _message(fields: Mapping[str, Json]) -> str | None:
    return next(
        (fields[key] for key in _MESSAGE_KEYS if isinstance(fields.get(key), str) and fields[key].strip()), None
    )


def _with_message(what: str, fields: Mapping[str, Json]) -> str:
    message = _message(fields)
    return f"{what} ({_short(message)})" if message else what


def _short(value: Json) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= 200 else text[:199] + "…"
