"""A real inference engine for tests: llama.cpp's server with a tiny model, as a process of its own.

It comes with the extra ``engine``, which compiles it. Where it is missing the tests are skipped, unless
``APIGEN_REQUIRE_ENGINE`` is set: then they fail, so that CI cannot pass without them.
"""

import importlib.util
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest

from runs import PATIENCE_S
from tiny_llama import CONTEXT, NAME, write_tiny_llama

_MODULES = ("llama_cpp", "llama_cpp.server", "fastapi", "gguf", "numpy")


class LlamaServer(msgspec.Struct, frozen=True):
    """A running server."""

    url: str
    """What ``--base-url`` takes."""
    log: Path

    def answered(self) -> int:
        """How many chat completions it has answered so far."""
        return self.log.read_text().count('"POST /v1/chat/completions HTTP/1.1" 200')

    def chat(self, **body: Any) -> tuple[int, Any]:
        """One request to ``/chat/completions``.

        Returns:
            The status, and the answer as JSON, also where it is an error.
        """
        asked = {"model": NAME, "messages": [{"role": "user", "content": "Go."}]} | body
        return self._answer("POST", "/chat/completions", msgspec.json.encode(asked))

    def is_up(self) -> bool:
        """Whether it answers."""
        try:
            return self._answer("GET", "/models")[0] == 200
        except OSError:
            return False

    def _answer(self, method: str, path: str, body: bytes | None = None) -> tuple[int, Any]:
        place = urlsplit(self.url)
        with closing(HTTPConnection(place.netloc, timeout=PATIENCE_S)) as connection:
            connection.request(method, f"{place.path}{path}", body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            return response.status, msgspec.json.decode(response.read())


def require_engine() -> None:
    """Skip the test that asks, or fail it, where the engine is not installed."""
    missing = [name for name in _MODULES if not _there(name)]
    if not missing:
        return
    why = f"the inference engine is not installed ({', '.join(missing)}): pip install -e '.[engine]'"
    if os.environ.get("APIGEN_REQUIRE_ENGINE"):
        pytest.fail(why)
    pytest.skip(why)


@contextmanager
def llama_serving(folder: Path, context: int = CONTEXT) -> Iterator[LlamaServer]:
    """Serve the tiny model on a free port for as long as the block lasts.

    Args:
        folder: where the model and the server's log are written.
        context: most tokens of a prompt and its answer together.
    """
    model, log = folder / f"{NAME}.gguf", folder / f"server-{context}.log"
    if not model.exists():
        write_tiny_llama(model)
    port = _free_port()
    settings = {"model": model, "model_alias": NAME, "host": "127.0.0.1", "port": port, "n_ctx": context}
    quiet = {"n_threads": 1, "n_threads_batch": 1, "verbose": False}
    options = [f"--{name}={value}" for name, value in (settings | quiet).items()]
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "llama_cpp.server", *options], stdout=output, stderr=subprocess.STDOUT
        )
        try:
            server = LlamaServer(f"http://127.0.0.1:{port}/v1", log)
            _wait_for(server, process)
            yield server
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_for(server: LlamaServer, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + PATIENCE_S
    while not server.is_up():
        assert process.poll() is None, server.log.read_text()
        assert time.monotonic() < until, server.log.read_text()
        time.sleep(0.05)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _there(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # not even the package that it would be in
        return False
