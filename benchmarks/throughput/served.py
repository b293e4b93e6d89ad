"""Our hold on the server's process."""

import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from benchmarks.throughput.server import Told


class Server:
    """Starts over with a set wait, and tells what it counted."""

    def __init__(self, url: str) -> None:
        self.url = url

    def begin(self, latency_s: float) -> None:
        self._ask("begin", msgspec.json.encode({"latency_s": latency_s}))

    def told(self) -> Told:
        return msgspec.json.decode(self._ask("told"), type=Told)

    def bodies(self) -> bytes:
        return self._ask("bodies")

    def _ask(self, what: str, body: bytes = b"{}") -> bytes:
        address = f"{self.url.removesuffix('/v1')}/{what}"
        with urllib.request.urlopen(urllib.request.Request(address, data=body)) as response:  # noqa: S310 - our own
            return bytes(response.read())


@contextmanager
def serving() -> Iterator[Server]:
    """A server for as long as it is wanted."""
    command = [sys.executable, "-m", "benchmarks.throughput.server"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield Server(process.stdout.readline().strip())
        process.stdin.close()
