"""The main job, end to end, as processes of their own."""

import json
import os
import pty
import select
import shutil
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from chat_server import serving
from killing import kill_again_and_again
from runs import PATIENCE_S, SAME_BYTES, apigen, apigen_process, command, contents, lines, size, start, until

SMALL = ("--library", "starter:finance,math,travel")
ONE = ("--library", "starter:data")
"""A single module, which costs the fewest processes; for what does not depend on the tools."""
SCHEMAS = Path(__file__).parent.parent / "docs" / "schemas"


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of 40 that ended well."""
    out = tmp_path_factory.mktemp("run") / "out"
    done = apigen_process("run", *SMALL, "--count", "40", "--out", out)
    assert done.returncode == 0, done.stderr
    assert "40 verified samples (40 requested)" in done.stderr
    return out


def test_a_run_writes_exactly_the_samples_wanted_in_every_style(finished: Path) -> None:
    """The dataset holds the count, numbered from 0, and the style mix that was asked for."""
    rows = lines(finished / "dataset.jsonl")
    assert [row["id"] for row in rows] == list(range(40))
    styles = [row["provenance"]["style"] for row in rows]
    for style in ("simple", "multiple", "parallel", "parallel_multiple"):
        assert styles.count(style) >= 5, style
    assert len({row["query"] for row in rows}) == 40


def test_every_row_passed_every_stage_with_real_results(finished: Path) -> None:
    """Each row's attempt tells the whole story: all verdicts pass, every call was executed."""
    attempts = {row["id"]: row for row in lines(finished / "attempts.jsonl")}
    for row in lines(finished / "dataset.jsonl"):
        story = attempts[row["provenance"]["attempt"]]
        assert [v["stage"] for v in story["verdicts"]] == ["format", "duplicate", "grounding", "execution", "semantics"]
        assert {v["outcome"] for v in story["verdicts"]} == {"pass"}
        assert [e["call"] for e in story["executions"]] == row["calls"] == story["calls"]
        assert [e.get("result") for e in story["executions"]] == row["results"]


def test_the_files_are_as_documented(finished: Path) -> None:
    """docs/schemas describes every line of every file, and docs/format.md names every field."""
    for name, schema_name in (("attempts", "attempts"), ("dataset", "dataset"), ("library", "library")):
        validator = jsonschema.Draft202012Validator(json.loads((SCHEMAS / f"{schema_name}.schema.json").read_text()))
        for row in lines(finished / f"{name}.jsonl"):
            validator.validate(row)
    for name, schema_name in (("dataset.xlam.json", "xlam"), ("manifest.json", "manifest")):
        schema = json.loads((SCHEMAS / f"{schema_name}.schema.json").read_text())
        jsonschema.validate(json.loads((finished / name).read_text()), schema)


def test_every_file_says_that_no_language_model_wrote_it(finished: Path) -> None:
    """Wherever a file of an offline run has a place to say so, it does; xlam's fixed shape has none."""
    for name in ("README.md", "report.html", "manifest.json", "config.yaml"):
        assert "no language model wrote this data" in (finished / name).read_text().lower(), name
    assert all(row["provenance"]["llm"] is False for row in lines(finished / "dataset.jsonl"))
    assert all(row["llm"] is False for row in lines(finished / "attempts.jsonl"))


def test_the_xlam_file_has_exactly_the_released_shape(finished: Path) -> None:
    """Code written for the released 60,000 rows reads it: four keys, two of them JSON text."""
    rows = json.loads((finished / "dataset.xlam.json").read_text())
    assert len(rows) == 40
    for row, sample in zip(rows, lines(finished / "dataset.jsonl"), strict=True):
        assert list(row) == ["id", "query", "tools", "answers"]
        assert json.loads(row["answers"]) == sample["calls"]
        for tool in json.loads(row["tools"]):
            assert list(tool) == ["name", "description", "parameters"]
            for parameter in tool["parameters"].values():
                assert {"type", "description"} <= set(parameter) <= {"type", "description", "default"}


def test_the_same_seed_gives_the_same_bytes_whatever_the_concurrency(finished: Path, tmp_path: Path) -> None:
    """Everything but times is decided by configuration and seed; config.yaml repeats the run."""
    again = tmp_path / "again"
    assert apigen("run", finished / "config.yaml", "--concurrency", "1", "--out", again).returncode == 0
    assert contents(again) == contents(finished)
    other = tmp_path / "other"
    assert apigen("run", *SMALL, "--count", "6", "--seed", "1", "--out", other).returncode == 0
    assert not contents(finished)["dataset.jsonl"].startswith(contents(other)["dataset.jsonl"])


@pytest.mark.slow
def test_kill_9_at_any_moment_and_resume_ends_with_the_same_bytes(tmp_path: Path) -> None:
    """A run that is killed again and again loses no sample, makes none twice, and pays nothing twice."""
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    with serving() as server:
        judges = ("--judge", "openai/j", "--base-url", server.url, "--concurrency", "4")
        arguments = ("run", *ONE, "--count", "14", *judges)
        assert apigen(*arguments, "--out", whole).returncode == 0
        asked = len(server.prompts)
        server.prompts.clear()
        kill_again_and_again(server, arguments, killed, kills=2, asked=asked)
        done = apigen("run", "--resume", "--out", killed)
        assert done.returncode == 0, done.stderr
    again = sum(count - 1 for count in Counter(server.prompts).values())
    assert again <= 2 * 4, "only what was in flight when the process died"
    assert contents(killed) == contents(whole)


def test_a_run_that_was_killed_before_it_began_leaves_no_obstacle(tmp_path: Path) -> None:
    """A folder with the first files only can be used again; one with anything else cannot."""
    out = tmp_path / "out"
    out.mkdir()
    for name in (".lock", "library.jsonl", ".library.jsonl.x1", ".config.yaml.x2"):
        (out / name).write_text("")
    assert apigen("run", *ONE, "--count", "3", "--out", out).returncode == 0
    other = tmp_path / "other"
    other.mkdir()
    (other / "mine.txt").write_text("")
    assert apigen("run", *ONE, "--count", "3", "--out", other).returncode == 2


@pytest.mark.parametrize("cut", [1, 700])
def test_a_torn_file_is_mended_on_resume(finished: Path, tmp_path: Path, cut: int) -> None:
    """Attempts cut in the middle of a line, and a dataset that lags behind or runs ahead, end as the same bytes."""
    out = tmp_path / "torn"
    out.mkdir()
    for path in finished.iterdir():
        (out / path.name).write_bytes(path.read_bytes())
    attempts = (out / "attempts.jsonl").read_bytes()
    (out / "attempts.jsonl").write_bytes(attempts[:-cut])
    assert apigen("run", "--resume", "--out", out).returncode == 0
    assert contents(out) == contents(finished)


def test_a_finished_run_can_be_extended(finished: Path, tmp_path: Path) -> None:
    """Resuming with a larger count goes on where the run ended, and the first rows stay."""
    out = tmp_path / "longer"
    out.mkdir()
    for path in finished.iterdir():
        (out / path.name).write_bytes(path.read_bytes())
    assert apigen("run", "--resume", "--out", out, "--count", "55").returncode == 0
    assert len(lines(out / "dataset.jsonl")) == 55
    assert contents(out)["dataset.jsonl"].startswith(contents(finished)["dataset.jsonl"])


def test_a_count_may_shrink_and_grow_again(finished: Path, tmp_path: Path) -> None:
    """A smaller count, given or edited, leaves the first rows; all attempts stay, so the former count comes back."""
    out = Path(shutil.copytree(finished, tmp_path / "out"))
    assert apigen("run", "--resume", "--out", out, "--count", "15").returncode == 0
    rows = (finished / "dataset.jsonl").read_bytes().splitlines(keepends=True)
    assert (out / "dataset.jsonl").read_bytes() == b"".join(rows[:15])
    config = out / "config.yaml"
    config.write_text(config.read_text().replace("count: 15", "count: 10"))
    assert apigen("run", "--resume", "--out", out).returncode == 0
    assert (out / "dataset.jsonl").read_bytes() == b"".join(rows[:10])
    assert apigen("run", "--resume", "--out", out, "--count", "40").returncode == 0
    assert contents(out) == contents(finished)


NOTICES_HANGUPS = "import signal; signal.signal(signal.SIGHUP, signal.SIG_DFL)"
"""Tests may run under ``nohup``, whose children have hang-ups ignored."""


def after(code: str, called: list[str], **settings: Any) -> "subprocess.Popen[str]":
    """A command as a process of its own, begun once that process has carried out some Python."""
    return subprocess.Popen(
        [sys.executable, "-c", f"{code}; import os; os.execv({called[0]!r}, {called})"], text=True, **settings
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_ctrl_c_and_a_hang_up_finish_the_write_and_say_how_to_resume(tmp_path: Path, number: signal.Signals) -> None:
    """Exit 130, all files there and whole, and the line to resume with."""
    out = tmp_path / "out"
    called = command("run", *ONE, "--count", "600", "--concurrency", "1", "--out", out)
    process = after(NOTICES_HANGUPS, called, stderr=subprocess.PIPE)
    until(lambda: size(out / "attempts.jsonl") > 0, process)
    process.send_signal(number)
    _, stderr = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130, stderr
    assert f"apigen run --resume --out {out}" in stderr
    assert "Traceback" not in stderr
    assert json.loads((out / "manifest.json").read_text())["status"] == "interrupted"
    assert len(json.loads((out / "dataset.xlam.json").read_text())) == len(lines(out / "dataset.jsonl"))


def test_a_lost_terminal_ends_a_run_like_ctrl_c(tmp_path: Path) -> None:
    """As when ssh breaks: writing to the terminal fails from then on, and the run still ends in good order."""
    out = tmp_path / "out"
    ours, theirs = pty.openpty()
    process = after(
        f"{NOTICES_HANGUPS}; import fcntl, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0)",
        command("run", *ONE, "--count", "600", "--concurrency", "1", "--out", out),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)

    def begun() -> bool:
        if select.select([ours], [], [], 0)[0]:
            os.read(ours, 65_536)  # else it would wait for somebody to read
        return size(out / "attempts.jsonl") > 0

    until(begun, process)
    os.close(ours)
    assert process.wait(PATIENCE_S) == 130
    assert json.loads((out / "manifest.json").read_text())["status"] == "interrupted"
    assert (out / "report.html").exists()


def test_nohup_keeps_a_run_going(tmp_path: Path) -> None:
    """A signal that whoever started the run has had ignored stays ignored."""
    out = tmp_path / "out"
    process = after(
        "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)",
        command("run", *ONE, "--count", "15", "--concurrency", "1", "--out", out),
        stderr=subprocess.PIPE,
    )
    until(lambda: size(out / "attempts.jsonl") > 0, process)
    process.send_signal(signal.SIGHUP)
    _, stderr = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, stderr


def test_a_server_that_claims_forms_and_breaks_them_is_checked_like_any_other(tmp_path: Path) -> None:
    """What it promises is recorded and its rung kept; what it writes falls for what is wrong with it."""
    garbage = dict(enumerate(("no JSON at all", '{"pairs": []}', '{"pairs": [7, {"query": "q"}]}')))
    out = tmp_path / "out"
    with serving(claims_forms=True, garbles=garbage.get) as server:
        ran = apigen("run", *SMALL, "--count", "30", "--model", "openai/w", "--base-url", server.url, "--out", out)
    assert ran.returncode == 0, ran.stderr
    manifest = json.loads((out / "manifest.json").read_text())
    (endpoint,) = manifest["endpoints"]
    probes = [{"rung": "json_schema", "finding": "enforced"}]
    assert (endpoint["model"], endpoint["base_url"]) == ("openai/w", server.url)
    assert endpoint["structured"] == {"rung": "json_schema", "by": "probe", "probes": probes}
    assert {"not_json", "no_pairs", "wrong_shape", "missing_field"} <= set(manifest["counts"]["reasons"])
    asked = json.loads(server.prompts[0])["response_format"]["json_schema"]
    assert asked["name"] == "pairs"
    assert manifest["samples"] == 30


def test_a_model_behind_http_writes_and_judges(tmp_path: Path) -> None:
    """The whole pipeline over the OpenAI protocol, with the model's name and tokens in the accounts."""
    out = tmp_path / "out"
    with serving(delay_s=0.01) as server:
        models = ("--model", "openai/writer", "--judge", "rules", "--judge", "openai/judge")
        ran = apigen("run", *SMALL, "--count", "30", *models, "--base-url", server.url, "--out", out)
    assert ran.returncode == 0, ran.stderr
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["llm"] is True
    accounts = {(row["model"], row["role"]): row for row in manifest["requests"] if row["role"] != "probe"}
    in_vain = len(server.prompts) - sum(row["requests"] for row in accounts.values())
    assert 0 <= in_vain <= 5, "at most what was in flight when the count was reached"
    assert accounts["openai/judge", "judge"]["prompt_tokens"] == 100 * accounts["openai/judge", "judge"]["requests"]
    attempts = lines(out / "attempts.jsonl")
    judged = sum(verdict.get("by") == "openai/judge" for row in attempts for verdict in row["verdicts"])
    passed = sum(row["outcome"] == "pass" for row in attempts)
    assert judged == passed, "a row that fell before costs no judge call"


def test_a_judge_that_babbles_gives_errors_and_no_samples(tmp_path: Path) -> None:
    """An unreadable answer is neither a reject nor a pass, and a run of them ends short, told as such."""
    config, out = tmp_path / "config.yaml", tmp_path / "out"
    config.write_text(f"library: {SMALL[1]}\ncount: 5\nsampling: {{pairs: [1, 1]}}\n")
    with serving(judge_says="I would rather not say.") as server:
        ran = apigen("run", config, "--judge", "openai/judge", "--base-url", server.url, "--out", out)
    assert ran.returncode == 1
    assert "Stopped at 0 of 5 samples" in ran.stderr
    counts = json.loads((out / "manifest.json").read_text())["counts"]
    assert counts["error_reasons"]["judge_unreadable"] >= 20
    assert counts["accepted"] == 0


def test_a_server_that_goes_down_loses_nothing_that_was_paid(tmp_path: Path) -> None:
    """The run stops with one line; after it resumes no answered prompt was asked again, and the result is the same."""
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    config = tmp_path / "config.yaml"
    with serving() as server:
        text = f"library: {ONE[1]}\ncount: 16\nmodel: {{name: openai/w, base_url: '{server.url}', retries: 0}}\n"
        config.write_text(text + "judges: [{name: openai/j, retries: 0}]\n")
        assert apigen("run", config, "--base-url", server.url, "--out", whole).returncode == 0
        asked = len(server.prompts)
        server.prompts.clear()
        server.fail_after = 9
        down = apigen("run", config, "--base-url", server.url, "--out", broken)
        assert (down.returncode, server.under_way) == (1, 0), "no prompt is under way any more"
        assert "HTTP 503" in down.stderr
        assert f"apigen run --resume --out {broken}" in down.stderr
        assert "Traceback" not in down.stderr
        server.fail_after = None
        resumed = apigen("run", "--resume", "--out", broken)
        assert resumed.returncode == 0, resumed.stderr
        assert len(server.prompts) == len(set(server.prompts)) <= asked + 10
    assert contents(broken) == contents(whole)


def test_a_run_that_was_refused_can_be_resumed(tmp_path: Path) -> None:
    """A server that refuses everything ends the run with its own words; once it answers, the run goes on."""
    out, whole = tmp_path / "out", tmp_path / "whole"
    with serving() as server:
        models = ("--model", "openai/w", "--base-url", server.url)
        assert apigen("run", *ONE, "--count", "12", *models, "--out", whole).returncode == 0
        server.refuse = True
        ran = apigen("run", *ONE, "--count", "12", *models, "--out", out)
        assert ran.returncode == 1
        assert "max_tokens is not supported" in ran.stderr
        assert json.loads((out / "manifest.json").read_text())["status"] == "refused"
        server.refuse = False
        assert apigen("run", "--resume", "--out", out).returncode == 0
    assert contents(out) == contents(whole)


def test_two_runs_in_one_directory_are_refused(finished: Path, tmp_path: Path) -> None:
    """The second is told, the first goes on; a directory that is there is never overwritten."""
    out = tmp_path / "out"
    first = start("run", *ONE, "--count", "600", "--concurrency", "1", "--out", out)
    until((out / "attempts.jsonl").exists, first)
    first.send_signal(signal.SIGSTOP)  # so that it is still at work, however long the second takes
    second = apigen("run", "--resume", "--out", out)
    first.kill()
    first.communicate()
    assert second.returncode == 2
    assert "another apigen process is using it" in second.stderr
    before = contents(finished)
    refused = apigen("run", "--out", finished)
    assert refused.returncode == 2
    assert "already exists; add --resume" in refused.stderr
    assert contents(finished) == before
    assert set(before) == set(SAME_BYTES)


def test_square_brackets_of_others_are_no_markup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither in a path nor in what a server says; what it says of the key is not repeated."""
    out = tmp_path / "w[/x]y"
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-12345")
    assert apigen("run", *ONE, "--count", "3", "--out", out).returncode == 0
    with serving(fail_after=0, fail_with=(400, "bad [/red] <b>key sk-secret-12345 \x1b[2J")) as server:
        models = ("--model", "openai/w", "--base-url", server.url)
        ran = apigen("run", *ONE, "--count", "3", *models, "--out", tmp_path / "out")
    assert ran.returncode == 1
    assert "bad [/red] <b>key $OPENAI_API_KEY" in ran.stderr
    assert "\x1b" not in ran.stderr
    assert "<b>" not in (tmp_path / "out" / "README.md").read_text()
    for file in (tmp_path / "out").iterdir():
        assert b"sk-secret-12345" not in file.read_bytes(), file.name
