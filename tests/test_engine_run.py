"""Whole runs with a real inference engine that knows nothing: nothing that it babbles is lost, and nothing passes."""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from apigen.records import Completion
from llama_server import LlamaServer, llama_serving, require_engine
from runs import apigen, lines
from tiny_llama import NAME

pytestmark = pytest.mark.slow

MODEL = f"openai/{NAME}"
CONCURRENCY = 4
CONFIG = f"""
library: starter:data
count: 10
concurrency: {CONCURRENCY}
sampling: {{tools: [2, 2], calls: [2, 2], pairs: [1, 1], examples: [1, 1]}}
generation: {{max_tokens: 48}}
judging: {{max_tokens: 48}}
"""
"""Short prompts and answers; the run ends by itself where it sees that nothing comes."""
MANY = 20
"""A run gives up after no fewer requests than that."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    require_engine()
    return tmp_path_factory.mktemp("llama")


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[LlamaServer]:
    with llama_serving(folder) as serving:
        yield serving


class Ran:
    """What a run left behind."""

    def __init__(self, server: LlamaServer, out: Path, *models: str, config: str = CONFIG) -> None:
        before = server.answered()
        file = out.with_suffix(".yaml")
        file.write_text(config)
        self.ended = apigen("run", file, *models, "--base-url", server.url, "--out", out)
        self.answered = server.answered() - before
        manifest = json.loads((out / "manifest.json").read_text())
        self.status: str = manifest["status"]
        self.counts: dict[str, Any] = manifest["counts"]
        self.endpoints: list[dict[str, Any]] = manifest["endpoints"]
        self.attempts = lines(out / "attempts.jsonl")
        self.samples = lines(out / "dataset.jsonl")
        with closing(sqlite3.connect(out / "completions.sqlite")) as store:
            kept = store.execute("SELECT role, completion FROM completions").fetchall()
        self.kept = [(role, msgspec.json.decode(text, type=Completion)) for role, text in kept]

    def by(self, role: str) -> list[Completion]:
        return [completion for kept, completion in self.kept if kept == role]

    def last_verdicts(self) -> Counter[tuple[str, str, str]]:
        last = [row["verdicts"][-1] for row in self.attempts]
        return Counter((verdict["outcome"], verdict["stage"], verdict["reason"]) for verdict in last)


def require_accounts(ran: Ran) -> None:
    """Every answer that the server gave is kept, every request has attempts, and each tells what became of it."""
    assert 0 <= ran.answered - len(ran.kept) <= 2 * CONCURRENCY, "at most what was in flight at the end"
    assert ran.status in ("stalled", "refused")
    assert ran.ended.returncode == 1, ran.ended.stderr
    assert "Traceback" not in ran.ended.stderr
    assert ran.samples == []
    requests = [row["request"] for row in ran.attempts]
    assert sorted(set(requests)) == list(range(len(set(requests))))
    for row in ran.attempts:
        verdict = row["verdicts"][-1]
        assert row["outcome"] == verdict["outcome"] != "pass"
        assert verdict["reason"]
        assert verdict["detail"]
    found = ran.counts
    assert found["requests"] == len(set(requests)) >= MANY
    assert found["candidates"] == len(ran.attempts) == sum(found["rejected"].values()) + found["errors"]


def test_an_engine_that_writes_and_judges_noise_makes_no_sample(server: LlamaServer, tmp_path: Path) -> None:
    """The engine holds its noise to the form that is asked for, and still each pair is rejected with a reason."""
    config = CONFIG.replace("generation: {max_tokens: 48}", "generation: {max_tokens: 400, thought: false}")
    ran = Ran(server, tmp_path / "out", "--model", MODEL, "--judge", MODEL, config=config)
    require_accounts(ran)
    (endpoint,) = ran.endpoints
    assert (endpoint["structured"]["rung"], endpoint["structured"]["by"]) == ("json_object", "probe")
    written = ran.by("writer")
    assert ran.counts["requests"] <= len(written) <= ran.counts["requests"] + 2 * CONCURRENCY
    assert all(completion.prompt_tokens > 0 for completion in written)
    assert all(0 < completion.completion_tokens < 412 for completion in written), "a character is written to its end"
    assert all(completion.text.partition('"')[2].startswith('pairs"') for completion in written)
    whole = [completion for completion in written if completion.finish_reason == "stop"]
    assert all(json.loads(completion.text, strict=False)["pairs"] for completion in whole)
    assert {outcome for outcome, _, _ in ran.last_verdicts()} == {"reject"}
    assert len({reason for _, _, reason in ran.last_verdicts()}) > 1, "not only what was cut off"


def test_a_judge_that_babbles_decides_nothing(server: LlamaServer, tmp_path: Path) -> None:
    """Good candidates before a judge of random weights end as errors of the check: neither rejected nor passed."""
    ran = Ran(server, tmp_path / "out", "--judge", MODEL)
    require_accounts(ran)
    found = ran.last_verdicts()
    assert found["error", "semantics", "judge_unreadable"] >= MANY
    assert {stage for outcome, stage, _ in found if outcome == "error"} == {"semantics"}
    assert {outcome for outcome, stage, _ in found if stage == "semantics"} == {"error"}
    asked = [row for row in ran.attempts if row["verdicts"][-1]["stage"] == "semantics"]
    assert len(ran.by("judge")) >= 2 * len(asked), "each is asked once more before that is an error"


def test_prompts_that_do_not_fit_are_refused_one_by_one(folder: Path, tmp_path: Path) -> None:
    """An engine with too little context says so for each prompt; the run ends and repeats what it said."""
    with llama_serving(folder, context=512) as small:
        ran = Ran(small, tmp_path / "out", "--model", MODEL)
    require_accounts(ran)
    assert ran.status == "refused"
    assert set(ran.last_verdicts()) == {("error", "generation", "model_refused")}
    assert "maximum context length is 512 tokens" in ran.attempts[0]["verdicts"][-1]["detail"]
    assert "maximum context length is 512 tokens" in ran.ended.stderr
    assert ran.by("writer") == [], "the probe, which is short, was answered"
