"""A focus draws more of what a model fails at, says so, and is repeated without the evaluation it came from."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from apigen.config import Config, FocusConfig
from apigen.errors import UserError
from apigen.records import Style, Tool
from apigen.sampling.failures import Marked, focus_on
from apigen.sampling.focus import focused_shares, tool_weights
from apigen.sampling.sampler import Sampler
from apigen.sampling.state import SamplingState
from runs import apigen, contents, told

SMALL = ("--library", "starter:finance")


def line(category: str, *due: tuple[str, dict[str, str]], correct: bool | None) -> dict[str, Any]:
    calls = [{"name": name, "arguments": arguments} for name, arguments in due]
    return {"id": "q", "correct": correct, "reason": None, "detail": "", "category": category, "due": calls}


def write(folder: Path, lines: list[dict[str, Any]]) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "verdicts.jsonl").write_text("".join(json.dumps(one) + "\n" for one in lines))
    return folder


def tools(count: int) -> list[Tool]:
    schema = {"type": "object", "properties": {"x": {"type": "integer"}}, "required": ["x"]}
    return [Tool(f"tool_{number}", "", schema, category=f"cat_{number % 2}") for number in range(count)]


@pytest.fixture
def evaluation(tmp_path: Path) -> Path:
    """Parallel questions about interest are answered wrongly, simple ones about anything else rightly."""
    wrong = [line("parallel", ("loan_monthly_payment", {"principal": "number"}), correct=False)] * 20
    right = [line("live_simple", ("bond_price", {"number": "integer"}), correct=True)] * 40
    return write(tmp_path / "evaluation", wrong + right)


def test_rates_are_shrunk_towards_the_overall_one(tmp_path: Path) -> None:
    """The weight is (e + 10 p) / (n + 10) / p with p = (E + 1) / (N + 2): checked by hand on 14 answers."""
    lines = [
        *[line("simple", ("tool_0", {"x": "integer"}), correct=False)] * 4,
        *[line("multiple", ("tool_1", {"x": "integer", "y": "string"}), correct=True)] * 8,
        line("parallel", ("tool_0", {}), ("elsewhere", {"z": "array"}), correct=False),
        line("parallel", ("tool_0", {}), ("tool_0", {}), correct=True),
        line("irrelevance", correct=False),
        line("multi_turn_base", correct=False),
        line("simple", ("tool_0", {}), correct=None),
    ]
    focus = focus_on(write(tmp_path / "e", lines), tools(3), 0.7)
    p = 6 / 16
    assert (focus.answers, focus.wrong, focus.strength) == (14, 5, 0.7)
    assert focus.styles == {
        Style.SIMPLE: round((4 + 10 * p) / 14 / p, 4),
        Style.MULTIPLE: round((0 + 10 * p) / 18 / p, 4),
        Style.PARALLEL: round((1 + 10 * p) / 12 / p, 4),
    }
    assert focus.tools == {"tool_0": round((5 + 10 * p) / 16 / p, 4), "tool_1": round(10 * p / 18 / p, 4)}
    assert focus.categories == {"cat_0": focus.tools["tool_0"], "cat_1": focus.tools["tool_1"]}
    assert focus.types == {
        "array": round((1 + 10 * p) / 11 / p, 4),
        "integer": round((4 + 10 * p) / 22 / p, 4),
        "string": round(10 * p / 18 / p, 4),
    }


@pytest.mark.parametrize(
    ("category", "style"),
    [
        ("simple", Style.SIMPLE),
        ("simple_javascript", Style.SIMPLE),
        ("live_simple", Style.SIMPLE),
        ("live_parallel_multiple", Style.PARALLEL_MULTIPLE),
        ("parallel", Style.PARALLEL),
        ("multiple", Style.MULTIPLE),
        ("live_irrelevance", None),
        ("multi_turn_base", None),
        ("", None),
    ],
)
def test_a_category_of_bfcl_is_a_style_or_none(category: str, style: Style | None) -> None:
    """Where the questions come from, and in which language, makes no other style."""
    assert Marked(category).style is style


def test_shares_are_mixed_with_the_usual_ones_by_strength() -> None:
    """At 0 nothing changes, at 1 the weights alone decide; a style that is left out stays out."""
    usual = {Style.SIMPLE: 0.75, Style.PARALLEL: 0.25}
    weights = {Style.SIMPLE: 1.0, Style.PARALLEL: 3.0, Style.MULTIPLE: 9.0}
    assert focused_shares(usual, FocusConfig(strength=0, styles=weights)) == usual
    assert focused_shares(usual, FocusConfig(strength=1, styles=weights)) == {Style.SIMPLE: 0.5, Style.PARALLEL: 0.5}
    half = focused_shares(usual, FocusConfig(strength=0.5, styles=weights))
    assert half == pytest.approx({Style.SIMPLE: 0.625, Style.PARALLEL: 0.375})


def test_a_tools_weights_are_multiplied_bounded_and_scaled() -> None:
    """Own, category's and types' weights count together, for four at most; the mean over the library is 1."""
    focus = FocusConfig(strength=1, tools={"tool_0": 3}, categories={"cat_0": 2}, types={"integer": 1.5})
    found = tool_weights(tools(4), focus)
    assert found == pytest.approx({"tool_0": 4 / 2.5, "tool_1": 1.5 / 2.5, "tool_2": 3 / 2.5, "tool_3": 1.5 / 2.5})
    assert tool_weights(tools(4), FocusConfig(strength=0, tools={"tool_0": 3})) == {}


def test_tools_come_up_in_proportion_to_their_weights() -> None:
    """Of six tools, one that weighs three times as much is asked for about three times as often."""
    drawn = _targets({"strength": 1, "tools": {"tool_3": 3.0}}, rounds=40)
    others = [drawn[f"tool_{number}"] for number in range(6) if number != 3]
    assert max(others) - min(others) <= 4
    assert 2.5 <= drawn["tool_3"] * len(others) / sum(others) <= 3.5


def test_a_short_run_draws_by_weight_too() -> None:
    """Where not every tool comes up once, those that weigh more are likelier to."""
    drawn = [_targets({"strength": 1, "tools": {"tool_0": 4.0}}, rounds=1, count=40, seed=seed) for seed in range(40)]
    heavy = sum(one["tool_0"] > 0 for one in drawn)
    light = sum(one["tool_1"] > 0 for one in drawn)
    assert heavy > light + 5


def _targets(focus: dict[str, Any], *, rounds: int, count: int = 6, seed: int = 0) -> "Counter[str]":
    settings = {"rounds": {"requests": 12}, "styles": dict.fromkeys(Style, 0) | {"simple": 1}, "seed": seed}
    config = Config.model_validate({**settings, "focus": focus}).resolved()
    sampler, state = Sampler(tools(count), config), SamplingState(())
    requests = [request for number in range(rounds) for request in sampler.round(number, number * 12, state)]
    return Counter(name for request in requests for name in request.targets)


@pytest.mark.slow
def test_a_run_is_repeated_and_resumed_without_the_evaluation(evaluation: Path, tmp_path: Path) -> None:
    """The weights stand in config.yaml: a repeated run and a resumed one give the same bytes once it is gone."""
    first, again = tmp_path / "first", tmp_path / "again"
    ran = apigen("run", "--focus", evaluation, "--focus-strength", "0.8", *SMALL, "--count", "12", "--out", first)
    assert ran.returncode == 0, told(ran)
    assert "Focus with strength 0.8: 20 of 60 answers are wrong" in " ".join(ran.stderr.split())
    written = yaml.safe_load((first / "config.yaml").read_text())["focus"]
    assert written["styles"]["parallel"] > 1 > written["styles"]["simple"]
    assert json.loads((first / "manifest.json").read_text())["config"]["focus"] == written
    (evaluation / "verdicts.jsonl").unlink()
    assert apigen("run", first / "config.yaml", "--count", "24", "--out", again).returncode == 0
    resumed = apigen("run", "--resume", "--count", "24", "--out", first)
    assert resumed.returncode == 0, told(resumed)
    assert "Focus with strength 0.8" in resumed.stderr
    assert contents(first) == contents(again)
    styles = Counter(json.loads(one)["style"] for one in (first / "attempts.jsonl").read_text().splitlines())
    assert styles["parallel"] > styles["simple"]


def test_a_run_is_not_resumed_with_another_focus(evaluation: Path, tmp_path: Path) -> None:
    """The same evaluation may be named again; other weights are refused with the keys."""
    out = tmp_path / "run"
    assert apigen("run", "--focus", evaluation, *SMALL, "--count", "8", "--out", out).returncode == 0
    same = apigen("run", "--resume", "--focus", evaluation, "--count", "9", "--out", out)
    assert same.returncode == 0, told(same)
    write(evaluation, [line("multiple", correct=False), line("simple", correct=True)])
    other = apigen("run", "--resume", "--focus", evaluation, "--count", "10", "--out", out)
    assert other.returncode == 2
    assert "focus.styles.multiple" in told(other)


def test_an_evaluation_of_other_tools_says_so(tmp_path: Path) -> None:
    """Styles and types are drawn by it, and that no tool is stands beside them."""
    wrong = line("parallel", ("elsewhere", {"z": "array"}), correct=False)
    other = write(tmp_path / "other", [wrong, line("simple", correct=True)])
    ran = apigen("run", *SMALL, "--focus", other, "--dry-run")
    assert ran.returncode == 0, told(ran)
    assert "unchanged: the library has none of the tools in the" in ran.stderr


def test_an_evaluation_that_is_wrong_throughout_aims_at_nothing(tmp_path: Path) -> None:
    """One line says so, the run goes on with the usual sampling, and it is resumed like any other."""
    lines = [*[line("simple", ("bond_price", {}), correct=False)] * 9, line("parallel", correct=False)]
    evaluation, out = write(tmp_path / "e", lines), tmp_path / "run"
    ran = apigen("run", *SMALL, "--focus", evaluation, "--focus-strength", "0.8", "--count", "4", "--out", out)
    assert ran.returncode == 0, told(ran)
    said = " ".join(ran.stderr.split())
    assert f"Focus without effect: all 10 answers in {evaluation} are wrong" in said
    assert " x1.0" not in said
    plain = tmp_path / "plain"
    assert apigen("run", *SMALL, "--count", "4", "--out", plain).returncode == 0
    assert (out / "attempts.jsonl").read_bytes() == (plain / "attempts.jsonl").read_bytes()
    assert apigen("run", "--resume", "--count", "6", "--out", out).returncode == 0


def test_a_killed_evaluation_has_no_verdicts_yet(tmp_path: Path) -> None:
    """It is told from a folder that is no evaluation."""
    killed = tmp_path / "killed"
    killed.mkdir()
    (killed / "evaluation.json").write_text('{"status": "asking"}')
    ran = apigen("run", *SMALL, "--focus", killed, "--dry-run")
    assert (
        ran.returncode,
        "the evaluation is incomplete or still running; `apigen evaluate --resume`" in ran.stderr,
    ) == (2, True)


def test_a_dry_run_shows_the_focus(evaluation: Path) -> None:
    """Shares before and after, the tools and types that weigh more, and the whole weights in the JSON."""
    shown = " ".join(apigen("run", "--dry-run", "--focus", evaluation).stderr.split())
    assert "sampled more often" in shown
    assert "loan_monthly_payment x" in shown
    plan = json.loads(apigen("run", "--dry-run", "--focus", evaluation, "--json").stdout)
    assert plan["config"]["focus"]["answers"] == 60
    assert plan["styles"]["parallel"] > 125 > plan["styles"]["simple"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "no verdicts.jsonl there; name the folder of an evaluation"),
        ("", "has no answers to questions of the styles"),
        ('{"id": 1}\n', "line 1: is not an evaluation verdict"),
        ('{"category": "simple", "correct": true}\nnot json\n', "line 2: is not an evaluation verdict"),
        ('{"category": "simple", "correct": true}\n', "all 1 answers to questions of the four styles are correct"),
        ('{"category": "irrelevance", "correct": false}\n', "has no answers to questions of the styles"),
    ],
)
def test_an_evaluation_that_says_nothing_is_named_in_one_line(tmp_path: Path, text: str | None, said: str) -> None:
    """What is wrong with it is said with its place."""
    if text is not None:
        (tmp_path / "verdicts.jsonl").write_text(text)
    with pytest.raises(UserError, match="--focus: ") as raised:
        focus_on(tmp_path, tools(2), 0.5)
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--focus", "nowhere"], "--focus: nowhere: no such folder"),
        (["--focus-strength", "0.7"], "no weights to apply it to; add --focus DIR"),
        (["--focus-strength", "1.7"], "--focus-strength: must be at most 1"),
    ],
)
def test_a_wrong_focus_is_refused_before_a_run_is_made(tmp_path: Path, arguments: list[str], said: str) -> None:
    """One line and exit code 2; no directory."""
    ran = apigen("run", "--out", tmp_path / "run", *arguments, cwd=tmp_path)
    assert ran.returncode == 2
    assert said in told(ran)
    assert not (tmp_path / "run").exists()
