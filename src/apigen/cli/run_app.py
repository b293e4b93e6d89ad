"""Commands that make a run and those that read one, with their options and help."""

from pathlib import Path
from typing import Annotated

import typer

from apigen.cli.options import AllowPrivate, AllowWrites, AsJson, Force, Libraries, Prices

app = typer.Typer()

RunConfig = Annotated[Path | None, typer.Argument(metavar="[CONFIG.yaml]", help="Configuration; options override it.")]
Seeds = Annotated[
    list[str] | None,
    typer.Option(metavar="FILE", help="JSONL file of examples, {query, calls: [{name, arguments}]}; may be repeated."),
]
Writers = Annotated[
    list[str] | None,
    typer.Option(metavar="MODEL", help="Writer: offline (default), openai/NAME or simulated/PROFILE; may be repeated."),
]
Judges = Annotated[
    list[str] | None,
    typer.Option(metavar="MODEL", help="Judge: rules (default) or openai/NAME; may be repeated."),
]
Concurrency = Annotated[int | None, typer.Option(metavar="N", help="Model requests in flight (default 32).")]
Count = Annotated[int | None, typer.Option(metavar="N", help="Verified samples to produce (default 500).")]
Repair = Annotated[
    bool, typer.Option("--repair", help="Send rejected candidates back to the writer once, with the reasons.")
]
Batch = Annotated[
    bool, typer.Option("--batch", help="Use the batch API of openai/ models: cheaper, but answers may take a day.")
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
        str | None,
        typer.Option(metavar="URL", help="Endpoint for openai/ models that have none, such as http://HOST:PORT/v1."),
    ] = None,
    concurrency: Concurrency = None,
    count: Count = None,
    seed: Annotated[int | None, typer.Option(metavar="N", help="Same seed, same bytes (default 0).")] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Run directory (default: a new one under ./runs).")
    ] = None,
    max_cost: Annotated[
        float | None, typer.Option(metavar="USD", help="Stop cleanly before models have cost more than this.")
    ] = None,
    max_tokens: Annotated[
        int | None, typer.Option(metavar="N", help="The same for tokens, prompts and answers together.")
    ] = None,
    prices: Prices = None,
    repair: Repair = False,
    require_isolation: Annotated[
        str | None,
        typer.Option(
            metavar="LEVEL", help="Least isolation to accept: namespaced, filtered, partial or limits (default)."
        ),
    ] = None,
    allow_writes: AllowWrites = None,
    allow_private: AllowPrivate = None,
    recordings: Annotated[
        str | None,
        typer.Option(metavar="MODE", help="How calls are made: live (default), record, replay or replay-else-live."),
    ] = None,
    recordings_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="File of recordings (default: in the run directory).")
    ] = None,
    focus: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Sample more of what a model got wrong in this evaluation."),
    ] = None,
    focus_strength: Annotated[
        float | None, typer.Option(metavar="SHARE", help="How strongly --focus shifts sampling, 0 to 1 (default 0.5).")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Resume the run in --out, or the latest unfinished one under ./runs.")
    ] = False,
    batch: Batch = False,
    no_wait: Annotated[
        bool,
        typer.Option("--no-wait", help="With --batch: submit, then exit; --resume collects the answers."),
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Print configuration, plan and first prompt; send and write nothing."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Generate a verified dataset. Without arguments: 500 samples from the starter library, offline."""
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
        str | None, typer.Option(metavar="URL", help="Endpoint, used to look up prices; nothing is sent to it.")
    ] = None,
    concurrency: Concurrency = None,
    count: Count = None,
    repair: Repair = False,
    prices: Prices = None,
    pass_rate: Annotated[
        float | None,
        typer.Option(
            metavar="SHARE",
            help="Expected share of candidates that pass (default: the paper's).",
        ),
    ] = None,
    measured: Annotated[
        Path | None,
        typer.Option("--from", metavar="RUN", help="Use the pass rate and token counts that this run measured."),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Estimate what the run in --out still needs.")] = False,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="With --resume: the run directory.")] = None,
    batch: Batch = False,
    as_json: AsJson = False,
) -> None:
    """Estimate the requests, tokens, cost and time of a run. Nothing is sent, executed or written."""
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
        Path | None, typer.Option(metavar="FILE", help="Write one JSON line for each row whose results changed.")
    ] = None,
    limit: Annotated[int | None, typer.Option(metavar="N", min=1, help="Execute only the first N rows.")] = None,
    fail_on_change: Annotated[
        bool, typer.Option("--fail-on-change", help="Exit with code 1 if any result differs.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Execute a dataset's calls again and report which results changed."""
    from apigen.cli.replay import ReplayOptions, replay_command

    raise typer.Exit(replay_command(ReplayOptions(run_dir, changes, limit, fail_on_change, as_json)))


@app.command()
def report(run_dir: RunDirectory, as_json: AsJson = False) -> None:
    """Print the summary of a run and render its report.html again."""
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
    """The options shared by `run` and `estimate`, by configuration key."""
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
