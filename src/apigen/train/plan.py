"""What a training comes to before it begins: rows and tokens, who is held out, and how many steps there are."""

import hashlib
import math
import statistics
from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from apigen.dialogue.form import Form
from apigen.train.examples import LeftOut
from apigen.train.recipe import Recipe

_FEW = 0.02
"""Share of rows that may be left out without a word beyond their list."""


class Plan(msgspec.Struct, frozen=True):
    """How many steps there are, and at which something is done."""

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
    """The figures of rows' lengths, of which there is at least one."""
    ordered = sorted(whole)
    return Lengths(
        total=sum(ordered),
        trained=sum(trained),
        mean=round(statistics.fmean(ordered), 1),
        p95=ordered[min(len(ordered) - 1, math.ceil(0.95 * len(ordered)) - 1)],
        max=ordered[-1],
    )


def make_plan(sequences: int, recipe: Recipe) -> Plan:
    """The steps of a training on so many sequences."""
    per_epoch = max(1, math.ceil(sequences / (recipe.batch * recipe.accumulation)))
    steps = max(1, math.ceil(per_epoch * recipe.epochs))
    if recipe.max_steps is not None:
        steps = min(steps, recipe.max_steps)
    return Plan(sequences, steps, _every(recipe.evaluate_every, steps), _every(recipe.checkpoint_every, steps))


def held_out(queries: Sequence[str], recipe: Recipe) -> frozenset[str]:
    """The queries that are not trained on: the same whatever else is in the data, as far as their number goes.

    A query that stands in several rows is held out in all of them.
    """
    different = dict.fromkeys(queries)
    number = min(recipe.held_out_most, int(recipe.held_out * len(different)))
    drawn = sorted(different, key=lambda query: hashlib.sha256(f"{recipe.seed}/{query}".encode()).digest())
    return frozenset(drawn[:number])


def warnings(plan: Plan, recipe: Recipe) -> list[str]:
    """What about a plan is probably not meant."""
    found = []
    if recipe.warmup_steps >= plan.steps:
        found.append(
            f"the learning rate is warmed up over {recipe.warmup_steps:,} steps, and there are only {plan.steps:,}: it "
            "never reaches its height; lower warmup_steps in a --recipe"
        )
    return found


def said_again(repeated: int) -> list[str]:
    """What to say of rows that are the same as others, as where a file is named twice."""
    if not repeated:
        return []
    rows = "1 row is" if repeated == 1 else f"{repeated:,} rows are"
    return [f"{rows} the same as another but for the id, and trained on as often as it stands in the data"]


def lost_to_template(refused: Sequence[LeftOut], rows: int, form: Form) -> list[str]:
    """What to say where a chat template takes so few rows that another form is probably better.

    Args:
        refused: rows that it does not take.
        rows: of how many.
        form: in which they were put to it.
    """
    if len(refused) <= _FEW * rows:
        return []
    reason, times = Counter(left.reason for left in refused).most_common(1)[0]
    way_out = "--form prompted writes calls as text" if form == "native" else "--chat-template FILE gives another"
    share = f"{len(refused):,} of {rows:,} rows ({len(refused) / rows:.0%})"
    return [f"the chat template does not take {share}; {times:,} of them: {reason}; {way_out}"]


def _every(share: float, steps: int) -> int:
    return max(1, round(share * steps)) if share < 1 else round(share)
