"""Running apigen's command line in tests, in this process or as one of its own.

In this process a command costs nothing but its work, so most tests do that. What only a process can show is shown by
one: the exit code that a shell sees, signals, a full disk behind stdout, and that bytes depend on no process's hash
seed, for which a run as a process of its own is compared with one that is none.
"""

import contextlib
import io
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

from apigen.cli.main import main

SAME_BYTES = ("attempts.jsonl", "dataset.jsonl", "dataset.xlam.json", "library.jsonl", "README.md")
"""What a seed decides to the byte; manifest.json and report.html also hold times."""
_TAKES_LONG = re.compile(r"^.+ is taking a while, waiting up to \d+ s$\n?", re.MULTILINE)
PATIENCE_S = 300
"""How long anything is waited for that comes at once on an idle machine."""


def apigen(*arguments: str | Path, cwd: Path | None = None) -> "subprocess.CompletedProcess[str]":
    """Run the command line in this process to its end, and catch what it says."""
    called = command(*arguments)[2:]
    stdout, stderr = io.StringIO(), io.StringIO()
    with (
        contextlib.chdir(cwd or Path.cwd()),
        contextlib.redirect_stdout(stdout),
        contextlib.redirect_stderr(stderr),
        patch.object(sys, "argv", called),
    ):
        try:
            main()
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
    return subprocess.CompletedProcess(called, code, stdout.getvalue(), stderr.getvalue())


def apigen_process(
    *arguments: str | Path, env: dict[str, str] | None = None, preexec_fn: Callable[[], None] | None = None
) -> "subprocess.CompletedProcess[str]":
    """Run the command line as a user does, to its end."""
    return subprocess.run(
        command(*arguments),
        capture_output=True,
        text=True,
        env={**os.environ, **(env or {})},
        preexec_fn=preexec_fn,
        timeout=PATIENCE_S,
        check=False,
    )


def start(*arguments: str | Path) -> "subprocess.Popen[str]":
    """Start the command line as a process of its own and leave it running."""
    return subprocess.Popen(command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def until(true: Callable[[], bool], process: "subprocess.Popen[str]") -> None:
    """Wait until something has become true of a process, which must be alive for that."""
    deadline = time.monotonic() + PATIENCE_S
    while not true():
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < deadline
        time.sleep(0.002)


def told(ran: "subprocess.CompletedProcess[str]") -> str:
    """What a command wrote to stderr, without what it says of a library that takes long on a busy machine."""
    return _TAKES_LONG.sub("", ran.stderr).strip()


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "apigen", *(str(argument) for argument in arguments)]


def lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def contents(run: Path) -> dict[str, bytes]:
    """What a seed decides of a run; what it cost depends on what was under way when it ended, too."""
    found = {name: (run / name).read_bytes() for name in SAME_BYTES}
    found["README.md"] = re.sub(rb"## Cost.*?(?=^## )", b"", found["README.md"], flags=re.DOTALL | re.MULTILINE)
    return found


def size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
