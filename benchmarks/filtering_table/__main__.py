"""The paper's filtering table beside apigen's, over simulated generators whose every fault is known.

python -m benchmarks.filtering_table --candidates 40000 [--profile NAME] [--write-docs] [--show right|KIND]

Each profile is a server (`apigen simulate`) and runs (`apigen run`) against it over HTTP, all of them real processes.
The server's ledger says what was put in; here it is joined to what the runs made of it.
"""

import argparse
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from apigen.library.starter_source import load_starter
from apigen.models.simulated.profiles import PROFILES
from benchmarks.filtering_table.figures import Figures
from benchmarks.filtering_table.joining import Joined, joined, read_ledger
from benchmarks.filtering_table.processes import Run, cpu_of_children_s, runs, server
from benchmarks.filtering_table.tables import SIMULATION, tables
from benchmarks.filtering_table.truth import Truth
from benchmarks.verification.tables import write_block

DOCS = Path(__file__).parent.parent.parent / "docs" / "filtering.md"


def measured(profile: str, candidates: int, seed: int, folder: Path) -> Figures:
    """Run one profile and count what became of what."""
    figures = Figures(profile)
    ledger, before = folder / "ledger.jsonl", cpu_of_children_s()
    done: list[Run] = []
    with server(profile, seed, ledger) as url:
        done += runs(profile, url, candidates, seed, folder)
    figures.runs = len(done)
    figures.seconds = sum(run.seconds for run in done)
    figures.run_cpu_s = sum(run.cpu_s for run in done)
    figures.server_cpu_s = cpu_of_children_s() - before - figures.run_cpu_s
    entries = read_ledger(ledger)

    def pairs() -> Iterator[Joined]:
        for run in done:
            yield from joined(run.path, entries)

    figures.count(pairs(), Truth({tool.name: tool for tool in load_starter().tools}), candidates)
    return figures


def main() -> None:
    published = [name for name, profile in PROFILES.items() if profile.published]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--candidates", type=int, default=2_000, help="candidates per profile; the paper's are 40,000")
    parser.add_argument("--profile", action="append", choices=tuple(PROFILES), help="default: the paper's four")
    parser.add_argument("--seed", type=int, default=1, help="of the faults, and of the first run")
    parser.add_argument("--json", type=Path, help="write everything, with examples, to this file")
    parser.add_argument("--write-docs", action="store_true", help="replace the tables in docs/filtering.md")
    parser.add_argument("--show", metavar="right|KIND", help="show right pairs that fell, or faults that passed")
    given = parser.parse_args()
    results = []
    for profile in given.profile or published:
        began = time.perf_counter()
        with TemporaryDirectory(prefix="filtering") as folder:
            results.append(measured(profile, given.candidates, given.seed, Path(folder)))
        print(f"{profile}: {time.perf_counter() - began:.0f} s", file=sys.stderr)
    size = f"{given.candidates:,} candidates per generator, seed {given.seed}, on {os.cpu_count()} processors."
    print(f"{SIMULATION}\n\n{size}")
    for name, table in tables(results).items():
        print(f"\n## {name}\n\n{table}")
        if given.write_docs:
            write_block(DOCS, name, table)
    if given.write_docs:
        write_block(DOCS, "size", size)
    if given.json:
        given.json.write_bytes(msgspec.json.format(msgspec.json.encode(results)))
    if given.show:
        print("\n".join(line for one in results for line in one.shown.get(given.show, [])))


if __name__ == "__main__":
    main()
