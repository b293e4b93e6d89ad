"""The command line in this process, which saves starting one: for tests of what a command does and says."""

from pathlib import Path
from typing import NamedTuple

from typer.testing import CliRunner

from apigen.cli.main import app
from apigen.errors import ApigenError


class Ran(NamedTuple):
    """What a command ended with; an error is on ``stderr`` as :func:`apigen.cli.main.main` would say it."""

    returncode: int
    stdout: str
    stderr: str


def apigen(*arguments: str | Path) -> Ran:
    """Run a command to its end, in the current folder."""
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if isinstance(done.exception, ApigenError):
        return Ran(done.exception.exit_code, done.stdout, f"{done.stderr}apigen: {done.exception}\n")
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Ran(done.exit_code, done.stdout, done.stderr)
