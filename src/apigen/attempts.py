"""The lines of attempts.jsonl: how a request's attempts are written, and found again whole."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from apigen.errors import UserError
from apigen.files import whole_lines
from apigen.records import Attempt

_decoder = msgspec.json.Decoder(Attempt)
_encoder = msgspec.json.Encoder()


def encode_attempt(attempt: Attempt) -> bytes:
    """One line of attempts.jsonl. How long a call took is left out: the bytes depend on the seed alone."""
    executions = tuple(msgspec.structs.replace(execution, duration_ms=None) for execution in attempt.executions)
    return _encoder.encode(msgspec.structs.replace(attempt, executions=executions)) + b"\n"


def read_requests(path: Path) -> Iterator[tuple[int, tuple[Attempt, ...]]]:
    """The attempts of each request whose lines are all there, with the offset at which they end.

    Raises:
        UserError: a line is damaged, or does not hold the attempt that comes next.
    """
    request, number = list[Attempt](), 0
    for line_number, (end, line) in enumerate(whole_lines(path) if path.exists() else (), 1):
        mend = "cut the file before it, or start a new run with another --out"
        try:
            attempt = _decoder.decode(line)
        except msgspec.MsgspecError as error:
            raise UserError(f"{path} line {line_number}: cannot be read ({error}); {mend}") from None
        if (attempt.request, attempt.pair) != (number, len(request)):
            expected = f"{number}.{len(request)}"
            raise UserError(f"{path} line {line_number}: found attempt {attempt.id}, expected {expected}; {mend}")
        request.append(attempt)
        if attempt.last:
            yield end, tuple(request)
            request, number = [], number + 1
