"""JSON files read by sources: one document, or one per line."""

from pathlib import Path

import msgspec

from apigen.records import Json
from apigen.toolspecs.text import parse_json

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_POINTER = b"version https://git-lfs"


class Document(msgspec.Struct, frozen=True):
    """One JSON document of a file."""

    place: str
    """``line 7``; empty where the file holds just one."""
    value: Json = None
    problem: str = ""
    """Why this line is no document."""


def read_documents(path: Path) -> tuple[Document, ...]:
    """The documents of a file.

    Raises:
        ValueError: the file cannot be read, or is no JSON at all; the message follows the file's name.
    """
    try:
        text = path.read_bytes().removeprefix(_BYTE_ORDER_MARK)
    except OSError as error:
        raise ValueError(f"cannot be read: {error.strerror or error}") from None
    if text.startswith(_POINTER):
        raise ValueError("is a Git LFS pointer, not the file itself; run `git lfs pull`")
    whole = parse_json(text)
    if not whole.problem:
        return (Document("", whole.value),)
    lines = [(number, parse_json(line)) for number, line in enumerate(text.split(b"\n"), 1) if line.strip()]
    if len(lines) < 2 or not any(isinstance(one.value, dict | list) for _, one in lines):
        raise ValueError(f"is not valid JSON: {whole.problem}")
    return tuple(
        Document(f"line {number}", one.value, f"is not valid JSON: {one.problem}" if one.problem else "")
        for number, one in lines
    )
