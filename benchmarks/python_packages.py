"""How much of real packages becomes tools: functions found, tools made, tools that execute, and why the rest is left.

The packages are installed, at the versions named here, into a virtual environment in a temporary folder; their
licences are MIT, BSD, Apache or PSF. Each is loaded by the Python source in a fresh process. A tool executes if one of
a few calls, with arguments that the offline model makes up from names and schemas alone, returns a result.

    python -m benchmarks.python_packages [--only PACKAGE ...] [--environment FOLDER] [--calls 6]
"""

import argparse
import asyncio
import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
import venv
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

from apigen.execute.python import Limits, PythonExecutor
from apigen.library.python import load_python
from apigen.locators import parse_locator
from apigen.models.offline.compose import compose
from apigen.records import Call, PythonBinding, Tool, Wording

PACKAGES = {
    "babel==2.18.0": ("babel.*",),
    "boltons==26.2.0": ("boltons.*",),
    "geopy==2.5.0": ("geopy.*",),
    "haversine==2.9.0": ("haversine.*",),
    "holidays==0.109": ("holidays",),
    "humanize==4.17.0": ("humanize.*",),
    "inflect==7.6.0": ("inflect#class=engine",),
    "isodate==0.7.2": ("isodate.*",),
    "jellyfish==1.3.0": ("jellyfish.*",),
    "more-itertools==11.2.1": ("more_itertools.*",),
    "mpmath==1.3.0": ("mpmath",),
    "networkx==3.6.1": ("networkx.*", "networkx#factory=karate_club_graph"),
    "numpy-financial==1.0.0": ("numpy_financial.*",),
    "phonenumbers==9.0.43": ("phonenumbers",),
    "pint==0.25.3": ("pint#class=UnitRegistry",),
    "python-dateutil==2.9.0.post0": ("dateutil.*",),
    "python-slugify==9.2.0": ("slugify.*",),
    "scipy==1.17.1": ("scipy.stats", "scipy.special"),
    "sympy==1.14.0": ("sympy.ntheory.*", "sympy.functions.*"),
    "textdistance==4.6.3": ("textdistance.*",),
    "toolz==1.2.0": ("toolz.*",),
    "validators==0.36.0": ("validators.*",),
    "webcolors==25.10.0": ("webcolors.*",),
}
"""Each with what is loaded of it."""

STUBS = ("types-boltons==26.1.0.20261021", "types-python-dateutil==2.9.0.20261116")
"""Packages that only say types, as users would install them beside."""


def make_environment(folder: Path) -> Path:
    """A virtual environment with the packages, which sees those of the interpreter that runs this too."""
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "-q", "--only-binary", ":all:"]
    subprocess.run([*pip, *PACKAGES, *STUBS], check=True)
    (site,) = (folder / "lib").glob("python*/site-packages")
    (site / "apigen.pth").write_text("\n".join(entry for entry in sys.path if entry) + "\n")
    return python


def measure(locator: str, calls: int) -> None:
    """Load, execute, and print what came of it as JSON."""
    with Peak() as peak:
        start = time.perf_counter()
        loaded = load_python(parse_locator(f"python:{locator}", ["python"]), timeout_s=120)
        seconds = time.perf_counter() - start
    left = [entry for entry in loaded.skipped if is_function(entry.name, entry.reason)]
    executed, failures = asyncio.run(execute(loaded.tools, calls)) if calls else (0, Counter())
    print(
        json.dumps(
            {
                "locator": locator,
                "functions": len(loaded.tools) + len(left),
                "tools": len(loaded.tools),
                "executed": executed,
                "seconds": seconds,
                "peak": peak.megabytes,
                "guessed": len({note.name for note in loaded.notes}),
                "left": Counter(grouped(entry.reason) for entry in left).most_common(),
                "others": Counter(
                    other(entry.reason) for entry in loaded.skipped if not is_function(entry.name, entry.reason)
                ).most_common(),
                "failures": failures.most_common(),
                "detail": [(entry.name, entry.reason) for entry in loaded.skipped],
            }
        )
    )


class Peak:
    """Watches how large the processes below this one become, of which one imports and describes."""

    def __init__(self) -> None:
        self.megabytes = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> "Peak":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.05):
            parents: dict[int, int] = {}
            sizes: dict[int, float] = {}
            for status in Path("/proc").glob("[0-9]*/status"):
                with contextlib.suppress(OSError, KeyError, ValueError):
                    told = dict(line.split(":", 1) for line in status.read_text().splitlines())
                    process = int(told["Pid"])
                    parents[process] = int(told["PPid"])
                    sizes[process] = int(told["VmHWM"].split()[0]) / 1024
            below = {os.getpid()}
            while more := {process for process, parent in parents.items() if parent in below} - below:
                below |= more
            found = [sizes[process] for process in below - {os.getpid()} if process in sizes]
            self.megabytes = max(self.megabytes, *found, 0.0)


def is_function(name: str, reason: str) -> bool:
    """Whether what was left out is a function or method of its own, not one parameter, an alias or something else."""
    return not name.endswith(")") and not other(reason)


def other(reason: str) -> str:
    """What was left out that is no function; empty where it is one."""
    kinds = {
        "a class": "class",
        "a module": "module",
        "cannot be imported": "module that cannot be imported",
        "not a function": "constant",
        "a property": "property",
        "the same function": "second name of a function",
        "an object of": "object that can be called",
        "a name for a type": "type",
    }
    found = next((kind for start, kind in kinds.items() if reason.startswith(start)), "")
    return found or ("parameter" if reason.endswith("the tool is offered without it") else "")


def grouped(reason: str) -> str:
    """A reason without the names in it."""
    plain = re.sub(r"^parameter '[^']*': ", "", reason)
    if plain.endswith("has no JSON form"):
        what = "a callable" if plain.startswith("Callable") else "another class"
        return f"a required parameter is {what}, which JSON cannot represent"
    if plain.startswith("its type cannot be read"):
        return "the declared type of a required parameter cannot be read"
    if plain.startswith("its type is unknown"):
        return "the type of a required parameter is unknown"
    return re.sub(r"^takes only .*", "takes only arguments that JSON cannot provide", plain)


async def execute(tools: tuple[Tool, ...], calls: int) -> tuple[int, Counter[str]]:
    """How many tools return something for one of a few made-up calls, and how the last call of the others failed."""
    executor = PythonExecutor(Limits(wall_s=5.0, import_s=120.0), workers=2)
    works: set[str] = set()
    last: dict[str, str] = {}
    try:
        for round_ in range(calls):
            pairs = [(tool, made_up(tool, round_)) for tool in tools if tool.name not in works]
            for execution in await executor.execute_many(pairs):
                if execution.ok:
                    works.add(execution.call.name)
                last[execution.call.name] = str(execution.reason)
    finally:
        await executor.aclose()
    return len(works), Counter(reason for name, reason in last.items() if name not in works)


def made_up(tool: Tool, round_: int) -> Call:
    """A call with values for what must be given; every other round for everything."""
    assert isinstance(tool.binding, PythonBinding)
    rng = Random(f"{tool.name} {round_}")
    arguments: dict[str, Any] = compose(Random(0), rng, tool, Wording.PLAIN).answers[0].arguments
    kept = {name: value for name, value in arguments.items() if round_ % 2 or name in tool.required}
    return Call(tool.name, kept)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", default=[], help="packages to look at, without their versions")
    parser.add_argument("--environment", type=Path, help="keep the virtual environment in this folder, or use it again")
    parser.add_argument("--calls", type=int, default=6, help="made-up calls of each tool; 0 executes nothing")
    parser.add_argument("--details", type=Path, help="write everything that was left out, with its reason, as JSON")
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        measure(options.measure, options.calls)
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.environment or Path(temporary) / "environment"
        python = folder / "bin" / "python"
        if not python.exists():
            make_environment(folder)
        chosen = {pin: of for pin, of in PACKAGES.items() if not options.only or pin.partition("==")[0] in options.only}
        found = [(pin, run(python, locator, options.calls)) for pin, of in chosen.items() for locator in of]
    report(found)
    if options.details:
        details = {result["locator"]: result["detail"] for _, result in found}
        options.details.write_text(json.dumps(details, indent=1), "utf-8")


def run(python: Path, locator: str, calls: int) -> dict[str, Any]:
    command = [str(python), "-m", "benchmarks.python_packages", "--measure", locator, "--calls", str(calls)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{locator}: {done.stderr[-2000:]}")
    result: dict[str, Any] = json.loads(done.stdout)
    print(f"{locator}: {result['tools']} of {result['functions']}", file=sys.stderr)
    return result


def report(found: list[tuple[str, dict[str, Any]]]) -> None:
    """Print the tables of docs/sources/python.md."""
    print("| package | loaded | functions | tools | execute | guessed | seconds | peak memory |")
    print("|---|---|--:|--:|--:|--:|--:|--:|")
    for pin, one in found:
        share = f"{one['tools']} ({one['tools'] / max(one['functions'], 1):.0%})"
        print(
            f"| {pin.replace('==', ' ')} | `{one['locator']}` | {one['functions']} | {share} | {one['executed']} "
            f"| {one['guessed']} | {one['seconds']:.1f} | {one['peak']:.0f} MB |"
        )
    functions, tools = (sum(one[key] for _, one in found) for key in ("functions", "tools"))
    executed = sum(one["executed"] for _, one in found)
    print(f"| all | | {functions} | {tools} ({tools / max(functions, 1):.0%}) | {executed} | | | |")
    for title, key in (
        ("why a function is left", "left"),
        ("what is no function", "others"),
        ("how calls of tools that did not execute failed", "failures"),
    ):
        total: Counter[str] = Counter()
        for _, one in found:
            total += Counter(dict(one[key]))
        print(f"\n| {title} | count |\n|---|--:|")
        for reason, count in total.most_common():
            print(f"| {reason} | {count} |")


if __name__ == "__main__":
    main()
