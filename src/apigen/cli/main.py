"""The command line's entry: its commands, their options and their help."""

import contextlib
import io
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from apigen.cli import evaluate_app, library_app
from apigen.cli.options import AllowPrivate, AllowWrites, AsJson, Dataset, DatasetFormat, Libraries, Prices
from apigen.errors import ApigenError, UserError


class _Commands(TyperGroup):
    """The commands; a value that no option takes is told in one line, like all other wrong input."""

    def invoke(self, ctx: Any) -> Any:  # a context of typer, or of click with older ones
        try:
            return super().invoke(ctx)
        except typer.BadParameter as wrong:
            command = wrong.ctx.command_path if wrong.ctx else "apigen"
            raise UserError(f"{wrong.format_message().rstrip('.')}; `{command} --help` says what it takes") from None


app = typer.Typer(
    name="apigen",
    cls=_Commands,
    help="Turn a library of executable APIs into a verified function-calling dataset.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.add_typer(library_app.app, name="library")
app.add_typer(evaluate_app.app, name="evaluate")


@app.command()
def run(
    config: Annotated[
        Path | None, typer.Argument(metavar="[CONFIG.yaml]", help="Configuration; options override it.")
    ] = None,
    libraries: Libraries = None,
    seeds: Annotated[
        list[str] | None,
        typer.Option(metavar="FILE", help="JSONL of examples: {query, calls: [{name, arguments}]}; may be repeated."),
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option(
            metavar="MODEL", help="Who writes: offline (default), openai/NAME or simulated/PROFILE; may be repeated."
        ),
    ] = None,
    judge: Annotated[
        list[str] | None,
        typer.Option(metavar="MODEL", help="Who judges: rules (default) or openai/NAME; may be repeated."),
    ] = None,
    base_url: Annotated[
        str | None, typer.Option(metavar="URL", help="Endpoint of openai/ models without one, as http://HOST:PORT/v1.")
    ] = None,
    concurrency: Annotated[int | None, typer.Option(metavar="N", help="Model requests in flight (default 32).")] = None,
    count: Annotated[int | None, typer.Option(metavar="N", help="Verified samples wanted (default 500).")] = None,
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
    repair: Annotated[
        bool, typer.Option("--repair", help="Send a rejected candidate back to the writer once, with the reasons.")
    ] = False,
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
    batch: Annotated[
        bool, typer.Option("--batch", help="Ask openai/ models in batches: cheaper, and an answer may take a day.")
    ] = False,
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
        "library": libraries or None,
        "seeds": seeds or None,
        "models": model or None,
        "judges": judge or None,
        "concurrency": concurrency,
        "count": count,
        "seed": seed,
        "budget": _given(cost_usd=max_cost, tokens=max_tokens),
        "prices": str(prices) if prices else None,
        "repair": repair or None,
        "isolation": {"require": require_isolation} if require_isolation else None,
        "focus": _given(strength=focus_strength),
        "remote": _given(writes=allow_writes, private=allow_private),
        "execution": _given(recordings=recordings, recordings_file=str(recordings_file) if recordings_file else None),
    }
    options = RunOptions(config, overrides, base_url, out, resume, dry_run, as_json, batch, no_wait, focus)
    raise typer.Exit(run_command(options))


@app.command()
def estimate(
    config: Annotated[
        Path | None, typer.Argument(metavar="[CONFIG.yaml]", help="Configuration; options override it.")
    ] = None,
    libraries: Libraries = None,
    seeds: Annotated[
        list[str] | None, typer.Option(metavar="FILE", help="JSONL of examples, as for `apigen run`; may be repeated.")
    ] = None,
    model: Annotated[
        list[str] | None, typer.Option(metavar="MODEL", help="Who writes, as openai/NAME; may be repeated.")
    ] = None,
    judge: Annotated[
        list[str] | None, typer.Option(metavar="MODEL", help="Who judges, as for `apigen run`; may be repeated.")
    ] = None,
    base_url: Annotated[
        str | None, typer.Option(metavar="URL", help="Endpoint, by which prices are found; it is not asked.")
    ] = None,
    concurrency: Annotated[int | None, typer.Option(metavar="N", help="Model requests in flight (default 32).")] = None,
    count: Annotated[int | None, typer.Option(metavar="N", help="Verified samples wanted (default 500).")] = None,
    repair: Annotated[
        bool, typer.Option("--repair", help="Rejected candidates are sent back to the writer once.")
    ] = False,
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
    batch: Annotated[bool, typer.Option("--batch", help="Models are asked in batches, as for `apigen run`.")] = False,
    as_json: AsJson = False,
) -> None:
    """Say what a run would take in requests, tokens, money and time. Nothing is asked, executed or written."""
    from apigen.cli.estimate import EstimateOptions, estimate_command

    overrides = {
        "library": libraries or None,
        "seeds": seeds or None,
        "models": model or None,
        "judges": judge or None,
        "concurrency": concurrency,
        "count": count,
        "repair": repair or None,
        "prices": str(prices) if prices else None,
    }
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
    run_dir: Annotated[Path, typer.Argument(metavar="RUN", help="Run directory.")],
    name: Annotated[str, typer.Option("--format", help="xlam, trl, openai or preferences.")],
    out: Annotated[Path, typer.Option("-o", "--out", metavar="PATH", help="File to write.")],
    as_json: AsJson = False,
) -> None:
    """Write a run's dataset in the format of a trainer."""
    from apigen.cli.outputs import export_command

    export_command(run_dir, name, out, as_json=as_json)


@app.command()
def check(
    dataset: Annotated[Path, typer.Argument(metavar="DATASET", help="File or folder, in any format that can be read.")],
    format_name: Annotated[
        str, typer.Option("--format", metavar="NAME", help="The dataset's format (default: told from its rows).")
    ] = "auto",
    libraries: Annotated[
        list[str] | None,
        typer.Option(
            "--library", "-l", metavar="SRC", help="Execute the calls of tools that SRC has; may be repeated."
        ),
    ] = None,
    grounding: Annotated[
        str, typer.Option(metavar="LEVEL", help="strict, lenient (default) or off: values must come from the query.")
    ] = "lenient",
    judge: Annotated[
        list[str] | None,
        typer.Option(metavar="MODEL", help="rules, or openai/NAME for rows whose calls all ran; may be repeated."),
    ] = None,
    base_url: Annotated[str | None, typer.Option(metavar="URL", help="Endpoint of openai/ judges.")] = None,
    require_isolation: Annotated[
        str | None,
        typer.Option(metavar="LEVEL", help="With --library: refuse to execute below it, as for `apigen run`."),
    ] = None,
    allow_writes: AllowWrites = None,
    allow_private: AllowPrivate = None,
    rejects: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write one JSON line for each row that fell: id, reason, detail."),
    ] = None,
    fix: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the rows that pass, and those that can be mended without guessing."),
    ] = None,
    report: Annotated[Path | None, typer.Option(metavar="FILE.html", help="Write a report to look at.")] = None,
    limit: Annotated[int | None, typer.Option(metavar="N", min=1, help="Check the first N rows only.")] = None,
    fail_on_reject: Annotated[
        bool, typer.Option("--fail-on-reject", help="End with exit code 1 if a row is rejected.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Audit a dataset made elsewhere, row by row: what is wrong, how often, and where."""
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
        limit=limit,
        fail_on_reject=fail_on_reject,
        as_json=as_json,
    )
    raise typer.Exit(check_command(options))


@app.command()
def calibrate(
    run_dir: Annotated[
        Path | None, typer.Argument(metavar="[RUN]", help="Run directory whose attempts the labels name.")
    ] = None,
    judge: Annotated[
        list[str] | None, typer.Option(metavar="MODEL", help="rules (default) or openai/NAME; may be repeated.")
    ] = None,
    base_url: Annotated[str | None, typer.Option(metavar="URL", help="Endpoint of openai/ judges.")] = None,
    labels: Annotated[
        Path | None,
        typer.Option(metavar="FILE.jsonl", help="Lines of {attempt, label}, or rows with a label: pass or fail."),
    ] = None,
    faults: Annotated[
        bool, typer.Option("--faults", help="Right seed examples and faults made of them (default).")
    ] = False,
    libraries: Libraries = None,
    seeds: Annotated[
        list[str] | None, typer.Option(metavar="FILE", help="JSONL of further right examples; may be repeated.")
    ] = None,
    count: Annotated[int | None, typer.Option(metavar="N", min=1, help="Cases at most (faults: 200).")] = None,
    seed: Annotated[int | None, typer.Option(metavar="N", help="Same seed, same cases (default 0).")] = None,
    concurrency: Annotated[int | None, typer.Option(metavar="N", help="Requests in flight (default 32).")] = None,
    config: Annotated[
        Path | None, typer.Option(metavar="CONFIG.yaml", help="Takes judges, judging, library and limits from there.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Keeps answers and verdicts (default: under ./runs).")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say how much would be asked; ask nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Measure judges against people's labels, or against right answers and faults made of them."""
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


@app.command()
def train(
    data: Annotated[
        list[Path], typer.Argument(metavar="DATA...", help="Runs, files and folders, in any format that can be read.")
    ],
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder for the model and what is told about it.")
    ] = None,
    model: Annotated[
        str | None, typer.Option(metavar="MODEL", help="Causal language model to begin with: on the hub, or a folder.")
    ] = None,
    from_scratch: Annotated[
        str | None, typer.Option(metavar="SIZE", help="Begin with random weights instead: tiny or small.")
    ] = None,
    form: Annotated[
        str,
        typer.Option(metavar="FORM", help="native (tools in the chat template, default) or prompted (in the text)."),
    ] = "native",
    method: Annotated[str, typer.Option(metavar="METHOD", help="sft (default), or dpo on preference pairs.")] = "sft",
    format_name: Annotated[
        str, typer.Option("--format", metavar="NAME", help="The data's format (default: told from its rows).")
    ] = "auto",
    chat_template: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Chat template in place of the model's own.")
    ] = None,
    recipe: Annotated[
        Path | None, typer.Option(metavar="FILE.yaml", help="Hyper-parameters, over the paper's; options override it.")
    ] = None,
    epochs: Annotated[float | None, typer.Option(metavar="N", help="Passes over the data (default 4).")] = None,
    max_steps: Annotated[int | None, typer.Option(metavar="N", help="End after so many steps.")] = None,
    learning_rate: Annotated[float | None, typer.Option(metavar="RATE", help="At its height (default 5e-6).")] = None,
    batch: Annotated[int | None, typer.Option(metavar="N", help="Rows in a pass (default 6).")] = None,
    accumulation: Annotated[int | None, typer.Option(metavar="N", help="Passes in a step (default 2).")] = None,
    cutoff: Annotated[
        int | None, typer.Option(metavar="N", help="Tokens of the longest row that is trained on (default 2048).")
    ] = None,
    seed: Annotated[int | None, typer.Option(metavar="N", help="Same seed, same order and loss (default 0).")] = None,
    precision: Annotated[str | None, typer.Option(metavar="KIND", help="auto (default), mixed, bf16 or fp32.")] = None,
    lora: Annotated[bool, typer.Option("--lora", help="Train a small adapter, at 1e-4, and merge it.")] = False,
    packing: Annotated[bool, typer.Option("--packing", help="Several rows in one sequence, apart.")] = False,
    gradient_checkpointing: Annotated[
        bool, typer.Option("--gradient-checkpointing", help="Less memory for a third more time.")
    ] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the last checkpoint in --out.")] = False,
    require_gpu: Annotated[bool, typer.Option("--require-gpu", help="Refuse to train without a GPU.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show rows, tokens, steps and memory; train and write nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Fine-tune a model on function-calling data, as the paper trained its own."""
    from apigen.cli.train import TrainOptions, train_command

    overrides = {
        "epochs": epochs,
        "max_steps": max_steps,
        "learning_rate": learning_rate,
        "batch": batch,
        "accumulation": accumulation,
        "cutoff": cutoff,
        "seed": seed,
        "precision": precision,
        "lora": lora or None,
        "packing": packing or None,
        "gradient_checkpointing": gradient_checkpointing or None,
    }
    options = TrainOptions(
        data=tuple(data),
        format_name=format_name,
        model=model or "",
        scratch=from_scratch or "",
        out=out,
        form=form,
        method=method,
        chat_template=chat_template,
        recipe=recipe,
        overrides=overrides,
        resume=resume,
        require_gpu=require_gpu,
        dry_run=dry_run,
        as_json=as_json,
    )
    raise typer.Exit(train_command(options))


@app.command()
def split(
    dataset: Dataset,
    out: Annotated[Path, typer.Option("-o", "--out", metavar="DIR", help="Folder for the two parts.")],
    held_out: Annotated[
        float, typer.Option("--held-out", metavar="SHARE", help="Rows that call a held-out tool, about.")
    ] = 0.1,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="Same seed, same tools.")] = 0,
    format_name: DatasetFormat = "auto",
    as_json: AsJson = False,
) -> None:
    """Split a dataset by tool: what is trained on neither calls nor shows a held-out tool."""
    from apigen.cli.split import SplitOptions, split_command

    split_command(SplitOptions(dataset, out, held_out, seed, format_name, as_json))


@app.command()
def augment(
    dataset: Dataset,
    out: Annotated[Path, typer.Option("-o", "--out", metavar="FILE", help="JSON Lines to write.")],
    share: Annotated[float, typer.Option(metavar="SHARE", help="Negatives among all rows, about.")] = 0.1,
    kinds: Annotated[
        str, typer.Option(metavar="KINDS", help="What is taken away, with commas between.")
    ] = "dropped_tool,dropped_parameter",
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="Same seed, same bytes.")] = 0,
    mix: Annotated[bool, typer.Option("--mix", help="Write the dataset's rows too, shuffled with them.")] = False,
    format_name: DatasetFormat = "auto",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be made; write nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make negatives from verified rows: what the answer needs is taken away, so calling nothing is right."""
    from apigen.cli.augment import AugmentOptions, augment_command

    augment_command(AugmentOptions(dataset, out, share, kinds, seed, mix, format_name, dry_run, as_json))


@app.command()
def ablate(
    run_dir: Annotated[Path, typer.Argument(metavar="RUN", help="Run directory, with its rejected candidates.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder for trainings, answers and figures.")],
    model: Annotated[
        str | None, typer.Option(metavar="MODEL", help="Model to begin with: on the hub, or a folder.")
    ] = None,
    from_scratch: Annotated[
        str | None, typer.Option(metavar="SIZE", help="Begin with random weights instead: tiny or small.")
    ] = None,
    form: Annotated[str, typer.Option(metavar="FORM", help="native (default) or prompted.")] = "native",
    recipe: Annotated[
        Path | None, typer.Option(metavar="FILE.yaml", help="Hyper-parameters, over the paper's; options override it.")
    ] = None,
    epochs: Annotated[float | None, typer.Option(metavar="N", help="Passes over each set (default 4).")] = None,
    learning_rate: Annotated[float | None, typer.Option(metavar="RATE", help="At its height.")] = None,
    batch: Annotated[int | None, typer.Option(metavar="N", help="Rows in a pass (default 6).")] = None,
    accumulation: Annotated[int | None, typer.Option(metavar="N", help="Passes in a step (default 2).")] = None,
    cutoff: Annotated[int | None, typer.Option(metavar="N", help="Tokens of the longest row (default 2048).")] = None,
    lora: Annotated[bool, typer.Option("--lora", help="Train a small adapter, and merge it.")] = False,
    arms: Annotated[
        str, typer.Option(metavar="NAME,...", help="Training sets: verified, execution, semantics, format, unverified.")
    ] = "verified,execution,semantics,format,unverified",
    seeds: Annotated[int, typer.Option(metavar="N", help="Trainings of each set.")] = 3,
    size: Annotated[
        int | None, typer.Option(metavar="N", help="Rows of each set (default: all verified ones).")
    ] = None,
    share: Annotated[
        float | None, typer.Option(metavar="SHARE", help="Rejects in a set (default: as many as in the run).")
    ] = None,
    held_out: Annotated[
        float, typer.Option("--held-out", metavar="SHARE", help="Rows whose tools no training set shows, about.")
    ] = 0.1,
    questions: Annotated[int, typer.Option(metavar="N", help="Questions of either kind at most.")] = 200,
    seed: Annotated[int, typer.Option(metavar="N", help="Decides which tools and rows are held out.")] = 0,
    answer_batch: Annotated[int, typer.Option(metavar="N", help="Questions asked at once.")] = 16,
    answer_tokens: Annotated[int, typer.Option(metavar="N", help="Tokens of an answer at most.")] = 512,
    keep_models: Annotated[bool, typer.Option("--keep-models", help="Keep every trained model.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the ablation in --out.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the sets; train and write nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Measure what verification is worth: train with rejected candidates put back and without, and compare."""
    from apigen.cli.ablate import AblateOptions, ablate_command

    overrides = {
        "epochs": epochs,
        "learning_rate": learning_rate,
        "batch": batch,
        "accumulation": accumulation,
        "cutoff": cutoff,
        "lora": lora or None,
    }
    options = AblateOptions(
        run=run_dir,
        out=out,
        model=model or "",
        scratch=from_scratch or "",
        form=form,
        recipe=recipe,
        overrides=overrides,
        arms=arms,
        seeds=seeds,
        size=size,
        share=share,
        held_out=held_out,
        questions=questions,
        seed=seed,
        batch=answer_batch,
        max_tokens=answer_tokens,
        keep_models=keep_models,
        resume=resume,
        dry_run=dry_run,
        as_json=as_json,
    )
    raise typer.Exit(ablate_command(options))


@app.command()
def replay(
    run_dir: Annotated[Path, typer.Argument(metavar="RUN", help="Run directory.")],
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
def report(
    run_dir: Annotated[Path, typer.Argument(metavar="RUN", help="Run directory.")], as_json: AsJson = False
) -> None:
    """Show what a run did, and write its report.html again."""
    from apigen.cli.outputs import report_command

    report_command(run_dir, as_json=as_json)


@app.command()
def simulate(
    port: Annotated[int, typer.Option(metavar="N", min=0, max=65535, help="Port; 0 for any free one.")] = 8000,
    host: Annotated[str, typer.Option(metavar="ADDRESS", help="Address to listen on.")] = "127.0.0.1",
    profile: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Whose errors are made (default: those of the model that is asked for)."),
    ] = None,
    latency_ms: Annotated[float, typer.Option(metavar="MS", min=0, help="How long each answer takes at least.")] = 0.0,
    seed: Annotated[int, typer.Option(metavar="N", help="Same seed and request, same answer.")] = 0,
    fault: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KIND=RATE",
            help="429, 429-silent, 500, reset, hang, drip, truncated, not-utf8, html or content-type; may be repeated.",
        ),
    ] = None,
    ledger: Annotated[
        Path | None, typer.Option(metavar="FILE.jsonl", help="Write down each pair: right, or spoiled and how.")
    ] = None,
    memo: Annotated[
        bool, typer.Option("--memo", help="Answer a request that was answered before from memory.")
    ] = False,
    batch_s: Annotated[
        float, typer.Option(metavar="S", min=0, help="Seconds from the creation of a batch to its first answer.")
    ] = 0.0,
) -> None:
    """Serve a simulated language model, with the errors that published ones made, for tests and benchmarks."""
    from apigen.cli.simulate import SimulateOptions, simulate_command

    simulate_command(SimulateOptions(host, port, profile, latency_ms, seed, fault or (), ledger, memo, batch_s))


def _given(**values: object) -> dict[str, object] | None:
    """A section of the configuration with what the command line said; nothing where it said nothing."""
    return {key: value for key, value in values.items() if value is not None and value != []} or None


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
    except KeyboardInterrupt:
        _say("interrupted before anything was begun")
        sys.exit(130)
    except OSError as error:  # `| head`, or a full disk behind the output
        with contextlib.suppress(OSError):
            _say(f"the output could not be written: {error.strerror}")
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # so that the exit does not try again
        sys.exit(1)


def _say(line: str) -> None:
    typer.echo(f"apigen: {' '.join(line.split())}", err=True)
