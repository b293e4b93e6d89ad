"""Estimates: from prompts that are drawn, from earlier runs, and held to runs over HTTP."""

import io
import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from apigen.cli.terminal import Terminal
from apigen.config import load_config
from apigen.estimate.basis import PAPER, reaching
from apigen.estimate.run import Earlier, estimate_run
from apigen.estimate.words import table
from apigen.library.catalogue import load_library
from apigen.models.tokens import tokens_in
from chat_server import serving
from runs import apigen

COUNTS = Path(__file__).parent / "data" / "token_counts.jsonl"
MATH = load_library(("starter:math",))
MODELS = ("--model", "openai/gpt-4.1", "--judge", "rules", "--judge", "openai/gpt-4o-mini")


def estimated(*arguments: str | Path) -> dict[str, Any]:
    ran = apigen("estimate", "--library", "starter:math", *arguments, "--json")
    assert ran.returncode == 0, ran.stderr
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


def by_role(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {row["role"]: row for row in found["rows"]}


def test_tokens_are_counted_about_as_tokenizers_count_them() -> None:
    """Over prompts and answers of this program together: within 7% of cl100k, o200k and Llama 3, and 13% of Tekken."""
    rows = [json.loads(line) for line in COUNTS.read_text().splitlines()]
    counted = sum(tokens_in(row["text"]) for row in rows)
    for tokenizer, most in (("cl100k", 0.07), ("o200k", 0.07), ("llama3", 0.07), ("tekken", 0.13)):
        assert counted == pytest.approx(sum(row[tokenizer] for row in rows), rel=most), tokenizer


def test_counting_tokens_of_long_pieces_keeps_none_of_them() -> None:
    """A text without spaces is one piece; however many are counted, memory does not grow with them."""
    tracemalloc.start()
    try:
        assert sum(tokens_in(letter * 100_000) for letter in "abcdefghij" * 3) == 30 * round(100_000 / 9)
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 500_000


def test_an_estimate_names_requests_tokens_and_money_by_model_and_role() -> None:
    """All from prompts that this library's tools are drawn into, with what it rests on and a range."""
    found = estimated(*MODELS, "--count", "1000")
    writer, judge = by_role(found)["writer"], by_role(found)["judge"]
    assert writer["requests"] == pytest.approx(1000 / 0.6596 / 4, abs=1)
    assert 0.8 < judge["requests"] / found["candidates"] < 0.95, "what falls before them, judges do not see"
    assert writer["cost_usd"] == pytest.approx((writer["prompt_tokens"] * 2 + writer["completion_tokens"] * 8) / 1e6)
    assert found["total"]["cost_usd"] == pytest.approx(writer["cost_usd"] + judge["cost_usd"])
    assert found["least"]["cost_usd"] < found["total"]["cost_usd"] < found["most"]["cost_usd"]
    assert "arXiv 2406.18518" in next(one["source"] for one in found["assumptions"] if one["what"] == "pass rate")
    given = estimated(*MODELS, "--count", "1000", "--pass-rate", "0.6596")
    assert given["total"] == given["least"] == given["most"] == found["total"]


def test_repairs_batches_and_limits_count() -> None:
    """Repairs cost requests and save new ones, batches cost half, and the tightest limit decides the time."""
    base = {"model": {"name": "openai/gpt-4.1"}, "judges": "rules", "count": 1000, "library": "starter:math"}

    def of(**changes: Any) -> Any:
        return estimate_run(load_config(None, {**base, **changes}).resolved(), MATH)

    plain, repaired = of(), of(repair=True)
    roles = {row.role: row for row in repaired.rows}
    assert roles["writer"].requests < plain.rows[0].requests
    assert roles["repair"].requests == pytest.approx(repaired.candidates * (1 - 0.6596), abs=2)
    batched = of(model={"name": "openai/gpt-4.1", "batch": {}})
    assert batched.total.cost_usd == pytest.approx(plain.total.cost_usd / 2, rel=0.03)  # other rounds, other prompts
    assert batched.seconds is None
    assert of(model={"name": "openai/gpt-4.1", "requests_per_minute": 10}).seconds == 6 * plain.total.requests
    unknown = of(model={"name": "openai/own", "base_url": "http://localhost:8000/v1"})
    assert unknown.total.cost_usd is None
    two = of(model=None, models=[{"name": "openai/a", "weight": 3}, {"name": "openai/b"}])
    assert two.rows[0].requests == pytest.approx(3 * two.rows[1].requests, abs=3)


def test_a_library_without_examples_is_estimated_as_if_it_will_have_grown_some() -> None:
    """Accepted samples become examples, so prompts of a run grow longer than the first ones are."""
    config = load_config(None, {"model": "openai/x", "library": "starter:math"}).resolved()
    bare = type(MATH)(MATH.tools, (), ())
    grown, never = (
        estimate_run(config.model_copy(update={"sampling": config.sampling.model_copy(update={"feedback": on})}), bare)
        for on in (True, False)
    )
    assert never.total.prompt_tokens < grown.total.prompt_tokens
    assert grown.total.prompt_tokens == pytest.approx(estimate_run(config, MATH).total.prompt_tokens, rel=0.3)


def test_what_a_run_measured_goes_over_what_is_assumed() -> None:
    """Pass rate with its interval, pairs, lengths and requests to judges; of what it does not say, the rest stays."""
    config = load_config(None, {"model": "openai/w", "judges": ["openai/j"], "count": 300, "library": "starter:math"})
    usage = [
        {"model": "openai/w", "role": "writer", "requests": 25, "prompt_tokens": 50_000, "completion_tokens": 10_000},
        {"model": "openai/other", "role": "judge", "requests": 90, "prompt_tokens": 90_000, "completion_tokens": 900},
    ]
    counts = {"requests": 25, "candidates": 100, "accepted": 75, "repairs": {"sent": 0, "passed": 0}}
    made = {"counts": counts, "requests": usage, "config": {"judges": [{"name": "rules"}, {"name": "openai/other"}]}}
    found = estimate_run(config.resolved(), MATH, earlier=Earlier("runs/before", made))
    writer, judge = found.rows
    assert (found.candidates, writer.requests, judge.requests) == (400, 100, 360)
    assert (writer.prompt_tokens, writer.completion_tokens) == (200_000, 40_000)
    assert (judge.prompt_tokens, judge.completion_tokens) == (360_000, 3_600), "of its role, if not of its model"
    assert found.least.requests < found.total.requests < found.most.requests
    assert "runs/before: 75 of 100 candidates" in {one.source for one in found.assumptions}


def test_a_server_that_writes_and_judges_has_one_limit() -> None:
    """At one address; a second address has its own."""

    def seconds(judge: str) -> float | None:
        models = {
            "model": {"name": "openai/a", "base_url": "http://1/v1", "requests_per_minute": 60},
            "judges": [{"name": "openai/a", "base_url": judge, "requests_per_minute": 60}],
        }
        found = estimate_run(load_config(None, {**models, "count": 1000, "library": "starter:math"}).resolved(), MATH)
        return found.seconds and found.seconds / found.total.requests

    assert seconds("http://1/v1") == pytest.approx(1)
    assert seconds("http://2/v1") == pytest.approx(0.5)


def test_endpoints_of_one_judge_are_one_judge_and_those_of_before_are_none() -> None:
    """Requests per candidate are those of the judges that the earlier run has now; its probes are no assumption."""
    config = load_config(None, {"model": "openai/w", "judges": ["openai/j"], "count": 60, "library": "starter:math"})

    def usage(model: str, role: str, requests: int, tokens: int) -> dict[str, Any]:
        sums = {"prompt_tokens": requests * tokens, "completion_tokens": requests * 10}
        return {"model": model, "role": role, "requests": requests, **sums}

    made = {
        "counts": {"requests": 40, "candidates": 100, "accepted": 60, "repairs": {"sent": 0, "passed": 0}},
        "requests": [
            usage("openai/w", "writer", 40, 100),
            usage("openai/w", "probe", 3, 50),
            usage("openai/j", "judge", 90, 200),
            usage("openai/gone", "judge", 80, 900),
        ],
        "config": {"judges": [{"name": "rules"}, {"name": "openai/j"}, {"name": "openai/j"}]},
    }
    found = estimate_run(config.resolved(), MATH, earlier=Earlier("before", made))
    judge = next(row for row in found.rows if row.role == "judge")
    assert (judge.requests, judge.prompt_tokens) == (90, 90 * 200)
    told = {one.what: one.value for one in found.assumptions}
    assert told["judge's prompt"] == "200 tokens"
    assert not any("probe" in what for what in told)


def test_the_share_that_reaches_judges_follows_the_paper() -> None:
    """At the paper's own rates it is the paper's share, everywhere at least the pass rate, at most everything."""
    for passed, reached in PAPER:
        assert reaching(passed) == pytest.approx(reached)
    for percent in range(1, 101):
        assert percent / 100 <= reaching(percent / 100) <= 1.0001


def test_the_command_line_says_batch_and_who_goes_on(tmp_path: Path) -> None:
    """`--batch` takes the discount off; of a run that is resumed, another judge is reckoned with."""
    batched = estimated(*MODELS, "--batch")
    assert batched["seconds"] is None
    assert batched["total"]["cost_usd"] == pytest.approx(estimated(*MODELS)["total"]["cost_usd"] / 2, rel=0.05)
    with serving() as server:
        out = tmp_path / "out"
        ran = apigen("run", "--library", "starter:math", "--model", "openai/w", "--judge", "openai/j", "--count", "4",
                     "--base-url", server.url, "--out", out)  # fmt: skip
        assert ran.returncode == 0, ran.stderr
    on = ("estimate", "--resume", "--out", out, "--count", "40", "--json")
    plain = json.loads(apigen(*on).stdout)
    other = json.loads(apigen(*on, "--judge", "openai/gpt-4o-mini", "--batch").stdout)
    assert [row["model"] for row in plain["rows"]] == ["openai/w", "openai/j"]
    assert [row["model"] for row in other["rows"]] == ["openai/w", "openai/gpt-4o-mini"]
    assert plain["samples"] == other["samples"] == 36
    assert other["seconds"] is None


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "no language model is used"),
        (("--model", "openai/x", "--pass-rate", "1.5"), "must be above 0"),
        (("--model", "openai/x", "--from", "nowhere"), "has no manifest.json"),
        (("--resume",), "name the run with --out DIR"),
        (("--model", "openai/x", "--out", "x"), "an estimate writes nothing"),
        (("--model", "openai/x", "--prices", "none.yaml"), "no such file; give the path of a YAML price file"),
    ],
)
def test_wrong_input_gets_one_line(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    """What is wrong and how to mend it; nothing is left behind."""
    ran = apigen("estimate", "--library", "starter:math", *arguments, cwd=tmp_path)
    assert ran.returncode == 2, ran.stderr
    assert said in ran.stderr
    assert len(ran.stderr.strip().splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_dry_run_shows_the_estimate_whole(tmp_path: Path) -> None:
    """Its table stands before the first prompt, and with --json in a field of its own; offline there is none."""
    shown = apigen("run", "--library", "starter:math", *MODELS, "--dry-run", cwd=tmp_path)
    lines = [line.split() for line in shown.stderr.splitlines()]
    assert any(line[:2] == ["openai/gpt-4o-mini", "judge"] for line in lines)
    assert "arXiv 2406.18518" in shown.stderr
    assert shown.stderr.index("all  ") < shown.stderr.index("first prompt")
    as_json = json.loads(apigen("run", "--library", "starter:math", *MODELS, "--dry-run", "--json").stdout)
    assert as_json["estimate"]["total"] == estimated(*MODELS)["total"]
    assert json.loads(apigen("run", "--dry-run", "--json").stdout)["estimate"] is None


@pytest.mark.slow
def test_estimates_hold_what_runs_then_take(tmp_path: Path) -> None:
    """Within 30% in requests and prompt tokens with the right pass rate; with an earlier run's measures, in everything.

    By the paper's pass rate a run whose candidates nearly all pass takes less, and the range says so.
    """

    def held(found: dict[str, Any], out: Path, *keys: str) -> None:
        made = json.loads((out / "manifest.json").read_text())
        taken = {row["role"]: row for row in made["requests"]}
        for row in found["rows"]:
            for key in keys:
                assert row[key] == pytest.approx(taken[row["role"]][key], rel=0.3), (row, taken)

    models = ("--model", "openai/w", "--judge", "rules", "--judge", "openai/j")
    with serving(usage=lambda prompt, answer: (tokens_in(prompt), tokens_in(answer))) as server:
        reached = ("--base-url", server.url)
        run = ("run", "--library", "starter:math", *models, *reached)
        first, second = tmp_path / "first", tmp_path / "second"
        by_paper = estimated(*models, *reached, "--count", "80")
        started = apigen(*run, "--count", "80", "--out", first)
        assert started.returncode == 0
        total = by_paper["total"]
        assert f"Expected: about {total['requests']:,} requests" in started.stderr
        made = json.loads((first / "manifest.json").read_text())
        asked = sum(row["requests"] for row in made["requests"])
        assert by_paper["least"]["requests"] * 0.7 < asked < by_paper["most"]["requests"]
        passed = made["counts"]["accepted"] / made["counts"]["candidates"]
        right = estimated(*models, *reached, "--count", "80", "--pass-rate", f"{passed:.3f}")
        held(right, first, "requests", "prompt_tokens")
        learned = estimated(*models, *reached, "--count", "120", "--from", first)
        assert apigen(*run, "--count", "120", "--seed", "7", "--out", second).returncode == 0
        held(learned, second, "requests", "prompt_tokens", "completion_tokens")
        rest = estimated("--resume", "--out", first, "--count", "200")
        assert rest["samples"] == 120


def test_the_table_breaks_long_names_behind_a_slash_or_a_hyphen_alone() -> None:
    """Figures keep their place at 80 columns, and a model's name can still be read."""
    name = "openai/deepseek-ai/DeepSeek-V2-Chat-0628-instruct"
    config = load_config(None, {"library": ["starter:math"], "models": [name], "judges": ["openai/deepseek-v2-chat"]})
    for width in (60, 80, 120):
        console = Terminal(width=width, file=io.StringIO())
        console.print(table(estimate_run(config.resolved(), MATH)))
        assert isinstance(console.file, io.StringIO)
        shown = console.file.getvalue().partition("model")[2].partition("all ")[0].splitlines()[1:]
        pieces = [line.split()[0] for line in shown]
        assert "".join(pieces) == f"{name}openai/deepseek-v2-chat"
        assert {piece[-1] for piece in pieces} <= {"/", "-", "t"}
        assert max(map(len, shown)) <= width


def test_the_estimate_of_time_says_what_it_rests_on() -> None:
    """No limit was given, so none is spoken of."""
    ran = apigen("estimate", "--library", "starter:math", *MODELS)
    assert "if answers come at 50 tokens/s each" in " ".join(ran.stdout.split())
