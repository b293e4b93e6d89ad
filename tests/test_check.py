"""``apigen check`` as a user meets it: one object of counts, files that are whole, one clear line for what is wrong."""

import json
import os
import re
import signal
from pathlib import Path
from typing import Any

import pytest

from apigen.cli.interrupt import on_interrupt
from apigen.cli.main import app
from apigen.errors import UserError
from checking import call, write, xlam
from runs import apigen, lines


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    rows = [
        xlam("How is the weather in Rome?", call(city="Rome"), id=11),
        xlam("How is the weather in Oslo for 5 days?", call(city="Oslo", days="5"), id=12),
        xlam("How is <b>Bern</b>?", call(town="<script>alert(1)</script>"), id=13),
        xlam("Hello!", id=14),
    ]
    return write(tmp_path / "rows.jsonl", rows)


def counts(*arguments: str | Path) -> dict[str, Any]:
    ran = apigen("check", *arguments, "--json")
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.count("\n") == 1
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


def check(*arguments: str | Path) -> int:
    """The command in this process; returns its exit code."""
    with pytest.raises(SystemExit) as ended:
        app(["check", *map(str, arguments)])
    return int(ended.value.code or 0)


def test_json_is_one_object_and_every_file_is_written(dataset: Path, tmp_path: Path) -> None:
    """Counts add up, each row that fell has its line, the dataset stays as it is, the report shows what is wrong."""
    before = dataset.read_bytes()
    rejects, fixed, report = tmp_path / "rejects.jsonl", tmp_path / "fixed.jsonl", tmp_path / "report.html"
    found = counts(dataset, "--rejects", rejects, "--fix", fixed, "--report", report)
    assert (found["rows"], found["passed"], found["rejected"], found["errors"]) == (4, 2, 2, 0)
    assert found["reasons"] == {"wrong_type": 1, "unknown_argument": 1}
    assert found["shares"]["wrong_type"]["low"] < 0.25 == found["shares"]["wrong_type"]["share"]
    assert found["examples"] == {"wrong_type": ["12"], "unknown_argument": ["13"]}
    assert (found["format"], found["rows_without_calls"], found["grounding"]) == ("xlam", 1, "lenient")
    assert [(line["id"], line["reason"]) for line in lines(rejects)] == [
        ("12", "wrong_type"),
        ("13", "unknown_argument"),
    ]
    assert found["fixed"]["mends"] == {"number_from_text": 1}
    assert [row["id"] for row in lines(fixed)] == [11, 12, 14]
    assert dataset.read_bytes() == before
    page = report.read_text()
    assert "<script>alert" not in page
    assert "calls[0] has no argument &#39;town&#39;" in page
    assert not re.search(r"(?:src|href)=\"(?!#)", page), "self-contained"
    assert "prefers-color-scheme: dark" in page


def test_the_table_names_reasons_shares_and_rows(
    dataset: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In eighty columns, on stdout."""
    monkeypatch.setenv("COLUMNS", "80")
    assert check(dataset) == 0
    shown = capsys.readouterr().out
    assert "2 of 4 rows pass (50.0%)." in shown
    assert re.search(r"format +unknown_argument +1 +25\.00% \(\d+\.\d\d-\d+\.\d\d\) +13", shown)


def test_a_limit_and_a_format_can_be_given(dataset: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Only the first rows are read; a format that is named is not told again from the rows."""
    assert check(dataset, "--limit", "1", "--format", "xlam", "--json") == 0
    assert json.loads(capsys.readouterr().out)["rows"] == 1


def test_rejects_end_with_exit_code_1_only_where_that_is_asked(dataset: Path) -> None:
    """An audit that found faults did its job."""
    assert check(dataset, "--json") == 0
    assert check(dataset, "--json", "--fail-on-reject") == 1


def test_a_library_executes_the_calls_that_it_knows(tmp_path: Path) -> None:
    """A call that fails rejects its row; tools that the library lacks are counted, not rejected."""
    (tmp_path / "tools_here.py").write_text(
        'def half(number: int) -> float:\n    """Half of a number.\n\n    Args:\n        number: any but 13.\n    """\n'
        "    if number == 13:\n        raise ValueError('thirteen')\n    return number / 2\n"
    )
    half = {"name": "half", "description": "Half.", "parameters": {"number": {"type": "int", "description": "n"}}}
    other = {"name": "other", "description": "Other.", "parameters": {}}
    rows = [
        xlam("half of 8", call("half", number=8), tools=[half], id="a"),
        xlam("half of 13", call("half", number=13), tools=[half], id="b"),
        xlam("half of 6 and the other", call("half", number=6), call("other"), tools=[half, other], id="c"),
    ]
    path = write(tmp_path / "rows.jsonl", rows)
    rejects = tmp_path / "rejects.jsonl"
    found = counts(path, "--library", f"python:{tmp_path / 'tools_here.py'}", "--rejects", rejects)
    assert (found["passed"], found["rejected"], found["executed"], found["not_executed"]) == (2, 1, 3, 1)
    assert [(line["id"], line["stage"], line["reason"]) for line in lines(rejects)] == [
        ("b", "execution", "invalid_argument")
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nothing.jsonl",), "nothing.jsonl: no such file or directory"),
        (("empty.jsonl",), "contains no rows"),
        (("prose.txt",), "none of the first 1 rows is JSON"),
        (("unknown.jsonl",), "unknown format: found the keys a, b"),
        (("rows.jsonl", "--format", "xalm"), "--format xalm: no such format; choose from"),
        (("rows.jsonl", "--grounding", "mild"), "--grounding mild: no such level"),
        (("rows.jsonl", "--fix", "rows.jsonl"), "--fix rows.jsonl: is also DATASET; not overwriting"),
        (("rows.jsonl", "--rejects", "./rows.jsonl"), "is also DATASET"),
        (("rows.jsonl", "--fix", "x", "--rejects", "x"), "--fix x: is also --rejects"),
        (("rows.jsonl", "--report", "no/such/report.html"), "no such directory: no/such"),
        (("rows.jsonl", "--report", "."), "is a directory; give a file name"),
        (("rows.jsonl", "--rejects", "prose.txt"), "prose.txt: already exists; not overwriting"),
        (("rows.jsonl", "--report", "prose.txt"), "add --force"),
        (("rows.jsonl", "--fix", "new.jsonl"), "new.jsonl.mended.jsonl: already exists; not overwriting"),
        ((".", "--rejects", "prose.txt", "--force"), "is also part of DATASET"),
        ((".", "--fix", "fixed.jsonl"), "is a directory; name the file in it"),
        (("rows.jsonl", "--judge", "openai/x"), "add --library"),
        (("rows.jsonl", "--library", "startr"), "'startr' is not a library"),
    ],
)
def test_wrong_use_is_told_and_writes_nothing(
    dataset: Path, tmp_path: Path, arguments: tuple[str, ...], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message says what is wrong and where; such errors end with exit code 2."""
    (tmp_path / "empty.jsonl").write_text("\n")
    (tmp_path / "prose.txt").write_text("Dear all,\n")
    (tmp_path / "unknown.jsonl").write_text('{"a": 1, "b": 2}\n')
    (tmp_path / "new.jsonl.mended.jsonl").write_text("mine")
    before = sorted(tmp_path.iterdir())
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError) as error:
        app(["check", *arguments], standalone_mode=False)
    assert said in str(error.value)
    assert sorted(tmp_path.iterdir()) == before
    assert dataset.read_text().count("\n") == 4


def test_wrong_use_is_one_line(tmp_path: Path) -> None:
    """On stderr, without a traceback."""
    ran = apigen("check", "nothing.jsonl", cwd=tmp_path)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr == "apigen: nothing.jsonl: no such file or directory\n"


def test_the_first_interrupt_is_noted_and_the_second_ends_at_once() -> None:
    """So that what was reached is told, unless somebody is in a hurry."""
    with on_interrupt() as interrupted:
        assert not interrupted()
        os.kill(os.getpid(), signal.SIGINT)
        assert interrupted()
        for number in (signal.SIGINT, signal.SIGTERM):
            with pytest.raises(KeyboardInterrupt):
                os.kill(os.getpid(), number)
