"""Starts real services for tests, and calls them."""

import asyncio
import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from apigen.library.seeds import parse_seeds
from apigen.records import Call, Execution, Tool
from rest_lab import executor_for

SHOP = Path(__file__).parent.parent / "examples" / "rest_service"
ENVIRONMENT = {"SHOP_KEY": "fjell-og-fjord-demo"}


@contextmanager
def started(command: Sequence[str], ready: str, wait_s: float = 240) -> Iterator[str]:
    """The address of a server that a command starts, for as long as the block lasts.

    Args:
        command: ``PORT`` in it is replaced by a free port.
        ready: what it prints once it listens. To try to connect could take the port away from it.
        wait_s: longest wait for that.
    """
    port = str(free_port())
    with tempfile.TemporaryFile() as log:
        command = [port if word == "PORT" else word for word in command]
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
        try:
            end = time.monotonic() + wait_s
            while ready not in (printed := os.pread(log.fileno(), 1 << 20, 0).decode()):
                assert process.poll() is None, printed
                assert time.monotonic() < end, f"{command[0]} does not listen after {wait_s} s: {printed}"
                time.sleep(0.1)
            yield f"http://127.0.0.1:{port}"
        finally:
            os.killpg(process.pid, signal.SIGKILL)  # npx does not pass signals on to what it starts
            process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def run(
    tools: Mapping[str, Tool], calls: Sequence[Call], environment: Mapping[str, str] = ENVIRONMENT, **remote: Any
) -> list[Execution]:
    async def main() -> list[Execution]:
        executor = executor_for(*tools.values(), environment=environment, **remote)
        try:
            return [await executor.execute(tools[call.name], call) for call in calls]
        finally:
            await executor.aclose()

    return asyncio.run(main())


def one(tools: Mapping[str, Tool], name: str, /, **arguments: Any) -> Execution:
    return run(tools, [Call(name, arguments)])[0]


def example_calls() -> list[Call]:
    """Those of all hand-written queries of the shop, those that write last."""
    names = ("seeds.jsonl", "seeds-writing.jsonl")
    return [
        call for name in names for seed in parse_seeds((SHOP / name).read_text("utf-8"), name) for call in seed.calls
    ]


def failures(executions: Sequence[Execution]) -> list[Execution]:
    return [execution for execution in executions if not execution.ok]
