"""Commands that make a run, and those that look at one, with their options and help."""

from pathlib import Path
from typing import Annotated

import typer

from apigen.cli.options import AllowPrivate, AllowWrites, AsJson, Force, Libraries, Prices

app = typer.Typer()

RunConfig = Annotated[Path | None, typer.Argument(metavar="[CONFIG.yaml]", help="Configuration; options override it.")]
Seeds = Annotated[
    list[str] | None,
    typer.Option(metavar="FILE", help="JSONL of examples: {query, calls: [{name, arguments}]}; may be repeated."),
]
Writers = Annotated[
    list[str] | None,
    typer.Option(
        metavar="MODEL", help="Who writes: offline (default), openai/NAME or simulated/PROFILE; may be repeated."
    ),
]
Judges = Annotated[
    list[str] | None,
    typer.Option(metavar="MODEL", help="Who judges: rules (default) or openai/NAME; may be repeated."),
]
Concurrency = Annotated[int | None, typer.Option(metavar="N", help="Model requests in flight (default 32).")]
Count = Annotated[int | None, typer.Option(metavar="N", help="Verified samples wanted (default 500).")]
Repair = Annotated[
    bool, typer.Option("--repair", help="Send a rejected candidate back to the writer once, with the reasons.")
]
Batch = Annotated[
    bool, typer.Option("--batch", help="Ask openai/ models in batches: cheaper, and an answer may take a day.")
]
RunDirectory = Annotated[Path, typer.Argument(metavar="RUN", help="Run directory.")]


@app.command()
def run(
    config: RunConfig = None,
    libraries: Libraries = None,
    seeds: Seeds = None,
    model: Writers = None,
    judge: Judges = None,
    base_url: Annotated[
        str | None, typer.Option(metavar="URL", help="Endpoint of openai/ models without one, as http://HOST:PORT/v1.")
    ] = None,
    concurrency: Concurrency = None,
    count: Count = None,
    seed: Annotated[int | None, typer.Option(metavar="N", help="Same seed, same bytes (default 0).")] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Run directory (default: a new one under ./runs).")
    ] = None,
    max_cost: Annotated[
        float | None, typer.Option(metavar="USD", help="Stop, cleanly, before models have cost more than that.")
    ] = None,
    max_tokens: Annotated[
        int | None, typer.Option(metavar="N", help="The same for tokens, of prompts and answers.")
    ] = None,
    prices: Prices = None,
    repair: Repair = False,
    require_isolation: Annotated[
        str | None,
        typer.Option(
            metavar="LEVEL", help="Refuse to run below it: namespaced, filtered, partial or limits (default)."
        ),
    ] = None,
    allow_writes: AllowWrites = None,
    allow_private: AllowPrivate = None,
    recordings: Annotated[
        str | None,
        typer.Option(metavar="MODE", help="Calls: live (default), record, replay or replay-else-live."),
    ] = None,
    recordings_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where recordings are (default: in the run directory).")
    ] = None,
    focus: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Draw more of what a model fails at, by that evaluation of it.")
    ] = None,
    focus_strength: Annotated[
        float | None, typer.Option(metavar="SHARE", help="From 0, as usual, to 1 (default 0.5).")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with --out, or with the latest run under ./runs that has not ended.")
    ] = False,
    batch: Batch = False,
    no_wait: Annotated[
        bool,
        typer.Option("--no-wait", help="Send what can be sent in batches, then end; --resume fetches it."),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the library, the plan and the first prompt; write nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write a verified dataset. Without arguments: 500 samples, offline, from the starter library."""
    from apigen.cli.run import RunOptions, run_command

    overrides = {
        **_planned(libraries, seeds, model, judge, concurrency, count, prices, repair=repair),
        "seed": seed,
        "budget": _given(cost_usd=max_cost, tokens=max_tokens),
        "isolation": {"require": require_isolation} if require_isolation else None,
        "focus": _given(strength=focus_strength),
        "remote": _given(writes=allow_writes, private=allow_private),
        "execution": _given(recordings=recordings, recordings_file=str(recordings_file) if recordings_file else None),
    }
    options = RunOptions(config, overrides, base_url, out, resume, dry_run, as_json, batch, no_wait, focus)
    raise typer.Exit(run_command(options))


@app.command()
def estimate(
    config: RunConfig = None,
    libraries: Libraries = None,
    seeds: Seeds = None,
    model: Writers = None,
    judge: Judges = None,
    base_url: Annotated[
        str | None, typer.Option(metavar="URL", help="Endpoint, by which prices are found; it is not asked.")
    ] = None,
    concurrency: Concurrency = None,
    count: Count = None,
    repair: Repair = False,
    prices: Prices = None,
    pass_rate: Annotated[
        float | None,
        typer.Option(metavar="SHARE", help="Candidates that pass, such as 0.7 (default: what a paper measured)."),
    ] = None,
    measured: Annotated[
        Path | None,
        typer.Option("--from", metavar="RUN", help="Take pass rate and lengths from what that run measured."),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="What is still missing of the run in --out.")] = False,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="With --resume: the run.")] = None,
    batch: Batch = False,
    as_json: AsJson = False,
) -> None:
    """Say what a run would take in requests, tokens, money and time. Nothing is asked, executed or written."""
    from apigen.cli.estimate import EstimateOptions, estimate_command

    overrides = _planned(libraries, seeds, model, judge, concurrency, count, prices, repair=repair)
    estimate_command(
        EstimateOptions(
            config,
            overrides,
            base_url,
            pass_rate=pass_rate,
            measured=measured,
            resume=resume,
            out=out,
            batch=batch,
            as_json=as_json,
        )
    )


@app.command()
def export(
    run_dir: RunDirectory,
    name: Annotated[str, typer.Option("--format", help="xlam, trl, openai or preferences (pairs for DPO).")],
    out: Annotated[Path, typer.Option("-o", "--out", metavar="FILE", help="File to write.")],
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Export a run's dataset in a format that trainers read."""
    from apigen.cli.outputs import export_command

    export_command(run_dir, name, out, force=force, as_json=as_json)


@app.command()
def replay(
    run_dir: RunDirectory,
    changes: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write one JSON line for each row that no longer holds.")
    ] = None,
    limit: Annotated[int | None, typer.Option(metavar="N", min=1, help="Execute the first N rows only.")] = None,
    fail_on_change: Annotated[
        bool, typer.Option("--fail-on-change", help="End with exit code 1 if a result is another one.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Execute a dataset's calls again, and say which results changed."""
    from apigen.cli.replay import ReplayOptions, replay_command

    raise typer.Exit(replay_command(ReplayOptions(run_dir, changes, limit, fail_on_change, as_json)))


@app.command()
def report(run_dir: RunDirectory, as_json: AsJson = False) -> None:
    """Show what a run did, and write its report.html again."""
    from apigen.cli.outputs import report_command

    report_command(run_dir, as_json=as_json)


def _planned(
    libraries: list[str] | None,
    seeds: list[str] | None,
    writers: list[str] | None,
    judges: list[str] | None,
    concurrency: int | None,
    count: int | None,
    prices: Path | None,
    *,
    repair: bool,
) -> dict[str, object]:
    """What the options that a run and its estimate share say, by key of the configuration."""
    return {
        "library": libraries or None,
        "seeds": seeds or None,
        "models": writers or None,
        "judges": judges or None,
        "concurrency": concurrency,
        "count": count,
        "prices": str(prices) if prices else None,
        "repair": repair or None,
    }


def _given(**values: object) -> dict[str, object] | None:
    """A section of the configuration with what the command line said; nothing where it said nothing."""
    return {key: value for key, value in values.items() if value is not None and value != []} or None
