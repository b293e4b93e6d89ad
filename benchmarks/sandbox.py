"""What the sandbox costs: calls per second against a bare fork and against a fresh interpreter, in one run.

    python benchmarks/sandbox.py [--calls 400] [--rounds 5]

All ways call the same function with the same arguments. The bare fork is the least that gives each call a process of
its own: a warm process with the same modules imported forks, the child writes a result to a pipe and ends. Rounds
take turns, so that whatever else the machine does meets all ways alike; the ratio is the median of the rounds'.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

from apigen.execute.python import PythonExecutor, probe_isolation
from apigen.execute.values import resolve
from apigen.records import Call, PythonBinding, Tool

BINDING = PythonBinding(qualname="fsum", module="math")
TOOL = Tool("fsum", "", {}, binding=BINDING)
CALL = Call("fsum", {"seq": [1.5, 2.5]})

BARE = """
import json, os, sys, time
sys.path[:] = json.loads(sys.argv[1])
from apigen.execute.sandbox import keeper
from apigen.execute.values import resolve
from apigen.records import PythonBinding
function = resolve(PythonBinding(qualname="fsum", module="math"))
arguments = {"seq": [1.5, 2.5]}
for line in sys.stdin:
    started = time.perf_counter()
    for _ in range(int(line)):
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.write(writer, json.dumps(function(arguments)).encode())
            os._exit(0)
        os.close(writer)
        os.read(reader, 65536)
        os.waitpid(child, 0)
        os.close(reader)
    print(time.perf_counter() - started, flush=True)
"""


class BareFork:
    """A warm process that forks without any wall."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", BARE, json.dumps(sys.path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(self, calls: int) -> float:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{calls}\n")
        self._process.stdin.flush()
        return calls / float(self._process.stdout.readline())

    def close(self) -> None:
        self._process.communicate()


def fresh_interpreter(calls: int) -> float:
    code = (
        "import sys, json; sys.path[:] = json.loads(sys.argv[1]); from apigen.execute.values import resolve; "
        "from apigen.records import PythonBinding; "
        "print(resolve(PythonBinding(qualname='fsum', module='math'))({'seq': [1.5, 2.5]}))"
    )
    started = time.perf_counter()
    for _ in range(calls):
        subprocess.run([sys.executable, "-c", code, json.dumps(sys.path)], check=True, capture_output=True)
    return calls / (time.perf_counter() - started)


class Sandbox:
    """The executor, asked by several callers at once or by one."""

    def __init__(self, runner: asyncio.Runner, workers: int) -> None:
        self._runner = runner
        self._workers = workers
        self._executor = PythonExecutor(workers=workers)

    def run(self, calls: int) -> float:
        return self._runner.run(self._run(calls))

    def close(self) -> None:
        self._runner.run(self._executor.aclose())

    async def _run(self, calls: int) -> float:
        left = iter(range(calls))

        async def caller() -> None:
            for _ in left:
                assert (await self._executor.execute(TOOL, CALL)).result == 4.0

        started = time.perf_counter()
        await asyncio.gather(*(caller() for _ in range(self._workers)))
        return calls / (time.perf_counter() - started)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the cost of the sandbox.")
    parser.add_argument("--calls", type=int, default=400, help="calls per round")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    resolve(BINDING)
    print(f"{sys.platform}, {os.cpu_count()} CPUs, Python {sys.version.split()[0]}: {probe_isolation().summary}")
    with asyncio.Runner() as runner:
        bare = BareFork()
        sandboxes = {workers: Sandbox(runner, workers) for workers in (1, min(4, os.cpu_count() or 1))}
        ways: dict[str, tuple[Callable[[int], float], int]] = {"bare fork": (bare.run, options.calls)}
        for workers, sandbox in sandboxes.items():
            ways[f"sandbox, workers={workers}"] = (sandbox.run, options.calls)
        ways["fresh interpreter"] = (fresh_interpreter, max(1, options.calls // 100))
        for way, calls in ways.values():
            way(max(4, calls // 20))
        speeds: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(options.rounds):
            for name, (way, calls) in ways.items():
                speeds[name].append(way(calls))
        for sandbox in sandboxes.values():
            sandbox.close()
        bare.close()
    for name, found in speeds.items():
        ratio = statistics.median(a / b for a, b in zip(found, speeds["bare fork"], strict=True))
        print(f"{name:24} {statistics.median(found):8.0f} calls/s {ratio:8.2f} of a bare fork")


if __name__ == "__main__":
    main()
