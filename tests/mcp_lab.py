"""What the tests of MCP servers share: locators of their servers, and an executor on an event loop of its own."""

import asyncio
import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from apigen.config import RemoteConfig
from apigen.execute.base import all_made
from apigen.execute.mcp.executor import McpExecutor
from apigen.library.catalogue import Library, load_library
from apigen.records import Call, Execution

DATA = Path(__file__).parent / "data"


def command(file: str, *arguments: str) -> str:
    """The locator of a server in ``data/``."""
    return f"mcp:{shlex.join((sys.executable, str(DATA / file), *arguments))}"


def odd(way: str = "well") -> str:
    """The locator of the server that speaks the protocol by hand."""
    return command("mcp_odd.py", way)


class Lab:
    """Calls tools of a library on their servers."""

    def __init__(self, runner: asyncio.Runner, executor: McpExecutor, library: Library) -> None:
        self.runner = runner
        self.executor = executor
        self.tools = library.by_name()

    def call(self, name: str, **arguments: Any) -> Execution:
        return self.runner.run(self.executor.execute(self.tools[name], Call(name, arguments)))

    def calls(self, *calls: Call) -> Sequence[Execution]:
        return all_made(self.runner.run(self.executor.execute_many([(self.tools[call.name], call) for call in calls])))


@contextmanager
def lab(*locators: str, result_kb: int = 64, **remote: Any) -> Iterator[Lab]:
    library = load_library(locators)
    with asyncio.Runner() as runner:
        executor = McpExecutor(RemoteConfig.model_validate({"writes": "*"} | remote), result_kb=result_kb)
        try:
            yield Lab(runner, executor, library)
        finally:
            runner.run(executor.aclose())
