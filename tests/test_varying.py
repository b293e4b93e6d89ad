"""Tools that answer the same call differently are found by running it twice, and marked."""

import asyncio
import json
import resource
from pathlib import Path
from typing import Any

import pytest

from apigen.execute.python import Limits, PythonExecutor
from apigen.records import Call, Candidate, Execution, Outcome, Reason, Stage
from apigen.verify.stages import Examined, execution
from runs import apigen, lines
from sandbox_lab import tool_of

STATEFUL = Path(__file__).parent / "data" / "stateful.py"


async def run_twice(name: str, **arguments: Any) -> Execution:
    executor = PythonExecutor(Limits(), workers=1, twice=True)
    try:
        return await executor.execute(tool_of(name, STATEFUL), Call(name, arguments))
    finally:
        await executor.aclose()


@pytest.mark.parametrize(
    ("name", "arguments", "varies"),
    [
        ("doubles", {"x": 2}, False),
        ("refuses", {"x": 3}, False),
        ("counts", {"x": 3}, False),
        ("stamps", {"x": 2}, True),
        ("names", {"x": 2}, True),
        ("rolls", {"sides": 10**9}, True),
    ],
)
def test_two_runs_are_compared(name: str, arguments: dict[str, Any], varies: bool) -> None:
    """Clocks and chance show; state that dies with the call does not."""
    assert asyncio.run(run_twice(name, **arguments)).varies is varies


def test_a_call_that_timed_out_is_not_run_again() -> None:
    """Waiting for the same end twice would tell nothing."""

    async def main(*values: int) -> Execution:
        executor = PythonExecutor(Limits(wall_s=60, cpu_s=1), workers=1, twice=True)
        try:
            for x in values:
                ran = await executor.execute(tool_of("hangs", STATEFUL), Call("hangs", {"x": x}))
        finally:
            await executor.aclose()
        return ran

    began = children_computed_s()
    assert asyncio.run(main(1, 2)).result == 2
    started = children_computed_s()
    ran = asyncio.run(main(1, 3))
    ended = children_computed_s()
    assert (ran.reason, ran.varies) == (Reason.TIMEOUT, False)
    assert (ended - started) - (started - began) < 1.7, "the second of computing that it may take, once"


def children_computed_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@pytest.mark.parametrize(("varying", "outcome"), [("keep", Outcome.PASS), ("reject", Outcome.REJECT)])
def test_a_configuration_may_reject_what_varies(varying: Any, outcome: Outcome) -> None:
    """By default a candidate whose call varied passes; else it falls with a reason of its own."""
    tool = tool_of("stamps", STATEFUL)
    candidate = Candidate("When?", (Call("stamps", {"x": 1}),), (tool,))

    async def main() -> Examined:
        executor = PythonExecutor(workers=1, twice=True)
        try:
            return await execution(executor, varying)(Examined(candidate))
        finally:
            await executor.aclose()

    examined = asyncio.run(main())
    assert [ran.varies for ran in examined.executions] == [True]
    assert examined.outcome is outcome
    verdict = examined.verdicts[-1]
    assert verdict.stage is Stage.EXECUTION
    if outcome is Outcome.REJECT:
        assert verdict.reason is Reason.VARYING_RESULT
        assert verdict.detail.startswith("calls[0] stamps:")


def test_a_run_marks_its_rows(tmp_path: Path) -> None:
    """Rows, manifest, card and report name the tools whose results varied."""
    (tmp_path / "shop.py").write_text(
        "import time\n"
        "def ring_bell(times: int) -> list[float]:\n"
        '    """Ring the bell of the shop so many times.\n\n    Args:\n        times: How often.\n    """\n'
        "    return [time.perf_counter() for _ in range(times)]\n"
        "def add_prices(price: int, other: int) -> int:\n"
        '    """Add the prices of two things.\n\n    Args:\n'
        '        price: One price.\n        other: Other price.\n    """\n'
        "    return price + other\n"
    )
    seeds = [
        ("Ring the bell of the shop {a} times.", "ring_bell", ("times",)),
        ("Add the prices {a} and {b}.", "add_prices", ("price", "other")),
    ]
    with (tmp_path / "seeds.jsonl").open("w") as file:
        for query, name, parameters in seeds:
            values = dict(zip(parameters, (3, 8), strict=False))
            file.write(json.dumps({"query": query.format(a=3, b=8), "calls": [{"name": name, "arguments": values}]}))
            file.write("\n")
    (tmp_path / "run.yaml").write_text("library: [python:shop.py]\nseeds: [seeds.jsonl]\ncount: 6\n")
    done = apigen("run", "run.yaml", "--out", "out", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    rows = lines(tmp_path / "out" / "dataset.jsonl")
    assert {bool(row["provenance"]["varying"]) for row in rows} == {True, False}
    for row in rows:
        called = {call["name"] for call in row["calls"]}
        assert row["provenance"]["varying"] == (["ring_bell"] if "ring_bell" in called else [])
    counts = json.loads((tmp_path / "out" / "manifest.json").read_text())["counts"]
    assert set(counts["varying"]) == {"ring_bell"}
    for name in ("README.md", "report.html"):
        assert "Calls whose result varied when they were run twice" in (tmp_path / "out" / name).read_text()
