"""Putting attempts that were verified again in the place of those that were there, so that no kill leaves a mixture.

The new attempts are written beside the others, under the digest of the configuration that they were verified with, and
so are the requests that had been drawn already, numbered by how often candidates were verified again. Then the manifest
is replaced, and that decides: its digest and its number say which files count.
"""

from collections.abc import Iterable
from pathlib import Path

import msgspec

from apigen.errors import UserError
from apigen.files import replacing, storage_errors, whole_lines
from apigen.records import Request

_request = msgspec.json.Decoder(Request)
_encoder = msgspec.json.Encoder()


def staged(directory: Path, digest: str) -> Path:
    """Where attempts are written anew."""
    return directory / f"attempts.{digest}.jsonl"


def finish(directory: Path, attempts: Path, digest: str, number: int) -> None:
    """Move attempts that count to their place, and remove what was given up or replaced.

    Args:
        directory: of the run.
        attempts: their place.
        digest: of the configuration that the attempts were verified with, according to the manifest.
        number: how often candidates were verified again, according to the manifest.
    """
    if staged(directory, digest).exists():
        with storage_errors(attempts):
            staged(directory, digest).replace(attempts)
    for pattern in ("attempts.*.jsonl", ".attempts.*.jsonl.*", "drawn.*.jsonl", ".drawn.*.jsonl.*"):
        for path in directory.glob(pattern):
            if path != _drawn(directory, number):
                with storage_errors(path):
                    path.unlink()


def write_drawn(directory: Path, number: int, requests: Iterable[Request]) -> None:
    """Keep requests that had been drawn already when candidates were verified again for this time."""
    with replacing(_drawn(directory, number)) as file:
        file.writelines(_encoder.encode(request) + b"\n" for request in requests)


def read_drawn(directory: Path, number: int) -> dict[int, Request]:
    """Those requests, by their index.

    Raises:
        UserError: the file is damaged or gone.
    """
    path = _drawn(directory, number)
    try:
        requests = [_request.decode(line) for _, line in whole_lines(path)]
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}); restore it") from None
    except msgspec.MsgspecError as error:
        raise UserError(f"{path}: cannot be read ({error}); restore it") from None
    return {request.index: request for request in requests}


def _drawn(directory: Path, number: int) -> Path:
    return directory / f"drawn.{number}.jsonl"
