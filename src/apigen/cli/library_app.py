"""The commands of ``apigen library``, their options and their help."""

from pathlib import Path
from typing import Annotated

import typer

from apigen.cli.options import AllowPrivate, AllowWrites, AsJson, ConfigFile, Libraries, Sources

app = typer.Typer(
    help="Inspect the tools of a library, import them into one file, and clean them.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Categories = Annotated[
    list[str] | None, typer.Option("--category", metavar="NAME", help="Only tools of this category; may be repeated.")
]
Origins = Annotated[
    list[str] | None,
    typer.Option(
        "--source",
        metavar="SRC",
        help="Only tools from this source: a kind such as python, or a pattern; may be repeated.",
    ),
]


@app.command("list")
def list_(
    libraries: Libraries = None,
    categories: Categories = None,
    origins: Origins = None,
    stats: Annotated[
        bool, typer.Option("--stats", help="Print statistics of the library instead of its tools.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List the tools of a library by category, and what was left out and why."""
    from apigen.cli.library import Chosen, list_command, stats_command

    chosen = Chosen(tuple(libraries or ["starter"]), tuple(categories or ()), tuple(origins or ()))
    (stats_command if stats else list_command)(chosen, as_json=as_json)


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="The tool's name.")], libraries: Libraries = None, as_json: AsJson = False
) -> None:
    """Show one tool as a model sees it, how it is executed, and its seed examples."""
    from apigen.cli.library import show_command

    show_command(name, libraries or ["starter"], as_json=as_json)


@app.command("import")
def import_(
    sources: Sources,
    out: Annotated[Path, typer.Option("-o", "--out", metavar="FILE.jsonl", help="The library file to write.")],
    seeds: Annotated[
        list[str] | None, typer.Option(metavar="FILE", help="JSONL file of seed examples to include; may be repeated.")
    ] = None,
    config: ConfigFile = None,
    force: Annotated[
        bool,
        typer.Option(
            "--force", help="Replace FILE even if it is not a library file or contains rewritten descriptions."
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write tools, their seed examples and what was left out into one self-contained file.

    When run again, it reports which tools are new, gone or changed.
    """
    from apigen.cli.library_import import ImportOptions, import_command

    import_command(ImportOptions(tuple(sources), out, tuple(seeds or ()), config, force, as_json))


@app.command()
def drift(
    file: Annotated[Path, typer.Argument(metavar="FILE.jsonl", help="A library file.")],
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Compare a library file with the sources it was imported from; exit code 1 if tools differ."""
    from apigen.cli.library_import import drift_command

    raise typer.Exit(drift_command(file, config, as_json=as_json))


@app.command()
def check(
    sources: Sources,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="FILE.jsonl", help="Write the cleaned library file.")
    ] = None,
    probe: Annotated[
        bool,
        typer.Option(
            "--probe/--no-probe", help="Call each tool with valid arguments, to see whether it works (default)."
        ),
    ] = True,
    keep: Annotated[
        list[str] | None,
        typer.Option(
            metavar="WHAT",
            help="Do not remove tools for this reason: undocumented, no_parameters, failed, refused, unreachable; "
            "may be repeated.",
        ),
    ] = None,
    drop_duplicates: Annotated[
        bool, typer.Option("--drop-duplicates", help="Of near-duplicate tools, keep only the first.")
    ] = False,
    model: Annotated[
        str | None,
        typer.Option(
            metavar="MODEL",
            help="openai/NAME: rewrites poor descriptions, finds missing categories (default: none).",
        ),
    ] = None,
    base_url: Annotated[str | None, typer.Option(metavar="URL", help="Base URL of the model's API.")] = None,
    allow_writes: AllowWrites = None,
    allow_private: AllowPrivate = None,
    concurrency: Annotated[int, typer.Option(metavar="N", min=1, help="Number of concurrent calls.")] = 16,
    config: ConfigFile = None,
    report: Annotated[Path | None, typer.Option(metavar="FILE.html", help="Write an HTML report.")] = None,
    as_json: AsJson = False,
) -> None:
    """Clean a library of tools that are poorly described, do not work, or are near-duplicates."""
    from apigen.cli.library_check import CheckOptions, check_command

    options = CheckOptions(
        sources=tuple(sources),
        out=out,
        probe=probe,
        keep=tuple(keep or ()),
        drop_duplicates=drop_duplicates,
        model=model,
        base_url=base_url,
        allow_writes=tuple(allow_writes or ()),
        allow_private=tuple(allow_private or ()),
        concurrency=concurrency,
        config=config,
        report=report,
        as_json=as_json,
    )
    raise typer.Exit(check_command(options))
