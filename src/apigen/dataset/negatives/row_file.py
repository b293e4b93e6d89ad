"""Rows in a temporary file, found again by number, so that memory does not hold a dataset."""

import contextlib
import tempfile
from array import array
from pathlib import Path
from typing import Self

from apigen.dataset.own_rows import as_json
from apigen.dataset.read import own
from apigen.dataset.read.base import Item, Row
from apigen.files import storage_errors
from apigen.records import Json
from apigen.toolspecs.text import parse_json

_MEND = "free some space there, or name another file"


class RowFile:
    """Lines of our own format by number, from 0. Memory holds only where each one ends.

    Args:
        folder: holds the file as long as it is needed; it has no name there, so a kill leaves nothing behind.

    Raises:
        JobFellShort: nothing can be written there.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with storage_errors(folder, _MEND):
            self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed with this object
        self._ends = array("Q", [0])
        self._read_item = own.reader(folder)

    def __len__(self) -> int:
        """Number of lines."""
        return len(self._ends) - 1

    def put(self, value: Json) -> int:
        """Append a line and return its number.

        Raises:
            JobFellShort: the disk is full.
        """
        line = as_json(value)
        with storage_errors(self._folder, _MEND):
            self._file.seek(self._ends[-1])
            self._file.write(line)
        self._ends.append(self._ends[-1] + len(line))
        return len(self) - 1

    def line(self, number: int) -> bytes:
        """A line as it was written, without a line break."""
        begin, end = self._ends[number], self._ends[number + 1]
        with storage_errors(self._folder, _MEND):
            self._file.seek(begin)
            return self._file.read(end - begin)

    def row(self, number: int) -> Row:
        """A line as a row."""
        (row,) = self._read_item(Item(number + 1, parse_json(self.line(number)).value))
        return row

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):  # a full disk was reported when the line was written
            self._file.close()
