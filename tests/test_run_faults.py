"""A run whose surroundings fail: a model server that restarts or stays away, a disk that fills."""

import json
import resource
import signal
import time
from collections import Counter
from pathlib import Path

import pytest

from chat_server import ChatServer, serving
from runs import PATIENCE_S, apigen, apigen_process, contents, lines, start, until

pytestmark = pytest.mark.slow
CONCURRENCY = 4
MODELS = 2
"""Each with so many requests in flight: one writes, one judges."""


def written(folder: Path, url: str, retries: int) -> Path:
    """A configuration with a language model that writes and one that judges."""
    path = folder / f"run{retries}.yaml"
    model = f"base_url: '{url}', retries: {retries}"
    path.write_text(
        f"library: starter:finance,math,travel\ncount: 40\nconcurrency: {CONCURRENCY}\n"
        f"model: {{name: openai/w, {model}}}\njudges: [{{name: openai/j, {model}}}]\n"
    )
    return path


def uninterrupted(folder: Path, server: ChatServer) -> dict[str, bytes]:
    """What the run comes to where nothing fails."""
    assert apigen("run", written(folder, server.url, 5), "--out", folder / "whole").returncode == 0
    server.prompts.clear()
    return contents(folder / "whole")


def asked_again(*servers: ChatServer) -> int:
    prompts = Counter(prompt for server in servers for prompt in server.prompts)
    return sum(count - 1 for count in prompts.values())


def test_a_model_server_that_restarts_costs_time_alone(tmp_path: Path) -> None:
    """Connections break, nothing listens for a moment, and the run goes on by its retries to the same bytes."""
    out = tmp_path / "out"
    with serving() as server:
        whole = uninterrupted(tmp_path, server)
    with serving(port=server.port, hold_after=25) as first:
        process = start("run", written(tmp_path, first.url, 8), "--out", out)
        until(lambda: len(first.prompts) + first.under_way >= 25 + CONCURRENCY, process)
    time.sleep(1)
    with serving(port=server.port) as second:
        _, stderr = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 0, stderr
    assert asked_again(first, second) <= MODELS * CONCURRENCY, "only what was in flight when the server went away"
    assert contents(out) == whole


def test_a_model_server_that_stays_away_ends_the_run_and_it_resumes(tmp_path: Path) -> None:
    """One line that names the address and how to go on; then the same bytes, and nothing answered is asked again."""
    out = tmp_path / "out"
    with serving() as server:
        whole = uninterrupted(tmp_path, server)
    with serving(port=server.port, hold_after=25) as first:
        process = start("run", written(tmp_path, first.url, 1), "--json", "--out", out)
        until(lambda: len(first.prompts) + first.under_way >= 25 + CONCURRENCY, process)
    stdout, stderr = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 1, stderr
    shown = json.loads(stdout)
    assert (shown["out"], shown["status"]) == (str(out), "unavailable")
    assert "A model was unavailable" in shown["ending"]
    assert f"{first.url}/chat/completions: c" in stderr.replace("\n", " ")
    assert f"apigen run --resume --out {out}" in stderr
    assert "Traceback" not in stderr
    assert json.loads((out / "manifest.json").read_text())["status"] == "unavailable"
    with serving(port=server.port) as second:
        resumed = apigen("run", "--resume", "--out", out)
        assert resumed.returncode == 0, resumed.stderr
    assert asked_again(first, second) <= MODELS * CONCURRENCY
    assert contents(out) == whole


def test_a_disk_that_has_no_room_for_an_answer_ends_the_run_and_it_resumes(tmp_path: Path) -> None:
    """The store of completions may not grow: one line, no row that rests on an answer that was not kept."""
    out = tmp_path / "out"
    with serving() as server:
        whole = uninterrupted(tmp_path, server)
        room = (tmp_path / "whole" / "library.jsonl").stat().st_size + 150_000

        def limit() -> None:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))

        ran = apigen_process("run", written(tmp_path, server.url, 1), "--out", out, preexec_fn=limit)
        assert ran.returncode == 1, ran.stderr
        assert "completions.sqlite: " in ran.stderr
        assert f"; fix this. Resume with: apigen run --resume --out {out}\n" in ran.stderr
        assert "Traceback" not in ran.stderr
        assert 0 < len(lines(out / "attempts.jsonl")) < len(lines(tmp_path / "whole" / "attempts.jsonl"))
        resumed = apigen("run", "--resume", "--out", out)
        assert resumed.returncode == 0, resumed.stderr
        assert asked_again(server) <= MODELS * CONCURRENCY, "only what could not be kept"
    assert contents(out) == whole
