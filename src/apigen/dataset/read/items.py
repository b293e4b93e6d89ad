"""The elements of a file, whatever its kind: JSON Lines, a JSON list, either in gzip, or a Parquet table.

The kind is detected from the content, not by the name. Nothing is lost and nothing crashes: what cannot be parsed is an
element with a problem. Memory does not grow with the file.
"""

import codecs
import gzip
import importlib
import itertools
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from apigen.dataset.read.base import Item, Problem
from apigen.dataset.read.json_list import list_items
from apigen.errors import UserError
from apigen.records import Reason
from apigen.toolspecs.text import parse_json

SUFFIXES = (".json", ".jsonl", ".ndjson", ".json.gz", ".jsonl.gz", ".ndjson.gz", ".parquet")
"""Which files of a folder are read."""

CHUNK = 1 << 20
"""Bytes read at once."""

_PARQUET = b"PAR1"
_GZIP = b"\x1f\x8b"
_BATCH = 512
_MARKS = (  # the longer ones first: UTF-32's begins with UTF-16's
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (b"[\x00", "utf-16-le"),
    (b"{\x00", "utf-16-le"),
    (b"\x00[", "utf-16-be"),
    (b"\x00{", "utf-16-be"),
)


def items(path: Path) -> Iterator[Item]:
    """Each element of a file, in order.

    Raises:
        UserError: the file cannot be read, or it is a Parquet table and pyarrow is not installed.
    """
    try:
        with path.open("rb") as file:
            if file.read(4) == _PARQUET:
                yield from _table(path)
                return
        with path.open("rb") as file:
            yield from _text_items(file)
    except OSError as problem:
        raise UserError(f"{path}: cannot be read: {problem.strerror or problem}") from None


def _text_items(file: IO[bytes]) -> Iterator[Item]:
    faults: list[str] = []
    raw = _chunks(file, faults)
    first = next(raw, b"")
    if first.startswith(_GZIP):
        file.seek(0)
        raw = _chunks(gzip.GzipFile(fileobj=file), faults)
        first = next(raw, b"")
    encoding = next((name for mark, name in _MARKS if first.startswith(mark)), None)
    notes = (f"{encoding.upper()} instead of UTF-8",) if encoding else ()
    chunks = itertools.chain([first.removeprefix(codecs.BOM_UTF8)], raw)
    if encoding:
        chunks = itertools.chain(_recoded(chunks, encoding, faults))
    number = 0
    for item in _elements(chunks):
        number = item.number
        yield Item(item.number, item.value, item.problem, notes) if notes else item
    for fault in faults:
        yield Item(number + 1, "", Problem(Reason.NOT_JSON, fault), notes)


def _chunks(file: IO[bytes] | gzip.GzipFile, faults: list[str]) -> Iterator[bytes]:
    """A file in pieces; what its compression or its encoding breaks off is a fault, not the end of everything."""
    # One read of what is packed at a time: a larger one would lose what comes before the break.
    read = file.read1 if isinstance(file, gzip.GzipFile) else file.read
    try:
        while chunk := read(CHUNK):
            yield chunk
    except (EOFError, zlib.error, gzip.BadGzipFile) as problem:
        faults.append(f"the compressed file is broken: {problem}")


def _recoded(chunks: Iterator[bytes], encoding: str, faults: list[str]) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for chunk in chunks:
            yield decoder.decode(chunk).encode("utf-8", "surrogatepass")
        yield decoder.decode(b"", final=True).encode("utf-8", "surrogatepass")
    except UnicodeDecodeError as problem:
        faults.append(f"not {encoding.upper()} to its end: {problem.reason}")


def _elements(chunks: Iterator[bytes]) -> Iterator[Item]:
    head = b""
    for chunk in chunks:
        head += chunk
        if b"\n" in head.lstrip() or len(head) >= CHUNK:
            break
    start = head.lstrip()
    everything = itertools.chain([head], chunks)
    if start.startswith(b"["):
        return list_items(everything, bracketed=True)
    if start.split(b"\n", 1)[0].strip() == b"{":
        return list_items(everything, bracketed=False)
    return _lines(everything)


def _lines(chunks: Iterator[bytes]) -> Iterator[Item]:
    number = 0
    carried: list[bytes] = []
    for chunk in chunks:
        if b"\n" not in chunk:
            carried.append(chunk)
            continue
        *lines, rest = (b"".join(carried) + chunk).split(b"\n")
        carried = [rest]
        for line in lines:
            number += 1
            if line and not line.isspace():
                yield _line(number, line)
    last = b"".join(carried)
    if last and not last.isspace():
        item = _line(number + 1, last)
        if item.problem is not None:  # cut off in the middle of being written
            item = Item(item.number, item.value, Problem(item.problem.reason, f"the last line: {item.problem.detail}"))
        yield item


def _line(number: int, line: bytes) -> Item:
    parsed = parse_json(line)
    if not parsed.problem:
        return Item(number, parsed.value)
    return Item(number, line.decode("utf-8", "backslashreplace"), Problem(Reason.NOT_JSON, parsed.problem))


def _table(path: Path) -> Iterator[Item]:
    try:
        parquet: Any = importlib.import_module("pyarrow.parquet")
    except ImportError:
        raise UserError(f"{path}: a Parquet table needs pyarrow; install apigen-pipeline[parquet]") from None
    try:
        batches = parquet.ParquetFile(path).iter_batches(batch_size=_BATCH)
        rows = itertools.chain.from_iterable(batch.to_pylist() for batch in batches)
        for number, row in enumerate(rows, 1):
            yield Item(number, row)
    except (ValueError, RuntimeError) as problem:  # pyarrow's own errors are both
        first_line = str(problem).splitlines()[0] if str(problem) else type(problem).__name__
        raise UserError(f"{path}: not a complete Parquet table ({first_line}); download it again") from None
