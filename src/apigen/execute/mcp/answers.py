"""What a server's answer to a call says: a result, or why there is none."""

import re

from mcp_types import (
    CONNECTION_CLOSED,
    INVALID_PARAMS,
    METHOD_NOT_FOUND,
    PARSE_ERROR,
    REQUEST_TIMEOUT,
    CallToolResult,
    ContentBlock,
    ErrorData,
    TextContent,
)

from apigen.execute.mcp.http import HTTP_STATUS, MOST_BYTES, TOO_LARGE
from apigen.execute.mcp.servers import Answer, Unanswered
from apigen.records import Json, Reason
from apigen.toolspecs.text import parse_json

_REASONS = {
    INVALID_PARAMS: Reason.INVALID_ARGUMENT,
    METHOD_NOT_FOUND: Reason.NOT_EXECUTABLE,
    PARSE_ERROR: Reason.RESULT_NOT_JSON,
}
_LEFT_OUT = {"data", "blob", "annotations", "_meta", "icons"}
"""Of blocks that are no text: what is binary, and what is about showing them."""

_BAD_ARGUMENTS = re.compile(
    r"-32602|\bvalidation errors? for \w*arguments\b|\binput validation error\b"
    r"|\binvalid (?:tool )?(?:input|arguments?|params|parameters)\b|\brejected arguments\b",
    re.IGNORECASE,
)
"""How the official SDKs word a refusal of arguments, in results that are marked as errors."""


def answer_of(result: CallToolResult) -> Answer:
    """The result of a call: what is structured, else the text, as JSON where it is an object or a list.

    Other blocks are described without their data. A single block stands for itself, several make up a list.
    """
    if result.is_error:
        said = " ".join(block.text for block in result.content if isinstance(block, TextContent)) or "no reason given"
        reason = Reason.INVALID_ARGUMENT if _BAD_ARGUMENTS.search(said) else Reason.RUNTIME_ERROR
        return Answer(reason=reason, detail=said)
    if result.structured_content is not None:
        return Answer(result.structured_content)
    blocks = [_value(block) for block in result.content]
    return Answer(blocks[0] if len(blocks) == 1 else blocks or None)


def answer_of_error(error: ErrorData, timeout_s: float) -> Answer:
    """Why there is no result, where the protocol or the SDK says so.

    Raises:
        Unanswered: it lies in the way, or may do so.
    """
    if is_too_large(error):
        return Answer(reason=Reason.RESULT_TOO_LARGE, detail=f"the server sent {TOO_LARGE}")
    if error.code == REQUEST_TIMEOUT:
        return Answer(reason=Reason.TIMEOUT, detail=f"no result within {timeout_s:g} s")
    if error.code in _REASONS:
        return Answer(reason=_REASONS[error.code], detail=error.message)
    status = error.data.get(HTTP_STATUS) if isinstance(error.data, dict) else None
    if status in (401, 403):
        return Answer(reason=Reason.UNAUTHORIZED, detail=f"the server answered {error.message}")
    if isinstance(status, int) and (status == 429 or status >= 500):
        raise Unanswered(f"the server answered {error.message}", begun=status not in (429, 503))
    return Answer(reason=Reason.RUNTIME_ERROR, detail=error.message)


def is_too_large(error: ErrorData) -> bool:
    """Whether it says that a message over HTTP was longer than is read, whole or as an event."""
    whole = error.code == PARSE_ERROR and TOO_LARGE in error.message
    return whole or (error.code == CONNECTION_CLOSED and f"{MOST_BYTES} byte limit" in error.message)


def _value(block: ContentBlock) -> Json:
    if isinstance(block, TextContent):
        parsed = parse_json(block.text) if block.text.lstrip()[:1] in ("{", "[") else None
        return block.text if parsed is None or parsed.problem else parsed.value
    described: dict[str, Json] = block.model_dump(mode="json", by_alias=True, exclude_none=True, exclude=_LEFT_OUT)
    if isinstance(resource := described.get("resource"), dict):
        described["resource"] = {key: value for key, value in resource.items() if key not in _LEFT_OUT}
    return described
