"""Verifying again, under other settings, what was paid for: what is used again, what is asked anew, what is refused."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from chat_server import ChatServer, serving
from judges import hard_to_please, picky
from runs import apigen, contents, lines

SMALL = ("--library", "starter:finance,math,travel")
SCHEMA = Path(__file__).parent.parent / "docs" / "schemas" / "manifest.schema.json"


def manifest(out: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((out / "manifest.json").read_text())
    return found


def outcomes(out: Path) -> dict[str, str]:
    return {row["id"]: row["outcome"] for row in lines(out / "attempts.jsonl")}


@pytest.fixture(scope="module")
def server() -> Any:
    with serving(judges={"picky": picky}) as server:
        yield server


@pytest.fixture(scope="module")
def paid(server: ChatServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of 16 with a writer, and a committee of two judges of which one vetoes."""
    out, config = tmp_path_factory.mktemp("paid") / "out", tmp_path_factory.mktemp("paid") / "run.yaml"
    config.write_text(f"library: {SMALL[1]}\ncount: 16\nrepair: true\n")
    models = ("--model", "openai/w", "--judge", "rules", "--judge", "openai/j", "--judge", "openai/picky")
    ran = apigen("run", config, *models, "--base-url", server.url, "--out", out)
    assert ran.returncode == 0, ran.stderr
    return out


@pytest.fixture
def run(paid: Path, server: ChatServer, tmp_path: Path) -> Path:
    server.prompts.clear()
    return Path(shutil.copytree(paid, tmp_path / "run"))


def edit(run: Path, old: str, new: str) -> None:
    text = (run / "config.yaml").read_text()
    assert old in text
    (run / "config.yaml").write_text(text.replace(old, new, 1))


def test_a_rule_that_is_edited_is_applied_without_a_single_call(run: Path, paid: Path, server: ChatServer) -> None:
    """Every vote is kept; the other rule passes more, and whoever looks at the manifest learns what was changed."""
    edit(run, "rule: unanimous", "rule: veto")
    before = outcomes(run)
    ran = apigen("run", "--resume", "--out", run)
    assert ran.returncode == 0, ran.stderr
    assert server.prompts == []
    assert "judging.rule: 'unanimous' before, 'veto' now" in ran.stderr
    assert "new judge requests: none" in ran.stderr
    assert outcomes(run) == before, "two votes decide the same under both rules"
    (record,) = manifest(run)["reverified"]
    assert record["changes"] == [{"key": "judging.rule", "before": "unanimous", "now": "veto"}]
    assert record["changed"] == {}
    assert manifest(run)["config"]["judging"]["rule"] == "veto"
    rows = lines(run / "attempts.jsonl")
    assert any("veto of 2" in verdict.get("detail", "") for row in rows for verdict in row["verdicts"])
    jsonschema.validate(manifest(run), json.loads(SCHEMA.read_text()))
    for name in ("README.md", "report.html"):
        assert "Reverified: the settings were changed once the first" in (run / name).read_text()
    assert "Reverified: the settings were changed once the first" in " ".join(apigen("report", run).stdout.split())

    edit(run, "rule: veto", "rule: unanimous")
    assert apigen("run", "--resume", "--out", run).returncode == 0
    assert server.prompts == []
    assert (run / "attempts.jsonl").read_bytes() == (paid / "attempts.jsonl").read_bytes(), "there and back again"


def test_a_judge_to_whose_requests_something_is_added_is_asked_anew(run: Path, server: ChatServer) -> None:
    """Its old answers are to another question; the other judge's stand."""
    at = (run / "config.yaml").read_text().index("openai/j")
    text = (run / "config.yaml").read_text()
    assert "extra: {}" in text[at:]
    (run / "config.yaml").write_text(text[:at] + text[at:].replace("extra: {}", "extra: {reasoning_effort: low}", 1))
    ran = apigen("run", "--resume", "--out", run)
    assert ran.returncode == 0, ran.stderr
    assert "new judge requests: openai/j for" in ran.stderr
    asked = [json.loads(prompt) for prompt in server.prompts]
    judged = [body for body in asked if body["messages"][0]["content"].startswith("You check")]
    assert judged
    assert {(body["model"], body["reasoning_effort"]) for body in judged} == {("j", "low")}


def test_a_judge_that_is_left_out_costs_nothing_and_the_samples_show_it(run: Path, server: ChatServer) -> None:
    """What it alone rejected passes now; repairs of that are not needed any more."""
    before = lines(run / "attempts.jsonl")
    judged = [row for row in before if row["verdicts"][-1].get("by") == "committee" and "repair_of" not in row]
    rejected = {row["id"] for row in judged if row["outcome"] == "reject"}
    repaired = {row["repair_of"] for row in before if "repair_of" in row}
    assert rejected & repaired
    judges = ("--judge", "rules", "--judge", "openai/j")
    shown = apigen("run", "--resume", "--dry-run", "--out", run, *judges)
    assert shown.returncode == 0, shown.stderr
    assert lines(run / "attempts.jsonl") == before
    ran = apigen("run", "--resume", "--out", run, *judges)
    assert ran.returncode == 0, ran.stderr
    assert server.prompts == []
    kept = re.search(r".* completions, .* candidates, .* executions reused; new judge requests: none", ran.stderr)
    assert kept
    assert kept[0] in shown.stderr
    assert "Nothing was changed" in shown.stderr
    now = {row["id"]: row for row in lines(run / "attempts.jsonl")}
    assert all(now[id_]["outcome"] == "pass" or now[id_]["verdicts"][-1]["stage"] == "duplicate" for id_ in rejected)
    assert not any(row["outcome"] == "pass" for row in now.values() if row.get("repair_of") in rejected)
    (record,) = manifest(run)["reverified"]
    assert record["changed"]["reject"]["pass"] >= 1
    assert record["repairs_dropped"] >= 1
    assert len(lines(run / "dataset.jsonl")) == 16


def test_a_judge_that_is_new_is_asked_and_the_run_goes_on(run: Path, server: ChatServer) -> None:
    """That is said before, nothing else is asked about what is there, and samples that are missing are made."""
    judges = ("--judge", "openai/j", "--judge", "openai/other")
    server.judges["other"] = hard_to_please
    shown = apigen("run", "--resume", "--dry-run", "--json", "--out", run, *judges)
    survey = json.loads(shown.stdout)["survey"]
    assert server.prompts == []
    assert set(survey["ask"]) == {"openai/other"}
    ran = apigen("run", "--resume", "--out", run, *judges)  # where the others are
    assert ran.returncode == 0, ran.stderr
    assert "judges: rules, openai/j, openai/picky before; openai/j, openai/other now\n" in ran.stderr
    assert f"new judge requests: openai/other for {survey['ask']['openai/other']} candidates" in ran.stderr
    assert re.search(r"re-verified: .*\d+ from pass to reject.*continuing to 16", ran.stderr.replace("\n", " "))
    assert len(server.prompts) == len(set(server.prompts))
    rows = lines(run / "dataset.jsonl")
    assert len(rows) == 16
    assert {tuple(row["provenance"]["judges"]) for row in rows} == {("openai/j", "openai/other")}
    new = [row for row in lines(run / "attempts.jsonl") if row["request"] >= manifest(run)["reverified"][0]["requests"]]
    assert new
    # What goes on after that is as reproducible as any run: nothing is asked again, and growing it works.
    server.prompts.clear()
    settled = contents(run)
    assert apigen("run", "--resume", "--out", run).returncode == 0
    assert server.prompts == []
    assert contents(run) == settled
    assert apigen("run", "--resume", "--out", run, "--count", "20").returncode == 0
    assert len(lines(run / "dataset.jsonl")) == 20


def test_executions_are_made_again_only_where_settings_decide_what_calls_do(run: Path, server: ChatServer) -> None:
    """More time for a call: every call is made again, with the same results, and no judge is asked anything new."""
    before = contents(run)["dataset.jsonl"]
    edit(run, "wall_s: 5.0", "wall_s: 9.0")
    ran = apigen("run", "--resume", "--out", run)
    assert ran.returncode == 0, ran.stderr
    assert ", 0 executions reused; re-executing the calls of" in ran.stderr
    assert server.prompts == []
    assert contents(run)["dataset.jsonl"] == before


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (None, "every one ended in an error"),
        pytest.param("70", "20 consecutive requests ended in errors", marks=pytest.mark.slow),
    ],
)
def test_a_judge_that_answers_nobody_changes_no_data(
    paid: Path, server: ChatServer, tmp_path: Path, count: str | None, said: str
) -> None:
    """Where there are nothing but errors, it is not the candidates' fault; only how it ended is recorded."""
    run = Path(shutil.copytree(paid, tmp_path / "copy"))
    if count:
        assert apigen("run", "--resume", "--out", run, "--count", count).returncode == 0
    before = contents(run), manifest(run)
    server.judges["mute"] = lambda _: None
    ran = apigen("run", "--resume", "--out", run, "--judge", "openai/mute", "--base-url", server.url)
    assert ran.returncode == 1
    assert said in ran.stderr
    assert "the data is unchanged" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert contents(run) == before[0]
    after = manifest(run)
    assert {key for key in after | before[1] if after.get(key) != before[1].get(key)} <= {"status", "ending"}


def test_what_decides_the_prompts_must_stay(run: Path, server: ChatServer) -> None:
    """The keys are named, and what may change; nothing was written."""
    before = contents(run), (run / "config.yaml").read_bytes()
    ran = apigen("run", "--resume", "--out", run, "--judge", "rules", "--seed", "4")
    assert ran.returncode == 2
    assert "seed: 0 before, 4 now" in ran.stderr
    assert "judges, judging, grounding, execution, remote.private and grants" in " ".join(ran.stderr.split())
    assert "judges.0" not in ran.stderr
    edit(run, "repair: true", "repair: false")
    ran = apigen("run", "--resume", "--out", run)
    assert ran.returncode == 2
    assert "was edited after the run was started; repair: True before, False now" in ran.stderr
    edit(run, "repair: false", "repair: true")
    assert (contents(run), (run / "config.yaml").read_bytes()) == before
    assert server.prompts == []


def test_a_budget_that_ends_it_says_what_was_spent_and_how_to_go_on(run: Path, server: ChatServer) -> None:
    """The data stays as it was; what was answered is not asked again with more."""
    used = sum(row["prompt_tokens"] + row["completion_tokens"] for row in manifest(run)["requests"])
    before = contents(run)
    budget = ("--max-tokens", str(used + 2000))
    ran = apigen("run", "--resume", "--out", run, "--judge", "openai/third", *budget, "--json")
    assert ran.returncode == 1
    said = " ".join(ran.stderr.split())
    assert "stopped by the budget during re-verification, with" in said
    assert f"resume with: apigen run --resume --out {run} --max-tokens MORE" in said
    assert contents(run) == before
    shown = json.loads(ran.stdout)
    assert shown == {"out": str(run), **manifest(run)}
    assert shown["status"] == "budget"
    assert "while the candidates were being re-verified; the data is unchanged" in shown["ending"]
    asked = len(server.prompts)
    ran = apigen("run", "--resume", "--out", run, "--max-tokens", "1000000")
    assert ran.returncode == 0, ran.stderr
    assert 0 < asked < len(server.prompts) == len(set(server.prompts))
