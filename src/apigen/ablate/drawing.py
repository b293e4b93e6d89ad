"""Training sets of equal size, one for each arm and seed."""

from collections.abc import Mapping, Sequence

import msgspec

from apigen.ablate.arms import STAGES, Arm
from apigen.ablate.pool import Pool, Trainable, shuffle_key
from apigen.errors import UserError


class Sizes(msgspec.Struct, frozen=True):
    """How many rows each training set has, and how many of them were rejected."""

    size: int
    """The same for all."""
    rejected: Mapping[Arm, int]
    fewest: int
    """Verified rows of the set that has the fewest, whichever sets are made."""


def sizes(pool: Pool, arms: Sequence[Arm], *, size: int | None = None, share: float | None = None) -> Sizes:
    """Plan training sets.

    Args:
        pool: what there is.
        arms: the sets wanted.
        size: rows of each; as many as there are verified ones by default.
        share: of rejected rows in every set but the verified one; by default the one that the run itself has, which is
            the rejects of the arm's stages over them and the verified rows.

    Raises:
        UserError: there are not so many rows; the message says how many there are.
    """
    verified = sum(one.rejected_at is None for one in pool.train)
    wanted = verified if size is None else size
    if not verified:
        raise UserError("no verified row is left to train on; make a larger run, or hold out fewer tools")
    if wanted > verified:
        raise UserError(f"--size {wanted}: there are {verified} verified rows to train on; give at most that")
    rejected: dict[Arm, int] = {}
    for arm in arms:
        there = sum(one.rejected_at in STAGES[arm] for one in pool.train)
        if arm is not Arm.VERIFIED and not there:
            raise UserError(f"the run has no rejects of {arm} with calls to read; leave it out with --arms")
        rejected[arm] = _rejects(pool, arm, wanted, share)
        if arm is not Arm.VERIFIED and not rejected[arm]:
            raise UserError(f"{arm}: of {wanted} rows none would be a reject; give a larger --size or --share")
        if rejected[arm] > there:
            most = int(there * wanted / rejected[arm])
            raise UserError(
                f"{arm}: {rejected[arm]} rejects are wanted and there are {there}; give --size {most} or less"
            )
    return Sizes(wanted, rejected, wanted - max(_rejects(pool, arm, wanted, share) for arm in Arm))


def _rejects(pool: Pool, arm: Arm, size: int, share: float | None) -> int:
    """How many of a set's rows are rejects; those that are not there are counted as well."""
    verified = sum(one.rejected_at is None for one in pool.train)
    there = sum(one.rejected_at in STAGES[arm] for one in pool.train)
    return round(size * (there / (there + verified) if share is None else share)) if there else 0


def shown(pool: Pool, planned: Sizes) -> Pool:
    """The pool without questions about seen tools that not every training set could have seen.

    Every set can show as many tools as the one with the fewest verified rows has of these. Which tools they are depends
    on the questions' order alone, and neither on seeds nor on which of the sets are made.
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

    Of one seed, all arms have the same verified rows as far as they have as many, so that arms differ in what was put
    in and not in luck. The first of these call each tool once that questions about seen tools are about.
    """
    order = sorted(pool.train, key=lambda one: shuffle_key(seed, one.id))
    wrong = [one for one in order if one.rejected_at in STAGES[arm]][: planned.rejected[arm]]
    right = _showing(pool.asked_tools(), [one for one in order if one.rejected_at is None])[: planned.size - len(wrong)]
    return sorted((*right, *wrong), key=lambda one: shuffle_key(seed, f"order/{one.id}"))


def _showing(tools: frozenset[str], rows: Sequence[Trainable]) -> list[Trainable]:
    """Rows in their order, but that the first ones for each of some tools come before all others."""
    missing = set(tools)
    first: dict[str, Trainable] = {}
    for one in rows:
        if missing & set(one.tools):
            missing -= set(one.tools)
            first[one.id] = one
    return [*first.values(), *(one for one in rows if one.id not in first)]
