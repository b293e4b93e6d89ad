"""The guarantees of a run, tried harder than in the default tests."""

from collections import Counter
from pathlib import Path

import pytest

from chat_server import serving
from killing import kill_again_and_again
from runs import apigen, apigen_process, contents

pytestmark = pytest.mark.slow
KILLS = 20
CONCURRENCY = 4
MODELS = 2
"""Each with so many requests in flight: one writes, one judges."""


def test_twenty_kills_of_a_paid_run_pay_nothing_twice(tmp_path: Path) -> None:
    """Killed at twenty random moments, a run over HTTP asks again for no more than what was in flight."""
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    with serving(delay_s=0.05) as server:
        models = ("--model", "openai/w", "--judge", "openai/j", "--base-url", server.url)
        small = ("--library", "starter:finance,math,travel", "--count", "150", "--concurrency", str(CONCURRENCY))
        arguments = ("run", *small, *models)
        assert apigen(*arguments, "--out", whole).returncode == 0
        asked = len(set(server.prompts))
        server.prompts.clear()
        kill_again_and_again(server, arguments, killed, kills=KILLS, asked=asked)
        done = apigen("run", "--resume", "--out", killed)
        assert done.returncode == 0, done.stderr
    again = sum(count - 1 for count in Counter(server.prompts).values())
    assert again <= KILLS * MODELS * CONCURRENCY, "only what was in flight when the process died"
    # Near the end a run may ask for a few requests more than it turns out to need, depending on what is known when.
    assert len(set(server.prompts)) <= asked + MODELS * CONCURRENCY
    assert contents(killed) == contents(whole)


def test_a_seed_decides_every_byte_of_a_larger_run(tmp_path: Path) -> None:
    """Fifteen hundred samples of the whole starter library, with feedback over many rounds, at three concurrencies."""
    runs = []
    for concurrency in (1, 8, 200):
        out = tmp_path / str(concurrency)
        assert apigen_process("run", "--count", "1500", "--concurrency", str(concurrency), "--out", out).returncode == 0
        runs.append(contents(out))
    assert runs[0] == runs[1] == runs[2]


def test_calls_made_together_and_each_by_itself_give_the_same_bytes(tmp_path: Path) -> None:
    """``execution.together`` decides how soon a call is made, and not what is said of it."""
    found = {}
    for together in ("true", "false"):
        config, out = tmp_path / f"{together}.yaml", tmp_path / together
        config.write_text(f"library: starter:math,data,travel\ncount: 60\nexecution: {{together: {together}}}\n")
        ran = apigen("run", config, "--out", out)
        assert ran.returncode == 0, ran.stderr
        found[together] = [(out / name).read_bytes() for name in ("dataset.jsonl", "attempts.jsonl")]
    assert found["true"] == found["false"]
