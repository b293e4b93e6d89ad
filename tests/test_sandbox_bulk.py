"""In bulk, calls share processes, and nothing that is said of them changes."""

import ast
import asyncio
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from apigen.execute.python import Limits, PythonExecutor
from apigen.execute.sandbox.bulk import Wanted, replies_that_count
from apigen.execute.sandbox.state import state_of
from apigen.execute.sandbox.wire import Ended, Report, Task
from apigen.execute.sandbox.worker import Worker
from apigen.execute.values import resolve
from apigen.library.catalogue import load_library
from apigen.records import Call, Execution, PythonBinding, Reason, Tool
from sandbox_lab import tool_of
from starter_library import starter

STATEFUL = Path(__file__).parent / "data" / "stateful.py"
HIDDEN = Path(__file__).parent / "data" / "out_of_sight.py"
LIMITS = Limits(wall_s=30.0, cpu_s=1, memory_mb=128, output_kb=64, import_s=60.0)


class Both:
    """Runs the same calls in bulk and each by itself."""

    def __init__(self, runner: asyncio.Runner) -> None:
        self._runner = runner
        self._executor = PythonExecutor(LIMITS, twice=True)

    def run(self, pairs: Sequence[tuple[Tool, Call]]) -> tuple[list[Execution], list[Execution]]:
        return self._runner.run(self._run(pairs))

    def close(self) -> None:
        self._runner.run(self._executor.aclose())

    async def _run(self, pairs: Sequence[tuple[Tool, Call]]) -> tuple[list[Execution], list[Execution]]:
        bulk = await self._executor.execute_many(pairs)
        alone = await asyncio.gather(*(self._executor.execute(tool, call) for tool, call in pairs))
        return list(map(without_time, bulk)), list(map(without_time, alone))


def without_time(execution: Execution) -> Execution:
    return msgspec.structs.replace(execution, duration_ms=None)


@pytest.fixture(scope="module")
def both() -> Iterator[Both]:
    with asyncio.Runner() as runner:
        running = Both(runner)
        try:
            yield running
        finally:
            running.close()


def calls_of(name: str, *arguments: dict[str, Any]) -> list[tuple[Tool, Call]]:
    return [(tool_of(name, STATEFUL), Call(name, each)) for each in arguments]


def over(name: str, *values: Any, by: str = "x") -> list[tuple[Tool, Call]]:
    return calls_of(name, *({by: value} for value in values))


UNITS: list[dict[str, Any]] = [
    {"x": 1, "unit": "ft"},
    {"x": 2},
    {"x": 3, "unit": "ft"},
    {"x": 4},
    {"x": 5, "unit": "ft"},
]

LEAKING = [
    over("doubles", 1, 2, 3, 1),
    over("remembers_results", 1, 2, 3),
    over("refuses", 1, 2, 3, "four", None),
    over("counts", 1, 2, 3, 3),
    over("greets_the_first", 1, 2, 3, 4),
    calls_of("keeps_the_unit", *UNITS),
    over("keeps_the_unit_for_some", 0, 3, 5, 7, 9),
    over("changes_a_default", 3, 0, 4, 1, 5),
    over("changes_precision", 3, 7, 3, 11),
    over("changes_the_environment", 1, 3, 2, 3),
    over("changes_the_locale", 1, 3, 2),
    over("moves", 3, 1, 2),
    over("patches_its_neighbour", 1, 2, 3, 4),
    over("litters", 1, 2, 3),
    over("litters_and_tidies", 1, 2, 3, 4),
    over("uses_a_temporary_file", 1, 2, 3),
    over("recurses", 0, 1, 2),
    over("looks_around", 1, 2, 3),
]

HANGING = over("hangs", 1, 2, 3, 4)
FAILING = [
    over("dies", 1, 2, 3, 4, 5),
    over("leaves", 1, 2, 3, 4),
    over("hoards", 30, 31, 32, 33, 34, 35, by="mib"),
    over("hoards", 1000, 1, by="mib"),
    over("keeps_files_open", 1, 2, 3, 4, 5),
    over("starts_a_thread", 1, 2, 3),
    over("answers_at_length", 1, 2, 63, 64, 65, 1000, 8000, by="kib"),
    over("sleeps", 0.0, 0.3, 0.01, by="seconds"),
]

FORGING = [
    over("forges_one", "a", "b", "c", by="text"),
    over("forges_one", "honest", "b", by="text"),
    over("forges_all", "a", "b", "c", "d", "e", by="text"),
    over("forges_the_end", "a", "b", "c", by="text"),
    over("closes_its_pipe", 1, 2, 3, 4),
]

OUT_OF_SIGHT = sorted(
    node.name
    for node in ast.parse(HIDDEN.read_text()).body
    if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
)

VARYING = [
    over("rolls", 10**6, 10**7, 10**8, by="sides"),
    over("names", 1, 2, 2),
    over("stamps", 1, 2, 3),
    over("stamps", 4),
]


@pytest.mark.parametrize(
    "pairs",
    [*LEAKING, *FAILING, *FORGING, pytest.param(HANGING, marks=pytest.mark.slow)],
    ids=lambda pairs: str(pairs[0][1].name),
)
def test_bulk_says_what_single_calls_say(both: Both, pairs: list[tuple[Tool, Call]]) -> None:
    """State that leaks, calls that hang or die, and forged replies leave every result as it is by itself."""
    bulk, alone = both.run(pairs)
    assert bulk == alone
    assert [execution.call for execution in bulk] == [call for _, call in pairs]


@pytest.mark.parametrize("numbers", [(3, 4), pytest.param((21,), marks=pytest.mark.slow)], ids=str)
@pytest.mark.parametrize("name", OUT_OF_SIGHT)
def test_state_out_of_sight_changes_no_result(both: Both, name: str, numbers: tuple[int, ...]) -> None:
    """What takes turns looks the same in both orders of some numbers of calls; nevertheless bulk says what is true."""
    tool = tool_of(name, HIDDEN)
    for number in numbers:
        bulk, alone = both.run([(tool, Call(name, {"x": x})) for x in range(1, number + 1)])
        assert all(execution.ok for execution in alone)
        assert bulk == alone


def test_functions_without_state_stay_fast() -> None:
    """Of the functions of the starter library, all can be seen to keep nothing from call to call."""
    for tool in starter().tools:
        assert isinstance(tool.binding, PythonBinding)
        function = resolve(tool.binding).function
        assert state_of(function) == state_of(function)


@pytest.mark.parametrize("number", [2, 3, 4, 5, 60, 61])
def test_taking_turns_is_seen_in_the_orders_alone(number: int) -> None:
    """Whatever the number of calls, one that depends on how many were made before is seen to."""
    assert Scripted(lambda _, before: len(before) % 2).counting(NUMBERS[:number]) == 0


@pytest.mark.parametrize("pairs", VARYING, ids=lambda pairs: str(pairs[0][1].name))
def test_what_varies_is_marked_in_both_ways(both: Both, pairs: list[tuple[Tool, Call]]) -> None:
    """Chance and clocks make a call vary, whichever way it is run."""
    for executions in both.run(pairs):
        assert all(execution.ok and execution.varies for execution in executions)


def test_chance_is_the_same_in_every_run(both: Both) -> None:
    """A tool that rolls dice is marked, and its result is nevertheless the same in every run."""
    bulk, alone = both.run(over("rolls", 10**6, by="sides"))
    assert bulk == alone


def test_a_failure_that_varies_is_marked(both: Both) -> None:
    """Two runs that fail for different reasons differ, too."""
    bulk, alone = both.run(over("fails_by_chance", *range(12)))
    for executions in (bulk, alone):
        assert not any(execution.ok for execution in executions)
        assert any(execution.varies for execution in executions)


def test_functions_do_not_disturb_each_other(both: Both) -> None:
    """All those calls at once, shuffled: each function's are what they are by themselves."""
    pairs = [pair for group in (*LEAKING, *FORGING) for pair in group]
    random.Random(0).shuffle(pairs)
    bulk, alone = both.run(pairs)
    assert bulk == alone


@pytest.mark.slow
def test_calls_of_a_run_are_what_they_are_by_themselves() -> None:
    """Made one by one for many who wait at once, they share processes as well, and nothing that is said changes."""
    pairs = [pair for group in (*LEAKING, *FORGING, *VARYING) for pair in group]
    random.Random(1).shuffle(pairs)

    async def main(gather: bool) -> list[Execution]:
        executor = PythonExecutor(LIMITS, twice=True, gather=gather)
        try:
            return await asyncio.gather(*(executor.execute(tool, call) for tool, call in pairs))
        finally:
            await executor.aclose()

    alone, gathered = (list(map(without_time, asyncio.run(main(gather)))) for gather in (False, True))
    moving = {"names", "stamps"}  # no two runs of these agree
    assert [a for a in gathered if a.call.name not in moving] == [a for a in alone if a.call.name not in moving]
    assert all(each.varies for each in gathered if each.call.name in moving)


def test_one_at_fault_costs_the_others_little(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Among 32 functions the one that keeps state is found by halves; no process is needed for each of the others."""
    file = tmp_path / "mostly_fine.py"
    file.write_text(
        "kept = []\n"
        + "".join(f"def f{number}(x: int) -> int:\n    return x + {number}\n" for number in range(31))
        + "def leaks(x: int) -> int:\n    kept.append(x)\n    return len(kept)\n"
    )
    names = [*(f"f{number}" for number in range(31)), "leaks"]
    pairs = [(tool_of(name, file), Call(name, {"x": x})) for name in names for x in (1, 2)]
    tasks: list[int] = []
    run = Worker.run

    async def counted(worker: Worker, task: Task) -> Report:
        tasks.append(len(task.bindings))
        return await run(worker, task)

    monkeypatch.setattr(Worker, "run", counted)

    async def main() -> list[Execution]:
        executor = PythonExecutor(LIMITS, workers=1)
        try:
            return await executor.execute_many(pairs)
        finally:
            await executor.aclose()

    found = asyncio.run(main())
    assert [execution.result for execution in found[:-2]] == [x + number for number in range(31) for x in (1, 2)]
    assert [execution.result for execution in found[-2:]] == [1, 1]
    assert len(tasks) < 25


def test_what_varies_is_told_only_where_that_is_asked_for() -> None:
    """An executor that makes calls once says of none that it varies, also of those that it made together."""

    async def main() -> list[Execution]:
        executor = PythonExecutor(LIMITS, gather=True)
        try:
            return await asyncio.gather(*(executor.execute(tool, call) for tool, call in over("stamps", 1, 2, 3)))
        finally:
            await executor.aclose()

    assert not any(execution.varies for execution in asyncio.run(main()))


def test_noise_on_the_pipe_is_no_result_of_others(both: Both) -> None:
    """Whoever writes anything to its pipe can spoil only its own calls."""
    pairs = over("writes_noise", "a", "b", by="text") + over("doubles", 1, 2)
    bulk, _ = both.run(pairs)
    assert [execution.result for execution in bulk[2:]] == [2.0, 4.0]


def test_calls_that_cannot_run_are_told_in_bulk(both: Both) -> None:
    """A tool without a function, a function that is missing, and arguments that are no text."""
    missing = tool_of("missing", STATEFUL)
    pairs = [
        (Tool("described", "", {}), Call("described")),
        *((missing, Call("missing", {"x": x})) for x in range(3)),
        *over("doubles", "\ud800", 2),
    ]
    bulk, alone = both.run(pairs)
    assert bulk == alone
    assert [execution.reason for execution in bulk] == [*[Reason.NOT_EXECUTABLE] * 4, Reason.ARGUMENT_TYPE, None]


@pytest.mark.parametrize(
    ("locator", "at_least"), [("starter:data", 40), pytest.param("starter", 1000, marks=pytest.mark.slow)]
)
def test_bulk_equals_single_calls_on_the_starter_library(locator: str, at_least: int) -> None:
    """Every call of every seed gives the same execution in both modes."""
    library = load_library([locator])
    tools = {tool.name: tool for tool in library.tools}
    pairs = [(tools[call.name], call) for seed in library.seeds for call in seed.calls]

    async def main() -> tuple[list[Execution], list[Execution]]:
        executor = PythonExecutor()
        try:
            bulk = await executor.execute_many(pairs)
            alone = await asyncio.gather(*(executor.execute(tool, call) for tool, call in pairs))
        finally:
            await executor.aclose()
        return list(map(without_time, bulk)), list(map(without_time, alone))

    bulk, alone = asyncio.run(main())
    assert len(bulk) > at_least
    assert bulk == alone


def test_a_stream_comes_back_in_order() -> None:
    """Chunks of a stream are run as they are read."""

    async def main() -> list[Any]:
        executor = PythonExecutor(LIMITS, workers=1)
        read: list[int] = []

        def pairs() -> Iterator[tuple[Tool, Call]]:
            for x in range(100):
                read.append(x)
                yield from over("doubles", x)

        results = []
        try:
            async for execution in executor.execute_stream(pairs(), chunk=30):
                results.append(execution.result)
                assert len(read) <= len(results) + 30
        finally:
            await executor.aclose()
        return results

    assert asyncio.run(main()) == [2.0 * x for x in range(100)]


def test_cancelling_bulk_leaves_the_sandbox_ready() -> None:
    """Cancelled in the middle, it ends what runs, and the next call is made."""

    async def main() -> Any:
        executor = PythonExecutor(Limits(wall_s=60), workers=2)
        try:
            many = asyncio.ensure_future(executor.execute_many([*over("sleeps", 50.0, by="seconds"), *over("dies", 1)]))
            await asyncio.sleep(0.3)
            many.cancel()
            with pytest.raises(asyncio.CancelledError):
                await many
            async with asyncio.timeout(60):
                return (await executor.execute(*over("doubles", 4)[0])).result
        finally:
            await executor.aclose()

    assert asyncio.run(main()) == 8.0


class Scripted:
    """Makes calls without a sandbox: each reply by the call and by those that were made before it in its process."""

    def __init__(self, reply: Any, clean: bool = True, ended: Ended = Ended.REPLIED) -> None:
        self.runs: list[list[bytes]] = []
        self._reply, self._clean, self._ended = reply, clean, ended

    async def __call__(self, wanted: Sequence[Wanted], dice: int, series: bool) -> Report:
        calls = [each.arguments for each in wanted]
        self.runs.append(calls)
        results = [self._reply(call, calls[:index]) for index, call in enumerate(calls)]
        replies = tuple(msgspec.json.encode({"result": result}) for result in results)
        return Report(self._ended, prepared=True, replies=replies, clean=self._clean)

    def counting(self, arguments: list[dict[str, Any]]) -> int:
        function = PythonBinding("scripted")
        calls = {Wanted(function, msgspec.json.encode(each)): each for each in arguments}
        return len(asyncio.run(replies_that_count(calls, self)))


NUMBERS = [{"x": x} for x in range(200)]


def test_both_orders_are_run_and_some_calls_alone() -> None:
    """Two processes make all calls, in opposite orders; a few of the middle are made again by themselves."""
    run = Scripted(lambda call, _: call.decode())
    assert run.counting(NUMBERS) == 200
    forward, backward, *alone = run.runs
    assert forward == backward[::-1]
    assert len(alone) == 3
    assert all(len(calls) == 1 and calls[0] in forward[1:-1] for calls in alone)


def test_calls_that_omit_arguments_come_first() -> None:
    """They read what others leave, and one of the two orders must show them clean."""
    run = Scripted(lambda call, before: any(b"unit" in other for other in before) if b"unit" not in call else None)
    assert run.counting(UNITS) == 0


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(lambda _, before: len(before), id="counts"),
        pytest.param(lambda _, before: bool(before), id="knows the first"),
        pytest.param(lambda call, before: call == b'{"x":7}' and b'{"x":3}' in before, id="one changes another"),
    ],
)
def test_one_difference_is_enough(reply: Any) -> None:
    """Where two orders disagree about one call, no call of the function counts."""
    assert Scripted(reply).counting(NUMBERS) == 0


@pytest.mark.parametrize("ended", [Ended.WALL_TIME, Ended.CPU_TIME, Ended.KILLED, Ended.EXITED, Ended.TOO_LARGE])
def test_a_series_that_broke_is_not_tried_again(ended: Ended) -> None:
    """A hang is waited for once, and then each call is made by itself."""
    run = Scripted(lambda call, _: call.decode(), ended=ended)
    assert run.counting(NUMBERS) == 0
    assert len(run.runs) == 1


def test_traces_speak_against_a_function() -> None:
    """A process that says it is no longer as it was is not believed anything else."""
    assert Scripted(lambda call, _: call.decode(), clean=False).counting(NUMBERS) == 0
