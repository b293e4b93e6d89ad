"""SQLite files: what a block writes is there as a whole or not at all, and what went wrong is said."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from apigen.database import Database, RowRefused
from apigen.errors import JobFellShort

SCHEMA = """
CREATE TABLE IF NOT EXISTS things (name TEXT PRIMARY KEY, size INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS owners (thing TEXT REFERENCES things(name) DEFERRABLE INITIALLY DEFERRED);
"""


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with closing(Database(tmp_path / "d.sqlite", SCHEMA, "move it away")) as opened:
        yield opened


def put(database: Database, name: str, size: int = 1) -> None:
    database.execute("INSERT INTO things VALUES (?, ?)", (name, size))


def put_all(
    database: Database, names: Sequence[str], owned: str | None = None, rest: Callable[[], object] = int
) -> None:
    """As one block."""
    with database.atomically():
        for name in names:
            put(database, name)
        database.execute("INSERT INTO owners VALUES (?)", (owned,))
        rest()


def names(database: Database) -> list[str]:
    return [name for (name,) in database.execute("SELECT name FROM things ORDER BY name")]


def test_a_full_disk_is_named_where_sqlite_has_rolled_back_by_itself(database: Database) -> None:
    """The message is that of the statement that found no room; there is nothing of the block, and the file goes on."""
    (pages,) = database.execute("PRAGMA page_count").fetchone()
    database.execute(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(JobFellShort, match="disk is full"):
        put_all(database, [f"{number}" * 1000 for number in range(100)])
    assert names(database) == []
    put_all(database, ["small"])
    assert names(database) == ["small"]


def test_what_fails_only_when_it_is_committed_is_undone(database: Database) -> None:
    """The transaction is not left open: the next one begins and is kept."""
    database.execute("PRAGMA foreign_keys = ON")
    with pytest.raises(JobFellShort, match="FOREIGN KEY"):
        put_all(database, ["first"], owned="nobody")
    put_all(database, ["second"])
    assert names(database) == ["second"]


def test_an_error_of_the_block_goes_out_and_nothing_is_written(database: Database) -> None:
    """Also one that is no error of the database."""

    def fails() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        put_all(database, ["first"], rest=fails)
    assert names(database) == []


@pytest.mark.parametrize(("name", "size"), [("there", 1), ("new", 2**63)])
def test_values_that_a_table_does_not_take_are_told_from_a_file_that_fails(
    database: Database, name: str, size: int
) -> None:
    """A key that is there already, and a number that SQLite cannot hold, are refused; others are taken after that."""
    put(database, "there")
    with pytest.raises(RowRefused, match=r"d\.sqlite"):
        put(database, name, size)
    put(database, "other")
    assert names(database) == ["other", "there"]
