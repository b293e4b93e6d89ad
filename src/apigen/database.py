"""SQLite files that survive kills: opened in one way, with errors reported in one line."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from apigen.errors import JobFellShort
from apigen.files import RESUME


class RowRefused(JobFellShort):
    """A table does not take these values; the file is fine and takes others."""


class Database:
    """One SQLite file with tables of its own.

    Write-ahead logging makes each statement durable against a kill of the process at any moment; memory does not grow
    with the number of rows.

    Args:
        path: the file, created if missing.
        schema: the statements that create its tables if missing.
        advice: what to do when the file cannot be opened, such as ``move it away to ask the models again``.

    Raises:
        JobFellShort: it cannot be opened.
    """

    def __init__(self, path: Path, schema: str, advice: str) -> None:
        self._path = path
        try:
            self._connection = sqlite3.connect(path, isolation_level=None)
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=NORMAL")
            self._connection.executescript(schema)
        except sqlite3.Error as error:
            raise JobFellShort(f"{path}: cannot be opened ({error}); {advice}") from error

    def execute(self, statement: str, values: tuple[Any, ...] = ()) -> sqlite3.Cursor:
        """Execute one statement; its writes are durable when this returns.

        Raises:
            RowRefused: the table does not take these values.
            JobFellShort: the disk is full or the file is damaged.
        """
        try:
            return self._connection.execute(statement, values)
        except (sqlite3.DataError, sqlite3.IntegrityError, OverflowError) as error:
            raise RowRefused(f"{self._path}: {error}; {RESUME}") from error
        except sqlite3.Error as error:
            raise JobFellShort(f"{self._path}: {error}; {RESUME}") from error

    @contextmanager
    def atomically(self) -> Iterator[None]:
        """All statements of the block, or none if it raises or the process is killed in it.

        Raises:
            JobFellShort: the first error.
        """
        self.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:  # where the disk is full, SQLite has rolled back by itself
                with suppress(sqlite3.Error):  # less informative than the first error
                    self._connection.execute("ROLLBACK")
            raise

    def close(self) -> None:
        """Fold the log into the one file and close it."""
        self._connection.close()
