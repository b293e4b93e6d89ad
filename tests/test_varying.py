"""Tools that answer the same call differently are found by running it twice, and marked."""

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from apigen.execute.python import Limits, PythonExecutor
from apigen.records import Call, Candidate, Execution, Outcome, Reason, Stage
from apigen.verify.stages import Examined, execution
from runs import apigen, lines
from sandbox_lab import tool_of

STATEFUL = Path(__file__).parent / "data" / "stateful.py"


class Twice:
    """Makes every call twice, in one sandbox."""

    def __init__(self, runner: asyncio.Runner, executor: PythonExecutor) -> None:
        self._runner = runner
        self._executor = executor

    def call(self, name: str, **arguments: Any) -> Execution:
        return self._runner.run(self._executor.execute(tool_of(name, STATEFUL), Call(name, arguments)))


@contextmanager
def twice(limits: Limits) -> Iterator[Twice]:
    with asyncio.Runner() as runner:
        executor = PythonExecutor(limits, workers=1, twice=True)
        try:
            yield Twice(runner, executor)
        finally:
            runner.run(executor.aclose())


@pytest.fixture(scope="module")
def shared() -> Iterator[Twice]:
    with twice(Limits()) as running:
        yield running


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
def test_two_runs_are_compared(shared: Twice, name: str, arguments: dict[str, Any], varies: bool) -> None:
    """Clocks and chance show; state that dies with the call does not."""
    assert shared.call(name, **arguments).varies is varies


def test_a_call_that_timed_out_is_not_run_again() -> None:
    """Waiting for the same deadline twice would tell nothing, and would always take twice as long."""
    limit_s = 0.5
    took_s: list[float] = []
    with twice(Limits(wall_s=limit_s)) as running:
        running.call("hangs", x=1)  # whatever has to be started is
        while not took_s or (took_s[-1] >= 2 * limit_s and len(took_s) < 20):  # else the machine was too busy
            began = time.monotonic()
            ran = running.call("hangs", x=3)
            took_s.append(time.monotonic() - began)
            assert (ran.reason, ran.varies) == (Reason.TIMEOUT, False)
    assert limit_s <= took_s[-1] < 2 * limit_s


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
        assert "Calls that returned different results when run twice" in (tmp_path / "out" / name).read_text()
