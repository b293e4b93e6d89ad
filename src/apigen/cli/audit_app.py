"""``apigen check`` and ``apigen calibrate``, which measure datasets and judges, with their options and help."""

from pathlib import Path
from typing import Annotated

import typer

from apigen.cli.options import AllowPrivate, AllowWrites, AsJson, Force, Libraries

app = typer.Typer()

JudgesEndpoint = Annotated[str | None, typer.Option(metavar="URL", help="Base URL for openai/ judges.")]


@app.command()
def check(
    dataset: Annotated[Path, typer.Argument(metavar="DATASET", help="File or folder, in any supported format.")],
    format_name: Annotated[
        str, typer.Option("--format", metavar="NAME", help="The dataset's format (default: detected from its rows).")
    ] = "auto",
    libraries: Annotated[
        list[str] | None,
        typer.Option("--library", "-l", metavar="SRC", help="Execute calls of the tools in SRC; may be repeated."),
    ] = None,
    grounding: Annotated[
        str,
        typer.Option(
            metavar="LEVEL", help="Require argument values to come from the query: strict, lenient (default) or off."
        ),
    ] = "lenient",
    judge: Annotated[
        list[str] | None,
        typer.Option(
            metavar="MODEL", help="rules, or openai/NAME for rows whose calls were all executed; may be repeated."
        ),
    ] = None,
    base_url: JudgesEndpoint = None,
    require_isolation: Annotated[
        str | None,
        typer.Option(
            metavar="LEVEL", help="With --library: minimum isolation level for execution, as for `apigen run`."
        ),
    ] = None,
    allow_writes: AllowWrites = None,
    allow_private: AllowPrivate = None,
    rejects: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write one JSON line per rejected row: id, reason, detail."),
    ] = None,
    fix: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the rows that pass, and those that can be fixed without guessing."),
    ] = None,
    report: Annotated[Path | None, typer.Option(metavar="FILE.html", help="Write an HTML report.")] = None,
    force: Force = False,
    limit: Annotated[int | None, typer.Option(metavar="N", min=1, help="Check only the first N rows.")] = None,
    fail_on_reject: Annotated[
        bool, typer.Option("--fail-on-reject", help="Exit with code 1 if any row is rejected.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Audit a dataset from elsewhere, row by row: what is wrong, how often, and where."""
    from apigen.cli.check import CheckOptions, check_command

    options = CheckOptions(
        dataset=dataset,
        format_name=format_name,
        libraries=tuple(libraries or ()),
        grounding=grounding,
        judges=tuple(judge or ()),
        base_url=base_url,
        require_isolation=require_isolation,
        writes=tuple(allow_writes or ()),
        private=tuple(allow_private or ()),
        rejects=rejects,
        fix=fix,
        report=report,
        force=force,
        limit=limit,
        fail_on_reject=fail_on_reject,
        as_json=as_json,
    )
    raise typer.Exit(check_command(options))


@app.command()
def calibrate(
    run_dir: Annotated[
        Path | None, typer.Argument(metavar="[RUN]", help="Run directory that the labels refer to.")
    ] = None,
    judge: Annotated[
        list[str] | None, typer.Option(metavar="MODEL", help="rules (default) or openai/NAME; may be repeated.")
    ] = None,
    base_url: JudgesEndpoint = None,
    labels: Annotated[
        Path | None,
        typer.Option(metavar="FILE.jsonl", help="JSON lines of {attempt, label}, or rows with a label: pass or fail."),
    ] = None,
    faults: Annotated[
        bool, typer.Option("--faults", help="Use correct seed examples and faults injected into them (default).")
    ] = False,
    libraries: Libraries = None,
    seeds: Annotated[
        list[str] | None, typer.Option(metavar="FILE", help="JSONL file of further correct examples; may be repeated.")
    ] = None,
    count: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Maximum number of cases (default with --faults: 200).")
    ] = None,
    seed: Annotated[int | None, typer.Option(metavar="N", help="Random seed for the cases (default 0).")] = None,
    concurrency: Annotated[
        int | None, typer.Option(metavar="N", help="Number of concurrent requests (default 32).")
    ] = None,
    config: Annotated[
        Path | None, typer.Option(metavar="CONFIG.yaml", help="Configuration with judges, judging, library and limits.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Directory for completions and verdicts (default: under ./runs).")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the number of requests and stop.")] = False,
    as_json: AsJson = False,
) -> None:
    """Measure judges against human labels, or against correct answers with injected faults."""
    from apigen.cli.calibrate import CalibrateOptions, calibrate_command

    overrides = {
        "judges": judge or None,
        "library": libraries or None,
        "seeds": seeds or None,
        "seed": seed,
        "concurrency": concurrency,
    }
    raise typer.Exit(
        calibrate_command(
            CalibrateOptions(run_dir, config, overrides, base_url, labels, faults, count, out, dry_run, as_json)
        )
    )
