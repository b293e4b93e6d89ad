"""The default run: verified samples per second, and where its CPU time goes.

python benchmarks/default_run.py [--count 500] [--runs 3] [--profile]
"""

import argparse
import asyncio
import contextlib
import cProfile
import json
import pstats
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from apigen.config import load_config
from apigen.library.catalogue import load_library
from apigen.rundir import RunDir
from apigen.runner import run


def children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def whole_process(count: int, out: Path) -> dict[str, float]:
    """One run as a user starts it; CPU includes the sandbox and every call."""
    began, cpu = time.perf_counter(), children_cpu()
    command = [sys.executable, "-m", "apigen", "run", "--count", str(count), "--out", str(out)]
    subprocess.run(command, check=True, capture_output=True)
    wall, used = time.perf_counter() - began, children_cpu() - cpu
    manifest = json.loads((out / "manifest.json").read_text())
    return {
        "wall_s": wall,
        "samples_per_s": manifest["samples"] / wall,
        "cpu_ms_per_candidate": 1000 * used / manifest["counts"]["candidates"],
        "execution_ms_per_call": manifest["times"]["execution_ms_per_call"],
        "pass_rate": manifest["counts"]["accepted"] / manifest["counts"]["candidates"],
    }


def profiled(count: int, out: Path) -> None:
    """Where the main process spends its time, by function."""
    config = load_config(None, {"count": count}).resolved()
    library = load_library(config.library)
    profile = cProfile.Profile()
    with profile:
        asyncio.run(run(RunDir.create(out, config, library), config, library))
    stats = pstats.Stats(profile, stream=sys.stdout)
    stats.sort_stats("cumulative").print_stats(r"apigen/", 35)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        if options.profile:
            profiled(options.count, folder / "profiled")
            return
        rows = [whole_process(options.count, folder / str(number)) for number in range(options.runs)]
    print(f"{options.count} samples, {options.runs} runs: median (min to max)")
    for name in rows[0]:
        values = [row[name] for row in rows]
        print(f"  {name:24} {statistics.median(values):8.2f}  ({min(values):.2f} to {max(values):.2f})")


if __name__ == "__main__":
    main()
