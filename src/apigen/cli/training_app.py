"""Commands that prepare data for a training, train and measure that, with their options and help."""

from pathlib import Path
from typing import Annotated

import typer

from apigen.cli.options import AsJson, Dataset, DatasetFormat, Force

app = typer.Typer()

Model = Annotated[
    str | None,
    typer.Option(metavar="MODEL", help="Causal language model to start from: a name on the hub, or a folder."),
]
FromScratch = Annotated[
    str | None, typer.Option(metavar="SIZE", help="Start from random weights instead: tiny or small.")
]
Form = Annotated[
    str, typer.Option(metavar="FORM", help="native (tools in the chat template) or prompted (in the text).")
]
Recipe = Annotated[
    Path | None,
    typer.Option(metavar="FILE.yaml", help="Hyper-parameters that override the paper's; options override both."),
]
Epochs = Annotated[float | None, typer.Option(metavar="N", help="Epochs (default 4).")]
LearningRate = Annotated[float | None, typer.Option(metavar="RATE", help="Peak learning rate (default 5e-6).")]
Batch = Annotated[int | None, typer.Option(metavar="N", help="Batch size per device (default 6).")]
Accumulation = Annotated[int | None, typer.Option(metavar="N", help="Gradient accumulation steps (default 2).")]
Cutoff = Annotated[
    int | None, typer.Option(metavar="N", help="Max tokens per row; longer rows are left out (default 2048).")
]
Lora = Annotated[
    bool, typer.Option("--lora", help="Train a LoRA adapter (peak rate 1e-4; with dpo 1e-5) and merge it.")
]


@app.command()
def split(
    dataset: Dataset,
    out: Annotated[Path, typer.Option("-o", "--out", metavar="DIR", help="Output directory for the two parts.")],
    held_out: Annotated[
        float, typer.Option("--held-out", metavar="SHARE", help="Approximate share of rows that call a held-out tool.")
    ] = 0.1,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="Same seed, same tools.")] = 0,
    format_name: DatasetFormat = "auto",
    as_json: AsJson = False,
) -> None:
    """Split a dataset by tool: training rows neither call nor show a held-out tool."""
    from apigen.cli.split import SplitOptions, split_command

    split_command(SplitOptions(dataset, out, held_out, seed, format_name, as_json))


@app.command()
def augment(
    dataset: Dataset,
    out: Annotated[Path, typer.Option("-o", "--out", metavar="FILE", help="JSON Lines file to write.")],
    share: Annotated[float, typer.Option(metavar="SHARE", help="Approximate share of negatives among all rows.")] = 0.1,
    kinds: Annotated[
        str, typer.Option(metavar="KINDS", help="Kinds of negatives, comma-separated.")
    ] = "dropped_tool,dropped_parameter",
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="Same seed, same bytes.")] = 0,
    mix: Annotated[
        bool, typer.Option("--mix", help="Write the dataset's rows too, shuffled with the negatives.")
    ] = False,
    force: Force = False,
    format_name: DatasetFormat = "auto",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Report what would be made; write nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make negatives from verified rows: without the tool or parameter it needs, the right answer is no call."""
    from apigen.cli.augment import AugmentOptions, augment_command

    augment_command(AugmentOptions(dataset, out, share, kinds, seed, mix, force, format_name, dry_run, as_json))


@app.command()
def train(
    data: Annotated[
        list[Path], typer.Argument(metavar="DATA...", help="Runs, files and folders in any readable format.")
    ],
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder for the model, its record and its report.")
    ] = None,
    model: Model = None,
    from_scratch: FromScratch = None,
    form: Form = "native",
    method: Annotated[str, typer.Option(metavar="METHOD", help="sft, or dpo for preference pairs.")] = "sft",
    format_name: Annotated[
        str, typer.Option("--format", metavar="NAME", help="Format of the data; auto detects it.")
    ] = "auto",
    chat_template: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Chat template to use instead of the model's own.")
    ] = None,
    recipe: Recipe = None,
    epochs: Epochs = None,
    max_steps: Annotated[int | None, typer.Option(metavar="N", help="Stop after this many steps.")] = None,
    learning_rate: LearningRate = None,
    batch: Batch = None,
    accumulation: Accumulation = None,
    cutoff: Cutoff = None,
    seed: Annotated[int | None, typer.Option(metavar="N", help="Random seed (default 0).")] = None,
    precision: Annotated[str | None, typer.Option(metavar="KIND", help="auto (default), mixed, bf16 or fp32.")] = None,
    lora: Lora = False,
    packing: Annotated[
        bool, typer.Option("--packing", help="Pack several rows into one sequence; they do not attend to each other.")
    ] = False,
    gradient_checkpointing: Annotated[
        bool, typer.Option("--gradient-checkpointing", help="Use less memory, for about a third more time.")
    ] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Resume from the last checkpoint in --out.")] = False,
    require_gpu: Annotated[bool, typer.Option("--require-gpu", help="Fail if there is no GPU.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show rows, tokens, steps and memory; train and write nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Fine-tune a model on function-calling data with the hyper-parameters of the APIGen paper."""
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
        lora=lora,
        overrides=overrides,
        resume=resume,
        require_gpu=require_gpu,
        dry_run=dry_run,
        as_json=as_json,
    )
    raise typer.Exit(train_command(options))


@app.command()
def ablate(
    run_dir: Annotated[Path, typer.Argument(metavar="RUN", help="Run directory, including its rejected candidates.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Output directory for trainings, answers and figures.")],
    model: Model = None,
    from_scratch: FromScratch = None,
    form: Form = "native",
    recipe: Recipe = None,
    epochs: Epochs = None,
    learning_rate: LearningRate = None,
    batch: Batch = None,
    accumulation: Accumulation = None,
    cutoff: Cutoff = None,
    lora: Lora = False,
    arms: Annotated[
        str, typer.Option(metavar="NAME,...", help="Training sets to compare, comma-separated.")
    ] = "verified,execution,semantics,format,unverified",
    seeds: Annotated[int, typer.Option(metavar="N", help="Seeds, that is, trainings per set.")] = 3,
    size: Annotated[
        int | None, typer.Option(metavar="N", help="Rows per set (default: as many as there are verified rows).")
    ] = None,
    share: Annotated[
        float | None, typer.Option(metavar="SHARE", help="Share of rejects in a set (default: the run's own).")
    ] = None,
    held_out: Annotated[
        float,
        typer.Option(
            "--held-out", metavar="SHARE", help="Approximate share of rows whose tools are held out of all sets."
        ),
    ] = 0.1,
    questions: Annotated[int, typer.Option(metavar="N", help="Maximum questions per suite.")] = 200,
    seed: Annotated[int, typer.Option(metavar="N", help="Decides which tools and rows are held out.")] = 0,
    answer_batch: Annotated[int, typer.Option(metavar="N", help="Questions per batch.")] = 16,
    answer_tokens: Annotated[int, typer.Option(metavar="N", help="Maximum tokens per answer.")] = 512,
    keep_models: Annotated[bool, typer.Option("--keep-models", help="Keep every trained model.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Resume the ablation in --out.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan; train and write nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Measure the effect of verification: train with and without rejected candidates, and compare."""
    from apigen.ablate.ablation import Ablation
    from apigen.cli.ablate import AblateOptions, ablate_command, arms_of
    from apigen.dialogue.form import form_named
    from apigen.train.job import Job
    from apigen.train.recipe import recipe_for

    overrides = {
        "epochs": epochs,
        "learning_rate": learning_rate,
        "batch": batch,
        "accumulation": accumulation,
        "cutoff": cutoff,
    }
    job = Job(
        recipe=recipe_for(scratch=from_scratch or "", lora=lora, file=recipe, options=overrides),
        out=out,
        model=model or "",
        scratch=from_scratch or "",
        form=form_named(form),
        resume=resume,
    )
    ablation = Ablation(
        run=run_dir,
        job=job,
        arms=arms_of(arms),
        seeds=tuple(range(1, seeds + 1)),
        size=size,
        share=share,
        held_out=held_out,
        questions=questions,
        seed=seed,
        answer_batch=answer_batch,
        answer_tokens=answer_tokens,
        keep_models=keep_models,
    )
    raise typer.Exit(ablate_command(AblateOptions(ablation, dry_run, as_json)))
