"""Faults of numbers: invented, slipped, exchanged, out of bounds."""

import random
from collections.abc import Callable, Sequence

from apigen.faults.base import Faulty, Pool
from apigen.faults.editing import Slot, mentions, short, slots, value_fault, values_replaced, within
from apigen.records import Candidate, Tool
from apigen.verify.grounding.words import split_words, word_set

_CONVERSIONS = (
    ({"second", "seconds", "minute", "minutes", "hour", "hours", "s", "min", "h"}, (60, 3600)),
    ({"day", "days", "week", "weeks", "month", "months", "year", "years"}, (7, 12, 365)),
    ({"percent", "percentage", "rate", "share", "fraction", "ratio"}, (100,)),
    ({"inch", "inches", "foot", "feet", "yard", "yards"}, (2.54, 12, 0.3048)),
    ({"mile", "miles", "mph"}, (1.609, 5280)),
    ({"pound", "pounds", "lb", "lbs", "ounce", "ounces", "oz"}, (0.4536, 16)),
    ({"celsius", "fahrenheit", "c", "f"}, (1.8,)),
    ({"g", "kg", "mg", "km", "m", "cm", "mm", "ml", "l", "liters", "grams", "meters", "kilometers"}, (1000, 100)),
    ({"kb", "mb", "gb", "bytes", "bits"}, (1024, 8, 1000)),
)
"""By the words of a parameter's name, the factors by which a slip of its unit is off."""

_COMMUTATIVE = word_set(
    """
    add addition sum plus multiply multiplication product gcd lcm hcf divisor multiple mean average maximum minimum max
    min distance hypotenuse swap permutation equal same similar similarity correlation haversine between common largest
    greatest smallest area perimeter rectangle volume random
    """
)
"""Words of tools whose numbers may often be exchanged without harm."""


def _numbers(right: Candidate) -> list[Slot]:
    return [slot for slot in slots(right) if slot.is_number and "enum" not in slot.schema]


def _changed(
    right: Candidate, rng: random.Random, make: Callable[[Slot, random.Random], Sequence[float]]
) -> Faulty | None:
    """The answer with one number changed, to the first of its variants that keeps type and bounds and is unsaid."""
    left = _numbers(right)
    rng.shuffle(left)
    for slot in left:
        for value in make(slot, rng):
            whole = slot.schema.get("type") == "integer" or (
                isinstance(slot.value, int) and slot.schema.get("type") != "number" and float(value).is_integer()
            )
            if whole and not float(value).is_integer():
                continue
            number = int(value) if float(value).is_integer() and isinstance(slot.value, int) else round(value, 6)
            if whole:
                number = int(number)
            if not within(slot.schema, number) or mentions(right.query, f"{number:g}"):
                continue
            wrong = value_fault(right, slot, number)
            if wrong:
                return wrong
    return None


def number_invented(right: Candidate, rng: random.Random, pool: Pool) -> Faulty | None:
    """A number of the same size that the query does not say."""

    def make(slot: Slot, rng: random.Random) -> Sequence[float]:
        value = slot.value
        steps = [3, 7, 13, -4, 2, 5] if abs(value) < 100 else [round(value * share) for share in (0.1, 0.3, -0.2, 0.7)]
        rng.shuffle(steps)
        return [value + step + (0.25 if isinstance(value, float) else 0) for step in steps]

    return _changed(right, rng, make)


def number_off_by_one(right: Candidate, rng: random.Random, pool: Pool) -> Faulty | None:
    """A whole number one too high or too low."""
    return _changed(
        right,
        rng,
        lambda slot, rng: rng.sample([slot.value + 1, slot.value - 1], 2) if isinstance(slot.value, int) else [],
    )


def digits_transposed(right: Candidate, rng: random.Random, pool: Pool) -> Faulty | None:
    """A number with two neighbouring digits exchanged."""

    def make(slot: Slot, rng: random.Random) -> Sequence[float]:
        text = str(slot.value)
        if "e" in text:
            return []
        swaps = [
            text[:at] + text[at + 1] + text[at] + text[at + 2 :]
            for at in range(len(text) - 1)
            if text[at : at + 2].isdigit() and text[at] != text[at + 1] and not (at == 0 and text[1] == "0")
        ]
        rng.shuffle(swaps)
        return [float(swap) if "." in swap else int(swap) for swap in swaps]

    return _changed(right, rng, make)


def decimal_shifted(right: Candidate, rng: random.Random, pool: Pool) -> Faulty | None:
    """A number ten times too large or too small."""
    return _changed(right, rng, lambda slot, rng: rng.sample([slot.value * 10, slot.value / 10], 2))


def unit_slip(right: Candidate, rng: random.Random, pool: Pool) -> Faulty | None:
    """A number in another unit than its parameter takes: off by the factor between the two."""

    def make(slot: Slot, rng: random.Random) -> Sequence[float]:
        words = set(split_words(slot.name))
        factors = [factor for names, found in _CONVERSIONS if names & words for factor in found] or [1000]
        values = [value for factor in factors for value in (slot.value * factor, slot.value / factor)]
        rng.shuffle(values)
        return values

    return _changed(right, rng, make)


def sign_flipped(right: Candidate, rng: random.Random, pool: Pool) -> Faulty | None:
    """A number with the wrong sign, where its bounds allow both."""
    return _changed(right, rng, lambda slot, rng: [-slot.value])


def number_copied(right: Candidate, rng: random.Random, pool: Pool) -> Faulty | None:
    """One number given to two parameters of a call."""
    found = _number_pairs(right)
    if not found:
        return None
    one, other = rng.choice(found)
    one, other = rng.sample([one, other], 2)
    return value_fault(right, one, other.value)


def numbers_exchanged(right: Candidate, rng: random.Random, pool: Pool) -> Faulty | None:
    """Two numbers of a call, each in the place of the other; not where a tool takes them in any order."""
    found = [(one, other) for one, other in _number_pairs(right) if not _symmetric(right, one, other)]
    if not found:
        return None
    one, other = rng.choice(found)
    wrong = values_replaced(right, (one, other.value), (other, one.value))
    return Faulty(wrong, f"{one.where} = {short(one.value)} and {other.where} = {short(other.value)} swapped")


def _number_pairs(right: Candidate) -> list[tuple[Slot, Slot]]:
    """Pairs of different numbers in properties of one object, each within the other's bounds."""
    numbers = [slot for slot in _numbers(right) if isinstance(slot.path[-1], str)]
    return [
        (one, other)
        for index, one in enumerate(numbers)
        for other in numbers[index + 1 :]
        if one.call == other.call
        and one.path[:-1] == other.path[:-1]
        and one.value != other.value
        and _takes(one, other)
        and _takes(other, one)
    ]


def _takes(slot: Slot, other: Slot) -> bool:
    whole = slot.schema.get("type") == "integer"
    return within(slot.schema, other.value) and not (whole and isinstance(other.value, float))


def _symmetric(right: Candidate, one: Slot, other: Slot) -> bool:
    """Whether the two may be exchanged: names such as ``a`` and ``b`` in a tool that adds, or counts what is common."""
    tool: Tool | None = right.tool(right.calls[one.call].name)
    words = set(split_words(f"{tool.name} {tool.description}".lower())) if tool else set()
    return bool(words & _COMMUTATIVE) and (_bare(one.name) == _bare(other.name) or len(one.name + other.name) <= 4)


_ORDINALS = word_set("a b c x y z first second third one two three left right num number side length width height")


def _bare(name: str) -> tuple[str, ...]:
    return tuple(word for word in split_words(name.rstrip("0123456789")) if word not in _ORDINALS)


def out_of_bounds(right: Candidate, rng: random.Random, pool: Pool) -> Faulty | None:
    """A number, or a list's or text's length, outside the schema's bounds."""
    found = []
    for slot in slots(right):
        schema, value = slot.schema, slot.value
        if slot.is_number:
            step = 1 if isinstance(value, int) else 0.5
            found += [(slot, schema[low] - step) for low in ("minimum", "exclusiveMinimum") if low in schema]
            found += [(slot, schema[high] + step) for high in ("maximum", "exclusiveMaximum") if high in schema]
        elif isinstance(value, list) and schema.get("minItems"):
            found.append((slot, value[: schema["minItems"] - 1]))
        elif isinstance(value, list) and value and "maxItems" in schema and schema["maxItems"] < 200:
            found.append((slot, (value * (schema["maxItems"] + 1))[: schema["maxItems"] + 1]))
        elif isinstance(value, str) and value and "maxLength" in schema and schema["maxLength"] < 500:
            found.append((slot, (value * (schema["maxLength"] + 1))[: schema["maxLength"] + 1]))
    if not found:
        return None
    slot, value = rng.choice(found)
    whole = isinstance(slot.value, int) and isinstance(value, float) and value.is_integer()
    return value_fault(right, slot._replace(schema={}), int(value) if whole else value)
