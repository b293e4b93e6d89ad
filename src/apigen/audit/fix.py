"""Writes the rows that pass, in the dataset's own format, including those fixed without guessing."""

import contextlib
import gzip
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, cast

import msgspec

from apigen.audit.mend import JSON_TEXT, Mend, replaced
from apigen.audit.mend.place import without_literals
from apigen.audit.rows import Finding
from apigen.audit.seen import SeenRows
from apigen.dataset.own_rows import as_json
from apigen.files import replacing
from apigen.records import Json


class Repaired(msgspec.Struct, frozen=True):
    """A row as it would be written."""

    finding: Finding
    """What the checks say of the row as it would be written."""
    calls: Sequence[Json]
    mends: tuple[Mend, ...] = ()


class FixWriter:
    """Writes a fixed copy of a dataset: one element for each element of which every row passes.

    Args:
        file: the copy, open for bytes.
        told: lines of JSON that tell what was mended.
        format_name: the dataset's format.
        as_list: whether the dataset is one JSON list, else JSON Lines.
    """

    def __init__(self, file: IO[bytes], told: IO[bytes], format_name: str, *, as_list: bool) -> None:
        self.written = self.left_out = self.mended_rows = self.not_placed = 0
        self.mends: Counter[str] = Counter()
        self._file = file
        self._told = told
        self._format = format_name
        self._as_list = as_list
        self._seen = SeenRows()

    def add(self, rows: Sequence[Repaired]) -> None:
        """Write the element that these rows, all of it, were read from; leave it out unless all pass."""
        if not all(row.finding.passed for row in rows) or self._repeats(rows):
            self.left_out += 1
            return
        first = rows[0].finding.row
        raw, mends = first.raw, [(row, row.mends) for row in rows if row.mends]
        if mends:
            raw = replaced(raw, self._format, [call for row in rows for call in row.calls])
            if raw is None:
                self.left_out += 1
                self.not_placed += 1
                return
        plain = without_literals(raw, self._format)
        if plain != raw:
            raw = plain
            mends.append((rows[0], (Mend(JSON_TEXT, "tools and calls", "a Python literal", "JSON"),)))
        self._write(raw)
        for row, made in mends:
            self._tell(row, made)

    def close(self) -> None:
        """Write what ends the file."""
        if self._as_list:
            self._file.write(b"\n]\n" if self.written else b"[]\n")

    def summary(self) -> dict[str, Json]:
        """What was written and left out."""
        return {
            "written": self.written,
            "left_out": self.left_out,
            "mended_rows": self.mended_rows,
            "mends": dict(self.mends.most_common()),
            "mended_but_not_writable": self.not_placed,
        }

    def _repeats(self, rows: Sequence[Repaired]) -> bool:
        """Whether a row asks what one that was written asks; found only now, where one of them had to be mended."""
        repeats = False
        for row in rows:
            number = row.finding.row.number
            repeats |= (self._seen.earlier(row.finding.candidate, number) or number) != number
        return repeats

    def _write(self, raw: Json) -> None:
        if self._as_list:
            self._file.write(b",\n" if self.written else b"[\n")
            self._file.write(as_json(raw))
        else:
            self._file.write(as_json(raw) + b"\n")
        self.written += 1

    def _tell(self, row: Repaired, mends: tuple[Mend, ...]) -> None:
        self.mends.update(mend.name for mend in mends)
        self.mended_rows += 1
        line = {"id": row.finding.row.id, "row": row.finding.row.number, "mends": msgspec.to_builtins(mends)}
        self._told.write(as_json(line) + b"\n")


def mended_file(path: Path) -> Path:
    """Where it is told what was mended in a fixed copy."""
    return path.with_name(f"{path.name}.mended.jsonl")


@contextlib.contextmanager
def fix_writer(path: Path, dataset: Path, format_name: str) -> Iterator[FixWriter]:
    """Write a fixed copy beside its place; it is moved there when it is whole.

    Raises:
        JobFellShort: it cannot be written.
    """
    with contextlib.ExitStack() as stack:
        told = stack.enter_context(replacing(mended_file(path)))
        file = stack.enter_context(replacing(path))
        if path.suffix == ".gz":
            zipped = gzip.GzipFile(fileobj=file, mode="wb", mtime=0)
            stack.enter_context(contextlib.closing(zipped))
            file = cast("IO[bytes]", zipped)
        writer = FixWriter(file, told, format_name, as_list=is_list(dataset))
        yield writer
        writer.close()


def is_list(path: Path) -> bool:
    """Whether a file holds one JSON list; a table does not."""
    with path.open("rb") as file:
        zipped = file.read(2) == b"\x1f\x8b"
    with gzip.open(path) if zipped else path.open("rb") as file:
        start = file.read(4096).removeprefix(b"\xef\xbb\xbf").lstrip()
    return start.startswith(b"[")
