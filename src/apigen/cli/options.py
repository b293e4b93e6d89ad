"""Options shared by several commands."""

from pathlib import Path
from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object, and nothing else, on stdout.")]
Force = Annotated[
    bool, typer.Option("--force", help="Replace an existing output file; files of a run directory are never replaced.")
]
Libraries = Annotated[
    list[str] | None,
    typer.Option(
        "--library",
        "-l",
        metavar="SRC",
        help="SOURCE:PLACE, such as starter, python:FILE.py or openapi:SPEC, or a library file; may be repeated.",
    ),
]
Sources = Annotated[
    list[str],
    typer.Argument(
        metavar="SRC...",
        help="SOURCE:PLACE, such as starter or python:FILE.py, or a library file; several are merged.",
    ),
]
ConfigFile = Annotated[
    Path | None,
    typer.Option("--config", metavar="CONFIG.yaml", help="Configuration file with grants, limits and remote access."),
]
AllowWrites = Annotated[
    list[str] | None,
    typer.Option(metavar="TOOL", help="Include tools (pattern) whose calls may change something; may be repeated."),
]
AllowPrivate = Annotated[
    list[str] | None,
    typer.Option(metavar="HOST:PORT", help="Allow services at this private address; may be repeated."),
]
Prices = Annotated[
    Path | None,
    typer.Option("--prices", metavar="FILE.yaml", help="Model prices, overriding the shipped ones; see docs/costs.md."),
]
Dataset = Annotated[
    Path,
    typer.Argument(metavar="RUN_OR_DATASET", help="Run directory, or a file or directory in any supported format."),
]
DatasetFormat = Annotated[
    str, typer.Option("--format", metavar="NAME", help="Format of the dataset (default: detected from its rows).")
]
