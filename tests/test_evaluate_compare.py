"""``apigen evaluate compare``: models that were asked the same questions."""

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from apigen.agreement import paired
from runs import apigen, lines
from test_evaluate_model import in_text, perfect, query, rows
from tool_server import answering, saying


def asked(folder: Path, name: str, answers: Callable[[Mapping[str, Any]], Any], *more: str, count: int = 6) -> Path:
    out = folder / name
    suite = f"held-out:{rows(folder, count)}"
    with answering(answers) as server:
        told = ("--model", f"openai/{name}", "--base-url", server.url)
        ran = apigen("evaluate", "--suite", suite, *told, "--out", out, *more)
    assert ran.returncode in (0, 1), ran.stderr
    return out


def half(body: Mapping[str, Any]) -> Any:
    """Right on even sums, refused on the song."""
    if query(body) == "Sing!":
        return 400, "filtered"
    even = "and" not in query(body) or int(query(body).split()[0]) % 2 == 0
    return perfect(body) if even else saying("I do not know.")


def test_models_stand_side_by_side_and_pair_by_pair(tmp_path: Path) -> None:
    """Shares with intervals, the paired difference with its own, and the questions that both answered alone."""
    one, other = asked(tmp_path, "one", perfect), asked(tmp_path, "other", half)
    ran = apigen("evaluate", "compare", one, other, "--json")
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout)
    everything = found["say"]["categories"]["all answers"]
    assert (found["say"]["questions"], found["say"]["left_out"]) == (7, 1)
    assert [share["correct"] for share in everything["models"]] == [7, 4]
    (pair,) = everything["pairs"]
    assert (pair["both"], pair["only_first"], pair["only_second"], pair["neither"]) == (4, 3, 0, 0)
    assert pair["difference"] == pytest.approx(3 / 7, abs=1e-6)
    assert pair["p"] == pytest.approx(0.25)
    assert pair["low"] < pair["difference"] < pair["high"]
    assert found["differing"] == ["s1", "s3", "s5"]
    assert found["return"] is None


def test_the_page_shows_where_they_differ(tmp_path: Path) -> None:
    """One file, with the question and what each of them answered."""
    one, other = asked(tmp_path, "one", perfect), asked(tmp_path, "other", half)
    ran = apigen("evaluate", "compare", one, other, "-o", tmp_path / "compare.html")
    assert "only first" in ran.stdout
    assert "McNemar" in ran.stdout
    page = (tmp_path / "compare.html").read_text()
    assert "3 and 1?" in page
    assert "I do not know." in page
    assert "2 and 1?" not in page
    assert "http" not in page.replace("http://www.w3.org", "")


def test_a_page_replaces_an_earlier_one_and_nothing_else(tmp_path: Path) -> None:
    """Somebody's file stays as it is, and so does an evaluation's own report; one line says so."""
    one, other = asked(tmp_path, "one", perfect), asked(tmp_path, "other", half)
    mine = tmp_path / "mine.html"
    mine.write_text("mine")
    for taken in (mine, one / "report.html"):
        before = taken.read_bytes()
        ran = apigen("evaluate", "compare", one, other, "-o", taken)
        assert (ran.returncode, ran.stderr.count("\n"), taken.read_bytes()) == (2, 1, before)
        assert "already exists; not overwriting" in ran.stderr
    for _ in range(2):
        assert apigen("evaluate", "compare", one, other, "-o", tmp_path / "page.html").returncode == 0


def test_a_model_with_a_long_name_has_a_letter_in_the_tables(tmp_path: Path) -> None:
    """Its name stands once, on a line of its own, however narrow the terminal."""
    name = "a-model-whose-name-has-" + "-".join(["many", "words"] * 12)
    ran = apigen("evaluate", "compare", asked(tmp_path, name, perfect), asked(tmp_path, "other", half))
    assert ran.stdout.splitlines()[1].startswith(f"A  openai/{name}, native, temperature 0, ")
    assert ran.stdout.count(name) == 1
    assert "A and B" in ran.stdout


def test_models_that_answered_no_question_in_common_are_not_compared(tmp_path: Path) -> None:
    """One of them was refused everything: one line that says how many answers each has."""
    one, other = asked(tmp_path, "one", perfect), asked(tmp_path, "other", lambda _: (400, "filtered"))
    ran = apigen("evaluate", "compare", one, other)
    assert (ran.returncode, ran.stderr.count("\n")) == (2, 1)
    assert f"no question was answered by every model (answers: 8 in {one}, 0 in {other})" in ran.stderr


def test_one_model_in_two_forms_is_compared(tmp_path: Path) -> None:
    """The questions are the same, though the tools' names have underscores in one of them."""
    native = asked(tmp_path, "one", perfect)
    (tmp_path / "again").mkdir()
    prompted = asked(tmp_path / "again", "one", in_text, "--form", "prompted")
    found = json.loads(apigen("evaluate", "compare", native, prompted, "--json").stdout)
    assert [model["name"] for model in found["models"]] == ["openai/one, native", "openai/one, prompted"]
    assert found["differing"] == []


def test_prompts_in_other_words_are_pointed_out(tmp_path: Path) -> None:
    """By the versions that the evaluations recorded; the same prompts need no remark."""
    one, other = asked(tmp_path, "one", perfect), asked(tmp_path, "other", half)
    remark = "The native prompts were worded differently (version of A "
    assert remark not in apigen("evaluate", "compare", one, other).stdout
    record = json.loads((other / "evaluation.json").read_text())
    (other / "evaluation.json").write_text(json.dumps(record | {"prompt_version": "older"}))
    ran = apigen("evaluate", "compare", one, other, "-o", tmp_path / "compare.html")
    assert f"{remark}{record['prompt_version']}, B older), which may explain differences." in ran.stdout
    assert remark in (tmp_path / "compare.html").read_text()


def test_other_questions_are_not_compared(tmp_path: Path) -> None:
    """One line that names both versions."""
    one = asked(tmp_path, "one", perfect)
    (tmp_path / "more").mkdir()
    other = asked(tmp_path / "more", "other", perfect, count=7)
    ran = apigen("evaluate", "compare", one, other)
    assert ran.returncode == 2
    assert ran.stderr.count("\n") == 1
    assert ran.stderr.count("sha256") == 2
    assert re.search(f"{re.escape(str(other))} evaluates .* but {re.escape(str(one))} evaluates ", ran.stderr)
    assert "only evaluations of the same questions can be compared" in ran.stderr


def test_what_cannot_be_compared_is_told_in_one_line(tmp_path: Path) -> None:
    """One folder alone, no evaluation, one that was killed, verdicts that are gone."""
    one, other = asked(tmp_path, "one", perfect), asked(tmp_path, "other", half)
    assert "two or more" in apigen("evaluate", "compare", one).stderr
    assert "no evaluation.json in it" in apigen("evaluate", "compare", one, tmp_path).stderr
    (other / "verdicts.jsonl").write_text('{"id": 1}\n')
    assert "verdicts.jsonl: cannot be read" in apigen("evaluate", "compare", one, other).stderr
    settings = json.loads((other / "evaluation.json").read_text())
    (other / "evaluation.json").write_text(json.dumps({key: settings[key] for key in settings if key != "categories"}))
    assert "is not finished; resume it" in apigen("evaluate", "compare", one, other).stderr
    (other / "evaluation.json").write_text('{"categories": {}, "date": ""}')
    assert "is not an evaluation" in apigen("evaluate", "compare", one, other).stderr
    assert "no evaluation.json in it" in apigen("evaluate", "compare", one, one / "verdicts.jsonl").stderr
    assert lines(one / "answers.jsonl")


def test_a_paired_difference_is_newcombes() -> None:
    """The interval of his first example (36, 12, 2, 0 of 50), and the exact test's probabilities."""
    found = paired(36, 12, 2, 0)
    assert (found.difference, found.low, found.high) == pytest.approx((0.2, 0.0569, 0.3404), abs=5e-5)
    assert found.p == pytest.approx(2 * (1 + 14 + 91) / 2**14)
    assert paired(50, 0, 0, 0)[4:] == pytest.approx((0.0, -0.0713, 0.0713, 1.0), abs=5e-5)
    assert paired(0, 0, 0, 0)[4:] == (0.0, -1.0, 1.0, 1.0)
    assert paired(0, 0, 5, 0).p == pytest.approx(1 / 16)


def test_swapping_two_turns_the_difference_around() -> None:
    """Interval and all."""
    found, turned = paired(20, 9, 4, 7), paired(20, 4, 9, 7)
    assert (found.low, found.high, found.p) == pytest.approx((-turned.high, -turned.low, turned.p))


def test_a_comparison_of_samples_says_what_all_answers_are(tmp_path: Path) -> None:
    """Of the questions that were drawn: categories of all sizes have as many of them."""
    limit = ("--limit", "2")
    one, other = asked(tmp_path, "one", perfect, *limit), asked(tmp_path, "other", half, *limit)
    note = "all answers: of the sampled questions, not of the suite"
    assert note in apigen("evaluate", "compare", one, other).stdout
    whole = asked(tmp_path, "whole", perfect), asked(tmp_path, "half", half)
    assert note not in apigen("evaluate", "compare", *whole).stdout
