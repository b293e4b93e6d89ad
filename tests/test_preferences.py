"""Preference pairs: the same question with the same tools, a right answer and a wrong one."""

import json
from collections import Counter
from pathlib import Path

import pytest
from msgspec.structs import replace

from apigen import rundir
from apigen.dataset.preferences import ANSWERED_TWICE, MENDED, as_candidate, made_pairs, natural_pairs
from apigen.records import Attempt, Call, Json, Outcome, Reason, Stage, Style, Tool, Verdict, Wording
from apigen.train.examples import PairExample
from apigen.train.pairs import read_pairs
from apigen.verify.format import FormatCheck
from apigen.verify.grounding.levels import check
from runs import apigen

TOOL = Tool("add", "Add two numbers.", {"type": "object", "properties": {"a": {"type": "integer"}}})
WRONG = Verdict(Stage.GROUNDING, Outcome.REJECT, Reason.UNGROUNDED, "calls[0].a: nowhere in the query")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pairs") / "run"
    done = apigen("run", "--count", "20", "--library", "starter:math", "--out", folder)
    assert done.returncode == 0, done.stderr
    return folder


def attempt(number: int, value: int, *verdicts: Verdict, query: str = "Add 1.", repair_of: str = "") -> Attempt:
    outcome = verdicts[-1].outcome
    return Attempt(
        id=f"0.{number}",
        request=0,
        pair=number,
        last=False,
        round=0,
        style=Style.SIMPLE,
        wording=Wording.PLAIN,
        offered=("add",),
        targets=("add",),
        model="offline",
        outcome=outcome,
        verdicts=verdicts,
        query=query,
        calls=(Call("add", {"a": value}),),
        repair_of=repair_of,
    )


def test_a_mended_answer_is_preferred_to_the_one_it_mends() -> None:
    """If the writer left the question as it was; else the two answer different questions."""
    right = Verdict(Stage.SEMANTICS, Outcome.PASS)
    attempts = [
        attempt(0, 7, WRONG),
        attempt(1, 1, right, repair_of="0.0"),
        attempt(2, 8, WRONG, query="Add eight."),
        attempt(3, 2, right, query="Add 2.", repair_of="0.2"),
        attempt(4, 9, WRONG),
        attempt(5, 1, Verdict(Stage.EXECUTION, Outcome.ERROR)),
    ]
    pairs = list(natural_pairs(attempts, {"add": TOOL}))
    assert [(pair.id, pair.origin) for pair in pairs] == [("0.1/0.0", MENDED), ("0.1/0.4", ANSWERED_TWICE)]
    assert pairs[0].chosen == (Call("add", {"a": 1}),)
    assert pairs[0].rejected == (Call("add", {"a": 7}),)
    assert pairs[0].reason == "ungrounded: calls[0].a: nowhere in the query"


def test_order_alone_is_not_preferred() -> None:
    """The same calls the other way round are as good an answer; one call fewer is not."""
    right = Verdict(Stage.SEMANTICS, Outcome.PASS)
    one, two = Call("add", {"a": 1}), Call("add", {"a": 2})
    answers = ((two, one), (two, two), (two,))
    attempts = [replace(attempt(0, 1, right), calls=(one, two))]
    attempts += [replace(attempt(number, 1, WRONG), calls=calls) for number, calls in enumerate(answers, 1)]
    assert [pair.rejected for pair in natural_pairs(attempts, {"add": TOOL})] == [(two, two), (two,)]


def test_a_type_alone_makes_another_answer() -> None:
    """In Python 1, 1.0 and True are equal; in a call they are not. The order of keys makes no difference."""
    right = Verdict(Stage.SEMANTICS, Outcome.PASS)
    wrong: tuple[Json, ...] = (1, 1.0, True, "1", [1], {"x": 1, "y": 2})
    attempts = [replace(attempt(0, 1, right), calls=(Call("add", {"a": 1, "b": 2}),))]
    attempts += [
        replace(attempt(at, 1, WRONG), calls=(Call("add", {"b": 2, "a": one}),)) for at, one in enumerate(wrong, 1)
    ]
    assert [pair.rejected[0].arguments["a"] for pair in natural_pairs(attempts, {"add": TOOL})] == list(wrong[1:])


def test_every_made_answer_is_one_that_verification_rejects(run: Path) -> None:
    """It answers the same question with the same tools otherwise, and says which fault was made."""
    samples = [(str(sample.id), as_candidate(sample)) for sample in rundir.read_samples(run)]
    by_id = dict(samples)
    pairs = list(made_pairs(samples))
    assert len(pairs) == len(samples)
    for pair in pairs:
        right = by_id[pair.id]
        assert (pair.query, pair.tools, pair.chosen) == (right.query, right.tools, right.calls)
        wrong = type(right)(right.query, pair.rejected, right.tools, right.style)
        found = FormatCheck().check(wrong)
        assert Outcome.REJECT in (found.outcome, check(wrong, level="lenient").outcome)
    assert len(Counter(pair.origin for pair in pairs)) > 5


def test_the_same_seed_makes_the_same_pairs(run: Path) -> None:
    """Another seed makes others."""
    samples = [(str(sample.id), as_candidate(sample)) for sample in rundir.read_samples(run)]
    assert list(made_pairs(samples)) == list(made_pairs(samples))
    assert list(made_pairs(samples, seed=1)) != list(made_pairs(samples))


def test_exported_pairs_are_in_trls_form_and_read_back_as_the_run_itself(run: Path, tmp_path: Path) -> None:
    """prompt, chosen and rejected are messages, tools are OpenAI's."""
    out = tmp_path / "pairs.jsonl"
    done = apigen("export", run, "--format", "preferences", "-o", out)
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert [message["role"] for message in rows[0]["prompt"]] == ["user"]
    assert [message["role"] for message in rows[0]["chosen"] + rows[0]["rejected"]] == ["assistant", "assistant"]
    assert {tool["type"] for row in rows for tool in row["tools"]} == {"function"}
    assert all(row["origin"] and row["reason"] for row in rows)
    of_file, of_run = (
        [(pair.id, pair.messages, pair.chosen, pair.rejected) for pair in read.kept if isinstance(pair, PairExample)]
        for read in (read_pairs([out]), read_pairs([run]))
    )
    assert of_file == of_run
    notices = {read_pairs([path]).sources[0].notice for path in (out, run)}
    assert len(notices) == 1
    assert "No language model wrote this data" in notices.pop()
    assert len(of_file) == len(rows)
