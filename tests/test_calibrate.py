"""What is said about judges is counted rightly, with intervals, from labels and from faults."""

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest

from apigen.agreement import cohen_kappa
from apigen.calibrate.cases import Case
from apigen.calibrate.faulty import faulty_cases
from apigen.calibrate.figures import Opinion, all_figures, as_json, figures
from apigen.calibrate.judging import Judged
from apigen.calibrate.labels import read_labels
from apigen.cli.calibrate import CalibrateOptions, calibrate_command
from apigen.errors import UserError
from apigen.execute.python import PythonExecutor
from apigen.faults import BY_NAME
from apigen.library.catalogue import load_library
from apigen.records import Call, Candidate, Outcome, Reason, Stage, Tool, Verdict
from apigen.verify.llm_judge import UNFOUND
from chat_server import serving
from runs import apigen, lines

P, R, E = Outcome.PASS, Outcome.REJECT, Outcome.ERROR
TOOL = {"name": "add", "description": "Adds.", "parameters": {"type": "object", "properties": {}}}


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        # SAS/STAT user's guide, PROC FREQ, "Agreement Study": two dermatologists, 88 patients.
        ([[10, 4, 1, 0], [5, 10, 12, 2], [2, 4, 12, 5], [0, 2, 6, 13]], (0.3449, 0.2030, 0.4868, 0.0724)),
        # R package statpsych, ci.kappa(.05, 31, 12, 4, 58).
        ([[31, 12], [4, 58]], (0.6756757, 0.5317210, 0.8196303, 0.07344761)),
        # Fleiss (1981), Statistical Methods for Rates and Proportions, chapter 13: kappa .68, se .087.
        ([[75, 1, 4], [5, 4, 1], [0, 0, 10]], (0.6765, 0.5046, 0.8484, 0.0877)),
        ([[30, 0], [0, 20]], (1.0, 1.0, 1.0, 0.0)),
        ([[25, 25], [25, 25]], (0.0, -0.196, 0.196, 0.1)),
    ],
)
def test_kappa_is_that_of_the_textbooks(counts: list[list[int]], expected: tuple[float, ...]) -> None:
    """Value, interval and standard error, against published examples."""
    found = cohen_kappa(counts)
    assert found is not None
    digits = 7 if expected[0] == 0.6756757 else 4
    assert tuple(round(part, digits) for part in found) == tuple(round(part, digits) for part in expected)


def test_kappa_says_nothing_where_there_is_no_chance_to_beat() -> None:
    """No items, or one class only; and a table that is none is refused."""
    assert cohen_kappa([[0, 0], [0, 0]]) is None
    assert cohen_kappa([[9, 0], [0, 0]]) is None
    with pytest.raises(ValueError, match="square"):
        cohen_kappa([[1, 2]])


def test_figures_are_those_one_counts_by_hand() -> None:
    """8 of 10 wrong answers found, 1 of 10 right ones rejected, 2 errors that count in nothing else."""
    said = [(False, R)] * 8 + [(False, P)] * 2 + [(True, P)] * 9 + [(True, R)] + [(True, E), (False, E)]
    opinions = [Opinion(right, outcome, "" if right else "year_slip") for right, outcome in said]
    found = figures("j", opinions)
    assert (found.found, found.missed, found.false_alarms, found.left_alone, found.errors) == (8, 2, 1, 9, 2)
    shares = [found.precision, found.recall, found.specificity, found.accuracy]
    assert [round(share.share, 4) for share in shares if share] == [0.8889, 0.8, 0.9, 0.85]
    assert found.recall is not None
    # Wilson's interval of 8 in 10: (0.8 + z2/20 -+ z sqrt(0.016 + z2/400)) / (1 + z2/10) with z = 1.95996.
    assert [round(part, 4) for part in found.recall] == [0.8, 0.4902, 0.9433]
    assert found.kappa is not None
    assert round(found.kappa.value, 4) == 0.7, "0.85 agreed, 0.5 by chance"
    assert found.faults == {"year_slip": (8, 10)}


def test_where_nothing_can_be_said_nothing_is_said() -> None:
    """No rejects, no precision; no wrong answers, no recall; all errors, nothing at all."""
    found = as_json(figures("j", [Opinion(True, P), Opinion(True, E)]))
    assert found["precision"] is None
    assert found["recall"] is None
    assert found["kappa"] is None
    assert found["specificity"]["share"] == 1.0
    found = as_json(figures("j", [Opinion(False, E, "year_slip")]))
    assert found["accuracy"] is None
    assert found["faults"] == {"year_slip": {"rejected": 0, "decided": 0, "share": None}}


def judged(right: bool, *outcomes: Outcome, evidence: str = "") -> Judged:
    reasons = {P: None, R: Reason.JUDGED_WRONG, E: Reason.JUDGE_UNREADABLE}
    verdicts = tuple(
        Verdict(Stage.SEMANTICS, outcome, reasons[outcome], by=f"openai/{at}", evidence=evidence)
        for at, outcome in enumerate(outcomes)
    )
    return Judged(Case("x", right, Candidate("q", (Call("add"),), ())), verdicts)


def test_pairs_and_committees_are_counted_as_well() -> None:
    """How far each two agree where both decided, and what each rule would make of the same verdicts."""
    found = all_figures(
        [
            judged(True, P, P, R, evidence='serves_query: "q"'),
            judged(True, P, E, P, evidence=f'serves_query: "z" {UNFOUND}'),
            judged(False, R, R, P),
            judged(False, P, R, R),
        ]
    )
    pair = found["pairs"][0]
    assert pair["judges"] == ["openai/0", "openai/1"]
    assert (pair["decided"], pair["agreement"]["share"]) == (3, 0.6667)
    assert pair["kappa"]["value"] == 0.4, "2/3 agreed, 4/9 by chance"
    by_rule = {row["judge"]: row for row in found["committees"]}
    assert (by_rule["unanimous"]["found"], by_rule["unanimous"]["false_alarms"], by_rule["unanimous"]["errors"]) == (
        2,
        1,
        1,
    )
    assert (by_rule["majority"]["found"], by_rule["majority"]["false_alarms"], by_rule["majority"]["errors"]) == (
        2,
        0,
        0,
    )
    assert (by_rule["veto"]["found"], by_rule["veto"]["left_alone"], by_rule["veto"]["errors"]) == (2, 1, 0)
    assert found["judges"][1]["error_reasons"] == {"judge_unreadable": 1}
    assert found["judges"][0]["evidence"]["share"] == 0.5


def test_faults_are_what_a_judge_would_be_asked_about_and_follow_from_the_seed() -> None:
    """Half right, half wrong, many operators; nothing that format or execution sees, and the same again each time."""

    library = load_library(["starter:travel,math"])

    async def make(*wanted: tuple[int, int]) -> list[list[Case]]:
        executor = PythonExecutor()
        try:
            return [await faulty_cases(library, executor, count, seed) for seed, count in wanted]
        finally:
            await executor.aclose()

    cases, again, others = asyncio.run(make((3, 24), (3, 24), (4, 4)))
    assert [case.right for case in cases] == [True] * 12 + [False] * 12
    assert len({case.fault for case in cases if not case.right}) >= 10
    for case in cases:
        assert case.executions is not None
        assert all(each.ok for each in case.executions)
        assert [each.call for each in case.executions] == list(case.candidate.calls) != []
        assert bool(case.fault) is not case.right
        assert not case.fault or BY_NAME[case.fault].stage is not Stage.EXECUTION
    assert [(case.id, case.candidate.calls) for case in again] == [(case.id, case.candidate.calls) for case in cases]
    assert [case.id for case in others][:2] != [case.id for case in cases][:2]


def test_the_rule_judge_is_calibrated_offline_at_once() -> None:
    """No model, no files: a table, or one JSON object."""
    ran = apigen("calibrate", "--library", "starter:travel", "--count", "16", "--json")
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout)
    assert (found["cases"], found["right"], found["out"], found["requests"]) == (16, 8, None, [])
    (judge,) = found["judges"]
    assert judge["judge"] == "rules"
    assert judge["found"] + judge["missed"] == 8
    assert judge["errors"] == 0
    assert found["committees"] == found["pairs"] == []


def test_judges_over_http_are_compared_and_nothing_is_paid_twice(tmp_path: Path) -> None:
    """Figures for each, for each two and for all together; a second time the kept answers are taken."""
    out = tmp_path / "out"
    row = {"tools": [TOOL], "calls": [{"name": "add", "arguments": {}}], "results": [5]}
    labels = tmp_path / "labels.jsonl"
    rows = [row | {"query": f"Add 2 and {n}.", "id": n, "label": "pass" if n % 2 else "fail"} for n in range(10)]
    labels.write_text("".join(json.dumps(row) + "\n" for row in rows))
    judges = {
        "knows": lambda prompt: '{"pass": true}',
        "hates": lambda prompt: '{"pass": false}',
        "babbles": lambda prompt: "Hm.",
    }
    command: list[str | Path] = ["calibrate", "--labels", labels, "--out", out, "--json"]
    command += [part for name in judges for part in ("--judge", f"openai/{name}")]
    with serving(judges=judges) as server:
        plan = apigen(*command, "--base-url", server.url, "--dry-run")
        assert json.loads(plan.stdout)["requests_if_all_readable"] == 30
        assert server.prompts == []
        assert not out.exists()
        ran = apigen(*command, "--base-url", server.url)
        assert ran.returncode == 0, ran.stderr
        assert len(server.prompts) == 40, "what cannot be read is asked again"
        again = apigen(*command, "--base-url", server.url)
        assert len(server.prompts) == 40
    found = json.loads(ran.stdout)
    assert json.loads(again.stdout) == found == {"out": str(out), **json.loads((out / "calibration.json").read_text())}
    by_name = {judge["judge"]: judge for judge in found["judges"]}
    assert (by_name["openai/knows"]["recall"]["share"], by_name["openai/knows"]["specificity"]["share"]) == (0.0, 1.0)
    assert (by_name["openai/hates"]["recall"]["share"], by_name["openai/hates"]["specificity"]["share"]) == (1.0, 0.0)
    assert by_name["openai/babbles"]["error_reasons"] == {"judge_unreadable": 10}
    assert {(row["model"], row["role"]): row["requests"] for row in found["requests"]}["openai/knows", "judge"] == 10
    verdicts = lines(out / "verdicts.jsonl")
    assert [(row["id"], row["label"]) for row in verdicts[:2]] == [("0", "fail"), ("1", "pass")]


def test_probes_of_a_judge_are_paid_as_its_answers_are(tmp_path: Path) -> None:
    """What was asked to find out how it answers has a cost too."""
    row = {"tools": [TOOL], "calls": [{"name": "add", "arguments": {}}], "results": [5], "label": "pass"}
    labels, config = tmp_path / "labels.jsonl", tmp_path / "judges.yaml"
    labels.write_text(json.dumps(row | {"query": "Add 2 and 3.", "id": 1}) + "\n")
    config.write_text("judges: [{name: openai/j, price: {prompt: 1000, completion: 10000}}]\n")
    with serving(claims_forms=True) as server:
        command = ("calibrate", "--labels", labels, "--out", tmp_path / "out", "--config", config, "--json")
        ran = apigen(*command, "--base-url", server.url)
    assert ran.returncode == 0, ran.stderr
    cost = {row["role"]: (row["requests"], row["cost_usd"]) for row in json.loads(ran.stdout)["requests"]}
    requests, paid = cost["probe"]
    assert paid == pytest.approx(0.2 * requests)
    assert cost["judge"] == (1, pytest.approx(0.2))


def test_a_judge_that_stays_away_loses_nothing(tmp_path: Path) -> None:
    """One line that says how to go on; what was answered is not asked again."""
    config, out = tmp_path / "config.yaml", tmp_path / "out"
    command = ("calibrate", "--config", config, "--count", "12", "--out", out)
    with serving(judges={"j": lambda _: '{"pass": true}'}) as server:
        config.write_text(
            f"library: starter:travel\nconcurrency: 2\n"
            f"judges: [{{name: openai/j, base_url: '{server.url}', retries: 0}}]\n"
        )
        server.fail_after = 5
        down = apigen(*command)
        assert (down.returncode, server.under_way) == (1, 0), "no prompt is under way any more"
        assert f"run again with --out {out}" in down.stderr
        assert "Traceback" not in down.stderr
        server.fail_after = None
        ran = apigen(*command)
    assert ran.returncode == 0, ran.stderr
    assert len(server.prompts) == len(set(server.prompts)) == 12
    assert "12 cases derived from seed examples: 6 correct, 6 wrong." in ran.stdout
    assert re.search(r"specificity +100\.0% \(61\.0 to 100\.0\)", ran.stdout)


def test_people_can_label_the_attempts_of_a_run(tmp_path: Path) -> None:
    """By their ids, or as rows of its dataset with a label added."""
    out, labels = tmp_path / "out", tmp_path / "labels.jsonl"
    assert apigen("run", "--library", "starter:travel", "--count", "6", "--out", out).returncode == 0
    rows = lines(out / "dataset.jsonl")
    attempts = [{"attempt": row["provenance"]["attempt"], "label": "pass"} for row in rows[:3]]
    labels.write_text(
        "\n".join(json.dumps(line) for line in [*attempts, *(row | {"label": "good"} for row in rows[3:])])
    )
    ran = apigen("calibrate", out, "--labels", labels, "--json")
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout)
    assert (found["cases"], found["right"]) == (6, 6)
    assert found["judges"][0]["left_alone"] == 6, "the rule judge passed them before"
    cases = read_labels(labels, out)
    assert [case.id for case in cases] == [*(line["attempt"] for line in attempts), "3", "4", "5"]
    assert all(case.executions for case in cases)


LABELLED: dict[str, Any] = {"query": "q", "tools": [TOOL], "calls": [{"name": "add", "arguments": {}}], "label": "fail"}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "line 1: not valid JSON"),
        ("[1]", "line 1: expected an object"),
        (json.dumps(LABELLED | {"label": "hm"}), "line 1: the label is 'hm'; write `pass` or `fail`"),
        (json.dumps({"attempt": "1.0", "label": "pass"}), "line 1: refers to an attempt; name its run directory"),
        (json.dumps({"query": "q", "label": "pass"}), "line 1: Object missing required field"),
        (json.dumps(LABELLED | {"results": [1, 2]}), "line 1: 2 results for 1 calls"),
        ("\n".join([json.dumps(LABELLED | {"id": 1})] * 2), "line 2: 1 is labelled twice"),
        ("\n", "has no labels"),
        ('{"label": "\xff"}', "line 1: not valid JSON"),
    ],
)
def test_a_wrong_label_is_named_with_its_line(tmp_path: Path, line: str, said: str) -> None:
    """One line that says where and what to write."""
    path = tmp_path / "labels.jsonl"
    path.write_bytes(line.encode("latin-1"))
    with pytest.raises(UserError) as caught:
        read_labels(path)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_row_is_read_with_its_tools(tmp_path: Path) -> None:
    """A tool that comes with the row is bound to nothing: its file decides nothing about what is executed here."""
    path = tmp_path / "labels.jsonl"
    bound = TOOL | {"binding": {"kind": "python", "module": "os", "qualname": "getcwd"}}
    path.write_text(json.dumps(LABELLED | {"tools": [bound]}))
    (case,) = read_labels(path)
    assert (case.right, case.executions) == (False, ())
    assert case.candidate.tools == (Tool("add", "Adds.", TOOL["parameters"]),)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"labels": Path("x.jsonl"), "faults": True}, "--labels and --faults: choose one of the two"),
        ({"run": Path("somewhere")}, "somewhere: a run directory needs labels"),
        ({"labels": Path("nowhere.jsonl")}, "nowhere.jsonl: no such file"),
        ({"overrides": {"judges": ["gpt-4"]}}, "'gpt-4' is not a model"),
        ({"overrides": {"judges": ["rules", "rules"]}}, "the judge `rules` appears twice"),
        ({"overrides": {"library": ["python:textwrap"]}}, "has no seed examples to inject faults into"),
    ],
)
def test_a_wrong_command_is_told_in_one_line(given: dict[str, Any], said: str) -> None:
    """Before anything is asked."""
    empty = CalibrateOptions(None, None, {}, None, None, False, None, None, False, True)
    with pytest.raises(UserError) as caught:
        calibrate_command(empty._replace(**given))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_run_is_not_written_over(tmp_path: Path) -> None:
    """A calibration has a directory of its own."""
    for name in ("config.yaml", "library.jsonl"):
        (tmp_path / name).write_text("")
    ran = apigen("calibrate", "--library", "starter:travel", "--out", tmp_path)
    assert ran.returncode == 2
    assert "is a run directory; choose another --out" in ran.stderr
