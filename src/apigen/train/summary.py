"""What the terminal shows of a training: its plan before, its result after."""

import math
import shlex
from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from apigen.report.words import counted
from apigen.train import checkpoints
from apigen.train.job import Job, TrainingResult
from apigen.train.memory import GIB
from apigen.training_folder import RECORD

if TYPE_CHECKING:
    from apigen.train.prepared import Prepared

_MOST_LEFT_OUT = 5


def plan_summary(prepared: "Prepared", job: Job) -> str:
    """Rows, tokens, steps, memory, and one row as it is trained."""
    return "\n".join(_lines(prepared, job))


def _lines(prepared: "Prepared", job: Job) -> Iterator[str]:
    yield "One example; tokens between [[[TRAINED and TRAINED]]] count in the loss:"
    yield prepared.shown
    yield ""
    parts = (
        ("data", _data(prepared, job)),
        ("left out", _left_out(prepared, job)),
        ("tokens", _tokens(prepared, job)),
        ("steps", _steps(prepared, job)),
        ("model", [f"{job.begins_with}: {prepared.shape.parameters:,} parameters"]),
        ("memory", _memory(prepared, job)),
        ("notes", prepared.notes),
    )
    for name, lines in parts:
        for number, line in enumerate(lines):
            yield f"{'' if number else name:8} {line}"


def _data(prepared: "Prepared", job: Job) -> Iterator[str]:
    yield f"{counted(len(prepared.rows), _kind(job))} to train on, {len(prepared.held_out):,} held out"
    if without := prepared.examples.without_calls:
        yield f"{without:,} of the {_kind(job)}s read {'makes' if without == 1 else 'make'} no call"


def _left_out(prepared: "Prepared", job: Job) -> Iterator[str]:
    """How many rows for which cause, and the first ones."""
    left = prepared.left_out
    if not left:
        return
    causes = (
        (prepared.too_long, f"longer than the cutoff of {job.recipe.cutoff:,} tokens"),
        (prepared.refused, "that cannot be read or rendered"),
    )
    yield ", ".join(f"{counted(len(some), _kind(job))} {cause}" for some, cause in causes if some)
    yield from map(str, left[:_MOST_LEFT_OUT])
    if len(left) > _MOST_LEFT_OUT:
        yield f"and {len(left) - _MOST_LEFT_OUT:,} more; training lists them all in left_out.jsonl"


def _tokens(prepared: "Prepared", job: Job) -> Iterator[str]:
    lengths = prepared.lengths
    each = "prompt and chosen answer" if job.method == "dpo" else "row"
    yield f"{lengths.total:,} in all, {lengths.trained:,} of them in the loss"
    yield f"per {each}: mean {lengths.mean:,}, 95th percentile {lengths.p95:,}, maximum {lengths.max:,}"


def _steps(prepared: "Prepared", job: Job) -> Iterator[str]:
    plan, recipe = prepared.plan, job.recipe
    what = "packed sequence" if recipe.packing else _kind(job)
    size = recipe.batch * recipe.accumulation
    product = f"{recipe.batch:,} x {recipe.accumulation:,} = " if recipe.accumulation > 1 else ""
    epochs = plan.steps / math.ceil(plan.sequences / size)
    yield (
        f"{plan.steps:,}, each of {product}{counted(size, what)}; "
        f"{epochs:.3g} epoch{'' if epochs == 1 else 's'} of {counted(plan.sequences, what)}"
    )


def _memory(prepared: "Prepared", job: Job) -> Iterator[str]:
    """The total of each way to train, and what it is made of."""
    found = prepared.memory
    unit, name = (GIB, "GiB") if max(memory.total for memory in found.values()) >= GIB else (GIB / 2**10, "MiB")
    totals = {way: f"{memory.total / unit:,.2f}" for way, memory in found.items()}
    for way, memory in found.items():
        parts = ", ".join(f"{part} {size / unit:,.2f}" for part, size in msgspec.structs.asdict(memory).items())
        chosen = "; this recipe" if (way == "adapter") is job.recipe.lora.use else ""
        total, on = f"{totals[way]:>{max(map(len, totals.values()))}} {name}", f"{way:{max(map(len, totals))}}"
        yield f"{total} for {on} ({parts}{chosen})"
    yield "estimated by the formula in docs/train.md; add a tenth for fragmentation"


def _kind(job: Job) -> str:
    return "pair" if job.method == "dpo" else "row"


def resume_line(job: Job) -> str:
    """Where a resumed training continues."""
    last = checkpoints.latest(job.out / checkpoints.FOLDER)
    if last is None:
        return "There is no complete checkpoint yet, so training starts over."
    return f"Resuming from step {checkpoints.step(last):,}."


def kept_line(job: Job) -> str:
    """What is kept of a training that ended at once, and how to resume it."""
    if not (job.out / RECORD).is_file():
        return "nothing was trained or written"
    last = checkpoints.latest(job.out / checkpoints.FOLDER)
    again = f"the same command with --resume --out {shlex.quote(str(job.out))}"
    if last is None:
        return f"there is no complete checkpoint yet; {again} starts over"
    return f"the checkpoint of step {checkpoints.step(last):,} is kept; {again} continues from there"


def result_line(result: TrainingResult) -> str:
    """The result in one or two lines."""
    record = result.record
    steps = record["sessions"][-1]["to_step"]
    if not result.finished:
        return f"Interrupted after step {steps:,} of {record['plan']['steps']:,}; continue with --resume. {result.out}"
    if not result.trained:
        return f"This training is already finished ({counted(steps, 'step')}); nothing to do. {result.out}"
    losses = record["losses"]
    evaluation = f", held-out loss {losses['evaluation']:.4f}" if losses["evaluation"] is not None else ""
    return (
        f"{counted(steps, 'step')}, training loss {losses['final']:.4f}{evaluation}.\n"
        f"{result.out}  the model; report.html shows the loss curves, README.md is the model card"
    )
