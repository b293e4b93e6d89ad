"""Sandbox processes start when needed, serve many callers, and leave nothing behind."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import msgspec
import pytest

from apigen.errors import ExecutorUnavailable
from apigen.execute.python import Limits, PythonExecutor
from apigen.execute.sandbox.launch import Nursery, Sight
from apigen.execute.sandbox.pool import Pool, Source
from apigen.execute.sandbox.scratch import empty_folder
from apigen.records import Call, Execution, Reason
from runs import PATIENCE_S
from sandbox_lab import HOSTILE, SHORT, lab, tool_of
from sandbox_trial import descendants

pytestmark = pytest.mark.usefixtures("no_nursery_kept")

BEAT_S = 0.005
AHEAD = sys.platform == "linux" and len(os.sched_getaffinity(0)) > 1
"""Whether each sandbox process keeps one that waits for the next call."""


def entries(folder: Path) -> list[Path]:
    return list(folder.iterdir())


def open_files() -> int:
    return len(entries(Path("/proc/self/fd")))


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for temporary files that nobody else uses, also in programs started from here."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


async def family_of(size: int) -> set[int]:
    """The processes below this one, as soon as there are so many."""
    async with asyncio.timeout(PATIENCE_S):
        while len(family := descendants()) != size:  # noqa: ASYNC110 - nothing tells of them
            await asyncio.sleep(0.01)
    return family


async def add(executor: PythonExecutor, a: int) -> Execution:
    return await executor.execute(tool_of("add"), Call("add", {"a": a, "b": 1}))


def test_the_first_process_of_a_source_is_used_first() -> None:
    """Where several wait, calls go to the one that has imported the most already, so that the others need not."""

    async def main() -> None:
        pool = Pool(Nursery(), Limits(), 2, Sight())
        source = Source("one")
        first, second = await pool.take(source), await pool.take(source)
        for last in (first, second):
            for worker in (second, first) if last is first else (first, second):
                pool.give_back(worker)
            assert await pool.take(source) is first
            assert await pool.take(source) is second
        await pool.close()

    asyncio.run(main())


def test_nothing_starts_before_it_is_needed() -> None:
    """An executor that runs nothing costs no process, and can be closed."""

    async def scenario() -> None:
        before = descendants()
        executor = PythonExecutor()
        assert descendants() == before
        await executor.aclose()

    asyncio.run(scenario())


def test_a_hundred_calls_at_once_are_all_answered() -> None:
    """Calls wait for a free process and each gets its own answer."""

    async def scenario() -> None:
        executor = PythonExecutor(SHORT, workers=2)
        try:
            executions = await asyncio.gather(*(add(executor, a) for a in range(100)))
        finally:
            await executor.aclose()
        assert [execution.result for execution in executions] == list(range(1, 101))

    asyncio.run(scenario())


def test_good_calls_are_not_disturbed_by_bad_ones() -> None:
    """Calls that crash beside them change nothing for others."""

    async def scenario() -> None:
        executor = PythonExecutor(SHORT, workers=2)
        try:
            bad = [executor.execute(tool_of("exits"), Call("exits", {"code": 1})) for _ in range(10)]
            good = [add(executor, a) for a in range(10)]
            executions = await asyncio.gather(*(call for pair in zip(bad, good, strict=True) for call in pair))
        finally:
            await executor.aclose()
        assert {execution.reason for execution in executions[0::2]} == {Reason.CRASHED}
        assert [execution.result for execution in executions[1::2]] == list(range(1, 11))

    asyncio.run(scenario())


def test_a_folder_is_emptied_only_so_far(tmp_path: Path) -> None:
    """Each step removes or moves one entry, and there are as many as were asked for."""
    inside = tmp_path / "call"
    inside.mkdir()
    for number in range(600):
        (inside / str(number)).touch()
    assert not empty_folder(tmp_path, 400)
    assert len(entries(inside)) == 200
    assert not empty_folder(tmp_path, 200)
    assert empty_folder(tmp_path, 1)
    assert entries(tmp_path) == []


def test_a_call_that_leaves_much_costs_the_next_a_new_process(scratch: Path) -> None:
    """The next call finds another scratch folder, and does not wait until the old one is empty; in the end both go."""
    with lab() as running:
        for number in range(2):
            running.call("add", a=1, b=2)
            before = entries(scratch)
            assert running.call("makes_folders", number=1000).result == "made"
            assert running.call("lists_scratch").result == []
            assert running.call("add", a=number, b=2).result == number + 2
            assert not set(before) >= set(entries(scratch))
    assert entries(scratch) == []


def test_a_call_that_leaves_little_keeps_the_process(scratch: Path) -> None:
    """A few files are removed in passing."""
    with lab() as running:
        running.call("add", a=1, b=2)
        before = entries(scratch)
        assert running.call("makes_folders", number=50).result == "made"
        assert running.call("lists_scratch").result == []
        assert entries(scratch) == before


class Heart(threading.Thread):
    """Beats beside the event loop, and just as often: a busy machine slows down both, what blocks the loop does not."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.beats = 0
        self._stop_beating = threading.Event()

    def run(self) -> None:
        while not self._stop_beating.wait(BEAT_S):
            self.beats += 1

    def stop(self) -> None:
        self._stop_beating.set()
        self.join()


def test_the_event_loop_is_not_blocked() -> None:
    """While a process starts and a call runs, other tasks go on."""

    async def scenario() -> None:
        executor = PythonExecutor(Limits(wall_s=0.3), workers=1)
        heart = Heart()
        heart.start()
        running = asyncio.ensure_future(executor.execute(tool_of("loops"), Call("loops")))
        longest = 0
        while not running.done():
            before = heart.beats
            await asyncio.sleep(BEAT_S)
            longest = max(longest, heart.beats - before)
        heart.stop()
        await executor.aclose()
        assert longest < heart.beats / 4, "neither the start nor the call, which take a third or more each, held it up"

    asyncio.run(scenario())


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_cancelling_ends_the_call_and_keeps_the_process() -> None:
    """A cancelled call stops using the machine at once; the next call is served by the same process."""

    async def scenario() -> None:
        executor = PythonExecutor(Limits(wall_s=60, cpu_s=60), workers=1)
        try:
            await add(executor, 1)
            before = await family_of(3 + AHEAD)  # nursery, keeper, zygote, and the process that waits for the next call
            running = asyncio.ensure_future(executor.execute(tool_of("loops"), Call("loops")))
            during = await family_of(4 + AHEAD)
            assert len(before & during) == 3  # the process that waited did not know the function
            running.cancel()
            with pytest.raises(asyncio.CancelledError):
                await running
            assert (await add(executor, 2)).result == 3
            assert len(before & await family_of(3 + AHEAD)) == 3
        finally:
            await executor.aclose()

    asyncio.run(scenario())


def test_cancelling_a_waiting_call_takes_it_out_of_the_queue() -> None:
    """A call that has not begun never begins."""

    async def scenario() -> None:
        executor = PythonExecutor(SHORT, workers=1)
        try:
            calls = [asyncio.ensure_future(add(executor, a)) for a in range(5)]
            await asyncio.sleep(0)
            calls[3].cancel()
            results = await asyncio.gather(*calls, return_exceptions=True)
        finally:
            await executor.aclose()
        assert isinstance(results[3], asyncio.CancelledError)
        assert [r.result for r in results if isinstance(r, Execution)] == [1, 2, 3, 5]

    asyncio.run(scenario())


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_closing_leaves_nothing(scratch: Path) -> None:
    """No process, no zombie, no open file and no scratch folder outlives the executor."""

    async def scenario() -> None:
        await asyncio.to_thread(time.sleep, 0)  # the default thread pool is there before we count
        processes, files = descendants(), open_files()
        executor = PythonExecutor(SHORT, workers=2)
        await asyncio.gather(*(add(executor, a) for a in range(4)))
        assert descendants() > processes
        assert len(entries(scratch)) == 2
        await executor.aclose()
        assert descendants() == processes
        assert not entries(scratch)
        assert open_files() == files

    asyncio.run(scenario())


def test_closing_ends_calls_under_way() -> None:
    """Whoever still waits is told that the executor is gone."""

    async def scenario() -> None:
        executor = PythonExecutor(Limits(wall_s=60), workers=1)
        running = asyncio.ensure_future(executor.execute(tool_of("sleeps"), Call("sleeps")))
        waiting = asyncio.ensure_future(add(executor, 1))
        await asyncio.sleep(0.3)
        await executor.aclose()
        for call in (running, waiting):
            with pytest.raises(ExecutorUnavailable):
                await call

    asyncio.run(scenario())


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("stop", [signal.SIGKILL, signal.SIGTERM])
def test_nothing_outlives_a_killed_program(stop: signal.Signals, scratch: Path) -> None:
    """Killed by whatever signal, the program takes its sandboxes and their scratch folders along."""
    code = (
        "import asyncio\nfrom sandbox_lab import *\n"
        "async def main():\n"
        "    executor = PythonExecutor(Limits(wall_s=60, cpu_s=60), workers=2)\n"
        "    await executor.execute(tool_of('add'), Call('add', {'a': 1, 'b': 2}))\n"
        "    print('ready', flush=True)\n"
        "    await asyncio.gather(*(executor.execute(tool_of(name), Call(name)) for name in ('loops', 'sleeps')))\n"
        "asyncio.run(main())\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=HOSTILE.parents[1], env={**os.environ}
    ) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == b"ready\n"
        family = descendants()
        until = time.monotonic() + PATIENCE_S
        size = 8 + 2 * AHEAD  # the program, its nursery; twice a keeper, a zygote, a call, and the next one
        while len(family) < size and time.monotonic() < until:
            time.sleep(0.02)
            family = descendants()
        program.send_signal(stop)
    assert len(family) == size
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until and (
        any(Path(f"/proc/{process}").exists() for process in family) or any(scratch.iterdir())
    ):
        time.sleep(0.02)
    assert not [process for process in family if Path(f"/proc/{process}").exists()]
    assert not entries(scratch)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_killed_sandbox_is_replaced(scratch: Path) -> None:
    """When something kills the sandbox process, the next call gets a new one, and nothing is left of the old one."""
    with lab() as running:
        before = descendants()
        assert running.call("add", a=1, b=1).result == 2
        for process in descendants() - before:
            with contextlib.suppress(ProcessLookupError):  # died with its parent
                os.kill(process, signal.SIGKILL)
        assert running.call("add", a=1, b=2).result == 3
    assert not entries(scratch)


def test_waiting_for_a_call_costs_the_call_nothing() -> None:
    """The process of the next call is there before it, but its clocks start with the call."""
    limit_s = 0.5
    with lab(msgspec.structs.replace(SHORT, wall_s=limit_s)) as running:
        while True:
            running.call("add", a=1, b=1)
            time.sleep(limit_s + 0.1)
            began = time.monotonic()
            execution = running.call("add", a=1, b=2)
            took_s = time.monotonic() - began
            if took_s < limit_s:  # else the machine was too busy even for one call
                break
        assert execution.result == 3
        assert execution.duration_ms is not None
        assert execution.duration_ms <= 1000 * took_s


def test_the_waiting_process_knows_every_function() -> None:
    """Functions that were imported after it was started run like the others, each in a process of its own."""
    with lab() as running:
        for _ in range(2):
            assert running.call("add", a=1, b=1).result == 2
            assert running.call("remembers").result == 1
            assert running.call("roll").result == running.call("roll").result


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_one_cpu_does_not_work_ahead() -> None:
    """Where nothing could overlap, no process waits for the next call."""

    async def scenario() -> None:
        executor = PythonExecutor(SHORT, workers=1)
        try:
            assert (await add(executor, 1)).result == 2
            assert (await add(executor, 2)).result == 3
            await family_of(3)  # nursery, keeper and zygote
        finally:
            await executor.aclose()

    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        asyncio.run(scenario())
    finally:
        os.sched_setaffinity(0, allowed)


@pytest.mark.skipif(not AHEAD, reason="no process waits here")
def test_a_killed_waiting_process_is_replaced() -> None:
    """When something kills the process that waits for the next call, that call is made nevertheless."""

    async def scenario() -> None:
        executor = PythonExecutor(SHORT, workers=1)
        try:
            await add(executor, 1)
            waiting = max(await family_of(4))
            os.kill(waiting, signal.SIGKILL)
            assert (await add(executor, 2)).result == 3
        finally:
            await executor.aclose()

    asyncio.run(scenario())


def test_a_library_may_grow() -> None:
    """A function from a folder that was not known at the start can be called later."""
    with lab() as running, tempfile.TemporaryDirectory() as folder:
        assert running.call("add", a=1, b=1).result == 2
        file = Path(folder) / "later.py"
        file.write_text("def later(x: int) -> int:\n    return -x\n")
        assert running.call("later", file=file, x=3).result == -3
        assert running.call("add", a=1, b=2).result == 3
