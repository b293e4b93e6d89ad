"""The command line's entry: its groups of commands, and how it ends."""

import contextlib
import io
import os
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from apigen.cli import audit_app, evaluate_app, library_app, run_app, simulate_app, training_app
from apigen.errors import ApigenError, UserError
from apigen.printable import escaped


class _Commands(TyperGroup):
    """The commands; a value that an option does not take is reported in one line, like all other wrong input."""

    def invoke(self, ctx: Any) -> Any:  # a context of typer, or of click with older ones
        try:
            return super().invoke(ctx)
        except typer.BadParameter as wrong:
            command = wrong.ctx.command_path if wrong.ctx else "apigen"
            raise UserError(f"{wrong.format_message().rstrip('.')}; see `{command} --help`") from None


app = typer.Typer(
    name="apigen",
    cls=_Commands,
    help="Turn a library of executable APIs into a verified function-calling dataset, train on it and evaluate.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for commands in (run_app.app, audit_app.app, training_app.app, simulate_app.app):
    app.add_typer(commands)
app.add_typer(library_app.app, name="library")
app.add_typer(evaluate_app.app, name="evaluate")


def _version(wanted: bool) -> None:
    if wanted:
        from apigen import __version__

        typer.echo(f"apigen {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    del version


def main() -> None:
    """Run the command line: our own errors end as one line on stderr, with their exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that cannot show a letter shows its number
    try:
        try:
            app()
        finally:
            sys.stdout.flush()
    except ApigenError as error:
        _say(str(error))
        sys.exit(error.exit_code)
    except OSError as error:
        if error.filename is not None:
            _say(f"{error.filename}: {error.strerror}")
            sys.exit(1)
        with contextlib.suppress(OSError):  # that of a stream names no file: `| head`, or a full disk behind the output
            _say(f"the output could not be written: {error.strerror}")
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # so that the exit does not try again
        sys.exit(1)


def _say(line: str) -> None:
    typer.echo(f"apigen: {escaped(' '.join(line.split()))}", err=True)
