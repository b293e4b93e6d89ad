"""How long ``apigen --help`` takes as a multiple of ``python -c pass``, and what the core install weighs.

    python benchmarks/startup_and_size.py [--pairs 15] [--no-size]

The size is measured in a fresh environment, made from this checkout, of everything that the core pulls.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

ROOT = Path(__file__).parent.parent
MIB = 2**20


def seconds(command: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - began


def startup(pairs: int) -> None:
    """Pair each start with one of a bare interpreter, so that the machine's moods cancel out."""
    bare, tool = [sys.executable, "-c", "pass"], [str(Path(sys.executable).parent / "apigen"), "--help"]
    seconds(bare), seconds(tool)  # warm the disk
    rows = [(seconds(tool), seconds(bare)) for _ in range(pairs)]
    ratio = statistics.median(a / b for a, b in rows)
    helped, base = (1000 * statistics.median(column) for column in zip(*rows, strict=True))
    print(f"apigen --help {helped:.0f} ms, python -c pass {base:.0f} ms: {ratio:.1f} times (median of {pairs} pairs)")


def tree_size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def size() -> None:
    """Install the core alone; pip and setuptools, which every environment has, do not count."""
    with tempfile.TemporaryDirectory() as name:
        home = Path(name) / "env"
        venv.create(home, with_pip=True)
        (packages,) = home.glob("lib/python*/site-packages")
        before = tree_size(packages)
        subprocess.run([home / "bin" / "python", "-m", "pip", "install", "--quiet", str(ROOT)], check=True)
        own = tree_size(packages / "apigen")
        print(
            f"core install {(tree_size(packages) - before) / MIB:.0f} MiB, of which apigen itself {own / MIB:.1f} MiB"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=15)
    parser.add_argument("--no-size", action="store_true")
    options = parser.parse_args()
    startup(options.pairs)
    if not options.no_size:
        size()


if __name__ == "__main__":
    main()
