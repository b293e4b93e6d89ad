"""The three ways over the same server, each as a command in a process of its own, and what a run of one came to."""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import msgspec

from benchmarks.throughput import peer
from benchmarks.throughput.served import Server
from benchmarks.throughput.server import JUDGE, WRITER, Told

HERE = Path(__file__).parent


class Ran(msgspec.Struct):
    """One run of one way.

    Attributes:
        told: what the server counted.
        cpu_s: of all processes but the server, from start to end.
        candidates: that were verified; 0 where there are none.
    """

    told: Told
    cpu_s: float
    candidates: int = 0

    @property
    def seconds(self) -> float:
        """From the first request to the last answer."""
        return self.told.last - self.told.first

    @property
    def per_second(self) -> float:
        """Model requests per second."""
        return self.told.answered / self.seconds


class Ways:
    """Runs each way on demand.

    Args:
        server: answers all of them.
        folder: for what they write.
        concurrency: requests in flight at once.
        count: samples that the pipeline is asked for.
        peer_python: the interpreter of the peer's virtual environment, if there is one.
    """

    def __init__(self, server: Server, folder: Path, concurrency: int, count: int, peer_python: Path | None) -> None:
        self._server = server
        self._folder = folder
        self._concurrency = concurrency
        self._count = count
        self._peer_python = peer_python
        self._runs = 0
        self._bodies = folder / "bodies.jsonl"

    def warm_up(self) -> Ran:
        """The pipeline once, so that the server knows all answers, and the bare client all requests."""
        ran = self.pipeline(0.0)
        self._bodies.write_bytes(self._server.bodies())
        return ran

    def pipeline(self, latency_s: float, *interpreter: str) -> Ran:
        """``apigen run``: it writes, checks, executes twice, has judged, and keeps everything.

        Args:
            latency_s: of the server.
            interpreter: what runs the command, where that is not plain Python.
        """
        self._runs += 1
        out = self._folder / f"run-{self._runs}"
        command = [*(interpreter or (sys.executable, "-m", "apigen")), "run", "--count", str(self._count)]
        command += ["--model", f"openai/{WRITER}", "--judge", f"openai/{JUDGE}", "--base-url", self._server.url]
        ran = self._run(latency_s, [*command, "--concurrency", str(self._concurrency), "--out", str(out)])
        ran.candidates = json.loads((out / "manifest.json").read_text())["counts"]["candidates"]
        return ran

    def bare(self, latency_s: float) -> Ran:
        """The same requests, and nothing but the requests."""
        command = [sys.executable, "-m", "benchmarks.throughput.bare", self._server.url, str(self._bodies)]
        return self._run(latency_s, [*command, str(self._concurrency)])

    def peer(self, latency_s: float, rows: int) -> Ran:
        """distilabel's steps; two requests and an execution a row."""
        assert self._peer_python is not None
        tools = self._folder / "tools.py"
        tools.write_text(peer.TOOLS)
        command = [str(self._peer_python), str(HERE / "peer.py"), self._server.url, str(tools), str(rows)]
        ran = self._run(latency_s, [*command, str(self._concurrency)], DISTILABEL_LOG_LEVEL="ERROR")
        ran.candidates = rows
        return ran

    def _run(self, latency_s: float, command: list[str], **variables: str) -> Ran:
        self._server.begin(latency_s)
        before = _children_cpu_s()
        done = subprocess.run(command, check=False, capture_output=True, text=True, env={**os.environ, **variables})
        if done.returncode:
            raise SystemExit(f"{' '.join(command[:4])} ... failed:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
        return Ran(self._server.told(), _children_cpu_s() - before)


def _children_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
