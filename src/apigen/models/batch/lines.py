"""The lines of a batch's files: requests as they are sent, answers as they come back."""

import re
import tempfile
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import IO, Any

import msgspec

from apigen.errors import ModelRefused, ModelUnavailable, one_line
from apigen.files import storage_errors
from apigen.models.foreign import words_of
from apigen.models.openai.connection import MAX_RESPONSE_BYTES
from apigen.models.openai.wire import NoCompletion
from apigen.records import Completion, Json

Read = Callable[[bytes], Completion]
Refusal = Callable[[int, bytes], Exception]
"""What a status and a body that is not a completion mean: the exceptions of ``openai/refusals.py``."""

MOST_BYTES = 200_000_000
"""The largest file that OpenAI, Azure and Groq accept."""


class Failure(msgspec.Struct, frozen=True):
    """Why a line has no completion."""

    why: str
    refused: ModelRefused | None = None
    """The refusal, where the provider refuses this request, so that sending it again is useless."""
    hopeless: ModelUnavailable | None = None
    """The reason, where it refuses every request, such as a wrong key or an account without credit."""


class _Response(msgspec.Struct):
    status_code: int | None = None
    body: msgspec.Raw = msgspec.Raw(b"null")


class _Line(msgspec.Struct):
    custom_id: str
    response: _Response | None = None
    error: Any = None


_decoder = msgspec.json.Decoder(_Line)


def request_line(key: str, endpoint: str, body: dict[str, Any]) -> bytes:
    """The line of one request."""
    return msgspec.json.encode({"custom_id": key, "method": "POST", "url": endpoint, "body": body}) + b"\n"


def request_files(lines: Iterable[tuple[str, bytes]], most: int) -> list[tuple[list[str], IO[bytes]]]:
    """Requests as files that no provider finds too large, each with its requests; the caller closes the files.

    Args:
        lines: requests and their lines.
        most: lines in one file.
    """
    files: list[tuple[list[str], IO[bytes]]] = []
    with storage_errors(Path(tempfile.gettempdir())):
        for key, line in lines:
            if not files or len(files[-1][0]) == most or files[-1][1].tell() + len(line) > MOST_BYTES:
                files.append(([], tempfile.TemporaryFile()))  # noqa: SIM115 - closed by who takes it
            files[-1][0].append(key)
            files[-1][1].write(line)
    return files


def returned(file: IO[bytes], read: Read, refusal: Refusal) -> Iterator[tuple[str, Completion | Failure]]:
    """The result of each request, in the file's order; lines that cannot be read are skipped.

    Args:
        file: an output or error file.
        read: reads the body of an answer, or raises :class:`NoCompletion`.
        refusal: what an answer that is not a completion means.
    """
    for content in iter(partial(file.readline, MAX_RESPONSE_BYTES), b""):
        try:
            line = _decoder.decode(content)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            continue
        try:
            yield line.custom_id, _outcome(line, read, refusal)
        except (msgspec.MsgspecError, ValueError, ArithmeticError, RecursionError) as error:
            # Whatever one line holds, the others were paid for and must be kept.
            yield line.custom_id, Failure(f"its line cannot be read ({type(error).__name__})")


def _outcome(line: _Line, read: Read, refusal: Refusal) -> Completion | Failure:
    if line.response is None or not line.response.status_code:
        return _without_response(line.error, refusal)
    status, body = line.response.status_code, bytes(line.response.body)
    if 200 <= status < 300:
        try:
            return msgspec.structs.replace(read(body), batch=True)
        except NoCompletion as error:
            return Failure(str(error))
    return _failure(refusal(status, body))


def _failure(meaning: Exception) -> Failure:
    return Failure(
        str(meaning),
        meaning if isinstance(meaning, ModelRefused) else None,
        meaning if isinstance(meaning, ModelUnavailable) else None,
    )


def _without_response(error: Json, refusal: Refusal) -> Failure:
    """The failure of a line that was never answered: it expired, or the batch service refused it."""
    given = error if isinstance(error, dict) else {"message": error}
    code, message = (words_of(given.get(name) or "") for name in ("code", "message"))
    # It has no status; 400 by itself decides nothing.
    status = int(code) if re.fullmatch("[45][0-9][0-9]", code) else 400
    meaning = _failure(refusal(status, msgspec.json.encode({"error": {"code": code, "message": message}})))
    why = one_line(f"{code}: {message}" if code else message).rstrip(": ")
    return meaning if meaning.hopeless else Failure(why or "no response")
