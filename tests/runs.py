"""Running apigen in tests as a user does: as a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

SAME_BYTES = ("attempts.jsonl", "dataset.jsonl", "dataset.xlam.json", "library.jsonl", "README.md")
"""What a seed decides to the byte; manifest.json and report.html also hold times."""


def apigen(
    *arguments: str | Path, cwd: Path | None = None, env: dict[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    """Run the command line to its end."""
    return subprocess.run(
        command(*arguments),
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, **(env or {})},
        timeout=120,
        check=False,
    )


def start(*arguments: str | Path) -> "subprocess.Popen[str]":
    """Start the command line and leave it running."""
    return subprocess.Popen(command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "apigen", *(str(argument) for argument in arguments)]


def lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def contents(run: Path) -> dict[str, bytes]:
    return {name: (run / name).read_bytes() for name in SAME_BYTES}
