"""What the terminal shows of a training: its plan before, its result after."""

import shlex
from collections.abc import Iterator
from typing import TYPE_CHECKING

from apigen.train import checkpoints
from apigen.train.job import Job, TrainingResult
from apigen.train.memory import GIB, Memory
from apigen.training_folder import RECORD

if TYPE_CHECKING:
    from apigen.train.prepared import Prepared

_MOST_LEFT_OUT = 5


def plan_summary(prepared: "Prepared", job: Job) -> str:
    """Rows, tokens, steps, memory, and one row as it is trained."""
    return "\n".join(_lines(prepared, job))


def _lines(prepared: "Prepared", job: Job) -> Iterator[str]:
    lengths, plan, recipe = prepared.lengths, prepared.plan, job.recipe
    yield "One example; tokens between [[[TRAINED and TRAINED]]] count in the loss:"
    yield prepared.shown
    yield ""
    kind = "pairs" if job.method == "dpo" else "rows"
    rows = f"{len(prepared.rows):,} {kind} trained, {len(prepared.held_out):,} held out"
    too_long = f"{prepared.too_long:,} longer than the cutoff of {recipe.cutoff:,} tokens"
    yield f"rows     {rows}, {len(prepared.left_out):,} left out ({too_long})"
    for left in prepared.left_out[:_MOST_LEFT_OUT]:
        yield f"         {left.id}: {left.reason}"
    if len(prepared.left_out) > _MOST_LEFT_OUT:
        more = len(prepared.left_out) - _MOST_LEFT_OUT
        yield f"         and {more:,} more; training lists them all in left_out.jsonl"
    yield f"         {prepared.examples.without_calls:,} without a call"
    yield (
        f"tokens   {lengths.total:,} in total, {lengths.trained:,} in the loss; per row: mean {lengths.mean:,}, "
        f"95th percentile {lengths.p95:,}, max {lengths.max:,}"
    )
    kind = "packed sequences" if recipe.packing and job.method == "sft" else kind
    yield (
        f"steps    {plan.steps:,}, each {recipe.batch} x {recipe.accumulation} {kind} ({plan.sequences:,} per epoch, "
        f"{recipe.epochs:g} epochs)"
    )
    yield f"model    {job.begins_with}: {prepared.shape.parameters:,} parameters"
    for name, memory in prepared.memory.items():
        chosen = " (this recipe)" if (name == "adapter") is recipe.lora.use else ""
        yield f"memory   {name}: {_gib(memory)}{chosen}"
    yield "         estimated by the formula in docs/train.md; add a tenth for fragmentation"
    for note in prepared.notes:
        yield f"note     {note}"


def _gib(memory: Memory) -> str:
    parts = (
        ("weights", memory.weights),
        ("gradients", memory.gradients),
        ("optimizer", memory.optimizer),
        ("activations", memory.activations),
    )
    return f"{memory.total / GIB:,.2f} GiB ({', '.join(f'{name} {size / GIB:,.2f}' for name, size in parts)})"


def resume_line(job: Job) -> str:
    """Where a resumed training continues."""
    last = checkpoints.latest(job.out / checkpoints.FOLDER)
    if last is None:
        return "There is no complete checkpoint yet, so training starts over."
    return f"Resuming from step {checkpoints.step(last):,}."


def kept_line(job: Job) -> str:
    """What is kept of a training that ended at once, and how to resume it."""
    if not (job.out / RECORD).is_file():
        return "nothing had been trained or written"
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
        return f"This training is already finished ({steps:,} steps); nothing to do. {result.out}"
    losses = record["losses"]
    evaluation = f", held-out loss {losses['evaluation']:.4f}" if losses["evaluation"] is not None else ""
    return (
        f"{steps:,} steps, training loss {losses['final']:.4f}{evaluation}.\n"
        f"{result.out}  the model; report.html shows the loss curves, README.md is the model card"
    )
