"""Training sets of equal size, one for each arm and seed."""

from collections.abc import Mapping, Sequence

import msgspec

from apigen.ablate.arms import STAGES, Arm
from apigen.ablate.pool import Pool, Trainable, shuffle_key
from apigen.errors import UserError


class Sizes(msgspec.Struct, frozen=True):
    """How many rows each training set has, and how many of them are rejects."""

    size: int
    """The same for all."""
    rejected: Mapping[Arm, int]
    fewest: int
    """Verified rows of the set with the fewest, among all possible sets."""


def sizes(pool: Pool, arms: Sequence[Arm], *, size: int | None = None, share: float | None = None) -> Sizes:
    """Plan training sets.

    Args:
        pool: the available rows.
        arms: the sets wanted.
        size: rows of each; by default as many as there are verified rows.
        share: of rejects in every set but the verified one; by default the run's own, which is the rejects of the arm's
            stages divided by these and the verified rows.

    Raises:
        UserError: there are too few rows; the message says how many there are.
    """
    verified = sum(one.rejected_at is None for one in pool.train)
    wanted = verified if size is None else size
    over = sum(one.rejected_at is None for one in pool.too_long)
    cut = f" ({over} more over the cutoff)" if over else ""
    if not verified:
        raise UserError(f"no verified rows left to train on{cut}; make a larger run, or lower --held-out")
    if wanted > verified:
        raise UserError(f"--size {wanted}: only {verified} verified rows to train on{cut}; use at most {verified}")
    rejected: dict[Arm, int] = {}
    for arm in arms:
        there = sum(one.rejected_at in STAGES[arm] for one in pool.train)
        if arm is not Arm.VERIFIED and not there:
            raise UserError(f"no parseable rejects for arm {arm}; drop it from --arms")
        rejected[arm] = _rejects(pool, arm, wanted, share)
        if arm is not Arm.VERIFIED and not rejected[arm]:
            raise UserError(f"arm {arm}: none of {wanted} rows would be a reject; raise --size or --share")
        if rejected[arm] > there:
            most = int(there * wanted / rejected[arm])
            raise UserError(
                f"arm {arm}: needs {rejected[arm]} rejects but the run has {there}; use --size {most} or less"
            )
    return Sizes(wanted, rejected, wanted - max(_rejects(pool, arm, wanted, share) for arm in Arm))


def _rejects(pool: Pool, arm: Arm, size: int, share: float | None) -> int:
    """How many of a set's rows should be rejects, even if the run has too few."""
    verified = sum(one.rejected_at is None for one in pool.train)
    there = sum(one.rejected_at in STAGES[arm] for one in pool.train)
    return round(size * (there / (there + verified) if share is None else share)) if there else 0


def shown(pool: Pool, planned: Sizes) -> Pool:
    """The pool without questions about seen tools that some training set has no room to show.

    Every set can show as many tools as the set with the fewest verified rows has rows. Which tools these are depends on
    the order of the questions alone, neither on seeds nor on which sets are made.
    """
    to_be_had = {name for one in pool.train if one.rejected_at is None for name in one.tools}
    kept: list[Trainable] = []
    tools: set[str] = set()
    for one in pool.seen:
        more = tools | set(one.tools)
        if more <= to_be_had and len(more) <= planned.fewest:
            kept.append(one)
            tools = more
    return msgspec.structs.replace(pool, seen=tuple(kept), unshown=len(pool.seen) - len(kept))


def draw(pool: Pool, arm: Arm, planned: Sizes, seed: int) -> list[Trainable]:
    """One training set, shuffled.

    With one seed, all arms share their verified rows as far as they have as many, so that arms differ in the rejects
    added and not by chance. The first verified rows call each tool of the questions about seen tools once.
    """
    order = sorted(pool.train, key=lambda one: shuffle_key(seed, one.id))
    wrong = [one for one in order if one.rejected_at in STAGES[arm]][: planned.rejected[arm]]
    right = _showing(pool.asked_tools(), [one for one in order if one.rejected_at is None])[: planned.size - len(wrong)]
    return sorted((*right, *wrong), key=lambda one: shuffle_key(seed, f"order/{one.id}"))


def _showing(tools: frozenset[str], rows: Sequence[Trainable]) -> list[Trainable]:
    """Rows in their order, but with the first row for each of some tools moved to the front."""
    missing = set(tools)
    first: dict[str, Trainable] = {}
    for one in rows:
        if missing & set(one.tools):
            missing -= set(one.tools)
            first[one.id] = one
    return [*first.values(), *(one for one in rows if one.id not in first)]
