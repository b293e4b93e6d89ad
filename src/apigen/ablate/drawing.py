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
    verified = sum(one.fell is None for one in pool.train)
    wanted = verified if size is None else size
    if not verified:
        raise UserError("no verified row is left to train on; make a larger run, or hold out fewer tools")
    if wanted > verified:
        raise UserError(f"--size {wanted}: there are {verified} verified rows to train on; give at most that")
    rejected: dict[Arm, int] = {}
    for arm in arms:
        there = sum(one.fell in STAGES[arm] for one in pool.train)
        if arm is not Arm.VERIFIED and not there:
            raise UserError(f"the run has no rejects of {arm} with calls to read; leave it out with --arms")
        natural = there / (there + verified)
        rejected[arm] = 0 if arm is Arm.VERIFIED else round(wanted * (natural if share is None else share))
        if rejected[arm] > there:
            most = int(there / (natural if share is None else share))
            raise UserError(
                f"{arm}: {rejected[arm]} rejects are wanted and there are {there}; give --size {most} or less"
            )
    return Sizes(wanted, rejected)


def draw(pool: Pool, arm: Arm, planned: Sizes, seed: int) -> list[Trainable]:
    """One training set, shuffled.

    Of one seed, all arms have the same verified rows as far as they have as many, so that arms differ in what was put
    in and not in luck.
    """
    order = sorted(pool.train, key=lambda one: shuffle_key(seed, one.id))
    wrong = [one for one in order if one.fell in STAGES[arm]][: planned.rejected[arm]]
    right = [one for one in order if one.fell is None][: planned.size - len(wrong)]
    return sorted((*right, *wrong), key=lambda one: shuffle_key(seed, f"order/{one.id}"))
