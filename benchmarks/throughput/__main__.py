"""Model requests per second of the whole pipeline, beside a bare client and a peer on the same server.

    python -m benchmarks.throughput [--count 2000] [--rounds 3] [--peer VENV/bin/python] [--write-docs] [--json FILE]

The server (``server.py``) is a process of its own and answers from memory after a set wait. In every round the ways
take turns: a bare aiohttp client sends the very requests that the pipeline sent; the pipeline writes, checks format,
duplicates and grounding, executes every call twice in the sandbox, has a language model judge, and keeps everything;
the peer is distilabel with its three APIGen steps, set up by

    python3 -m venv VENV && VENV/bin/pip install 'distilabel[openai]' requests

A ratio is of the same round; told are medians with the least and the greatest. Time is from the first request to the
last answer, as the server saw it, so starting up does not count. CPU time is of all processes but the server, starting
up included.
"""

import argparse
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from apigen.execute.python import probe_isolation
from benchmarks.throughput import in_flight, stages
from benchmarks.throughput.served import serving
from benchmarks.throughput.server import Told
from benchmarks.throughput.ways import Ran, Ways
from benchmarks.verification.tables import write_block

DOCS = Path(__file__).parent.parent.parent / "docs" / "throughput.md"
LATENCIES = (0.05, 0.0)
BARE, PIPELINE, PEER = "bare client", "pipeline", "distilabel"
_PARTS = 60

Rounds = dict[str, list[Ran]]


def measured(ways: dict[str, Callable[[float], Ran]], latency_s: float, rounds: int) -> Rounds:
    """Run all ways in turns."""
    found: Rounds = {name: [] for name in ways}
    for number in range(rounds):
        for name, way in ways.items():
            found[name].append(ran := way(latency_s))
            print(
                f"{latency_s * 1000:.0f} ms, round {number + 1}, {name}: {ran.told.answered} requests in "
                f"{ran.seconds:.1f} s, {ran.per_second:.0f}/s",
                file=sys.stderr,
            )
    return found


def table(found: Rounds, latency_s: float) -> str:
    """Rates, ratios and CPU time of one latency."""
    lines = [
        f"Latency {latency_s * 1000:.0f} ms:",
        "",
        "| way | model requests/s | of the bare client | of distilabel | CPU ms a request | of the server |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for name, runs in found.items():
        cells = [spread([ran.per_second for ran in runs], "{:.0f}")]
        for base in (BARE, PEER):
            pairs = zip(runs, found.get(base, ()), strict=False)
            ratios = [one.per_second / other.per_second for one, other in pairs]
            cells.append(spread(ratios, "{:.2f}") if ratios else "")
        cells.append(spread([1000 * ran.cpu_s / ran.told.answered for ran in runs], "{:.2f}"))
        cells.append(spread([1000 * ran.told.cpu_s / ran.told.answered for ran in runs], "{:.2f}"))
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def flights(found: Rounds, concurrency: int, latency_s: float) -> str:
    """Requests in flight over time, of the last round."""
    lines = [
        f"In flight at the server, of {concurrency}, at {latency_s * 1000:.0f} ms, from first to last:",
        "",
        "```",
    ]
    for name, runs in found.items():
        told = runs[-1].told
        values = in_flight.means(told, _PARTS)
        line = in_flight.chart(values, max(concurrency, *values))
        at_least = " ".join(
            f"{in_flight.share_of_time(told, least):.0%} at least {least}," for least in (1, concurrency // 4)
        )
        lines.append(f"{name:12} {line} mean {_mean(told):.0f}; of the time {at_least.rstrip(',')}")
    return "\n".join([*lines, "```"])


def by_stage(ways: Ways, runs: Sequence[Ran], folder: Path) -> str:
    """CPU milliseconds a candidate, by stage."""
    profile = folder / "profile"
    code = ["-c", stages.PROFILED, str(profile)]
    ways.pipeline(LATENCIES[0], sys.executable, *code)
    plain = statistics.median(ran.cpu_s / ran.candidates for ran in runs) * 1000
    sandbox = _sandbox_share(ways, folder)
    rows = {stages.SANDBOX: plain * sandbox}
    for stage, share in stages.shares(profile).items():
        rows[stage] = plain * (1 - sandbox) * share
    lines = ["| stage | CPU ms a candidate |", "|---|--:|"]
    lines += [f"| {stage} | {each:.2f} |" for stage, each in sorted(rows.items(), key=lambda row: -row[1])]
    return "\n".join([*lines, f"| **all** | **{plain:.2f}** |"])


def _sandbox_share(ways: Ways, folder: Path) -> float:
    """The share of the pipeline's CPU time that sandbox processes take."""
    where = folder / "usage"
    ways.pipeline(LATENCIES[0], sys.executable, "-c", stages.TOLD_APART, str(where))
    own, children = map(float, where.read_text().split())
    return children / (own + children)


def _mean(told: Told) -> float:
    return statistics.fmean(in_flight.means(told, _PARTS))


def spread(values: Sequence[float], form: str) -> str:
    """The median, and the least and the greatest."""
    return f"{form.format(statistics.median(values))} ({form.format(min(values))}-{form.format(max(values))})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=2000, help="samples that the pipeline is asked for")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--concurrency", type=int, default=200)
    parser.add_argument("--peer", type=Path, help="the Python of a virtual environment with distilabel")
    parser.add_argument("--peer-rows", type=int, default=800)
    parser.add_argument("--no-stages", action="store_true", help="leave the profile out")
    parser.add_argument("--write-docs", action="store_true", help="replace the figures in docs/throughput.md")
    parser.add_argument("--json", type=Path, help="write every run, with the server's counts, to this file")
    given = parser.parse_args()
    load = os.getloadavg()[0]
    with serving() as server, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ways = Ways(server, folder, given.concurrency, given.count, given.peer)
        ways.warm_up()
        each: dict[str, Callable[[float], Ran]] = {BARE: ways.bare, PIPELINE: ways.pipeline}
        if given.peer:
            each[PEER] = lambda latency_s: ways.peer(latency_s, given.peer_rows)
        found = {latency: measured(each, latency, given.rounds) for latency in LATENCIES}
        parts = [table(rounds, latency) for latency, rounds in found.items()]
        parts += [flights(rounds, given.concurrency, latency) for latency, rounds in found.items()]
        if not given.no_stages:
            parts.append(by_stage(ways, found[LATENCIES[0]][PIPELINE], folder))
    head = (
        f"`python -m benchmarks.throughput --count {given.count} --rounds {given.rounds}`, "
        f"{time.strftime('%Y-%m-%d')}, "
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} CPUs with a load of {load:.0f} at the start, "
        f"Python {platform.python_version()}, level `{probe_isolation().level}`."
    )
    text = "\n\n".join([head, *parts])
    print(text)
    if given.write_docs:
        write_block(DOCS, "throughput", text)
    if given.json:
        given.json.write_bytes(msgspec.json.encode({f"{latency:g}": rounds for latency, rounds in found.items()}))


if __name__ == "__main__":
    main()
