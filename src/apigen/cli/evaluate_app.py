"""``apigen evaluate``, with its options and help: answers made elsewhere, or a model that is asked."""

from pathlib import Path
from typing import Annotated

import typer

from apigen.cli.options import AsJson, Libraries
from apigen.errors import UserError

app = typer.Typer(
    help="Score function-calling answers, from a file or from a model that is asked, by the rules of BFCL.",
    invoke_without_command=True,
    rich_markup_mode=None,
)

_OF_MODEL = {
    "base_url": "--base-url",
    "form": "--form",
    "out": "--out",
    "resume": "--resume",
    "execute": "--execute",
    "libraries": "--library",
    "config": "--config",
    "limit": "--limit",
    "seed": "--seed",
    "concurrency": "--concurrency",
    "temperature": "--temperature",
    "max_tokens": "--max-tokens",
    "dry_run": "--dry-run",
}
_OF_ANSWERS = {"verdicts": "--verdicts", "underscores": "--underscores"}
"""Options of one mode alone, by their parameters."""


@app.callback()
def evaluate(
    context: typer.Context,
    suite: Annotated[
        str | None,
        typer.Option(metavar="SUITE", help="bfcl, bfcl:CATEGORY,... or held-out:FILE (rows with ground-truth calls)."),
    ] = None,
    answers: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.jsonl", help="Score these answers: lines of {id, calls}, {id, text} or {id, error}."
        ),
    ] = None,
    verdicts: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="With --answers: write one JSON line per answer, with its score."),
    ] = None,
    bfcl: Annotated[
        Path | None, typer.Option(metavar="PATH", help="Wheel or folder of bfcl-eval (default: the installed package).")
    ] = None,
    underscores: Annotated[
        bool,
        typer.Option("--underscores", help="With --answers: tool names were offered with _ instead of dots."),
    ] = False,
    model: Annotated[
        str | None,
        typer.Option(metavar="MODEL", help="Ask this model: openai/NAME, or local:FOLDER with transformers."),
    ] = None,
    base_url: Annotated[
        str | None, typer.Option(metavar="URL", help="Endpoint of an openai/ model, such as http://HOST:PORT/v1.")
    ] = None,
    form: Annotated[
        str | None,
        typer.Option(
            metavar="FORM",
            help="native: tools in the request or chat template; prompted: in the text. "
            "Default: as a local: folder was trained, else native.",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Output folder: answers, verdicts, figures, report.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Resume in DIR: ask only questions that are missing or failed.")
    ] = False,
    execute: Annotated[
        bool, typer.Option("--execute", help="held-out only: also execute the calls and compare their results.")
    ] = False,
    libraries: Libraries = None,
    config: Annotated[
        Path | None,
        typer.Option(metavar="CONFIG.yaml", help="Read endpoints of the model, and grants for --execute, from it."),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Ask a seeded sample of at most N questions per category.")
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="Seed of the --limit sample.")] = 0,
    concurrency: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="Questions in flight (default 32), or local batch size (default 8)."),
    ] = None,
    temperature: Annotated[float, typer.Option(metavar="T", min=0, help="Sampling temperature; 0 is greedy.")] = 0.0,
    max_tokens: Annotated[int, typer.Option(metavar="N", min=1, help="Max new tokens per answer.")] = 2048,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print how many questions and tokens, and ask nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Score function-calling answers, from a file or from a model that is asked, by the rules of BFCL."""
    if context.invoked_subcommand is not None:
        return
    if suite is None:
        raise UserError("--suite is missing: bfcl, bfcl:CATEGORY,... or held-out:FILE")
    if (answers is None) == (model is None):
        raise UserError("give either --answers FILE to score answers, or --model MODEL to ask a model")
    wrong, mode = (_OF_MODEL, "--model") if model is None else (_OF_ANSWERS, "--answers")
    for name, option in wrong.items():
        source = context.get_parameter_source(name)
        if source is not None and source.name == "COMMANDLINE":
            raise UserError(f"{option}: only valid with {mode}; remove it")
    if answers is not None:
        from apigen.cli.evaluate import EvaluateOptions, evaluate_command

        evaluate_command(EvaluateOptions(suite, answers, verdicts, bfcl, underscores, as_json))
        return
    from apigen.cli.evaluate_model import AskOptions, ask_command
    from apigen.dialogue.form import form_named
    from apigen.evaluate.job import EvaluationJob

    job = EvaluationJob(
        suite=suite,
        model=model or "",
        out=out or Path(),
        form=form_named(form) if form is not None else None,
        base_url=base_url,
        config=config,
        bfcl=bfcl,
        limit=limit,
        seed=seed,
        temperature=temperature,
        max_tokens=max_tokens,
        concurrency=concurrency,
        execute=execute,
        libraries=tuple(libraries or ()),
        resume=resume,
    )
    if out is None and not dry_run:
        raise UserError("--out DIR is missing: the answers are kept there, so that no question is asked twice")
    raise typer.Exit(ask_command(AskOptions(job, dry_run, as_json)))


@app.command()
def compare(
    folders: Annotated[
        list[Path], typer.Argument(metavar="DIR DIR...", help="The --out folders of two or more evaluations.")
    ],
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="FILE.html", help="Write a page with the questions on which they differ."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Compare models on the same questions, side by side and pairwise."""
    from apigen.cli.evaluate_compare import compare_command

    compare_command(folders, out, as_json=as_json)
