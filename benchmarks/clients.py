"""The client of language models beside bare aiohttp and the OpenAI SDK, against one local server process.

    python benchmarks/clients.py [--requests 2000] [--rounds 3] [--sdk]

Requests per second and the client's CPU per request at concurrency 1, 32 and 256, each client in a process of its own
and in turn, so that the machine's moods meet all of them; the medians, and their ratios to bare aiohttp. ``--sdk``
installs the OpenAI SDK into an environment of its own in a temporary folder.
"""
# ruff: noqa: PLC0415 - each client is imported in its own process only: the SDK's environment has nothing else

import argparse
import asyncio
import importlib
import json
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

CONCURRENCY = (1, 32, 256)
PROMPT = "Write a query and the calls that answer it. " * 40
ANSWER = json.dumps(
    {
        "id": "x",
        "object": "chat.completion",
        "created": 0,
        "model": "m",
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "yes " * 200}}],
        "usage": {"prompt_tokens": 400, "completion_tokens": 200, "total_tokens": 600},
    }
).encode()
RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(ANSWER) + ANSWER

Ask = Callable[[], Awaitable[object]]
Close = Callable[[], Awaitable[None]]


class Server(asyncio.Protocol):
    """Answers each request at once, always the same: as little as a server can do."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport, self.buffer = transport, b""

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            head = self.buffer[:end].lower()
            length = int(head.partition(b"content-length:")[2].split(b"\r\n")[0])
            if len(self.buffer) < end + 4 + length:
                return
            self.buffer = self.buffer[end + 4 + length :]
            self.transport.write(RESPONSE)


async def serve() -> None:
    server = await asyncio.get_running_loop().create_server(Server, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def ours(url: str, concurrency: int) -> tuple[Ask, Close]:
    from apigen.model_config import ModelConfig
    from apigen.models.base import Options
    from apigen.models.table import make_model
    from apigen.records import Message

    model = make_model(ModelConfig(name="openai/m", base_url=url), concurrency)
    return lambda: model.complete([Message("user", PROMPT)], Options(max_tokens=500)), model.aclose


def bare(url: str, concurrency: int) -> tuple[Ask, Close]:
    import aiohttp

    session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=concurrency))
    body = {"model": "m", "messages": [{"role": "user", "content": PROMPT}], "max_tokens": 500}

    async def ask() -> object:
        async with session.post(f"{url}/chat/completions", json=body) as response:
            return (await response.json())["choices"][0]["message"]["content"]

    return ask, session.close


def sdk(url: str, concurrency: int) -> tuple[Ask, Close]:
    openai = importlib.import_module("openai")  # which no environment of this project has
    client = openai.AsyncOpenAI(base_url=url, api_key="none", timeout=120)
    slots = asyncio.Semaphore(concurrency)

    async def ask() -> object:
        async with slots:
            answer = await client.chat.completions.create(
                model="m", messages=[{"role": "user", "content": PROMPT}], max_tokens=500
            )
        return answer.choices[0].message.content

    return ask, client.close


CLIENTS = {"apigen": ours, "aiohttp": bare, "openai": sdk}


async def measure(name: str, url: str, concurrency: int, requests: int) -> dict[str, float]:
    ask, close = CLIENTS[name](url, concurrency)
    left = iter(range(requests))

    async def worker() -> None:
        for _ in left:
            await ask()

    await asyncio.gather(*(ask() for _ in range(concurrency)))  # connections, caches
    began, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(worker() for _ in range(concurrency)))
    wall, used = time.perf_counter() - began, time.process_time() - cpu
    await close()
    return {"per_s": requests / wall, "cpu_ms": 1000 * used / requests}


def python_with_sdk(folder: Path) -> str:
    venv.create(folder, with_pip=True)
    python = str(folder / "bin" / "python")
    subprocess.run([python, "-m", "pip", "install", "--quiet", "openai"], check=True)
    return python


def measured(python: str, *arguments: object) -> dict[str, float]:
    command = [python, __file__, "--measure", *map(str, arguments)]
    found: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return found


def compare(options: argparse.Namespace) -> None:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        pythons = {"aiohttp": sys.executable, "apigen": sys.executable}
        if options.sdk:
            pythons["openai"] = python_with_sdk(folder / "sdk")
        server = subprocess.Popen([sys.executable, __file__, "--serve"], stdout=subprocess.PIPE, text=True)
        stack.callback(server.wait)
        stack.callback(server.kill)
        assert server.stdout
        stack.enter_context(server.stdout)
        url = f"http://127.0.0.1:{int(server.stdout.readline())}/v1"
        print(f"{options.requests} requests, median of {options.rounds} rounds; ratios to bare aiohttp")
        for concurrency in CONCURRENCY:
            rows: dict[str, list[dict[str, float]]] = {name: [] for name in pythons}
            for _ in range(options.rounds):
                for name, python in pythons.items():
                    rows[name].append(measured(python, name, url, concurrency, options.requests))
            show(concurrency, rows)


def show(concurrency: int, rows: dict[str, list[dict[str, float]]]) -> None:
    def middle(name: str, key: str) -> float:
        return statistics.median(row[key] for row in rows[name])

    for name in rows:
        per_s, cpu_ms = middle(name, "per_s"), middle(name, "cpu_ms")
        ratios = f"{per_s / middle('aiohttp', 'per_s'):5.2f} x {cpu_ms / middle('aiohttp', 'cpu_ms'):6.2f} x"
        print(f"  concurrency {concurrency:3}  {name:8} {per_s:8.0f} requests/s {cpu_ms:6.2f} ms CPU each   {ratios}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sdk", action="store_true", help="measure the OpenAI SDK as well")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--measure", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        asyncio.run(serve())
    elif options.measure:
        name, url, concurrency, requests = options.measure
        found: dict[str, Any] = asyncio.run(measure(name, url, int(concurrency), int(requests)))
        print(json.dumps(found))
    else:
        compare(options)


if __name__ == "__main__":
    main()
