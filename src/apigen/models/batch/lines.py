"""The lines of a batch's files: requests as they go out, answers as they come back."""

import tempfile
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import IO, Any

import msgspec

from apigen.files import storage_errors
from apigen.models.openai.connection import MAX_RESPONSE_BYTES
from apigen.models.openai.failures import may_pass_later
from apigen.models.openai.refused import BodyRefused, body_refused
from apigen.models.openai.wire import NoCompletion, error_message
from apigen.records import Completion

Read = Callable[[bytes], Completion]

MOST_BYTES = 200_000_000
"""The largest file that OpenAI, Azure and Groq take."""


class Failure(msgspec.Struct, frozen=True):
    """Why a line brought no completion."""

    why: str
    refused: BodyRefused | None = None
    """What the provider says where it refuses this request, so that the same is not worth asking again."""


class _Response(msgspec.Struct):
    status_code: int = 0
    body: msgspec.Raw = msgspec.Raw(b"null")


class _Error(msgspec.Struct):
    code: str | int | None = None
    message: str | None = None


class _Line(msgspec.Struct):
    custom_id: str
    response: _Response | None = None
    error: _Error | None = None


_decoder = msgspec.json.Decoder(_Line)


def request_line(key: str, endpoint: str, body: dict[str, Any]) -> bytes:
    """The line that asks one request."""
    return msgspec.json.encode({"custom_id": key, "method": "POST", "url": endpoint, "body": body}) + b"\n"


def request_files(lines: Iterable[tuple[str, bytes]], most: int) -> list[tuple[list[str], IO[bytes]]]:
    """Requests as files that no provider finds too large, each with what is in it; who takes a file closes it.

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


def returned(
    file: IO[bytes], read: Read, cleaned: Callable[[bytes], bytes]
) -> Iterator[tuple[str, Completion | Failure]]:
    """What came back for which request, in the file's order; what cannot be read as a line is passed over.

    Args:
        file: an output or error file.
        read: reads the body of an answer, or raises :class:`NoCompletion`.
        cleaned: a complaint without the key, should it repeat that.
    """
    for content in iter(partial(file.readline, MAX_RESPONSE_BYTES), b""):
        try:
            line = _decoder.decode(content)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            continue
        yield line.custom_id, _outcome(line, read, cleaned)


def _outcome(line: _Line, read: Read, cleaned: Callable[[bytes], bytes]) -> Completion | Failure:
    if line.response is None or not line.response.status_code:
        error = line.error or _Error()
        said = cleaned(f"{error.code or 'no response'}: {error.message or ''}".encode()).decode()
        return Failure(" ".join(said.split())[:200].rstrip(": "))
    status, body = line.response.status_code, bytes(line.response.body)
    if status == 200:
        try:
            return msgspec.structs.replace(read(body), batch=True)
        except NoCompletion as error:
            return Failure(str(error))
    body = cleaned(body)
    why = f"HTTP {status}: {error_message(body)}"
    refused = body_refused(why, status, body)
    final = not may_pass_later(status) if status < 500 else status == 500 and refused.about_form
    return Failure(why, refused if final else None)
