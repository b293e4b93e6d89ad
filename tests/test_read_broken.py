"""Broken files give rows with a problem: nothing is lost, and nothing crashes. Long lists stream."""

import gzip
import json
import sys
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apigen.dataset.read.base import Item, Row
from apigen.dataset.read.formats import read
from apigen.dataset.read.items import items
from apigen.dataset.read.json_list import list_items
from apigen.errors import UserError
from apigen.records import Reason


def row(number: int, query: str = "q") -> dict[str, Any]:
    return {"id": number, "query": query, "tools": '[{"name": "f", "parameters": {}}]', "answers": '[{"name": "f"}]'}


def lines(count: int) -> bytes:
    return b"".join(json.dumps(row(number)).encode() + b"\n" for number in range(count))


def problems(path: Path) -> list[Row]:
    return [one for one in read(path) if one.problem]


def test_a_torn_last_line_is_a_row_with_a_problem(tmp_path: Path) -> None:
    """The whole lines before it are read."""
    path = tmp_path / "x.jsonl"
    path.write_bytes(lines(3)[:-20])
    found = list(read(path))
    assert [one.id for one in found] == ["0", "1", "3"]
    assert found[2].problem
    assert found[2].problem.reason is Reason.NOT_JSON
    assert found[2].problem.detail.startswith("the last line:")
    assert found[2].raw == lines(3)[:-20].splitlines()[-1].decode()


def test_a_line_that_is_no_json_is_a_row_with_a_problem(tmp_path: Path) -> None:
    """With its line number; empty lines count as lines but are no rows."""
    path = tmp_path / "x.jsonl"
    path.write_bytes(lines(1) + b"\n  \r\nnot json\n{'single': 1}\n" + lines(1).replace(b"\n", b"\r\n"))
    found = list(read(path))
    assert [one.number for one in found] == [1, 4, 5, 6]
    assert [one.problem is None for one in found] == [True, False, False, True]
    assert found[1].raw == "not json"


@pytest.mark.parametrize("bad", [b"NaN", b"1e999999x", b'"\\ud800"', b"[" * 100_000, b'"\xe9"', b"tru"])
@pytest.mark.parametrize("listed", [False, True])
def test_a_bad_value_spoils_one_row(tmp_path: Path, bad: bytes, *, listed: bool) -> None:
    """Not the ones around it, in lines and in a list."""
    spoilt = b'{"id": "bad", "query": ' + bad + b', "tools": "[]", "answers": "[]"}\n'
    path = tmp_path / "x.json"
    text = lines(2) + spoilt + lines(2)
    path.write_bytes(b"[" + text.strip().replace(b"\n", b",\n") + b"]" if listed else text)
    found = list(read(path))
    assert [one.id for one in found] == ["0", "1", "3", "0", "1"]
    assert [one.problem is None for one in found] == [True, True, False, True, True]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("listed", [False, True])
def test_other_unicode_encodings_are_read(tmp_path: Path, encoding: str, *, listed: bool) -> None:
    """With a byte order mark or without."""
    text = json.dumps(row(0, "naïve 東京 🚀"), ensure_ascii=False)
    path = tmp_path / "x.json"
    path.write_bytes((f"[{text},\n{text}]" if listed else f"{text}\n{text}\n").encode(encoding))
    found = list(read(path))
    assert [one.query for one in found] == ["naïve 東京 🚀"] * 2
    assert all(one.problem is None for one in found)
    assert bool(found[0].notes) == (encoding != "utf-8-sig")


def test_latin_1_is_named_and_kept(tmp_path: Path) -> None:
    """With the byte that is no UTF-8."""
    path = tmp_path / "x.jsonl"
    path.write_bytes(lines(1) + json.dumps(row(1, "café"), ensure_ascii=False).encode("latin-1") + b"\n")
    found = list(read(path))
    assert found[1].problem
    assert "not UTF-8" in found[1].problem.detail
    assert "caf\\xe9" in found[1].raw


def test_utf_16_that_breaks_off_says_so(tmp_path: Path) -> None:
    """After the rows that are whole."""
    path = tmp_path / "x.jsonl"
    path.write_bytes(lines(2).decode().encode("utf-16") + b"\x00")
    assert [one.problem is None for one in read(path)] == [True, True, False]


def test_a_torn_gzip_says_so(tmp_path: Path) -> None:
    """After the rows that could be unpacked."""
    path = tmp_path / "x.jsonl.gz"
    path.write_bytes(gzip.compress(lines(2000), compresslevel=0)[:-5000])
    found = list(read(path))
    assert len(found) > 1900
    assert found[-1].problem
    assert "compressed file is broken" in found[-1].problem.detail


@pytest.mark.parametrize("indent", [None, 2])
def test_a_list_that_is_cut_off_gives_its_whole_rows_and_one_problem(tmp_path: Path, indent: int | None) -> None:
    """Wherever the cut is."""
    text = json.dumps([row(number) for number in range(4)], indent=indent).encode()
    path = tmp_path / "x.json"
    for cut in range(len(text) // 3, len(text) - 1, 7):
        path.write_bytes(text[:cut])
        found = list(read(path))
        whole = [one for one in found if one.problem is None]
        assert [one.id for one in whole] == [str(number) for number in range(len(whole))]
        assert len(found) == len(whole) + 1, text[:cut]


@pytest.mark.parametrize(
    "wound",
    [
        ('"query": "q"', '"query": q"'),
        ('"query": "q"', '"query": "q'),
        ('"query": "q"', '"query": {"q"'),
        ('"query": "q"', '"query": ["q"}'),
        ('"query": "q"', '"query" "q"'),
        ('"id": 5', '"id": 5}'),
    ],
)
@pytest.mark.parametrize("indent", [None, 2])
def test_a_wound_in_a_long_list_costs_its_row(tmp_path: Path, wound: tuple[str, str], indent: int | None) -> None:
    """The rows before and after it are read, wherever quotes and brackets went wrong."""
    before, after = json.dumps([row(number) for number in range(5)], indent=indent).rstrip("]\n "), row(6)
    hurt = json.dumps(row(5), indent=indent).replace(*wound)
    rest = ", ".join(json.dumps(after | {"id": number}, indent=indent) for number in range(6, 3000))
    path = tmp_path / "x.json"
    path.write_text(f"{before}, {hurt}, {rest}]")
    found = list(read(path))
    good = {one.id for one in found if one.problem is None}
    assert {str(number) for number in range(3000) if number != 5} <= good
    assert 1 <= len(found) - len(good) <= 2


def test_objects_over_several_lines_without_a_list_are_read(tmp_path: Path) -> None:
    """As some tools print them one after another; also a single one."""
    path = tmp_path / "x.json"
    path.write_text("\n".join(json.dumps(row(number), indent=2) for number in range(3)))
    assert [one.id for one in read(path)] == ["0", "1", "2"]
    path.write_text(json.dumps(row(0), indent=2))
    assert [one.id for one in read(path)] == ["0"]


def test_text_after_a_list_is_not_lost(tmp_path: Path) -> None:
    """It is a row with a problem."""
    path = tmp_path / "x.json"
    path.write_text(json.dumps([row(0)]) + "\n]")
    (first, second) = read(path)
    assert first.problem is None
    assert second.problem
    assert second.raw == "]"


def test_a_binary_file_is_refused_in_a_line(tmp_path: Path) -> None:
    """As nothing in it is JSON."""
    path = tmp_path / "x.json"
    path.write_bytes(bytes(range(256)) * 40)
    with pytest.raises(UserError, match="none of the first"):
        list(read(path))


def test_a_table_without_pyarrow_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In one line."""
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    path = tmp_path / "x.parquet"
    path.write_bytes(b"PAR1 and so on")
    with pytest.raises(UserError, match=r"apigen-pipeline\[parquet\]"):
        list(read(path))


def test_a_table_is_read(tmp_path: Path) -> None:
    """Columns are fields; where pyarrow is installed."""
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "x.parquet"
    parquet.write_table(pyarrow.Table.from_pylist([row(0), row(1)]), path)
    assert [(one.id, one.problem) for one in read(path)] == [("0", None), ("1", None)]
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(UserError, match="not a complete Parquet table"):
        list(read(path))


def test_a_long_list_is_not_held_in_memory(tmp_path: Path) -> None:
    """What is held at a time is a few pieces, not the file."""
    path = tmp_path / "x.json"
    path.write_text(json.dumps([row(number, "long " * 800) for number in range(6000)]))
    tracemalloc.start()
    try:
        assert sum(item.problem is None for item in items(path)) == 6000
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 8 << 20 < 20 << 20 < path.stat().st_size


TEXTS = st.text(alphabet='{}[],:"\\ \n\tab}, {"id"é東', max_size=12)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
ROWS = st.lists(
    JSON | st.dictionaries(st.just("id"), JSON) | JSON.map(lambda value: {"id": value, "k": [{"id": value}]})
)
LAYOUTS = st.sampled_from([{}, {"indent": 1}, {"separators": (",", ":")}, {"ensure_ascii": False}])


def pieces(text: bytes, size: int) -> Iterator[bytes]:
    return (text[start : start + size] for start in range(0, len(text), size))


@given(values=ROWS, layout=LAYOUTS, size=st.integers(1, 200), space=st.sampled_from(["", " ", "\n"]))
def test_a_list_is_split_into_its_elements(values: list[Any], layout: dict[str, Any], size: int, space: str) -> None:
    """However it is laid out, whatever its strings hold, wherever the pieces end."""
    text = (space + json.dumps(values, **layout) + space).encode()
    found = list(list_items(pieces(text, size), bracketed=True))
    assert [(item.value, item.problem) for item in found] == [(value, None) for value in values]
    assert [item.number for item in found] == list(range(1, len(values) + 1))


@given(values=ROWS, layout=LAYOUTS, size=st.integers(1, 200), data=st.data())
def test_a_list_that_is_cut_anywhere_loses_no_whole_element(
    values: list[Any], layout: dict[str, Any], size: int, data: st.DataObject
) -> None:
    """Those before the cut come out as they were, and exactly one problem follows."""
    text = json.dumps(values, **layout).encode()
    cut = data.draw(st.integers(1, len(text) - 1))
    found = list(list_items(pieces(text[:cut], size), bracketed=True))
    assert found[-1].problem is not None
    whole = [item.value for item in found if item.problem is None]
    assert whole == values[: len(whole)] or whole[:-1] == values[: len(whole) - 1]  # 12 of 123 is a number, too


@given(text=st.binary(max_size=300), size=st.integers(1, 50))
def test_no_bytes_make_the_splitter_fail(text: bytes, size: int) -> None:
    """It ends, and gives items."""
    assert all(isinstance(item, Item) for item in list_items(pieces(b"[" + text, size), bracketed=True))
