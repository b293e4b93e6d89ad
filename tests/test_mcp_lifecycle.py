"""MCP servers start when needed, come back when they died, and leave nothing behind."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from apigen.config import RemoteConfig
from apigen.errors import ServiceUnavailable
from apigen.execute.base import all_made
from apigen.execute.mcp.executor import McpExecutor
from apigen.records import Call, Execution, McpBinding, Reason, Tool
from mcp_lab import DATA, lab, odd

pytestmark = pytest.mark.slow

WAIT_S = 20.0


def is_gone(process: int) -> bool:
    """Whether a process ends within a time that is long for it; one of ours must have been waited for, too."""
    end = time.monotonic() + WAIT_S
    while time.monotonic() < end:
        try:
            state, parent, *_ = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return True
        if state == "Z" and int(parent) != os.getpid():
            return True
        time.sleep(0.02)
    return False


def test_a_server_that_was_killed_is_started_again() -> None:
    """The next call finds a new process; the call under which it was killed is made once more and counts."""
    with lab(odd()) as opened:
        first = int(str(opened.call("does", what="name").result))
        os.kill(first, signal.SIGKILL)
        assert is_gone(first)
        second = int(str(opened.call("does", what="name").result))
        assert second != first
        assert opened.call("does").ok


def test_a_server_killed_under_many_calls_costs_none_of_them() -> None:
    """Calls that cannot change anything are repeated, each with the server to itself."""
    with lab(odd(), per_host=4) as opened:
        victim = int(str(opened.call("does", what="name").result))
        calls = [Call("does", {"what": "wait", "much": 150}) for _ in range(8)]

        async def run() -> list[Execution]:
            running = asyncio.ensure_future(
                opened.executor.execute_many([(opened.tools["does"], call) for call in calls])
            )
            await asyncio.sleep(0.2)
            os.kill(victim, signal.SIGKILL)
            return all_made(await running)

        ran = opened.runner.run(run())
        assert [execution.result for execution in ran] == ["done"] * 8
        assert is_gone(victim)


def test_a_call_that_kills_its_server_is_rejected_and_others_are_not() -> None:
    """The culprit dies again with the server to itself; those that were under way with it succeed then."""
    with lab(odd(), per_host=3) as opened:
        calls = [Call("does", {"what": what}) for what in ("", "die", "", "kill", "")]
        ran = opened.calls(*calls)
        assert [execution.reason for execution in ran] == [None, Reason.CRASHED, None, Reason.CRASHED, None]
        assert ran[1].detail.startswith("the server exited during the call; its last line on stderr is 'out of luck'")
        assert opened.call("does").ok


def test_a_call_that_may_change_something_is_not_repeated() -> None:
    """It may have done so before the server died."""
    with lab(odd()) as opened:
        ran = opened.call("writes", what="die")
        assert ran.reason is Reason.CRASHED
        assert ran.detail.endswith("a call that may change data is not retried")


@pytest.mark.slow
def test_a_slow_call_ends_at_its_time_and_the_server_stays() -> None:
    """The server still lists its tools, so nothing but the call is given up."""
    with lab(odd(), timeout_s=10) as opened:
        first = opened.call("does", what="name").result
        ran = opened.call("does", what="nothing")
        assert (ran.reason, ran.detail) == (Reason.TIMEOUT, "no result within 10 s")
        assert opened.call("does", what="name").result == first


@pytest.mark.slow
def test_a_server_that_hangs_is_ended_and_started_again() -> None:
    """It does not even list its tools any more; a call that only waited behind the hanging one is made again."""
    with lab(odd(), timeout_s=6) as opened:
        first = opened.call("does", what="name").result
        hanging, waiting = opened.calls(Call("does", {"what": "hang"}), Call("does", {"what": "name"}))
        assert hanging.reason is Reason.TIMEOUT
        assert waiting.ok
        assert waiting.result != first
        assert is_gone(int(str(first)))


def test_a_server_that_cannot_start_again_is_unavailable_and_left_alone(tmp_path: Path) -> None:
    """One line with its last words; the next call is answered at once, without another try."""
    program = tmp_path / "server.py"
    program.write_text((DATA / "mcp_odd.py").read_text())
    with lab(f"mcp:{sys.executable} {program}", retries=0) as opened:
        assert opened.call("does").ok
        program.write_text("import sys\nsys.exit('moved away')\n")
        with pytest.raises(ServiceUnavailable, match=r"mcp:.*server.py: it exited before .* 'moved away'"):
            opened.call("does", what="die")
        program.unlink()
        with pytest.raises(ServiceUnavailable, match="moved away"):
            opened.call("does")


@pytest.mark.slow
def test_closing_ends_every_server_also_one_that_does_not_want_to() -> None:
    """Its group is killed in the end."""
    with lab(odd()) as opened:
        process = int(str(opened.call("does", what="name").result))
        assert opened.call("does", what="stuck").ok

        async def close_while_it_hangs() -> None:
            hanging = asyncio.ensure_future(
                opened.executor.execute(opened.tools["does"], Call("does", {"what": "hang"}))
            )
            await asyncio.sleep(0.2)
            hanging.cancel()
            with suppress(asyncio.CancelledError):
                await hanging
            await opened.executor.aclose()

        opened.runner.run(close_while_it_hangs())
        assert is_gone(process)


def test_a_cancelled_call_leaves_the_server_to_the_others() -> None:
    """Neither the connection nor the calls beside it notice."""
    with lab(odd()) as opened:

        async def run() -> Execution:
            does = opened.tools["does"]
            cancelled = asyncio.ensure_future(opened.executor.execute(does, Call("does", {"what": "nothing"})))
            beside = asyncio.ensure_future(opened.executor.execute(does, Call("does", {"what": "wait", "much": 300})))
            await asyncio.sleep(0.2)
            cancelled.cancel()
            with suppress(asyncio.CancelledError):
                await cancelled
            return await beside

        assert opened.runner.run(run()).ok
        assert opened.call("does").ok


@pytest.mark.slow
def test_an_executor_can_be_closed_while_a_server_gets_ready() -> None:
    """Nothing waits for it, and it is gone."""

    async def run() -> None:
        executor = McpExecutor(RemoteConfig(), result_kb=64)
        binding = McpBinding("does", (sys.executable, str(DATA / "mcp_odd.py"), "slow"))
        call = asyncio.ensure_future(executor.execute(Tool("does", "", {}, binding=binding), Call("does")))
        await asyncio.sleep(0.3)
        await executor.aclose()
        with pytest.raises((ServiceUnavailable, asyncio.CancelledError)):
            await call

    asyncio.run(run())


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's promise to end children is Linux's own")
def test_a_server_ends_with_apigen_even_if_apigen_is_killed() -> None:
    """The server here does not look at its input, so only the kernel ends it."""
    program = f"""
import asyncio
from mcp_lab import lab, odd
from apigen.records import Call
with lab({odd()!r}) as opened:
    print(opened.call("does", what="name").result, flush=True)
    opened.call("does", what="hang")
"""
    with subprocess.Popen(
        [sys.executable, "-c", program], cwd=DATA.parent, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        server = int(process.stdout.readline())
        process.kill()
    assert is_gone(server)


def test_the_rate_and_the_number_of_calls_at_once_are_bounded() -> None:
    """Ten calls at twenty a second take at least nine twentieths of a second."""
    with lab(odd(), rate=20, per_host=2) as opened:
        opened.call("does")
        started = time.monotonic()
        assert all(ran.ok for ran in opened.calls(*[Call("does")] * 10))
        assert time.monotonic() - started >= 0.45
