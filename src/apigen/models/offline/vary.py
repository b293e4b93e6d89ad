"""Other values that fit the same place in a query and in a call."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random

from apigen.models.offline.calendar import read_date, read_datetime, read_time
from apigen.models.offline.kinds import kind_of, pool_value
from apigen.models.offline.locate import Located, Slot
from apigen.models.offline.numerals import Numeral
from apigen.models.offline.phrases import families
from apigen.models.offline.schema import Leaf, within
from apigen.models.offline.terms import NumberForm, UnitForm, unit_of
from apigen.records import Json

TRIES = 8
"""Draws after which a value, or the order of several, is left as it was."""

STEADY = {"height", "weight", "temperature", "temp", "age", "bpm", "pulse", "systolic", "diastolic", "gpa", "ph"}
STEADY |= {
    "tip",
    "rate",
    "ratio",
    "pace",
    "bmi",
    "humidity",
    "rating",
    "abv",
    "alcohol",
    "cholesterol",
    "hematocrit",
    "iso",
}
"""Words in a parameter's name that say that a value far from the example's would be odd."""

FIXED = {
    "utc",
    "offset",
    "latitude",
    "longitude",
    "lat",
    "lon",
    "lng",
    "base",
    "seed",
    "version",
    "digits",
    "zip",
    "postal",
    "code",
}
"""Words in a parameter's name that say that another number would rarely fit."""

PERCENTS = {"score", "scores", "grade", "percent", "percentage", "humidity"}
"""Words in a parameter's name that say that 100 is the most."""

TERMS = (12, 24, 36, 48, 60, 72, 84, 96, 120, 180, 240, 300, 360)
"""Months over which loans run."""

PRONOUNS = re.compile(r"\b(he|she|him|her|his|hers|himself|herself)\b", re.IGNORECASE)
OCCASIONS = re.compile(
    r"\b(mon|tues|wednes|thurs|fri|satur|sun)day\b|christmas|easter|halloween|new year|valentine|thanksgiving|leap|"
    r"solstice|equinox|\b(war|battle|moon|independence|wall|eclipse|hurricane|landing)\b",
    re.IGNORECASE,
)
DAYPARTS = re.compile(r"morning|noon|evening|night|breakfast|lunch|dinner|dawn|dusk|sunrise|sunset|bed", re.IGNORECASE)
LONG_QUERY = 22
"""Words from which on a query tells a story, which may say why it is this choice and no other."""


def vary(rng: Random, located: Located, known: dict[tuple[str, ...], list[Json]]) -> dict[Slot, Json]:
    """Draw a new value for every slot where one is safe.

    Args:
        rng: the only source of chance.
        located: an example whose values have been found.
        known: strings that other examples give to a parameter, by ``names`` of the path.

    Returns:
        The new values; a slot that is missing keeps its own.
    """
    numbers = [slot for slot in located.slots if isinstance(slot.places[0].form, NumberForm)]
    moments = [slot for slot in located.slots if slot not in numbers and _moment(slot.leaf.value)]
    others = [slot for slot in located.slots if slot not in numbers and slot not in moments]
    fresh: dict[Slot, Json] = _numbers(rng, numbers)
    if not any(_moment(leaf.value) for leaf in located.kept):
        fresh |= _moments(rng, moments, located.query)
    fresh |= _choices(rng, [slot for slot in others if "enum" in slot.leaf.schema], located)
    fresh |= _strings(rng, [slot for slot in others if "enum" not in slot.leaf.schema], located, known)
    return fresh


def name_words(name: str) -> set[str]:
    """The words of an identifier."""
    return set(re.findall(r"[a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()))


# Numbers


def _shares(slots: Sequence[Slot]) -> set[Slot]:
    """Numbers that are parts of a whole: another one alone would break the sum."""
    groups: dict[tuple[int, tuple[str, ...]], list[Slot]] = {}
    for slot in slots:
        groups.setdefault((slot.leaf.call, names(slot.leaf)), []).append(slot)
    return {
        slot
        for group in groups.values()
        if len(group) > 1 and any(abs(sum(each.leaf.value for each in group) - whole) < 1e-9 for whole in (1, 100))
        for slot in group
    }


def _numbers(rng: Random, slots: Sequence[Slot]) -> dict[Slot, Json]:
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
    words = name_words(leaf.name)
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


# Dates and times


def _moment(value: Json) -> bool:
    return bool(read_datetime(value) or read_date(value) or read_time(value))


def _moments(rng: Random, slots: Sequence[Slot], query: str) -> dict[Slot, Json]:
    """All dates move together and all times do, so that their order and rough distance stay."""
    if not slots:
        return {}
    days = rng.choice([-1, 1]) * rng.randint(5, 300)
    if OCCASIONS.search(query):
        days = 0
    hours = rng.choice([-1, 1]) if DAYPARTS.search(query) else rng.choice([-3, -2, -1, 1, 2])
    dates = sorted(slot.leaf.value[:10] for slot in slots if not read_time(slot.leaf.value))
    gaps = [(datetime.fromisoformat(b) - datetime.fromisoformat(a)).days for a, b in pairwise(dates)]
    slack = min(25, *(gap // 3 for gap in gaps)) if gaps else 0
    clocks = [moment.hour for slot in slots if (moment := read_time(slot.leaf.value) or read_datetime(slot.leaf.value))]
    if clocks and not 0 <= min(clocks) + hours <= max(clocks) + hours <= 23:
        hours = -hours
    if clocks and not 0 <= min(clocks) + hours <= max(clocks) + hours <= 23:
        hours = 0
    fresh = {}
    for slot in slots:
        delta = timedelta(days=days + (rng.randint(-slack, slack) if days else 0), hours=hours)
        fresh[slot] = _shifted(slot.leaf.value, delta)
    return {slot: value for slot, value in fresh.items() if value != slot.leaf.value}


def _shifted(value: str, delta: timedelta) -> str:
    try:
        if moment := read_datetime(value):
            # Days and hours apart: a leap over midnight would read well and mean something else.
            return (moment + delta).isoformat(sep=value[10], timespec="seconds" if len(value) > 16 else "minutes")
        if day := read_date(value):
            return (day + timedelta(days=delta.days)).isoformat()
        moment = datetime.fromisoformat(f"2000-01-02T{value}") + timedelta(hours=delta.seconds // 3600)
        return moment.time().isoformat(timespec="seconds" if len(value) > 5 else "minutes")
    except OverflowError:
        return value


# Choices and strings


def _choices(rng: Random, slots: Sequence[Slot], located: Located) -> dict[Slot, Json]:
    fresh: dict[Slot, Json] = {}
    units = [slot for slot in slots if isinstance(slot.places[0].form, UnitForm)]
    plain = [slot for slot in slots if slot not in units]
    swapped = {leaf.value for slot in units for leaf in slot.leaves}
    if units and not PRONOUNS.search(located.query):
        fresh |= _units(rng, units, located, swapped)
    codes = any(isinstance(slot.leaf.value, str) and re.search(r"\d{4}", slot.leaf.value) for slot in located.slots)
    story = codes or len(located.query.split()) > LONG_QUERY or _names_outside(located)
    for slot in plain:
        options = [option for option in slot.leaf.schema["enum"] if _sayable(option) and option != slot.leaf.value]
        used = {leaf.value for other in slots for leaf in other.leaves} | set(fresh.values())
        options = [option for option in options if option not in used and not unit_of(option)]
        if options and not story and not _verbs(slot.leaf.schema["enum"]) and not _decides(slot.leaf):
            fresh[slot] = rng.choice(options)
    return fresh


def _names_outside(located: Located) -> bool:
    """Whether the query names something beside its values, such as "German", that may go with only one choice."""
    spans = [(place.start, place.end) for slot in located.slots for place in slot.places]
    return any(
        all(match.end() <= start or match.start() >= end for start, end in spans)
        for match in re.finditer(r"(?<=[a-z,] )(?!I\b)[A-Z][a-z]+", located.query)
    )


def _units(rng: Random, slots: Sequence[Slot], located: Located, used: set[Json]) -> dict[Slot, Json]:
    """Swap units for others that people use for the same things, each unit for one and the same other."""
    if any("enum" in leaf.schema and unit_of(str(leaf.value)) for leaf in located.kept):
        return {}
    exchange: dict[Json, Json] = {}
    for value in sorted(used, key=str):
        unit = unit_of(str(value))
        if unit is None:
            return {}
        options = next(slot.leaf.schema["enum"] for slot in slots if any(leaf.value == value for leaf in slot.leaves))
        near = [
            option
            for option in options
            if isinstance(option, str) and (other := unit_of(option)) and other[0] == unit[0]
        ]
        near = [option for option in near if option not in exchange.values()]
        if not near:
            return {}
        exchange[value] = rng.choice(near)
    return {slot: exchange[slot.leaf.value] for slot in slots if exchange[slot.leaf.value] != slot.leaf.value}


def _sayable(option: Json) -> bool:
    return isinstance(option, str) and len(option) > 1 and bool(re.fullmatch(r"[\w\s-]+", option))


_VERBS = {"encode", "decode", "encrypt", "decrypt", "up", "down", "add", "subtract", "multiply", "divide", "before"}
_DECIDING = {
    "measure",
    "indicator",
    "quantity",
    "metric",
    "property",
    "parameter",
    "variable",
    "shape",
    "solid",
    "figure",
    "solve",
    "kind",
    "type",
    "operation",
    "from",
    "to",
    "source",
    "target",
}


def _verbs(options: Sequence[Json]) -> bool:
    """Whether the choices are things to do: another one would ask for something else."""
    return any(isinstance(option, str) and name_words(option) & _VERBS for option in options)


def _decides(leaf: Leaf) -> bool:
    """Whether the choice decides what the other arguments mean."""
    return bool(name_words(leaf.name) & _DECIDING) and not families_match(leaf)


def families_match(leaf: Leaf) -> bool:
    """Whether every choice is a unit of one family."""
    found = {unit[0] if (unit := unit_of(str(option))) else -1 for option in leaf.schema.get("enum", ())}
    return len(found) == 1 and -1 not in found and len(families()) > 0


def _strings(
    rng: Random, slots: Sequence[Slot], located: Located, known: dict[tuple[str, ...], list[Json]]
) -> dict[Slot, Json]:
    fresh: dict[Slot, Json] = {}
    texts = [str(leaf.value).lower() for slot in located.slots for leaf in slot.leaves if isinstance(leaf.value, str)]
    spellings = {str(leaf.value) for slot in located.slots for leaf in slot.leaves if isinstance(leaf.value, str)}
    spellings |= {leaf.value for leaf in located.kept if isinstance(leaf.value, str)}
    exact = Counter(spelling.lower() for spelling in spellings)
    for slot in slots:
        value = str(slot.leaf.value)
        lowered = value.lower()
        if exact[lowered] > 1 or any(lowered != other and (lowered in other or other in lowered) for other in texts):
            continue
        kind = kind_of(slot.leaf)
        if not kind and any(mark.isdigit() for mark in value) and (_names_outside(located) or len(set(texts)) > 1):
            continue  # a number of a country, or a code that goes with another value
        if kind in ("first_name", "full_name") and PRONOUNS.search(located.query):
            continue
        listed = slot.leaf.schema.get("examples")
        options = [*(listed if isinstance(listed, list) else ()), *known.get(names(slot.leaf), ())]
        options = [
            option
            for option in options
            if isinstance(option, str)
            and option.lower() not in texts
            and option not in fresh.values()
            and _alike(option, value)
        ]
        drawn = rng.choice(options) if options else pool_value(rng, kind, value)
        if drawn is not None and drawn.lower() not in texts and drawn not in fresh.values():
            fresh[slot] = drawn
    return fresh


def names(leaf: Leaf) -> tuple[str, ...]:
    """The parameter that a leaf belongs to, whatever its place in a list."""
    return tuple(part for part in leaf.path if isinstance(part, str))


def _alike(option: str, value: str) -> bool:
    """Whether two strings fit the same sentence: both short or both long, both capitalised or neither."""
    if value.islower() and value.isalpha() and option.islower() and option.endswith("s") != value.endswith("s"):
        return False  # "7 mug" and "a notebooks"
    short, long = sorted((len(option), len(value)))
    return bool(value) and bool(option) and long <= 4 * short + 12 and option[0].isupper() == value[0].isupper()
