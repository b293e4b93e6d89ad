"""What the terminal says of a training: its plan before, its result after."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from apigen.train import checkpoints
from apigen.train.job import Job, TrainingResult
from apigen.train.memory import FORMULA, GIB, Memory

if TYPE_CHECKING:
    from apigen.train.prepared import Prepared

_MOST_LEFT_OUT = 5


def plan_summary(prepared: "Prepared", job: Job) -> str:
    """Rows, tokens, steps, memory, and one row as it is trained."""
    return "\n".join(_lines(prepared, job))


def _lines(prepared: "Prepared", job: Job) -> Iterator[str]:
    lengths, plan, recipe = prepared.lengths, prepared.plan, job.recipe
    yield "One row, with what is trained between [[[TRAINED and TRAINED]]]:"
    yield prepared.shown
    yield ""
    kind = "pairs" if job.method == "dpo" else "rows"
    rows = f"{len(prepared.rows):,} {kind} trained, {len(prepared.held_out):,} held out"
    too_long = f"{prepared.too_long:,} over the cutoff of {recipe.cutoff:,}"
    yield f"rows     {rows}, {len(prepared.left_out):,} left out ({too_long})"
    for left in prepared.left_out[:_MOST_LEFT_OUT]:
        yield f"         {left.id}: {left.reason}"
    if len(prepared.left_out) > _MOST_LEFT_OUT:
        more = len(prepared.left_out) - _MOST_LEFT_OUT
        yield f"         and {more:,} more; left_out.jsonl has them all once training begins"
    yield f"         {prepared.examples.without_calls:,} of those read make no call"
    yield (
        f"tokens   {lengths.total:,} in all, {lengths.trained:,} in the loss; mean {lengths.mean:,}, 95% at most "
        f"{lengths.p95:,}, longest {lengths.max:,}"
    )
    kind = "packed sequences" if recipe.packing and job.method == "sft" else kind
    yield (
        f"steps    {plan.steps:,}, each of {recipe.batch} x {recipe.accumulation} {kind} ({plan.sequences:,} an epoch, "
        f"{recipe.epochs:g} epochs)"
    )
    yield f"model    {job.begins_with}: {prepared.shape.parameters:,} parameters"
    for name, memory in prepared.memory.items():
        chosen = " (this recipe)" if (name == "adapter") is recipe.lora.use else ""
        yield f"memory   {name}: {_gib(memory)}{chosen}"
    yield f"         by formula: {FORMULA}"
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
    """Where a resumed training goes on."""
    last = checkpoints.latest(job.out / checkpoints.FOLDER)
    if last is None:
        return "There is no whole checkpoint yet: it begins anew."
    return f"Goes on from step {checkpoints.step(last):,}."


def result_line(result: TrainingResult) -> str:
    """What came of it."""
    record = result.record
    steps = record["sessions"][-1]["to_step"]
    if not result.finished:
        return f"Interrupted after step {steps:,} of {record['plan']['steps']:,}; --resume goes on. {result.out}"
    if not result.trained:
        return f"This training is finished: {steps:,} steps; nothing was left to do. {result.out}"
    losses = record["losses"]
    evaluation = f", on held-out rows {losses['evaluation']:.4f}" if losses["evaluation"] is not None else ""
    return (
        f"{steps:,} steps, loss {losses['final']:.4f}{evaluation}.\n"
        f"{result.out}  the model; report.html has the curves, README.md is its card"
    )
