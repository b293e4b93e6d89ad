"""Peak memory of the main process as rows grow: it should stay flat.

python benchmarks/memory.py [--counts 500 5000 20000]
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path


def peak_mib(count: int, out: Path) -> tuple[float, dict[str, float]]:
    """Peak resident memory of the one process that runs the pipeline; the sandbox's processes are not in it."""
    command = [sys.executable, "-m", "apigen", "run", "--count", str(count), "--out", str(out)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    manifest = json.loads((out / "manifest.json").read_text())
    if status != 0:
        print(f"  (ended short: {manifest['ending']})")
    seconds = manifest["times"]["seconds"]
    return usage.ru_maxrss / 1024, {"samples": manifest["samples"], "seconds": seconds}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--counts", type=int, nargs="+", default=[500, 5000, 20000])
    options = parser.parse_args()
    first = 0.0
    with tempfile.TemporaryDirectory() as folder:
        for count in options.counts:
            peak, told = peak_mib(count, Path(folder) / str(count))
            first = first or peak
            rate = told["samples"] / told["seconds"]
            grown = peak / first
            print(f"{told['samples']:>8} samples: {peak:6.1f} MiB, {grown:.2f} times the first; {rate:.0f} samples/s")


if __name__ == "__main__":
    main()
