"""Whole runs whose writer and judge are asked in batches, over HTTP."""

import json
import re
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from apigen.cli.batches import batches_line
from apigen.config import Config, load_config
from apigen.models.batch.book import BatchState
from apigen.simulate.batch_life import BatchFaults
from batch_server import BatchServer, serving_batches
from chat_server import ChatServer, serving
from runs import PATIENCE_S, apigen, contents, lines, start

LIBRARY = "starter:finance,math,travel"
FAST = "batch: {collect_s: 0.2, poll_s: 0.02}"


def write(folder: Path, *, batch: bool = True, **settings: Any) -> Path:
    path = folder / f"{'batch' if batch else 'plain'}.yaml"
    keys = f"retries: 20, {FAST}" if batch else "retries: 20"
    values = {"count": 24, "rounds": {"requests": 3}} | settings
    path.write_text(
        f"library: {LIBRARY}\nmodel: {{name: openai/w, {keys}}}\njudges: [{{name: openai/j, {keys}}}]\n"
        + "".join(f"{key}: {json.dumps(value)}\n" for key, value in values.items())
    )
    return path


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run that others are held against, asked request by request."""
    folder = tmp_path_factory.mktemp("plain")
    with serving() as server:
        ran = apigen("run", write(folder, batch=False), "--base-url", server.url, "--out", folder / "out")
    assert ran.returncode == 0, ran.stderr
    return folder / "out"


def usage(out: Path) -> dict[str, int]:
    return {row["role"]: row["requests"] for row in json.loads((out / "manifest.json").read_text())["requests"]}


def test_a_run_in_batches_ends_with_the_same_bytes(plain: Path, tmp_path: Path) -> None:
    """Writer and judge by batch, in few waves, each answer paid once."""
    out = tmp_path / "out"
    with serving_batches(BatchServer(ChatServer().answer)) as server:
        ran = apigen("run", write(tmp_path), "--base-url", server.url, "--out", out)
        assert ran.returncode == 0, ran.stderr
        assert contents(out) == contents(plain)
        assert set(server.answered.values()) == {1}
        assert server.calls.count("POST /batches") <= 14
        assert server.answered.total() == sum(usage(out).values()), "nothing is bought that nobody takes"
    assert (
        "about 3 waves of up to 6 requests, each followed by a wave of judging; each may take up to 24h" in ran.stderr
    )


def test_faults_of_the_provider_change_no_byte(plain: Path, tmp_path: Path) -> None:
    """Lines that fail, are lost, torn or doubled, and batches that expire, cost time only."""
    faults = BatchFaults(failing=0.1, lost=0.05, torn=0.05, doubled=0.2, strangers=1, expires_after=40)
    out = tmp_path / "out"
    with serving_batches(BatchServer(ChatServer().answer, faults=faults)) as server:
        ran = apigen("run", write(tmp_path), "--base-url", server.url, "--out", out)
    assert ran.returncode == 0, ran.stderr
    assert contents(out) == contents(plain)


@pytest.mark.slow
@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize(
    "moment",
    [
        "POST /files before",
        "POST /files after",
        "POST /batches before",
        "POST /batches after",
        "GET /batches/{id} after",
        "GET /files/{id}/content before",
        "GET /files/{id}/content after",
    ],
)
def test_kill_9_at_any_moment_pays_nothing_twice(plain: Path, tmp_path: Path, moment: str, number: int) -> None:
    """Before and after upload, creation, a look and a fetch, of the first batch and of a later one."""
    out, config = tmp_path / "out", write(tmp_path)
    with serving_batches(BatchServer(ChatServer().answer)) as server:
        hold_at(server, moment, number)
        process = start("run", config, "--base-url", server.url, "--out", out)
        assert server.held.wait(PATIENCE_S)
        process.kill()
        process.communicate()
        server.hold = ""
        ran = apigen("run", "--resume", "--out", out)
        assert ran.returncode == 0, ran.stderr
        assert contents(out) == contents(plain)
        assert set(server.answered.values()) == {1}


def hold_at(server: BatchServer, moment: str, number: int) -> None:
    """Let a call of that kind hang, the first or a later one."""
    seen: list[str] = []

    def before(call: str) -> None:
        seen.append(call)
        if moment.startswith(f"{call} ") and seen.count(call) == number:
            server.hold = moment

    server.before = before


@pytest.mark.slow
def test_ctrl_c_leaves_the_batches_and_says_so(plain: Path, tmp_path: Path) -> None:
    """Exit 130, the batch by its name, and the line that attaches to it again."""
    out = tmp_path / "out"
    with serving_batches(BatchServer(ChatServer().answer, delay_s=100)) as server:
        server.hold = "GET /batches/{id} after"
        process = start("run", write(tmp_path), "--base-url", server.url, "--out", out)
        assert server.held.wait(PATIENCE_S)
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 130, stderr
        assert "1 batch with 6 requests is running at the provider: batch_00000000. Resume with:" in stderr
        assert f"apigen run --resume --out {out}" in stderr
        server.hold = ""
        server.after = lambda _, value: value | {"now": forward(server)}
        ran = apigen("run", "--resume", "--out", out)
        assert ran.returncode == 0, ran.stderr
        assert "1 batch with 6 requests is running at the provider" in ran.stderr
        assert contents(out) == contents(plain)
        assert set(server.answered.values()) == {1}


def forward(server: BatchServer) -> float:
    server.now += 100
    return server.now


@pytest.mark.slow
def test_who_does_not_wait_comes_back_until_it_is_done(plain: Path, tmp_path: Path) -> None:
    """Each session sends what it can and ends with 1; another day brings the answers, and in the end the same bytes."""
    out, sessions = tmp_path / "out", 0
    with serving_batches(BatchServer(ChatServer().answer, delay_s=100)) as server:
        ran = apigen("run", write(tmp_path), "--no-wait", "--base-url", server.url, "--out", out)
        while ran.returncode == 1:
            sessions += 1
            assert "batch answers are still pending; --resume fetches them" in ran.stderr
            assert f"apigen run --resume --out {out}" in ran.stderr
            assert json.loads((out / "manifest.json").read_text())["status"] == "waiting"
            server.now += 200
            ran = apigen("run", "--resume", "--no-wait", "--out", out)
        assert ran.returncode == 0, ran.stderr
        assert set(server.answered.values()) == {1}
    assert 2 <= sessions <= 14
    assert contents(out) == contents(plain)


def test_no_wait_without_batches_is_a_slip(tmp_path: Path) -> None:
    """It would mean nothing."""
    ran = apigen("run", "--no-wait", "--out", tmp_path / "out")
    assert ran.returncode == 2
    assert "add --batch" in ran.stderr


@pytest.mark.slow
def test_a_batch_that_somebody_cancelled_ends_the_run_and_can_be_resumed(tmp_path: Path) -> None:
    """One line with the reason and the way on."""
    out = tmp_path / "out"
    with serving_batches(BatchServer(ChatServer().answer)) as server:
        cancelled = {"status": "cancelled", "output_file_id": None, "error_file_id": None}
        server.after = lambda call, value: value | cancelled if call == "GET /batches/{id}" else value
        ran = apigen("run", write(tmp_path), "--base-url", server.url, "--out", out)
        assert ran.returncode == 1
        assert "was cancelled at the provider" in ran.stderr
        assert "Traceback" not in ran.stderr
        server.after = lambda _, value: value
        assert apigen("run", "--resume", "--out", out).returncode == 0
    assert len(lines(out / "dataset.jsonl")) == 24


def test_the_option_makes_all_language_models_batched_and_the_rounds_large() -> None:
    """--batch concerns openai/ models that say nothing of it; a run then goes in as few waves as it can."""
    config = Config(count=5000, models="openai/w", judges=["rules", "openai/j"]).resolved(batch=True)  # type: ignore[arg-type]
    assert [bool(model.batch) for model in (*config.models, *config.judges)] == [True, False, True]
    assert config.rounds.requests == 157
    assert config.window == config.under_way == 1256 >= config.requests_if_all_pass == 1250
    assert load_config(None, config.model_dump(mode="json")).resolved() == config
    plain = Config(count=5000).resolved()
    assert (plain.batched, plain.rounds.requests, plain.under_way) == (False, 64, 64)
    huge = Config(count=1_000_000, models="openai/w").resolved(batch=True)  # type: ignore[arg-type]
    assert huge.window == 10_000


def test_progress_tells_of_the_oldest_batch() -> None:
    """How many of its lines are done and since when it is under way, or what is being done with it."""
    made = time.time() - 840.4
    state = BatchState(3, "batch_x", "openai/w", "in_progress", 812, 1250, made)
    assert batches_line([state]) == "batch 3: 812 of 1,250 done, 14 min 0 s"
    later = BatchState(4, "", "openai/w", "uploading", 0, 7, made)
    assert batches_line([later, state]) == "batch 4: uploading, 14 min 0 s; 1 more"


def test_the_plan_says_what_waves_to_expect(tmp_path: Path) -> None:
    """Before anything is sent."""
    ran = apigen("run", "--dry-run", "--model", "openai/w", "--batch", "--count", "5000", cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert "about 3 waves of up to 1,250 requests; each may take up to 24h" in ran.stderr


CHEAP_JUDGE = f"{{name: openai/j, structured: text, {FAST}, price: {{prompt: 100, completion: 100, batch: 0.5}}}}"


def verified_in_batches(folder: Path, server: BatchServer) -> Path:
    """A finished run with a judge in batches, in the place of which another is put."""
    config, out = folder / "judged.yaml", folder / "out"
    writer = "{name: openai/w, structured: text, price: {prompt: 1, completion: 1}, " + FAST + "}"
    config.write_text(f"library: {LIBRARY}\ncount: 8\nmodels: [{writer}]\njudges: [{CHEAP_JUDGE}]\n")
    ran = apigen("run", config, "--base-url", server.url, "--out", out)
    assert ran.returncode == 0, ran.stderr
    written = (out / "config.yaml").read_text()
    (out / "config.yaml").write_text(written.replace("name: openai/j\n", "name: openai/k\n"))
    return out


@pytest.mark.slow
def test_a_judge_in_batches_verifies_again_in_batches(tmp_path: Path) -> None:
    """Nothing is asked live; who does not wait comes back, and each answer is paid once."""
    with serving_batches(BatchServer(ChatServer().answer)) as server:
        out = verified_in_batches(tmp_path, server)
        data = contents(out)
        server.calls.clear()
        server.after = lambda call, value: value | {"status": "in_progress"} if call == "GET /batches/{id}" else value
        pending = apigen("run", "--resume", "--no-wait", "--out", out)
        assert pending.returncode == 1, pending.stderr
        assert "Batch answers are still pending; the data is unchanged. 1 batch with" in pending.stderr
        assert f"apigen run --resume --out {out}" in pending.stderr
        assert contents(out) == data
        server.after = lambda _, value: value
        ran = apigen("run", "--resume", "--out", out)
        assert ran.returncode == 0, ran.stderr
        assert "new judge requests: openai/k for" in ran.stderr
        assert server.calls.count("POST /batches") == 1
        assert not any("chat" in call for call in server.calls)
        assert set(server.answered.values()) == {1}
        assert json.loads((out / "manifest.json").read_text())["reverified"]


def test_batch_cannot_be_left_out_while_batches_are_under_way(tmp_path: Path) -> None:
    """One line that says why, before anything is asked or written; with it again the run goes on as it was."""
    out = tmp_path / "out"
    with serving_batches(BatchServer(ChatServer().answer, delay_s=100)) as server:
        config = write(tmp_path)
        started = apigen("run", config, "--no-wait", "--base-url", server.url, "--out", out)
        assert started.returncode == 1, started.stderr
        kept = (out / "config.yaml").read_text()
        (out / "config.yaml").write_text(re.sub(r"  batch:\n(    .*\n)+", "  batch: null\n", kept))
        server.calls.clear()
        ran = apigen("run", "--resume", "--out", out)
        assert ran.returncode == 2
        (said,) = ran.stderr.strip().splitlines()
        assert said.startswith("apigen: openai/w: batch batch_00000000 with 6 requests is running at")
        assert f"Restore `batch` of the model until they are answered, or move {out}/batches.sqlite away" in said
        assert server.calls == []
        (out / "config.yaml").write_text(kept)
        server.now += 100
        assert apigen("run", "--resume", "--no-wait", "--out", out).returncode == 1
        assert set(server.answered.values()) == {1}
