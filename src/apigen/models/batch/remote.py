"""Batches and files as providers describe them, read tolerantly: the protocol's copies differ in what they leave out.

Only ids and a batch's status are required. Together writes statuses in capitals, others spell them in their own way,
and counts may be null until there is something to count.
"""

from datetime import UTC, datetime
from typing import Any

import msgspec

from apigen.errors import one_line
from apigen.models.foreign import Unreadable, parsed
from apigen.models.openai.failures import TryAgain

FINAL = frozenset({"completed", "failed", "expired", "cancelled"})
RUNNING = frozenset({"validating", "in_progress", "finalizing", "cancelling"})
_SYNONYMS = {
    **dict.fromkeys(("complete", "succeeded", "success", "successful", "finished", "ended", "done"), "completed"),
    **dict.fromkeys(("failure", "error", "errored"), "failed"),
    **dict.fromkeys(("timeout_exceeded", "timed_out"), "expired"),
    "canceled": "cancelled",
    **dict.fromkeys(("canceling", "cancellation_requested"), "cancelling"),
    **dict.fromkeys(("created", "submitted", "queued", "pending", "scheduled"), "validating"),
    **dict.fromkeys(("inprogress", "running", "processing", "started"), "in_progress"),
    "finalising": "finalizing",
}
"""Other words for the protocol's statuses, as Together, Mistral, Anthropic and gateways use them."""
_MOST_CODE, _MOST_MESSAGE = 80, 200
_MOST_COUNT = 1 << 40
_MOST_ID = 1 << 64


class Counts(msgspec.Struct, frozen=True):
    """How many lines of a batch are done."""

    total: int = 0
    completed: int = 0
    failed: int = 0


class Flaw(msgspec.Struct, frozen=True):
    """Why a batch failed at validation."""

    code: str = ""
    message: str = ""
    line: int | None = None
    """Counted from 1; ``None`` where no line is to blame."""

    def __str__(self) -> str:
        return ": ".join(part for part in (self.code, self.message) if part) or "no reason given"


class RemoteBatch(msgspec.Struct, frozen=True):
    """A batch as its provider describes it."""

    id: str
    status: str
    """In the protocol's spelling where it is one of the protocol's, else the provider's word."""
    created_at: float = 0
    """In seconds since 1970; 0 where the provider does not say."""
    input_file_id: str | None = None
    output_file_id: str | None = None
    error_file_id: str | None = None
    flaws: tuple[Flaw, ...] = ()
    """What validation found."""
    counts: Counts = Counts()
    tag: str | None = None
    """The metadata by which apigen knows its own batches."""

    @property
    def final(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.status in FINAL

    @property
    def lacks_files(self) -> bool:
        """Whether it must have a file of answers or errors and names none.

        Only one whose requests all failed may have none; without counts, it is taken to have answers.
        """
        files = self.output_file_id or self.error_file_id
        all_failed = self.counts.failed == self.counts.total > 0
        return self.status == "completed" and not files and not all_failed

    @property
    def known(self) -> bool:
        """Whether its status is one of the protocol's."""
        return self.status in FINAL | RUNNING


class RemoteFile(msgspec.Struct, frozen=True):
    """A file as its provider describes it."""

    id: str
    status: str | None = None

    @property
    def ready(self) -> bool:
        """Whether a batch can be made of it; Azure looks at a file for a while before."""
        return self.status not in ("pending", "running")


class Page(msgspec.Struct, frozen=True):
    """A part of a provider's list of batches, the newest first."""

    batches: tuple[RemoteBatch, ...]
    has_more: bool = False


def read_batch(content: bytes) -> RemoteBatch:
    """A batch in a provider's answer.

    Raises:
        TryAgain: it is something else, such as the page of a proxy.
    """
    batch = _batch(_object_in(content))
    if not batch.status:
        raise TryAgain("not a Batch API response (no `status`)")
    return batch


def read_file(content: bytes) -> RemoteFile:
    """A file in a provider's answer; raises as :func:`read_batch` does."""
    value = _object_in(content)
    status = _text(value.get("status"))
    return RemoteFile(_required(value, "id"), status.lower() if status else None)


def read_page(content: bytes) -> Page:
    """A page of batches in a provider's answer; raises as :func:`read_batch` does."""
    value = _object_in(content)
    if not isinstance(value.get("data"), list):
        raise TryAgain("not a Batch API response (no list `data`)")
    batches = tuple(_batch(one) for one in value["data"] if isinstance(one, dict) and _text(one.get("id")))
    return Page(batches, value.get("has_more") is True)


def _batch(value: dict[str, Any]) -> RemoteBatch:
    counts, metadata = _object(value.get("request_counts")), _object(value.get("metadata"))
    return RemoteBatch(
        id=_required(value, "id"),
        status=_spelled(_text(value.get("status")) or ""),
        created_at=_moment(value.get("created_at")),
        input_file_id=_text(value.get("input_file_id")),
        output_file_id=_text(value.get("output_file_id")),
        error_file_id=_text(value.get("error_file_id")),
        flaws=_flaws(value.get("errors")),
        counts=Counts(*(int(_number(counts.get(name))) for name in Counts.__struct_fields__)),
        tag=_text(metadata.get("apigen")),
    )


def _flaws(errors: object) -> tuple[Flaw, ...]:
    """The protocol wraps them as ``{"data": [...]}``; others list them, or give one."""
    listed = errors.get("data", errors) if isinstance(errors, dict) else errors
    listed = listed if isinstance(listed, list) else [listed] if listed else []
    return tuple(_flaw(one) for one in listed)


def _flaw(value: object) -> Flaw:
    given = value if isinstance(value, dict) else {"message": value}
    code, message = (_text(given.get(name)) or "" for name in ("code", "message"))
    line = int(_number(given.get("line")))
    return Flaw(one_line(code, _MOST_CODE), one_line(message, _MOST_MESSAGE), line if line > 0 else None)


def _spelled(status: str) -> str:
    folded = one_line(status, _MOST_CODE).lower().replace("-", "_").replace(" ", "_")
    return _SYNONYMS.get(folded, folded)


def _object_in(content: bytes) -> dict[str, Any]:
    try:
        value = parsed(content)
    except Unreadable as error:
        raise TryAgain(f"not a Batch API response ({error})") from None
    if not isinstance(value, dict):
        raise TryAgain("not a Batch API response (not an object)")
    return value


def _required(value: dict[str, Any], name: str) -> str:
    found = _text(value.get(name))
    if not found:
        raise TryAgain(f"not a Batch API response (no `{name}`)")
    return found


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str | None:
    """Ids and words; some providers give ids as numbers."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value) if abs(value) < _MOST_ID else None
    return value or None if isinstance(value, str) else None


def _number(value: object) -> float:
    """A count or a time, if it can be one; some providers give numbers as text."""
    if isinstance(value, str):
        value = int(value) if value.isascii() and value.isdigit() and len(value) < len(str(_MOST_COUNT)) else 0
    good = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < _MOST_COUNT
    return float(value) if good else 0.0  # type: ignore[arg-type]


def _moment(value: object) -> float:
    """A time in seconds since 1970; some providers give it as ISO 8601."""
    if isinstance(value, str) and not value.isdigit():
        try:
            moment = datetime.fromisoformat(value)
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        except (ValueError, OverflowError):
            return 0.0
    return _number(value)
