"""Other numbers that fit the same place in a query and in a call."""

import math
from collections.abc import Sequence
from random import Random

from apigen.models.offline.kinds import words_of
from apigen.models.offline.locate import Slot
from apigen.models.offline.numerals import Numeral
from apigen.models.offline.schema import within
from apigen.models.offline.terms import NumberForm
from apigen.records import Json

TRIES = 8
"""Draws after which a value, or the order of several, is left as it was."""

STEADY = frozenset(
    ("height", "weight", "temperature", "temp", "age", "bpm", "pulse", "systolic", "diastolic", "gpa", "ph", "tip",
     "rate", "ratio", "pace", "bmi", "humidity", "rating", "abv", "alcohol", "cholesterol", "hematocrit", "iso",
     "density", "pitch")
)  # fmt: skip
"""Words in a parameter's name that say that a value far from the example's would be odd."""

FIXED = frozenset(
    ("utc", "khz", "fps", "offset", "latitude", "longitude", "lat", "lon", "lng", "base", "seed", "version", "digits",
     "zip", "postal", "code", "mode", "permission", "permissions")
)  # fmt: skip
"""Words in a parameter's name that say that another number would rarely fit."""

PERCENTS = {"score", "scores", "grade", "percent", "percentage", "humidity"}
"""Words in a parameter's name that say that 100 is the most."""

TERMS = (12, 24, 36, 48, 60, 72, 84, 96, 120, 180, 240, 300, 360)
"""Months over which loans run."""


def _shares(slots: Sequence[Slot]) -> set[Slot]:
    """Numbers that are parts of a whole: another one alone would break the sum."""
    groups: dict[tuple[int, tuple[str, ...]], list[Slot]] = {}
    for slot in slots:
        groups.setdefault((slot.leaf.call, slot.leaf.names), []).append(slot)
    return {
        slot
        for group in groups.values()
        if len(group) > 1 and any(abs(sum(each.leaf.value for each in group) - whole) < 1e-9 for whole in (1, 100))
        for slot in group
    }


def vary_numbers(rng: Random, slots: Sequence[Slot]) -> dict[Slot, Json]:
    """New numbers of similar size and roundness, in the order in which the old ones were."""
    whole = _shares(slots)
    for _ in range(TRIES):
        # What belongs together grows together: a longer run takes longer, a bigger order costs more.
        trends = {slot.leaf.call: rng.uniform(-0.5, 0.5) for slot in slots}
        fresh = {
            slot: slot.leaf.value if slot in whole else _number(rng, slot, trends[slot.leaf.call]) for slot in slots
        }
        if _plausible(slots, fresh):
            return {slot: value for slot, value in fresh.items() if value != slot.leaf.value}
    return {}


def _plausible(slots: Sequence[Slot], fresh: dict[Slot, Json]) -> bool:
    """Whether what was ordered is still ordered and what was distinct is still distinct."""
    for index, left in enumerate(slots):
        for right in slots[index + 1 :]:
            if not _comparable(left, right):
                continue
            before, after = left.leaf.value - right.leaf.value, fresh[left] - fresh[right]
            one_list = left.leaf.path[:-1] == right.leaf.path[:-1] and isinstance(left.leaf.path[-1], int)
            if before and (not after or (before * after < 0 and not one_list)):
                return False
    return True


def _comparable(left: Slot, right: Slot) -> bool:
    first, second = left.leaf, right.leaf
    if first.name == second.name:
        return first.call == second.call or first.path == second.path
    low, high = sorted((abs(first.value), abs(second.value)))
    return first.call == second.call and 0 < high < 5 * low


def _number(rng: Random, slot: Slot, trend: float) -> Json:
    form = slot.places[0].form
    assert isinstance(form, NumberForm)  # noqa: S101 - the caller chose these slots
    leaf, numeral = slot.leaf, form.numeral
    words = set(words_of(leaf.name))
    if leaf.value in (0, 1, -1) or words & FIXED or "enum" in leaf.schema:
        return leaf.value
    for _ in range(TRIES):
        shown = _drawn(rng, numeral, abs(leaf.value) / form.factor / numeral.scale, words, trend)
        value = math.copysign(round(shown * numeral.scale * form.factor, 10), leaf.value)
        if isinstance(leaf.value, int) or leaf.schema.get("type") == "integer":
            if value != int(value):
                continue
            value = int(value)
        elif value == int(value):
            value = int(value) if numeral.decimals == 0 else value
        if value != leaf.value and abs(value) != 1 and all(within(each.schema, value) for each in slot.leaves):
            return value
    return leaf.value


def _drawn(rng: Random, numeral: Numeral, shown: float, words: set[str], trend: float) -> float:
    """A number of similar size and roundness."""
    if numeral.decimals == 0 and 1500 <= shown <= 2100 and not numeral.commas and words & {"year", "years"}:
        return shown + rng.randint(-12, 12)
    if numeral.decimals == 0 and shown in TERMS and words & {"month", "months", "term"} and shown > 12:
        return rng.choice([term for term in TERMS if shown / 2 <= term <= shown * 2])
    if numeral.decimals == 0 and shown <= 12:
        return max(2, round(shown * math.exp(trend)) + rng.randint(-1, 1))
    if words & STEADY or numeral.percent:
        spread = 0.14 if words & STEADY and not numeral.percent else 0.4
        wide = shown * math.exp(rng.uniform(-spread, spread))
    else:
        wide = shown * math.exp(0.9 * trend + rng.uniform(-0.15, 0.15))
    if (numeral.percent or words & PERCENTS) and shown <= 100:
        wide = min(wide, 99.0)
    step = _step(shown, numeral.decimals)
    drawn = max(step, round(wide / step) * step)
    if numeral.decimals and abs(drawn - round(drawn)) < 1e-9 and not (numeral.decimals == 2 and step == 1):
        drawn += step if drawn < 2 * shown else -step
    return round(drawn, 10)


def _step(shown: float, decimals: int) -> float:
    """How round a number is: another of the same kind is a multiple of this."""
    unit = 10.0**-decimals
    count = round(shown / unit)
    fitting = [size * unit for size in (1, 5, 10, 25, 50) if count % size == 0 and count >= 4 * size]
    if decimals:
        return fitting[-1] if fitting else unit
    power = 100
    while count % power == 0 and count >= 4 * power:
        fitting.append(float(power))
        if count % (5 * power) == 0 and count >= 20 * power:
            fitting.append(5.0 * power)
        power *= 10
    return fitting[-1] if fitting else 1.0
