"""``apigen evaluate`` on answers made elsewhere."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from apigen.evaluate.bfcl_data import CATEGORIES
from runs import apigen, lines
from test_evaluate_suites import bfcl_folder

CALL = {"name": "kitchen.brew", "arguments": {"leaf": "Green", "minutes": 3}}
ANSWERS = (
    {"id": "simple_python_0", "calls": [CALL]},
    {"id": "simple_python_0", "text": "[kitchen.brew(leaf='black')]"},
    {"id": "simple_python_0", "calls": []},
    {"id": "irrelevance_0", "text": "No tool for that."},
    {"id": "irrelevance_0", "error": "the server was busy"},
)


def evaluate(folder: Path, *answers: Any, more: tuple[str | Path, ...] = ()) -> Any:
    bfcl = folder / "bfcl"
    if not bfcl.exists():
        bfcl_folder(bfcl)
    for category in CATEGORIES:
        (bfcl / f"BFCL_v4_{category}.json").touch()
    file = folder / "answers.jsonl"
    file.write_text("".join((one if isinstance(one, str) else json.dumps(one)) + "\n" for one in answers))
    return apigen("evaluate", "--suite", "bfcl", "--answers", file, "--bfcl", bfcl, *more)


def test_each_answer_gets_a_verdict_in_its_place(tmp_path: Path) -> None:
    """Right, wrong with a reason, or an error, which is neither; an id may stand several times."""
    ran = evaluate(tmp_path, *ANSWERS, more=("--verdicts", tmp_path / "verdicts.jsonl"))
    assert ran.returncode == 0, ran.stderr
    found = lines(tmp_path / "verdicts.jsonl")
    assert [(one["id"], one["correct"], one["reason"]) for one in found] == [
        ("simple_python_0", True, None),
        ("simple_python_0", False, "wrong_value"),
        ("simple_python_0", False, "no_call"),
        ("irrelevance_0", True, None),
        ("irrelevance_0", None, "error"),
    ]
    assert found[1]["detail"] == "kitchen.brew: leaf: 'black' is not one of ['green']"
    assert found[4]["detail"] == "the server was busy"


def test_the_figures_have_intervals_and_say_what_they_are_of(tmp_path: Path) -> None:
    """Benchmark and date, answers and errors apart, questions without an answer counted."""
    found = json.loads(evaluate(tmp_path, *ANSWERS, more=("--json",)).stdout)
    assert found["suite"] == "bfcl"
    assert "sha256" in found["version"]
    assert len(found["date"]) == len("2026-01-01")
    assert (found["answers"], found["correct"], found["errors"], found["unanswered"]) == (4, 2, 1, 1)
    assert found["accuracy"] == pytest.approx({"share": 0.5, "low": 0.15, "high": 0.85}, abs=1e-3)
    simple = found["categories"]["simple_python"]
    assert (simple["answers"], simple["correct"], simple["errors"]) == (3, 1, 0)
    assert simple["reasons"] == {"wrong_value": 1, "no_call": 1}
    assert found["categories"]["live_relevance"]["accuracy"] is None


def test_the_table_shows_each_category(tmp_path: Path) -> None:
    """Those with an answer, all together, and why answers are wrong."""
    shown = evaluate(tmp_path, *ANSWERS[:3], ANSWERS[4]).stdout
    assert "simple_python" in shown
    assert "33.3%" in shown
    assert re.search(r"irrelevance +0 +0 +- +- +1 +0", shown)
    assert "live_relevance" not in shown
    assert "wrong_value" in shown
    assert "1 of 3 questions have no answer" in shown


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("{", "answers.jsonl line 2: invalid JSON"),
        ('{"id": "simple_python_0", "calls": [], "id": "x"}', "line 2: duplicate key 'id'"),
        (
            '{"id": "simple_python_0", "calls": [{"name": "f", "arguments": {"a": 1, "a": 2}}]}',
            "duplicate key 'a'",
        ),
        ({"calls": []}, "line 2: must be an object with the id"),
        ([], "line 2: must be an object with the id"),
        ({"id": "simple_python_0"}, "line 2: has no answer; give one of calls"),
        ({"id": "simple_python_0", "calls": [], "text": ""}, "line 2: has calls and text"),
        ({"id": "simple_python_0", "calls": "f()"}, "line 2: calls is str"),
        ({"id": "simple_python_99", "calls": []}, "line 2: no question 'simple_python_99' in the suite"),
    ],
)
def test_a_broken_line_is_told_once_and_nothing_is_written(tmp_path: Path, answer: Any, said: str) -> None:
    """With its number; a file of verdicts that is there stays as it is."""
    verdicts = tmp_path / "verdicts.jsonl"
    before = '{"id": "kept", "correct": true, "reason": null, "detail": "", "category": "simple", "due": []}\n'
    verdicts.write_text(before)
    ran = evaluate(tmp_path, ANSWERS[0], answer, more=("--verdicts", verdicts))
    assert ran.returncode == 2
    assert said in ran.stderr
    assert ran.stderr.count("\n") == 1
    assert verdicts.read_text() == before


def test_no_answers_and_no_place_for_verdicts_are_wrong_input(tmp_path: Path) -> None:
    """Each in one line."""
    assert "contains no answers" in evaluate(tmp_path).stderr
    assert "no such directory" in evaluate(tmp_path, *ANSWERS, more=("--verdicts", tmp_path / "no" / "x")).stderr
    answers = tmp_path / "answers.jsonl"
    assert "already exists; not overwriting" in evaluate(tmp_path, *ANSWERS, more=("--verdicts", answers)).stderr
    notes = tmp_path / "notes.txt"
    notes.write_text("mine\n")
    assert "already exists; not overwriting" in evaluate(tmp_path, *ANSWERS, more=("--verdicts", notes)).stderr
    assert notes.read_text() == "mine\n"
    (tmp_path / "evaluation.json").write_text("{}")
    own = tmp_path / "verdicts.jsonl"
    assert "belongs to the evaluation in that folder" in evaluate(tmp_path, *ANSWERS, more=("--verdicts", own)).stderr
    gone = apigen("evaluate", "--suite", "bfcl", "--answers", tmp_path / "gone.jsonl")
    assert "no such file" in gone.stderr


def test_held_out_rows_are_a_suite(tmp_path: Path) -> None:
    """The same command, with the rows in the place of the benchmark."""
    tool = {"name": "brew", "description": "Brews.", "parameters": {"type": "object", "properties": {}}}
    rows, answers = tmp_path / "rows.jsonl", tmp_path / "answers.jsonl"
    rows.write_text(json.dumps({"id": 1, "query": "Tea!", "tools": [tool], "calls": [{"name": "brew"}]}) + "\n")
    answers.write_text('{"id": 1, "text": "[brew()]"}\n')
    ran = apigen("evaluate", "--suite", f"held-out:{rows}", "--answers", answers, "--json")
    assert json.loads(ran.stdout)["categories"]["simple"]["correct"] == 1


@pytest.mark.parametrize(
    ("option", "said"),
    [
        (("--limit", "0"), "'--limit': Input should be greater than or equal to 1"),
        (("--limit", "nan"), "'--limit': Input should be a valid integer"),
        (("--seed", "-5"), "'--seed': Input should be greater than or equal to 0"),
        (("--temperature", "inf"), "--temperature inf: must be a number of at least 0"),
    ],
)
def test_a_value_that_an_option_does_not_take_is_told_in_one_line(option: tuple[str, str], said: str) -> None:
    """Without the usage of all the others."""
    ran = apigen("evaluate", "--suite", "held-out:x", "--model", "openai/x", *option)
    assert (ran.returncode, ran.stderr.count("\n")) == (2, 1)
    assert said in ran.stderr
