"""Speed and memory of ``apigen check`` on a file in the shape of xlam-function-calling-60k.

The file is made from the starter library's seeds, with seeded faults in one row of ten. ``apigen check`` is paired with
a bare loop over the same lines, which parses the JSON of each and validates each call against its tool's compiled
schema, and does nothing else. Both run in fresh processes, one after the other, in every round; a ratio is a round's,
and the median is told. Times are CPU seconds (both are single-threaded), so that a busy machine distorts them less;
what a process needs that checks one row (imports, the library) is taken off.

    python -m benchmarks.audit [--rows 60000] [--rounds 5] [--no-grounding]
"""

import argparse
import json
import random
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs

from apigen.dataset.export.xlam import rows as xlam_rows
from apigen.library.catalogue import Library, load_library
from apigen.records import Provenance, Sample, Style, Tool, Wording

FAULTY = 0.1
"""Share of the rows with a fault."""


def make(path: Path, rows: int, seed: int = 0) -> dict[str, int]:
    """Write an xlam file as JSON Lines; returns how many rows have which fault."""
    library = load_library(["starter"])
    random_ = random.Random(seed)
    counts: dict[str, int] = {}
    with path.open("w") as file:
        before: dict[str, Any] | None = None
        for row in xlam_rows(_samples(library, rows, random_)):
            if before is not None and random_.random() < FAULTY:
                name = random_.choice(list(FAULTS))
                row = FAULTS[name](row, before)  # noqa: PLW2901
                counts[name] = counts.get(name, 0) + 1
            else:
                before = row
            file.write(json.dumps(row) + "\n")
    return counts


def _samples(library: Library, rows: int, random_: random.Random) -> Iterator[Sample]:
    tools = library.by_name()
    others = list(tools.values())
    provenance = Provenance("", "", False, 0, Style.SIMPLE, Wording.PLAIN, (), ())
    for number in range(rows):
        example = library.seeds[number % len(library.seeds)]
        offered = {name: tools[name] for name in sorted(example.tool_names)}
        for other in random_.sample(others, random_.randint(0, 3)):
            offered.setdefault(other.name, other)
        shown = tuple(tool.offered() for tool in offered.values())
        query = f"{example.query} ({_letters(number)})"
        yield Sample(number, query, shown, example.calls, (), provenance)


def _letters(number: int) -> str:
    """A mark that makes a query unlike all others and that no check takes for a value."""
    letters = ""
    for _ in range(5):
        number, digit = divmod(number, 20)
        letters += "bcdfghjklmnpqrstvwxz"[digit]
    return letters


Row = dict[str, Any]


def _with_calls(row: Row, change: Callable[[list[dict[str, Any]]], object]) -> Row:
    calls = json.loads(row["answers"])
    change(calls)
    return {**row, "answers": json.dumps(calls)}


def _mistyped(calls: list[dict[str, Any]]) -> None:
    arguments = calls[0]["arguments"]
    for name, value in arguments.items():
        arguments[name] = 17 if isinstance(value, str) else str(value)


FAULTS: dict[str, Callable[[Row, Row], Row]] = {
    "unknown tool": lambda row, _: _with_calls(row, lambda calls: calls[0].update(name=calls[0]["name"] + "_v2")),
    "unknown argument": lambda row, _: _with_calls(row, lambda calls: calls[0]["arguments"].update(extra_flag=True)),
    "missing arguments": lambda row, _: _with_calls(row, lambda calls: calls[0]["arguments"].clear()),
    "wrong types": lambda row, _: _with_calls(row, _mistyped),
    "arguments as text": lambda row, _: _with_calls(
        row, lambda calls: calls[0].update(arguments=json.dumps(calls[0]["arguments"]))
    ),
    "repeated call": lambda row, _: _with_calls(row, lambda calls: calls.append(calls[0])),
    "cut answers": lambda row, _: {**row, "answers": row["answers"][:-3]},
    "empty query": lambda row, _: {**row, "query": " "},
    "repeated row": lambda row, before: {**before, "id": row["id"]},
}


def bare(path: Path, most: int) -> None:
    """What any check has to do at least: parse, and validate each call against its tool's schema."""
    tools: dict[str, Tool] = load_library(["starter"]).by_name()
    validators = {name: jsonschema_rs.validator_for(tool.parameters) for name, tool in tools.items()}
    wrong = 0
    with path.open() as file:
        for number, line in enumerate(file):
            if number >= most:
                break
            row = json.loads(line)
            offered = {tool["name"] for tool in json.loads(row["tools"])}
            try:
                calls = json.loads(row["answers"])
            except ValueError:
                wrong += 1
                continue
            wrong += not all(
                call["name"] in offered and validators[call["name"]].is_valid(call["arguments"]) for call in calls
            )
    print(json.dumps({"rejected": wrong}))


def timed(command: list[str]) -> tuple[float, dict[str, Any]]:
    """CPU seconds of a fresh process, and the object that it printed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return spent, json.loads(done.stdout)


def measured(command: Callable[[int], list[str]], rows: int) -> float:
    """CPU seconds for all rows, without those that one row costs."""
    return timed(command(rows))[0] - timed(command(1))[0]


def peak(path: Path, rows: int, *options: str) -> float:
    """Peak memory of an audit in MB, in a process of its own."""
    code = (
        "import resource, sys; from apigen.cli.main import app;\n"
        "try: app(sys.argv[1:])\n"
        "except SystemExit: pass\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)"
    )
    command = [sys.executable, "-c", code, "check", str(path), "--json", "--limit", str(rows), *options]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    scale = 1 if sys.platform == "darwin" else 1024
    return int(done.stderr.split()[-1]) * scale / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=60_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--no-grounding", action="store_true")
    parser.add_argument("--bare", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.bare:
        bare(options.bare, options.rows)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.jsonl"
        faults = make(path, options.rows)
        print(f"{options.rows:,} rows, {path.stat().st_size / 1e6:.0f} MB, with faults: {faults}")
        compare(path, options)
        for rows in (options.rows // 10, options.rows):
            bare_checks = peak(path, rows, "--grounding", "off")
            outputs = (
                "--fix",
                f"{folder}/fixed.jsonl",
                "--rejects",
                f"{folder}/bad.jsonl",
                "--report",
                f"{folder}/r.html",
            )
            print(f"peak memory at {rows:,} rows: {bare_checks:.0f} MB; grounded, with all outputs:", end=" ")
            print(f"{peak(path, rows, *outputs):.0f} MB")


def compare(path: Path, options: argparse.Namespace) -> None:
    """Print rows per CPU second and the ratio to the bare loop, for each level of checks."""
    levels = ["off"] if options.no_grounding else ["off", "lenient", "strict"]

    def bare_loop(rows: int) -> list[str]:
        return [sys.executable, "-m", "benchmarks.audit", "--bare", str(path), "--rows", str(rows)]

    for level in levels:

        def check(rows: int, level: str = level) -> list[str]:
            return [
                *(sys.executable, "-m", "apigen", "check", str(path), "--json"),
                *("--grounding", level, "--limit", str(rows)),
            ]

        found = timed(check(options.rows))[1]
        ratios, rates, bare_rates = [], [], []
        for _ in range(options.rounds):
            ours, theirs = measured(check, options.rows), measured(bare_loop, options.rows)
            ratios.append(theirs / ours)
            rates.append(options.rows / ours)
            bare_rates.append(options.rows / theirs)
        print(
            f"grounding {level}: {statistics.median(rates):,.0f} rows/s, bare {statistics.median(bare_rates):,.0f}; "
            f"ratio {statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f}); "
            f"{found['rejected']:,} rejected: {found['reasons']}"
        )


if __name__ == "__main__":
    main()
