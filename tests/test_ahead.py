"""Work that is begun before it is known to be wanted: calls of one candidate at once, functions imported beforehand."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from apigen.config import ExecutionConfig, GrantConfig, RemoteConfig
from apigen.errors import ExecutorUnavailable
from apigen.execute.granted import GrantedExecutor
from apigen.execute.grants import read_grants
from apigen.execute.python import Isolation, Level, Limits, PythonExecutor, probe_isolation
from apigen.execute.table import make_executor
from apigen.library.catalogue import load_library
from apigen.records import Call, Candidate, Execution, McpBinding, Outcome, Reason, RestBinding, Stage, Tool
from apigen.rundir import read_manifest
from apigen.verify.stages import Examined, execution
from chat_server import serving
from runs import PATIENCE_S, apigen
from sandbox_lab import tool_of

PURE = '''
def doubles(x: int) -> int:
    """Twice as much."""
    return 2 * x


def halves(x: int) -> float:
    """Half as much."""
    return x / 2
'''
DIES = "import os\nos._exit(3)\n" + PURE


@pytest.fixture
def pure(tmp_path: Path) -> Path:
    path = tmp_path / "pure.py"
    path.write_text(PURE)
    return path


class InOrder:
    """An executor that notes which calls were under way at once, and answers each as its number says."""

    def __init__(self) -> None:
        self.begun: list[int] = []
        self.most = 0
        self.given_up: list[int] = []
        self._under_way = 0

    async def execute(self, tool: Tool, call: Call) -> Execution:
        number = call.arguments["x"]
        self.begun.append(number)
        self._under_way += 1
        self.most = max(self.most, self._under_way)
        try:
            for _ in range(10 if number > 2 else 3 - number):  # the later ones of the first are done sooner
                await asyncio.sleep(0)
        except asyncio.CancelledError:
            self.given_up.append(number)
            raise
        finally:
            self._under_way -= 1
        if number == 9:
            raise ExecutorUnavailable("gone")
        return Execution(call, ok=number != 2, result=number, reason=Reason.RUNTIME_ERROR if number == 2 else None)

    async def aclose(self) -> None:
        pass


def examined(executor: InOrder, numbers: tuple[int, ...], *, ahead: bool = True) -> Examined:
    """What the stage finds of a candidate with such calls."""

    async def main() -> Examined:
        calls = tuple(Call("t", {"x": number}) for number in numbers)
        candidate = Candidate("Do it.", calls, (Tool("t", "Does it.", {"type": "object"}),))
        return await execution(executor, ahead=lambda _: ahead)(Examined(candidate))

    return asyncio.run(main())


@pytest.mark.parametrize("numbers", [(0, 1), (0, 2, 3, 4), (2, 9), (0, 9, 2), (1,), ()])
def test_calls_at_once_say_what_calls_in_turn_say(numbers: tuple[int, ...]) -> None:
    """The first that fails rejects the candidate, and nothing is said of those behind it, whatever they did."""
    in_turn, at_once = InOrder(), InOrder()
    found = examined(in_turn, numbers, ahead=False)
    assert examined(at_once, numbers) == found
    assert in_turn.most <= 1
    assert at_once.most == len(numbers)
    assert at_once.begun == list(numbers)
    assert [ran.call.arguments["x"] for ran in found.executions] == [x for x in in_turn.begun if x != 9]


def test_calls_that_are_not_wanted_are_given_up() -> None:
    """Those behind the first that failed, as soon as that is known."""
    executor = InOrder()
    examined(executor, (0, 2, 3, 4))
    assert executor.given_up == [3, 4]


def test_only_what_touches_nothing_outside_is_called_ahead(pure: Path, tmp_path: Path) -> None:
    """Functions in the sandbox are; not where a host is granted, nothing is shared, or calls are recorded or remote."""
    tool = tool_of("doubles", pure)
    rest = Tool("r", "R.", {}, binding=RestBinding("GET", "http://127.0.0.1", "/"))
    mcp = Tool("m", "M.", {}, binding=McpBinding("m", command=("true",)))
    everything = make_executor(ExecutionConfig(), RemoteConfig(), tools=(tool, rest, mcp), folder=tmp_path)
    recorded = make_executor(ExecutionConfig(recordings="record"), RemoteConfig(), tools=(tool,), folder=tmp_path)
    apart = make_executor(ExecutionConfig(together=False), RemoteConfig(), tools=(tool,))
    grants = read_grants((GrantConfig(hosts=("127.0.0.1:1",)),), {})

    async def main() -> None:
        granted = GrantedExecutor(gather=True, grants=grants)
        tools = (tool, rest, mcp, Tool("n", "N.", {}))
        walled_in = probe_isolation().level.at_least(Level.FILTERED)
        assert [everything.ahead(each) for each in tools] == [walled_in, *[False] * 3]
        assert not any(executor.ahead(tool) for executor in (recorded, apart, granted))
        for executor in (everything, recorded, apart, granted):
            await executor.aclose()

    asyncio.run(main())


@pytest.mark.parametrize("level", list(Level))
def test_where_there_are_no_walls_nothing_is_called_ahead(
    pure: Path, monkeypatch: pytest.MonkeyPatch, level: Level
) -> None:
    """A call that is not wanted could change a file there, or reach the network."""
    monkeypatch.setattr("apigen.execute.python.probe_isolation", lambda: Isolation(level, (), ""))
    executor = PythonExecutor(gather=True)
    assert executor.ahead(tool_of("doubles", pure)) is (level in (Level.NAMESPACED, Level.FILTERED))
    asyncio.run(executor.aclose())


async def made(executor: PythonExecutor, tools: list[Tool]) -> list[Execution]:
    return await asyncio.gather(*(executor.execute(tool, Call(tool.name, {"x": 6})) for tool in tools))


def test_functions_that_were_made_ready_answer_as_others_do(pure: Path) -> None:
    """Calls that come meanwhile wait for that, and are made together then."""
    tools = [tool_of("doubles", pure), tool_of("halves", pure)]

    async def main() -> list[Execution]:
        executor = PythonExecutor(workers=2, twice=True, gather=True)
        executor.prepare(tools)
        try:
            return await made(executor, tools)
        finally:
            await executor.aclose()

    assert [(ran.ok, ran.result, ran.varies) for ran in asyncio.run(main())] == [(True, 12, False), (True, 3.0, False)]


def test_a_source_that_cannot_be_made_ready_harms_no_other(pure: Path, tmp_path: Path) -> None:
    """Its own calls are told why, and those of others are made."""
    dying = tmp_path / "dying.py"
    dying.write_text(DIES + "def third(x: int) -> int:\n    return x\n")
    tools = [tool_of(name, dying) for name in ("doubles", "halves", "third")] + [tool_of("doubles", pure)]

    async def main() -> list[Execution]:
        executor = PythonExecutor(workers=2, gather=True)
        executor.prepare(tools)
        try:
            return await made(executor, tools)
        finally:
            await executor.aclose()

    assert [ran.reason for ran in asyncio.run(main())] == [*[Reason.CRASHED] * 3, None]


def test_a_source_that_hangs_while_it_is_made_ready_keeps_no_other_waiting(pure: Path, tmp_path: Path) -> None:
    """Calls of others are answered meanwhile, together and by themselves."""
    hanging = tmp_path / "hanging.py"
    hanging.write_text("import time\ntime.sleep(10_000)\n" + PURE + "def third(x: int) -> int:\n    return x\n")
    tools = [tool_of("doubles", pure), tool_of("halves", pure)]

    async def main() -> list[Execution]:
        executor = PythonExecutor(Limits(import_s=10 * PATIENCE_S), workers=2, gather=True)
        executor.prepare([*(tool_of(name, hanging) for name in ("doubles", "halves", "third")), *tools])
        try:
            found = await asyncio.wait_for(made(executor, tools), PATIENCE_S)
            return [*found, *await asyncio.wait_for(made(executor, tools[:1]), PATIENCE_S)]
        finally:
            await executor.aclose()

    assert [ran.result for ran in asyncio.run(main())] == [12, 3.0, 12]


@pytest.mark.slow
def test_a_run_makes_functions_ready_only_where_most_of_them_will_be_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not where few samples are missing, nor where the first answers come in a batch."""
    prepared: list[int] = []
    prepare = PythonExecutor.prepare

    def noted(self: PythonExecutor, tools: Sequence[Tool]) -> None:
        prepared.append(len(tools))
        prepare(self, tools)

    def ran(*arguments: str | Path) -> list[int]:
        prepared.clear()
        apigen("run", "--library", "starter:math", *arguments)
        return list(prepared)

    monkeypatch.setattr(PythonExecutor, "prepare", noted)
    tools = len(load_library(("starter:math",)).tools)
    out = tmp_path / "out"
    assert ran("--count", str(tools), "--out", out) == [tools]
    assert ran("--resume", "--count", str(tools + 1), "--out", out) == []
    with serving(fail_after=0) as server:
        model = {"name": "openai/w", "base_url": server.url, "retries": 0, "batch": {"collect_s": 0.03}}
        (tmp_path / "batch.yaml").write_text(json.dumps({"models": [model]}))  # which is YAML, too
        assert ran(tmp_path / "batch.yaml", "--count", str(tools), "--no-wait", "--out", tmp_path / "batch") == []
    assert read_manifest(tmp_path / "batch")["status"] != "done"


def test_closing_while_functions_are_made_ready_leaves_nothing(pure: Path) -> None:
    """Whoever waits for a call meanwhile is told that the executor is closed."""
    tool = tool_of("doubles", pure)

    async def main() -> None:
        executor = PythonExecutor(workers=2, gather=True)
        executor.prepare([tool])
        waiting = asyncio.ensure_future(executor.execute(tool, Call("doubles", {"x": 1})))
        await asyncio.sleep(0)
        await executor.aclose()
        with pytest.raises(ExecutorUnavailable):
            await waiting

    asyncio.run(main())


def test_where_the_machinery_breaks_the_first_call_tells() -> None:
    """A call behind one that failed, and that could not be made, is not spoken of."""
    found = examined(InOrder(), (2, 9))
    assert (found.outcome, found.verdicts[-1].stage) == (Outcome.REJECT, Stage.EXECUTION)
