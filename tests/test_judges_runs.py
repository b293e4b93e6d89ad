"""Whole runs with language models as judges, over HTTP: committees, repairs, hostile results, and what is counted."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema

from apigen.dataset.duplicates import SeenQueries
from apigen.records import Attempt, Call, Outcome, Reason, Stage, Style, Verdict, Wording
from chat_server import serving
from runs import apigen, contents, lines

SMALL = "library: starter:data\nexecution: {twice: false}\n"
"""A configuration that costs few processes: it is not the execution that is tried here."""
SCHEMAS = Path(__file__).parent.parent / "docs" / "schemas"
YES, NO = '{"thought": "fits", "pass": true}', '{"thought": "it does not fit", "pass": false}'


def strict(prompt: str) -> str:
    """A judge that dislikes every other query, always the same ones."""
    query = re.search(r"-query>\n(.*)\n", prompt)
    assert query
    return YES if sum(map(ord, query[1])) % 2 else NO


def counts(out: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((out / "manifest.json").read_text())["counts"]
    return found


def test_a_committee_decides_and_each_member_is_on_record(tmp_path: Path) -> None:
    """Two of three pass what one dislikes; the row names those who passed it."""
    config, out = tmp_path / "config.yaml", tmp_path / "out"
    config.write_text(f"{SMALL}count: 12\njudging: {{rule: majority}}\n")
    judges = ("--judge", "openai/a", "--judge", "openai/strict", "--judge", "openai/c", "--judge", "rules")
    with serving(judges={"strict": strict}) as server:
        ran = apigen("run", config, *judges, "--base-url", server.url, "--out", out)
    assert ran.returncode == 0, ran.stderr
    attempts = {row["id"]: row for row in lines(out / "attempts.jsonl")}
    schema = json.loads((SCHEMAS / "attempts.schema.json").read_text())
    overruled = 0
    for row in lines(out / "dataset.jsonl"):
        jsonschema.validate(attempts[row["provenance"]["attempt"]], schema)
        found = [v for v in attempts[row["provenance"]["attempt"]]["verdicts"] if v["stage"] == "semantics"]
        assert (found[0]["by"], found[-1]["by"]) == ("rules", "committee")
        passed = [verdict["by"] for verdict in found[:-1] if verdict["outcome"] == "pass"]
        assert row["provenance"]["judges"] == passed
        overruled += "openai/strict" not in passed
        assert len(found) == (5 if "openai/strict" not in passed else 4), "the third is asked only where it must be"
    assert overruled


def test_a_rejected_candidate_is_sent_back_once_and_counted_apart(tmp_path: Path) -> None:
    """Its repair is a line of its own, behind the others of its request, and stands in no other count."""
    config, out = tmp_path / "config.yaml", tmp_path / "out"
    config.write_text(SMALL)
    models = ("--model", "openai/w", "--judge", "openai/strict")
    with serving(judges={"strict": strict}) as server:
        ran = apigen("run", config, "--count", "16", *models, "--repair", "--base-url", server.url, "--out", out)
    assert ran.returncode == 0, ran.stderr
    attempts = lines(out / "attempts.jsonl")
    schema = json.loads((SCHEMAS / "attempts.schema.json").read_text())
    by_id = {row["id"]: row for row in attempts}
    repairs = [row for row in attempts if "repair_of" in row]
    for row in attempts:
        jsonschema.validate(row, schema)
    for row in repairs:
        mended = by_id[row["repair_of"]]
        assert (mended["request"], mended["outcome"]) == (row["request"], "reject")
        assert mended["verdicts"][-1]["reason"] in ("judged_wrong", "invalid_argument")
        assert "repair_of" not in mended, "once"
        assert mended["pair"] < row["pair"]
    assert len({row["repair_of"] for row in repairs}) == len(repairs)
    found = counts(out)
    passed = sum(row["outcome"] == "pass" for row in repairs)
    assert found["repairs"] == {"sent": len(repairs), "passed": passed}
    assert passed >= 3
    assert found["candidates"] == len(attempts) - len(repairs)
    assert found["candidates"] == found["accepted"] + sum(found["rejected"].values()) + found["errors"]
    assert len(lines(out / "dataset.jsonl")) == 16 <= found["accepted"] + passed
    manifest = json.loads((SCHEMAS / "manifest.schema.json").read_text())
    jsonschema.validate(json.loads((out / "manifest.json").read_text()), manifest)
    for name in ("README.md", "report.html"):
        assert f"(not counted above): {len(repairs)}" in (out / name).read_text()
    assert "not counted above" in " ".join(ran.stderr.split())
    asked = [json.loads(prompt)["messages"][-1]["content"] for prompt in server.prompts]
    sent = [prompt for prompt in asked if "was written for this task and rejected" in prompt]
    assert len(sent) >= len(repairs)
    assert all('"detail":"it does not fit"' in prompt or "ValueError: " in prompt for prompt in sent)


def test_nothing_is_sent_back_unless_asked_for(tmp_path: Path) -> None:
    """Off by default."""
    config, out = tmp_path / "config.yaml", tmp_path / "out"
    config.write_text(SMALL)
    with serving(judges={"strict": strict}) as server:
        judge = ("--judge", "openai/strict", "--base-url", server.url)
        assert apigen("run", config, "--count", "6", *judge, "--out", out).returncode == 0
    assert counts(out)["repairs"] == {"sent": 0, "passed": 0}
    assert counts(out)["rejected"]["semantics"] > 0


def test_a_run_with_repairs_that_broke_down_ends_with_the_same_bytes(tmp_path: Path) -> None:
    """No repair is paid for twice, and none is lost."""
    whole, broken, config = tmp_path / "whole", tmp_path / "broken", tmp_path / "config.yaml"
    with serving(judges={"strict": strict}) as server:
        models = f"{{name: openai/w, base_url: '{server.url}', retries: 0}}"
        config.write_text(
            f"{SMALL}count: 10\nrepair: true\nmodel: {models}\n"
            f"judges: [{{name: openai/strict, base_url: '{server.url}', retries: 0}}]\n"
        )
        assert apigen("run", config, "--concurrency", "3", "--out", whole).returncode == 0
        server.prompts.clear()
        server.fail_after = 16
        assert apigen("run", config, "--out", broken).returncode == 1
        assert server.under_way == 0, "no prompt is under way any more"
        server.fail_after = None
        resumed = apigen("run", "--resume", "--out", broken)
        assert resumed.returncode == 0, resumed.stderr
        assert len(server.prompts) == len(set(server.prompts))
    assert counts(whole)["repairs"]["sent"] > 0
    assert contents(broken) == contents(whole)


def test_the_offline_writer_answers_a_repair_prompt(tmp_path: Path) -> None:
    """It does not mend; it writes another pair for the same task, the same one each time."""
    config, out, again = tmp_path / "config.yaml", tmp_path / "out", tmp_path / "again"
    config.write_text(SMALL)
    with serving(judges={"strict": strict}) as server:
        options = ("--count", "6", "--repair", "--judge", "openai/strict", "--base-url", server.url)
        assert apigen("run", config, *options, "--out", out).returncode == 0
        assert apigen("run", config, *options, "--concurrency", "1", "--out", again).returncode == 0
    assert counts(out)["repairs"]["passed"] > 0
    assert contents(out) == contents(again)


def test_a_judge_that_refuses_every_prompt_decides_nothing(tmp_path: Path) -> None:
    """Each candidate is an error with its own reason, and the run ends short."""
    config, out = tmp_path / "config.yaml", tmp_path / "out"
    config.write_text(f"{SMALL}count: 3\nconcurrency: 4\nsampling: {{pairs: [1, 1]}}\n")
    with serving(judges={"refuses": lambda _: None}) as server:
        ran = apigen("run", config, "--judge", "openai/refuses", "--base-url", server.url, "--out", out)
    assert ran.returncode == 1
    assert counts(out)["error_reasons"] == {"judge_refused": counts(out)["errors"]}
    assert counts(out)["accepted"] == 0


def attempt(pair: int, query: str, outcome: Outcome, repair_of: str = "", *, last: bool = False) -> Attempt:
    fallen = Verdict(Stage.SEMANTICS, Outcome.REJECT, Reason.JUDGED_WRONG, "no")
    verdicts = (Verdict(Stage.FORMAT, Outcome.PASS), *((fallen,) if outcome is Outcome.REJECT else ()))
    call = Call("x", {})
    return Attempt(
        f"4.{pair}", 4, pair, last, 0, Style.SIMPLE, Wording.PLAIN, ("x",), ("x",), "m", outcome, verdicts,
        query=query, calls=(call,), repair_of=repair_of,
    )  # fmt: skip


def test_the_repair_of_what_turns_out_to_be_a_duplicate_is_taken_away() -> None:
    """Had the duplicate been found in time, nobody would have sent it back: the record must not depend on that."""
    seen = SeenQueries(["known"])
    settled = seen.settled(
        (
            attempt(0, "new", Outcome.REJECT),
            attempt(1, "Known!", Outcome.REJECT),
            attempt(2, "known", Outcome.PASS, "4.1"),
            attempt(3, "new", Outcome.PASS, "4.0", last=True),
        )
    )
    assert [(one.id, one.repair_of, one.outcome, one.last) for one in settled] == [
        ("4.0", "", Outcome.REJECT, False),
        ("4.1", "", Outcome.REJECT, False),
        ("4.2", "4.0", Outcome.PASS, True),
    ]
    assert settled[1].verdicts[-1].reason is Reason.DUPLICATE_QUERY
    assert SeenQueries(["known"]).settled(settled) == settled
