"""What an answer says about the call: its result, or why there is none."""

from http import HTTPStatus

import msgspec

from apigen.execute.error_shapes import error_in
from apigen.execute.rest.content import read_result
from apigen.execute.rest.exchange import HttpAnswer
from apigen.execute.rest.message import message_of
from apigen.execute.rest.problems import Rejected
from apigen.records import Json, Reason

BUSY = frozenset({408, 425, 429, 502, 503, 504, 520, 521, 522, 523, 524, 525, 526, 527, 529, 530})
"""The service is down, overloaded, or behind a gateway that does not reach it."""

_REASONS = {
    400: Reason.INVALID_ARGUMENT,
    401: Reason.UNAUTHORIZED,
    402: Reason.UNAUTHORIZED,
    403: Reason.UNAUTHORIZED,
    404: Reason.NOT_FOUND,
    407: Reason.UNAUTHORIZED,
    410: Reason.NOT_FOUND,
    413: Reason.INVALID_ARGUMENT,
    414: Reason.INVALID_ARGUMENT,
    416: Reason.INVALID_ARGUMENT,
    422: Reason.INVALID_ARGUMENT,
    431: Reason.INVALID_ARGUMENT,
    511: Reason.UNAUTHORIZED,
}
"""What a status says about the call; for all others something went wrong that no argument explains."""


def result_of(answer: HttpAnswer, result_kb: int, *, html: bool = False) -> Json:
    """The result of a call.

    Args:
        answer: the last one, after all redirects; not with a status of :data:`BUSY`.
        result_kb: largest result, in KiB of JSON.
        html: whether a page was asked for.

    Raises:
        Rejected: the answer says that the call failed, or is no result.
    """
    if not 200 <= answer.status < 300:
        reason = _REASONS.get(answer.status, Reason.RUNTIME_ERROR)
        raise Rejected(reason, line_of(answer), again=answer.status == 500)
    if answer.cut:
        raise _too_large(result_kb)
    result = read_result(answer, html=html)
    if len(msgspec.json.encode(result)) > result_kb * 1024:
        raise _too_large(result_kb)
    if error := error_in(result):
        raise Rejected(Reason.ERROR_RESULT, error)
    return result


def _too_large(result_kb: int) -> Rejected:
    return Rejected(Reason.RESULT_TOO_LARGE, f"the result is larger than {result_kb} KiB")


def line_of(answer: HttpAnswer) -> str:
    """The status and what the service says, in one line."""
    said = message_of(answer) or _phrase(answer.status)
    return f"HTTP {answer.status}: {said}" if said else f"HTTP {answer.status}"


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
