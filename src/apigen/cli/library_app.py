"""The commands of ``apigen library``, their options and their help."""

from pathlib import Path
from typing import Annotated

import typer

from apigen.cli.options import AllowPrivate, AllowWrites, AsJson, ConfigFile, Libraries, Sources

app = typer.Typer(
    help="Look at the tools of a library, import them into one file, and clean them.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Categories = Annotated[
    list[str] | None, typer.Option("--category", metavar="NAME", help="Only this category; may be repeated.")
]
Origins = Annotated[
    list[str] | None,
    typer.Option("--source", metavar="SRC", help="Only tools from here: python, or a pattern; may be repeated."),
]


@app.command("list")
def list_(
    libraries: Libraries = None,
    categories: Categories = None,
    origins: Origins = None,
    stats: Annotated[bool, typer.Option("--stats", help="Print the library in numbers in place of its tools.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the tools of a library by category, and what had to be left out and why."""
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
        list[str] | None, typer.Option(metavar="FILE", help="JSONL of examples to take in; may be repeated.")
    ] = None,
    config: ConfigFile = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace a file that is no import of the same kind, or holds repairs.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write tools, their examples and what was left out into one self-contained file.

    Done again, it says which tools are new, gone or different.
    """
    from apigen.cli.library_import import ImportOptions, import_command

    import_command(ImportOptions(tuple(sources), out, tuple(seeds or ()), config, force, as_json))


@app.command()
def drift(
    file: Annotated[Path, typer.Argument(metavar="FILE.jsonl", help="A library file.")],
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Compare a library file with the sources that it was imported from; exit code 1 if tools differ."""
    from apigen.cli.library_import import drift_command

    raise typer.Exit(drift_command(file, config, as_json=as_json))


@app.command()
def check(
    sources: Sources,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="FILE.jsonl", help="Write the cleaned library file.")
    ] = None,
    probe: Annotated[
        bool, typer.Option("--probe/--no-probe", help="Call each tool once with valid arguments (default).")
    ] = True,
    keep: Annotated[
        list[str] | None,
        typer.Option(
            metavar="WHAT",
            help="Keep what would fall: undocumented, no_parameters, failed, refused, unreachable; may be repeated.",
        ),
    ] = None,
    drop_duplicates: Annotated[
        bool, typer.Option("--drop-duplicates", help="Of tools that are nearly the same, keep the first.")
    ] = False,
    model: Annotated[
        str | None,
        typer.Option(
            metavar="MODEL", help="openai/NAME: words poor descriptions, names missing categories; none by default."
        ),
    ] = None,
    base_url: Annotated[str | None, typer.Option(metavar="URL", help="Endpoint of the model.")] = None,
    allow_writes: AllowWrites = None,
    allow_private: AllowPrivate = None,
    concurrency: Annotated[int, typer.Option(metavar="N", min=1, help="Calls under way at once.")] = 16,
    config: ConfigFile = None,
    report: Annotated[Path | None, typer.Option(metavar="FILE.html", help="Write a report to look at.")] = None,
    as_json: AsJson = False,
) -> None:
    """Clean a library: what is described too poorly, what does not answer, what is there twice."""
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
