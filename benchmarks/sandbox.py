"""What the sandbox costs: calls per second against a bare fork, a fresh interpreter and bubblewrap, in one run.

    python benchmarks/sandbox.py [--calls 200] [--rounds 9]
    python benchmarks/sandbox.py --equality
    python benchmarks/sandbox.py --sources 50

All ways call the same function. The bare fork is the least that gives each call a process of its own: a warm process
with the same modules imported forks, the child writes a result to a pipe and ends. Rounds take turns, so that whatever
else the machine does meets all ways alike; a ratio is the median of the rounds' ratios. Bubblewrap is measured where
``bwrap`` is on the PATH. ``--equality`` runs every call of the starter library's seeds in bulk and each by itself, and
tells what differs. ``--sources`` makes eight calls of a function of each of so many modules, in mixed order, and tells
the time and the memory of all sandbox processes together.
"""

import argparse
import asyncio
import contextlib
import json
import os
import platform
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from apigen.execute.python import PythonExecutor, probe_isolation
from apigen.execute.values import resolve
from apigen.library.catalogue import load_library
from apigen.records import Call, Execution, PythonBinding, Tool

BINDING = PythonBinding(qualname="fsum", module="math")
TOOL = Tool("fsum", "", {}, binding=BINDING)

BARE = """
import json, os, sys, time
sys.path[:] = json.loads(sys.argv[1])
from apigen.execute.sandbox import zygote
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

FRESH = (
    "import sys, json; sys.path[:] = json.loads(sys.argv[1]); from apigen.execute.values import resolve; "
    "from apigen.records import PythonBinding; "
    "print(resolve(PythonBinding(qualname='fsum', module='math'))({'seq': [1.5, 2.5]}))"
)

BUBBLEWRAP = (
    *("--unshare-all", "--die-with-parent", "--new-session", "--clearenv", "--ro-bind", "/", "/"),
    *("--tmpfs", "/tmp", "--proc", "/proc", "--dev", "/dev"),  # noqa: S108 - a filesystem of its own
)


def within_bubblewrap(command: Sequence[str]) -> list[str]:
    """A command with files read-only, no network, and processes of its own; no seccomp, no limits."""
    return [shutil.which("bwrap") or "bwrap", *BUBBLEWRAP, *command]


class Server:
    """A warm process that forks for each call."""

    def __init__(self, wrap: Callable[[Sequence[str]], list[str]] = list) -> None:
        command = wrap([sys.executable, "-c", BARE, json.dumps(sys.path)])
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(self, calls: int) -> float:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{calls}\n")
        self._process.stdin.flush()
        return calls / float(self._process.stdout.readline())

    def close(self) -> None:
        self._process.communicate()


def interpreters(wrap: Callable[[Sequence[str]], list[str]] = list) -> Callable[[int], float]:
    """A new interpreter for each call."""

    def run(calls: int) -> float:
        started = time.perf_counter()
        for _ in range(calls):
            command = wrap([sys.executable, "-c", FRESH, json.dumps(sys.path)])
            subprocess.run(command, check=True, capture_output=True)
        return calls / (time.perf_counter() - started)

    return run


class Sandbox:
    """The executor: each call by itself, by one caller per worker, or in bulk."""

    def __init__(self, runner: asyncio.Runner, workers: int) -> None:
        self._runner = runner
        self._workers = workers
        self._executor = PythonExecutor(workers=workers)
        self._library = starter_calls()
        self._fresh = 0

    def isolated(self, calls: int) -> float:
        return self._runner.run(self._isolated(calls))

    def bulk(self, calls: int) -> float:
        """Calls of one function, each with arguments of its own."""
        self._fresh += calls
        pairs = [(TOOL, Call("fsum", {"seq": [float(self._fresh + number), 2.5]})) for number in range(calls)]
        return self._runner.run(self._bulk(pairs))

    def bulk_starter(self, _: int) -> float:
        """The calls of the starter library's seeds, with about eight to a function."""
        return self._runner.run(self._bulk(self._library))

    def isolated_starter(self, calls: int) -> float:
        """Some of the same calls, each by itself."""
        return self._runner.run(self._isolated(calls, self._library[:: max(1, len(self._library) // calls)]))

    def close(self) -> None:
        self._runner.run(self._executor.aclose())

    async def _isolated(self, calls: int, pairs: Sequence[tuple[Tool, Call]] = ()) -> float:
        pairs = pairs or [(TOOL, Call("fsum", {"seq": [1.5, 2.5]}))] * calls
        left = iter(pairs)

        async def caller() -> None:
            for tool, call in left:
                assert (await self._executor.execute(tool, call)).ok

        started = time.perf_counter()
        await asyncio.gather(*(caller() for _ in range(self._workers)))
        return len(pairs) / (time.perf_counter() - started)

    async def _bulk(self, pairs: Sequence[tuple[Tool, Call]]) -> float:
        started = time.perf_counter()
        executions = await self._executor.execute_many(pairs)
        seconds = time.perf_counter() - started
        assert all(execution.ok for execution in executions)
        return len(pairs) / seconds


def starter_calls() -> list[tuple[Tool, Call]]:
    library = load_library(["starter"])
    tools = library.by_name()
    calls = {msgspec.json.encode(call): call for seed in library.seeds for call in seed.calls}
    return [(tools[call.name], call) for call in calls.values()]


def measure(calls: int, rounds: int) -> None:
    """Run all ways in turns and print their medians."""
    workers = min(4, os.cpu_count() or 1)
    with asyncio.Runner() as runner:
        bare, one, several = Server(), Sandbox(runner, 1), Sandbox(runner, workers)
        closing = [bare.close, one.close, several.close]
        few = max(1, calls // 100)
        ways: dict[str, tuple[Callable[[int], float], int]] = {
            "bare fork": (bare.run, calls),
            "isolated, 1 worker": (one.isolated, calls),
            f"isolated, {workers} workers": (several.isolated, calls),
            "bulk, 1 worker": (one.bulk, 20 * calls),
            f"bulk, {workers} workers": (several.bulk, 20 * calls),
            f"isolated starter calls, {workers} workers": (several.isolated_starter, calls),
            f"bulk starter calls, {workers} workers": (several.bulk_starter, 0),
            "fresh interpreter": (interpreters(), few),
        }
        if shutil.which("bwrap"):
            wrapped = Server(within_bubblewrap)
            closing.append(wrapped.close)
            ways["bubblewrap, fresh interpreter"] = (interpreters(within_bubblewrap), few)
            ways["bubblewrap around a bare fork"] = (wrapped.run, calls)
        for way, number in ways.values():
            way(max(1, number // 10))
        speeds: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(rounds):
            for name, (way, number) in ways.items():
                speeds[name].append(way(number))
        for close in closing:
            close()
    alone = "isolated, 1 worker"
    starter = f"isolated starter calls, {workers} workers"
    print("| way | calls/s | of a bare fork | of isolated | of a fresh interpreter |")
    print("|---|---|---|---|---|")
    for name, found in speeds.items():
        bases = (speeds["bare fork"], speeds[starter if "starter" in name else alone], speeds["fresh interpreter"])
        cells = [spread(found, "{:.0f}"), *(spread(ratios(found, base), "{:.2f}") for base in bases)]
        print(f"| {name} | {' | '.join(cells)} |")


def ratios(found: Sequence[float], base: Sequence[float]) -> list[float]:
    """Of what was measured in the same round."""
    return [a / b for a, b in zip(found, base, strict=True)]


def spread(values: Sequence[float], form: str) -> str:
    """The median, and the least and the greatest."""
    return " ".join(
        (form.format(statistics.median(values)), f"({form.format(min(values))}-{form.format(max(values))})")
    )


async def compare() -> int:
    """Run the starter library's calls both ways; returns how many differ."""
    library = load_library(["starter"])
    tools = library.by_name()
    pairs = [(tools[call.name], call) for seed in library.seeds for call in seed.calls]
    executor = PythonExecutor()
    try:
        bulk = await executor.execute_many(pairs)
        alone = await asyncio.gather(*(executor.execute(tool, call) for tool, call in pairs))
    finally:
        await executor.aclose()
    different = [(a, b) for a, b in zip(map(_timeless, bulk), map(_timeless, alone), strict=True) if a != b]
    for a, b in different:
        print(f"in bulk {a}\nby itself {b}")
    print(f"{len(pairs)} calls of {len({tool.name for tool, _ in pairs})} functions, {len(different)} differ")
    return len(different)


async def many_sources(number: int) -> None:
    """Call functions of many modules, each of which has processes of its own."""
    with tempfile.TemporaryDirectory() as folder:
        pairs = []
        for index in range(number):
            file = Path(folder) / f"source_{index}.py"
            file.write_text(f"import datetime, json, math\n\n\ndef add(x: int) -> int:\n    return x + {index}\n")
            tool = Tool("add", "", {}, binding=PythonBinding(qualname="add", file=str(file)))
            pairs += [(tool, Call("add", {"x": x})) for x in range(8)]
        random.Random(0).shuffle(pairs)
        executor = PythonExecutor()
        try:
            for name in ("first", "again"):
                started = time.perf_counter()
                await asyncio.gather(*(executor.execute(tool, call) for tool, call in pairs))
                print(f"{len(pairs)} calls of {number} modules, {name}: {time.perf_counter() - started:.1f} s")
            print(f"all sandbox processes: {proportional_mib(os.getpid())} MiB (PSS)")
        finally:
            await executor.aclose()


def proportional_mib(process: int) -> int:
    """Memory of all processes below one; what several share counts once."""
    below: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            below.setdefault(int(stat.read_text().rpartition(")")[2].split()[1]), []).append(int(stat.parent.name))
    waiting, total = list(below.get(process, ())), 0
    while waiting:
        waiting += below.get(found := waiting.pop(), ())
        with contextlib.suppress(OSError):
            rollup = Path(f"/proc/{found}/smaps_rollup").read_text()
            total += int(rollup.partition("\nPss:")[2].split()[0])
    return total // 1024


def _timeless(execution: Execution) -> Execution:
    return msgspec.structs.replace(execution, duration_ms=None)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the cost of the sandbox.")
    parser.add_argument(
        "--calls", type=int, default=200, help="isolated calls per round; other ways make more or fewer"
    )
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--equality", action="store_true", help="compare bulk with isolated instead")
    parser.add_argument("--sources", type=int, default=0, help="call functions of so many modules instead")
    options = parser.parse_args()
    if options.sources:
        asyncio.run(many_sources(options.sources))
        return
    if options.equality:
        sys.exit(bool(asyncio.run(compare())))
    resolve(BINDING)
    print(
        f"`python benchmarks/sandbox.py --calls {options.calls} --rounds {options.rounds}`, "
        f"{time.strftime('%Y-%m-%d')}, {platform.system()} {platform.machine()}, {os.cpu_count()} CPUs with a load of "
        f"{os.getloadavg()[0]:.0f} at the start, Python {platform.python_version()}, "
        f"level `{probe_isolation().level}`:\n"
    )
    measure(options.calls, options.rounds)


if __name__ == "__main__":
    main()
