"""The real thing: a server and runs against it, each a process of its own."""

import os
import queue
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

_APIGEN = (sys.executable, "-m", "apigen")
_CONFIG = "sampling: {feedback: false}\n"
"""What was accepted is no example of later prompts: a fault that was missed would breed faults that no ledger knows."""
_LOOK_EVERY_S = 0.1
_PATIENCE_S = 120.0


class Run(NamedTuple):
    """One run and what it took."""

    path: Path
    candidates: int
    seconds: float
    cpu_s: float
    """Of its process and of all tools that it ran."""


@contextmanager
def server(profile: str, seed: int, ledger: Path) -> Iterator[str]:
    """``apigen simulate`` as long as the block lasts; yields its base address.

    Raises:
        SystemExit: it does not begin.
    """
    command = [*_APIGEN, "simulate", "--port", "0", "--profile", profile, "--seed", str(seed), "--ledger", str(ledger)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"})
    first: queue.Queue[str] = queue.Queue()
    assert process.stdout

    def read(lines: Iterable[str]) -> None:
        for line in lines:  # to the end, so that the server never waits for a reader
            first.put(line)

    threading.Thread(target=read, args=(process.stdout,), daemon=True).start()
    try:
        try:
            said = first.get(timeout=_PATIENCE_S)
        except queue.Empty:
            raise SystemExit("nothing measured: the server did not begin") from None
        yield next(word.rstrip(";") for word in said.split() if word.startswith("http://"))
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()


def runs(profile: str, url: str, wanted: int, first_seed: int, folder: Path) -> Iterator[Run]:
    """Runs with one seed after the other until there are as many candidates as wanted.

    A run is ended by Ctrl-C once it has enough; one that ends before, because it brings next to nothing new any more,
    is followed by another with the next seed.

    Raises:
        SystemExit: a run failed.
    """
    (folder / "config.yaml").write_text(_CONFIG)
    have, seed = 0, first_seed
    while have < wanted:
        run = _run(profile, url, wanted - have, seed, folder)
        if not run.candidates:
            raise SystemExit(f"nothing measured: the run {run.path} brought no candidates")
        have += run.candidates
        seed += 1
        yield run


def _run(profile: str, url: str, wanted: int, seed: int, folder: Path) -> Run:
    path = folder / f"run-{seed}"
    command = [*_APIGEN, "run", str(folder / "config.yaml"), "--model", f"openai/{profile}", "--base-url", url]
    command += ["--count", str(max(wanted, 64)), "--seed", str(seed), "--out", str(path), "--json"]
    before, began = cpu_of_children_s(), time.monotonic()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=said)
        counter = _Lines(path / "attempts.jsonl")
        while process.poll() is None:
            if counter.count() >= wanted:
                process.send_signal(signal.SIGINT)
                process.wait()
                break
            time.sleep(_LOOK_EVERY_S)
        seconds = time.monotonic() - began
        if process.returncode not in (0, 1, 130):
            said.seek(0)
            raise SystemExit(f"nothing measured: {said.read().decode()[-500:]}")
    return Run(path, counter.count(), seconds, cpu_of_children_s() - before)


class _Lines:
    """Counts the lines of a file that grows."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = 0
        self._lines = 0

    def count(self) -> int:
        """The whole lines that are there by now."""
        if self._path.exists():
            with self._path.open("rb") as file:
                file.seek(self._read)
                while block := file.read(1 << 20):
                    self._read += len(block)
                    self._lines += block.count(b"\n")
        return self._lines


def cpu_of_children_s() -> float:
    """Of all processes that have ended so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
