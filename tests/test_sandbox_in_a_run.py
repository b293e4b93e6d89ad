"""A run over a library in which good and hostile tools stand side by side."""

import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from runs import apigen, lines

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="only Linux has these walls")]

SHOP = Path(__file__).parent / "data" / "attacks" / "shop.py"
CONFIG = """
library: [python:shop.py]
seeds: [{seeds}]
count: 12
execution: {{wall_s: 0.5, memory_mb: 256, result_kb: 64}}
"""
TOO_BUSY = "timeout"
"""What a good call may also say: on a machine on which even that takes half a second."""
GOOD = {"add_prices", "count_boxes", "label_parcel"}
REASONS = {
    "track_parcel": "forbidden",
    "count_visitors": "timeout",
    "measure_stock": "out_of_memory",
    "ring_bell": "crashed",
    "list_invoices": "result_too_large",
    "draw_plan": "result_not_json",
    "weigh_truck": "result_not_json",
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Two runs of the same configuration: in one, the hostile tools behave."""
    made = {}
    for name, code in (("hostile", SHOP.read_text()), ("tame", SHOP.read_text().replace("= False", "= True"))):
        folder = tmp_path_factory.mktemp(name)
        (folder / "shop.py").write_text(code)
        (folder / "run.yaml").write_text(CONFIG.format(seeds=SHOP.with_suffix(".seeds.jsonl")))
        ran = apigen("run", "run.yaml", "--out", "out", cwd=folder)
        assert ran.returncode == 0, ran.stderr
        made[name] = folder / "out"
    return made


def executions(run: Path) -> Iterator[dict[str, Any]]:
    for attempt in lines(run / "attempts.jsonl"):
        yield from attempt.get("executions", ())


def test_the_run_ends_with_what_was_wanted(runs: dict[str, Path]) -> None:
    """Hostile tools cost nothing but their own rows: the count is reached, and no check failed to be made."""
    for run in runs.values():
        assert len(lines(run / "dataset.jsonl")) == 12
        verdicts = [verdict for attempt in lines(run / "attempts.jsonl") for verdict in attempt["verdicts"]]
        assert [verdict for verdict in verdicts if verdict["outcome"] == "error"] == []


def test_each_hostile_call_has_its_reason(runs: dict[str, Path]) -> None:
    """All calls of a hostile tool fell, each for the reason that says what it did; so no row holds one."""
    reasons = defaultdict(set)
    for execution in executions(runs["hostile"]):
        reasons[execution["call"]["name"]].add(execution.get("reason"))
    assert {name: reasons[name] for name in REASONS} == {name: {reason} for name, reason in REASONS.items()}
    called = {call["name"] for row in lines(runs["hostile"] / "dataset.jsonl") for call in row["calls"]}
    assert called <= {*GOOD, "renew_prices"}


def test_good_rows_are_as_without_hostile_tools(runs: dict[str, Path]) -> None:
    """Every call of a good tool gives its right result, and the same as where nothing hostile ran."""
    right: dict[str, Callable[..., Any]] = {
        "add_prices": lambda first, second: round(first + second, 2),
        "count_boxes": lambda items, per_box: -(-items // per_box),
        "label_parcel": lambda name: f"TO {name.upper()}",
    }
    checked = 0
    for run in runs.values():
        for execution in executions(run):
            call = execution["call"]
            if call["name"] in GOOD and execution.get("reason") not in ("invalid_argument", TOO_BUSY):
                assert execution.get("result") == right[call["name"]](**call["arguments"]), execution
                checked += 1
    assert checked > 12


def test_good_candidates_get_the_same_verdicts(runs: dict[str, Path]) -> None:
    """A candidate without a hostile call that both runs wrote is judged alike in both."""
    judged: list[dict[str, Any]] = []
    for run in (runs["hostile"], runs["tame"]):
        judged.append({})
        for attempt in lines(run / "attempts.jsonl"):
            is_good = {call["name"] for call in attempt.get("calls", ())} <= GOOD
            reasons = {execution.get("reason") for execution in attempt.get("executions", ())}
            if "executions" in attempt and is_good and TOO_BUSY not in reasons:
                judged[-1].setdefault(attempt["query"], (attempt["calls"], attempt["verdicts"], attempt["executions"]))
    both = judged[0].keys() & judged[1].keys()
    assert len(both) >= 3
    assert {query: judged[0][query] for query in both} == {query: judged[1][query] for query in both}
