"""What a training will be: rows and tokens, which rows are held out, and how many steps there are."""

import hashlib
import math
import statistics
from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from apigen.dataset.duplicates import fingerprint
from apigen.dialogue.form import Form
from apigen.report.words import counted
from apigen.train.examples import LeftOut
from apigen.train.recipe import Recipe

_FEW = 0.02
"""Share of rows that may be left out without a note."""


class Plan(msgspec.Struct, frozen=True):
    """The number of steps, and how often to evaluate and to save."""

    sequences: int
    """What an epoch goes through: rows, or packed sequences of them."""
    steps: int
    evaluate_every: int
    checkpoint_every: int


class Lengths(msgspec.Struct, frozen=True):
    """Tokens of the rows."""

    total: int
    trained: int
    """Those that count in the loss."""
    mean: float
    p95: int
    max: int


def lengths(whole: Sequence[int], trained: Iterable[int]) -> Lengths:
    """Statistics of row lengths, of which there is at least one."""
    ordered = sorted(whole)
    return Lengths(
        total=sum(ordered),
        trained=sum(trained),
        mean=round(statistics.fmean(ordered), 1),
        p95=ordered[min(len(ordered) - 1, math.ceil(0.95 * len(ordered)) - 1)],
        max=ordered[-1],
    )


def make_plan(sequences: int, recipe: Recipe) -> Plan:
    """The steps of a training on this number of sequences."""
    steps = max(1, math.ceil(_per_epoch(sequences, recipe) * recipe.epochs))
    if recipe.max_steps is not None:
        steps = min(steps, recipe.max_steps)
    return Plan(sequences, steps, _every(recipe.evaluate_every, steps), _every(recipe.checkpoint_every, steps))


def _per_epoch(sequences: int, recipe: Recipe) -> int:
    return max(1, math.ceil(sequences / (recipe.batch * recipe.accumulation)))


def held_out(queries: Iterable[str], recipe: Recipe) -> frozenset[int]:
    """Fingerprints of the held-out queries: a draw that depends on the seed and the set of queries, not their order.

    Queries that differ only in case, spacing or punctuation share a fingerprint, so they are on the same side.
    """
    different = {fingerprint(query) for query in queries}
    number = min(recipe.held_out_most, int(recipe.held_out * len(different)))
    drawn = sorted(different, key=lambda mark: hashlib.sha256(f"{recipe.seed}/{mark}".encode()).digest())
    return frozenset(drawn[:number])


def warnings(plan: Plan, recipe: Recipe) -> list[str]:
    """Settings that are probably a mistake."""
    found = []
    if recipe.warmup_steps >= plan.steps:
        found.append(
            f"warmup_steps ({recipe.warmup_steps:,}) >= total steps ({plan.steps:,}): the learning rate never reaches "
            "its peak; lower warmup_steps with --recipe FILE"
        )
    if _per_epoch(plan.sequences, recipe) * recipe.epochs < 1:
        seen = min(plan.sequences, recipe.batch * recipe.accumulation) / plan.sequences
        found.append(
            f"--epochs {recipe.epochs:g} is less than one step; one whole step is trained, which is "
            f"{seen:.2g} epoch{'' if seen == 1 else 's'}"
        )
    return found


def repeated_rows(repeated: int) -> list[str]:
    """A note about rows that are identical to others, as when a file is named twice."""
    if not repeated:
        return []
    rows = "1 row is a duplicate" if repeated == 1 else f"{counted(repeated, 'row')} are duplicates"
    return [f"{rows} of another row apart from the id; duplicates are trained on as often as they appear"]


def lost_to_cutoff(too_long: int, rows: int, longest: int, recipe: Recipe) -> list[str]:
    """A note where many rows are longer than the cutoff.

    Args:
        too_long: their number.
        rows: all rows.
        longest: tokens of the longest.
        recipe: has the cutoff.
    """
    if too_long <= _FEW * rows:
        return []
    share = f"{too_long:,} of {counted(rows, 'row')} ({too_long / rows:.0%})"
    way_out = f"--cutoff {longest} would keep them all, if the model's context is that long"
    return [f"{share} are longer than the cutoff of {recipe.cutoff:,} tokens and left out; {way_out}"]


def lost_to_template(refused: Sequence[LeftOut], rows: int, form: Form) -> list[str]:
    """A note where a chat template cannot render so many rows that another form is probably better.

    Args:
        refused: rows that it cannot render.
        rows: all rows.
        form: in which they were given to it.
    """
    if len(refused) <= _FEW * rows:
        return []
    reason, times = Counter(left.reason for left in refused).most_common(1)[0]
    way_out = "--form prompted writes calls as text" if form == "native" else "pass another with --chat-template FILE"
    share = f"{len(refused):,} of {counted(rows, 'row')} ({len(refused) / rows:.0%})"
    most = "" if times == len(refused) else f"; {times:,} of them"
    return [f"the chat template cannot render {share}{most}: {reason}; {way_out}"]


def _every(interval: float, steps: int) -> int:
    return interval if isinstance(interval, int) else max(1, round(interval * steps))
