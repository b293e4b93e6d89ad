"""Verifying again with kills, and after a run that stopped in the middle: nothing is lost, nothing is a mixture."""

import json
import shutil
import signal
import time
from collections import Counter
from pathlib import Path

import pytest

from chat_server import ChatServer, serving
from judges import hard_to_please, picky
from runs import PATIENCE_S, apigen, contents, lines, start, until

SMALL = ("--library", "starter:finance,math,travel", "--count", "24", "--model", "openai/w", "--concurrency", "4")
PICKY, OTHER = ("--judge", "openai/picky"), ("--judge", "openai/other")


def judging() -> dict[str, object]:
    return {"judges": {"picky": picky, "other": hard_to_please}}


def ran(server: ChatServer, out: Path) -> Path:
    done = apigen("run", *SMALL, *PICKY, "--base-url", server.url, "--out", out)
    assert done.returncode == 0, done.stderr
    return out


@pytest.mark.slow
def test_a_kill_in_the_middle_starts_it_again_and_no_judge_is_asked_twice(tmp_path: Path) -> None:
    """The data is as it was until everything is verified; then it is as if nobody had killed anything."""
    with serving(**judging()) as server:
        killed = ran(server, tmp_path / "killed")
        whole = Path(shutil.copytree(killed, tmp_path / "whole"))
        url = ("--base-url", server.url)
        assert apigen("run", "--resume", *OTHER, *url, "--out", whole).returncode == 0
        before = contents(killed)
        server.prompts.clear()
        for end in (signal.SIGKILL, signal.SIGINT, signal.SIGKILL):
            answered = len(server.prompts)
            server.hold_after = server.admitted + 6
            process = start("run", "--resume", *OTHER, *url, "--out", killed)
            until(lambda answered=answered: len(server.prompts) > answered + 2, process)  # type: ignore[misc]
            process.send_signal(end)
            if end == signal.SIGINT:
                assert process.stderr
                next(line for line in process.stderr if "in flight" in line)
                process.send_signal(end)  # does not wait for what the server holds back
            _, stderr = process.communicate(timeout=PATIENCE_S)
            assert end == signal.SIGKILL or (process.returncode, "the data is unchanged" in stderr) == (130, True)
            assert contents(killed) == before
            status = json.loads((killed / "manifest.json").read_text())["status"]
            assert end == signal.SIGKILL or status == "interrupted"
            until_idle(server)
        server.hold_after = None
        done = apigen("run", "--resume", "--out", killed)  # config.yaml holds the new judge
        assert done.returncode == 0, done.stderr
    again = sum(count - 1 for count in Counter(server.prompts).values())
    assert again <= 3 * 4, "only what was in flight when the process died"
    assert contents(killed) == contents(whole)


def until_idle(server: ChatServer) -> None:
    while server.under_way:  # what the dead one asked for is answered, or dropped
        time.sleep(0.002)


@pytest.mark.slow
def test_a_kill_between_two_files_is_made_good(tmp_path: Path) -> None:
    """Attempts that the manifest speaks of are moved to their place; those that it does not speak of are dropped."""
    with serving(**judging()) as server:
        old = ran(server, tmp_path / "old")
        new = Path(shutil.copytree(old, tmp_path / "new"))
        assert apigen("run", "--resume", *OTHER, "--base-url", server.url, "--out", new).returncode == 0
        server.prompts.clear()
        digest = json.loads((new / "manifest.json").read_text())["config_digest"]

        def as_killed(name: str, *files: str) -> Path:
            run = Path(shutil.copytree(old, tmp_path / name))
            shutil.copy(new / "attempts.jsonl", run / f"attempts.{digest}.jsonl")
            for file in ("completions.sqlite", "drawn.1.jsonl", *files):
                shutil.copy(new / file, run / file)
            done = apigen("run", "--resume", "--out", run)
            assert done.returncode == 0, done.stderr
            assert list(run.glob("attempts.*.jsonl")) == []
            return run

        assert contents(as_killed("after the manifest", "manifest.json", "config.yaml")) == contents(new)
        assert contents(as_killed("taken back")) == contents(old)
        assert not (tmp_path / "taken back" / "drawn.1.jsonl").exists()
        assert server.prompts == []


@pytest.mark.slow
def test_what_was_written_but_not_committed_is_used_under_the_new_settings(tmp_path: Path) -> None:
    """A run stops with answers of the writer beyond its last commit; the requests stay, so none is paid for in vain."""
    config, out = tmp_path / "run.yaml", tmp_path / "out"
    with serving(**judging()) as server:
        config.write_text(
            f"library: starter:finance,math,travel\ncount: 30\nconcurrency: 6\n"
            f"model: {{name: openai/w, base_url: '{server.url}', retries: 0}}\n"
            f"judges: [{{name: openai/picky, base_url: '{server.url}', retries: 0}}]\n"
        )
        server.fail_after = 20
        assert apigen("run", config, "--out", out).returncode == 1
        server.fail_after = None
        paid = [json.loads(prompt)["seed"] for prompt in server.prompts if json.loads(prompt)["model"] == "w"]
        written = {row["request"] for row in lines(out / "attempts.jsonl")}
        assert len(paid) > len(written), "some answers are kept that no attempt was made of yet"
        done = apigen("run", "--resume", *OTHER, "--base-url", server.url, "--out", out)
        assert done.returncode == 0, done.stderr
        assert len(server.prompts) == len(set(server.prompts))
        drawn = {row["seed"]: row["index"] for row in lines(out / "drawn.1.jsonl")}
        beyond = {drawn[seed] for seed in paid if seed in drawn}
        assert len(beyond) == len(paid) - len(written)
        assert beyond <= {row["request"] for row in lines(out / "attempts.jsonl")}, "each of them became attempts"
        assert len(lines(out / "dataset.jsonl")) == 30
        # The next change finds these as they were drawn, too.
        server.prompts.clear()
        done = apigen("run", "--resume", *PICKY, "--base-url", server.url, "--out", out)
        assert done.returncode == 0, done.stderr
        assert not any(json.loads(prompt)["model"] == "w" for prompt in server.prompts)


@pytest.mark.parametrize("kept", [True, False])
def test_a_file_of_drawn_requests_that_is_gone_is_said_in_one_line(tmp_path: Path, *, kept: bool) -> None:
    """Without it the run would go on otherwise than it began."""
    out = tmp_path / "out"
    assert apigen("run", "--library", "starter:math", "--count", "6", "--out", out).returncode == 0
    config = out / "config.yaml"
    config.write_text(config.read_text().replace("grounding: strict", "grounding: lenient"))
    assert apigen("run", "--resume", "--out", out).returncode == 0
    if not kept:
        (out / "drawn.1.jsonl").unlink()
    done = apigen("run", "--resume", "--out", out, "--count", "8")
    assert done.returncode == (0 if kept else 2), done.stderr
    if not kept:
        assert "drawn.1.jsonl: cannot be read" in done.stderr
        assert "restore it" in done.stderr.splitlines()[-1]
        assert "Traceback" not in done.stderr
