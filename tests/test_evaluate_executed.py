"""Held-out answers marked by what their calls return, in the real sandbox."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from apigen import rundir
from runs import apigen, lines
from tool_server import answering, calling

LIBRARY = '''
import random


def add(a: int, b: int) -> int:
    """Add two numbers.

    Args:
        a: The first.
        b: The second.
    """
    return a + b


def divide(a: int, b: int) -> float:
    """Divide two numbers.

    Args:
        a: What is divided.
        b: By what.
    """
    return a / b


def draw(most: int) -> float:
    """Draw a number.

    Args:
        most: The largest that may come.
    """
    return random.random() * most
'''
"""Two functions whose results are sure, and one whose are not."""


def tool(name: str, *names: str) -> dict[str, Any]:
    properties = {one: {"type": "integer"} for one in names}
    parameters = {"type": "object", "properties": properties, "required": list(names)}
    return {"name": name, "description": f"Does {name}.", "parameters": parameters}


TOOLS = [tool("add", "a", "b"), tool("divide", "a", "b"), tool("draw", "most"), tool("sing")]
Calls = list[tuple[str, dict[str, Any]]]
ROWS: dict[str, tuple[Calls, Calls]] = {
    "same": ([("add", {"a": 1, "b": 2})], [("add", {"a": 1, "b": 2})]),
    "swapped": ([("add", {"a": 1, "b": 2})], [("add", {"a": 2, "b": 1})]),
    "other": ([("add", {"a": 1, "b": 2})], [("add", {"a": 1, "b": 1})]),
    "fails": ([("divide", {"a": 1, "b": 2})], [("divide", {"a": 1, "b": 0})]),
    "name": ([("add", {"a": 2, "b": 2})], [("divide", {"a": 4, "b": 1})]),
    "order": (
        [("add", {"a": 1, "b": 2}), ("divide", {"a": 4, "b": 2})],
        [("divide", {"a": 6, "b": 3}), ("add", {"a": 3, "b": 0})],
    ),
    "fewer": ([("add", {"a": 1, "b": 2}), ("add", {"a": 3, "b": 4})], [("add", {"a": 1, "b": 2})]),
    "varies": ([("draw", {"most": 5})], [("draw", {"most": 5})]),
    "unknown": ([("sing", {})], [("sing", {})]),
    "nothing": ([], []),
}
"""By question: the calls that are due, and those that are made."""


def rows(folder: Path) -> Path:
    path = folder / "rows.jsonl"
    found = [
        {"id": id_, "query": id_, "tools": TOOLS, "calls": [{"name": name, "arguments": given} for name, given in due]}
        for id_, (due, _) in ROWS.items()
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in found))
    return path


def answer(body: Mapping[str, Any]) -> dict[str, Any]:
    return calling(*ROWS[body["messages"][-1]["content"]][1])


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An evaluation with execution."""
    folder = tmp_path_factory.mktemp("executed")
    (folder / "sums.py").write_text(LIBRARY)
    with answering(answer) as server:
        asked = ("--model", "openai/x", "--base-url", server.url, "--out", folder / "out")
        ran = apigen(
            "evaluate",
            "--suite",
            f"held-out:{rows(folder)}",
            *asked,
            "--execute",
            "-l",
            f"python:{folder / 'sums.py'}",
        )
    assert ran.returncode == 0, ran.stderr
    assert "Results compared by execution" in ran.stdout
    return folder / "out"


def test_an_answer_is_right_when_its_calls_return_the_same(out: Path) -> None:
    """In other words or in another order; not with another tool, another result or fewer calls."""
    found = {one["id"]: (one["correct"], one["executed"]["correct"]) for one in lines(out / "verdicts.jsonl")}
    assert found == {
        "same": (True, True),
        "swapped": (False, True),
        "other": (False, False),
        "fails": (False, False),
        "name": (False, False),
        "order": (False, True),
        "fewer": (False, False),
        "varies": (True, None),
        "unknown": (True, None),
        "nothing": (True, True),
    }


def test_each_reason_is_told(out: Path) -> None:
    """What came instead, or why nothing can be said."""
    told = {one["id"]: (one["executed"]["reason"], one["executed"]["detail"]) for one in lines(out / "verdicts.jsonl")}
    assert told["other"] == ("other_result", "add: 2 is not 3")
    assert told["fails"][0] == "call_failed"
    assert "ZeroDivisionError" in told["fails"][1]
    assert told["name"] == ("wrong_name", "'divide' is called, not add")
    assert told["fewer"][0] == "missing_call"
    assert told["varies"] == ("error", "draw returns a different result each time")
    assert told["unknown"] == ("error", "the library has no executable sing")


def test_the_figures_keep_both_apart(out: Path) -> None:
    """Each with its interval, and what cannot be told in neither."""
    figures = json.loads((out / "evaluation.json").read_text())
    assert (figures["correct"], figures["answers"]) == (4, 10)
    executed = figures["execution"]
    assert (executed["correct"], executed["answers"], executed["errors"]) == (4, 8, 2)
    assert executed["accuracy"]["low"] < 0.5 < executed["accuracy"]["high"]
    assert figures["library"].endswith("sums.py")
    assert "correct by execution" in (out / "report.html").read_text()


def test_a_sample_has_no_pooled_figure_by_execution_either(tmp_path: Path) -> None:
    """Categories are drawn alike, whatever their sizes, so neither accuracy is one of the suite."""
    (tmp_path / "sums.py").write_text(LIBRARY)
    with answering(answer) as server:
        asked = ("--suite", f"held-out:{rows(tmp_path)}", "--model", "openai/x", "--base-url", server.url)
        executed = ("--execute", "-l", f"python:{tmp_path / 'sums.py'}", "--limit", "1", "--json")
        ran = apigen("evaluate", *asked, *executed, "--out", tmp_path / "out")
    for figures in (json.loads(ran.stdout), json.loads((tmp_path / "out" / "evaluation.json").read_text())):
        assert len(figures["categories"]) > 1
        assert (figures["accuracy"], figures["execution"]["accuracy"]) == (None, None)
        assert figures["execution"]["categories"]["irrelevance"]["accuracy"]["share"] == 1.0


def test_a_runs_rows_are_executed_by_its_own_library(tmp_path: Path) -> None:
    """Nothing need be named: the run's folder has it, and its rows are all right against themselves."""
    run = tmp_path / "run"
    assert apigen("run", "--count", "8", "--library", "starter:math", "--out", run).returncode == 0
    own = {sample.query: sample.calls for sample in rundir.read_samples(run)}

    def perfect(body: Mapping[str, Any]) -> dict[str, Any]:
        return calling(*((call.name, call.arguments) for call in own[body["messages"][-1]["content"]]))

    with answering(perfect) as server:
        asked = ("--model", "openai/x", "--base-url", server.url, "--out", tmp_path / "out", "--json")
        ran = apigen("evaluate", "--suite", f"held-out:{run}", *asked, "--execute")
    found = json.loads(ran.stdout)
    assert found["library"] == str(run / "library.jsonl")
    assert (found["correct"], found["execution"]["correct"], found["execution"]["errors"]) == (8, 8, 0)
