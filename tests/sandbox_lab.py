"""What the sandbox's tests share: an executor on an event loop of its own, and ways to call hostile functions."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from apigen.execute.python import Limits, PythonExecutor
from apigen.records import Call, Execution, PythonBinding, Tool

HOSTILE = Path(__file__).parent / "data" / "hostile.py"
SHORT = Limits(wall_s=30.0, cpu_s=1, memory_mb=128, output_kb=64, file_mb=1, import_s=60.0)
"""What computes without end is ended by its CPU time, which is the same on a busy machine; the clock hardly ever."""


def tool_of(name: str, file: Path = HOSTILE) -> Tool:
    return Tool(name, "", {"type": "object"}, binding=PythonBinding(qualname=name, file=str(file)))


class Lab:
    """Calls functions, one at a time."""

    def __init__(self, runner: asyncio.Runner, executor: PythonExecutor) -> None:
        self.runner = runner
        self.executor = executor

    def call(self, name: str, *, file: Path = HOSTILE, **arguments: Any) -> Execution:
        return self.runner.run(self.executor.execute(tool_of(name, file), Call(name, arguments)))


@contextmanager
def lab(limits: Limits = SHORT, workers: int = 1) -> Iterator[Lab]:
    with asyncio.Runner() as runner:
        executor = PythonExecutor(limits, workers)
        try:
            yield Lab(runner, executor)
        finally:
            runner.run(executor.aclose())
