"""Faults of texts, choices, flags, lists and types."""

import random
from collections.abc import Callable, Sequence

from apigen.faults.base import Faulty, Pool
from apigen.faults.editing import (
    Slot,
    mentions,
    short,
    slots,
    value_fault,
    values_replaced,
)
from apigen.records import Candidate, Json
from apigen.verify.grounding.words import content_stems, split_words, word_set

INVENTED = (
    "Vesterholm",
    "quarterly newsletter",
    "Kolmogorov",
    "Zanzibar Street 12",
    "purple giraffe",
    "Brixenhall",
    "ottoman furniture",
    "Ravindra Achterberg",
)
"""Texts that no corpus here mentions."""

CURRENCIES = ("USD", "EUR", "GBP", "JPY", "CHF", "CAD", "AUD", "CNY", "INR", "MXN", "BRL", "SEK", "NOK", "PLN")

_ANY_ORDER = word_set(
    """
    mean average median mode sum total statistics statistic variance deviation stdev sort sorted unique duplicates set
    maximum minimum max min histogram frequency count union intersection tags ingredients symptoms keywords categories
    filter filters include exclude interests friends members attendees recipients participants colors features options
    """
)
"""Words of tools and parameters that take a list in any order."""


def _choose(right: Candidate, rng: random.Random, fits: Sequence[Slot]) -> Slot | None:
    return rng.choice(fits) if fits else None


def text_invented(right: Candidate, rng: random.Random, pool: Pool) -> Faulty | None:
    """A text out of nowhere."""
    slot = _choose(right, rng, [slot for slot in slots(right) if slot.is_free_text and not _formal(slot)])
    return value_fault(right, slot, rng.choice(INVENTED)) if slot else None


def _formal(slot: Slot) -> bool:
    """Whether a text has a form to keep, such as a date or a code."""
    return bool(slot.schema.get("pattern") or slot.schema.get("format"))


def text_of_another_row(right: Candidate, rng: random.Random, pool: Pool) -> Faulty | None:
    """What the same argument is given in another row, and this query does not say."""
    texts = [slot for slot in slots(right) if slot.top and slot.is_free_text]
    rng.shuffle(texts)
    for slot in texts:
        others = [
            value
            for value in pool.values(right.calls[slot.call].name, slot.name)
            if isinstance(value, str) and value and value.lower() not in right.query.lower() and not _near(value, slot)
        ]
        if others:
            return value_fault(right, slot, rng.choice(others))
    return None


def _near(value: str, slot: Slot) -> bool:
    """Whether a text may mean the same: one has the other's words, or is in it."""
    a, b = value.lower(), str(slot.value).lower()
    return a in b or b in a or not set(content_stems(a)).isdisjoint(content_stems(b))


def texts_exchanged(right: Candidate, rng: random.Random, pool: Pool) -> Faulty | None:
    """Two texts of one call in each other's place: from Rome to Paris for from Paris to Rome."""
    texts = [slot for slot in slots(right) if isinstance(slot.value, str) and isinstance(slot.path[-1], str)]
    found = [
        (one, other)
        for index, one in enumerate(texts)
        for other in texts[index + 1 :]
        if one.call == other.call
        and one.path[:-1] == other.path[:-1]
        and one.value.lower() != other.value.lower()
        and _may_stand(one, other.value)
        and _may_stand(other, one.value)
        and not _alike_roles(right, one, other)
    ]
    if not found:
        return None
    one, other = rng.choice(found)
    wrong = values_replaced(right, (one, other.value), (other, one.value))
    return Faulty(wrong, f"{one.where} = {short(one.value)} and {other.where} = {short(other.value)} swapped")


def _may_stand(slot: Slot, value: Json) -> bool:
    return value in slot.schema.get("enum", (value,)) and not _formal(slot)


def _alike_roles(right: Candidate, one: Slot, other: Slot) -> bool:
    """Whether two arguments differ by a number or letter alone, so that their order rarely matters."""
    plain = [name.rstrip("0123456789ab").rstrip("_") for name in (one.name, other.name)]
    ordinals = {"first", "second", "one", "two", "other"}
    bare = [tuple(word for word in split_words(name) if word not in ordinals) for name in plain]
    return bare[0] == bare[1]


def currency_exchanged(right: Candidate, rng: random.Random, pool: Pool) -> Faulty | None:
    """Another currency than the query says."""
    codes = [slot for slot in slots(right) if isinstance(slot.value, str) and slot.value.upper() in CURRENCIES]
    slot = _choose(right, rng, codes)
    if slot is None:
        return None
    allowed = slot.schema.get("enum", CURRENCIES)
    used = {str(other.value).upper() for other in codes}
    others = [code for code in CURRENCIES if code in allowed and code not in used and not mentions(right.query, code)]
    return value_fault(right, slot, rng.choice(others)) if others else None


def choice_replaced(right: Candidate, rng: random.Random, pool: Pool) -> Faulty | None:
    """Another member of an enum, neither the default nor a near name of the right one."""
    choices = [slot for slot in slots(right) if "enum" in slot.schema]
    rng.shuffle(choices)
    for slot in choices:
        others = [
            member
            for member in slot.schema["enum"]
            if type(member) is type(slot.value)
            and member != slot.schema.get("default")
            and not (isinstance(member, str) and (not member or _near(member, slot) or mentions(right.query, member)))
        ]
        rng.shuffle(others)
        for member in others:
            wrong = value_fault(right, slot, member)
            if wrong:
                return wrong
    return None


def outside_enum(right: Candidate, rng: random.Random, pool: Pool) -> Faulty | None:
    """A choice that the enum does not have: a variant of the right one, or an invented word."""
    slot = _choose(right, rng, [slot for slot in slots(right) if isinstance(slot.value, str) and "enum" in slot.schema])
    if slot is None:
        return None
    text = str(slot.value)
    variants = [text.upper(), text.title(), f"{text}s", text.replace("_", " "), f"very {text}", "other", "unknown"]
    outside = [one for one in variants if one not in slot.schema["enum"]]
    return value_fault(right, slot._replace(schema={}), rng.choice(outside))


def pattern_broken(right: Candidate, rng: random.Random, pool: Pool) -> Faulty | None:
    """A text that does not have the form its schema asks for."""
    slot = _choose(right, rng, [slot for slot in slots(right) if isinstance(slot.value, str) and _formal(slot)])
    if slot is None:
        return None
    text = str(slot.value)
    return value_fault(right, slot, rng.choice([f"#{text}#", f"{text} (approx.)", "tbd: ~?", f"<{text}>"]))


def flag_flipped(right: Candidate, rng: random.Random, pool: Pool) -> Faulty | None:
    """A boolean turned round."""
    slot = _choose(right, rng, [slot for slot in slots(right) if isinstance(slot.value, bool)])
    return value_fault(right, slot._replace(schema={}), not slot.value) if slot else None


def item_dropped(right: Candidate, rng: random.Random, pool: Pool) -> Faulty | None:
    """A list without one of its items."""
    lists = [slot for slot in slots(right) if isinstance(slot.value, list)]
    fits = [slot for slot in lists if len(slot.value) > max(1, slot.schema.get("minItems", 0))]
    slot = _choose(right, rng, fits)
    if slot is None:
        return None
    at = rng.randrange(len(slot.value))
    if slot.value.count(slot.value[at]) > 1 and isinstance(slot.value[at], str):
        return None
    wrong = values_replaced(right, (slot, [*slot.value[:at], *slot.value[at + 1 :]]))
    return Faulty(wrong, f"{slot.where}[{at}] removed ({short(slot.value[at])})")


def item_added(right: Candidate, rng: random.Random, pool: Pool) -> Faulty | None:
    """A list with one more item, which the query does not say."""
    lists = [slot for slot in slots(right) if isinstance(slot.value, list) and slot.value]
    slot = _choose(right, rng, [slot for slot in lists if len(slot.value) < slot.schema.get("maxItems", 10**9)])
    if slot is None:
        return None
    last = slot.value[-1]
    items = slot.schema.get("items")
    enum = items.get("enum") if isinstance(items, dict) else None
    if isinstance(last, str):
        new: Json = rng.choice([one for one in enum or INVENTED if one not in slot.value] or [None])
    elif isinstance(last, int | float) and not isinstance(last, bool):
        new = last + rng.choice((3, 7, 11))
    else:
        return None
    if new is None or mentions(right.query, new):
        return None
    return Faulty(values_replaced(right, (slot, [*slot.value, new])), f"{slot.where}: {short(new)} added")


def list_reordered(right: Candidate, rng: random.Random, pool: Pool) -> Faulty | None:
    """A list in another order, where its order seems to matter."""
    slot = _choose(right, rng, [slot for slot in slots(right) if isinstance(slot.value, list) and len(slot.value) > 1])
    if slot is None:
        return None
    tool = right.tool(right.calls[slot.call].name)
    words = split_words(f"{slot.name} {tool.name} {tool.description}".lower()) if tool else ()
    first, second = rng.sample(range(len(slot.value)), 2)
    if not _ANY_ORDER.isdisjoint(words) or slot.value[first] == slot.value[second]:
        return None
    items = list(slot.value)
    items[first], items[second] = items[second], items[first]
    return Faulty(values_replaced(right, (slot, items)), f"{slot.where}: items {first} and {second} swapped")


def type_swapped(right: Candidate, rng: random.Random, pool: Pool) -> Faulty | None:
    """A number as text, a text as a number, a boolean as text, a whole number as a float, a value in a list."""
    return _mistyped(right, rng, _other_type)


def _other_type(slot: Slot) -> list[Json]:
    value = slot.value
    if isinstance(value, bool):
        return [str(value), int(value), "yes" if value else "no"]
    if isinstance(value, int):
        return [str(value), *([float(value)] if slot.schema.get("type") == "integer" else []), [value]]
    if isinstance(value, float):
        return [str(value), [value]]
    if isinstance(value, str):
        return [[value], len(value)]
    if isinstance(value, list):
        return [", ".join(map(str, value)), dict(_numbered(value))]
    return [str(value)]


def _numbered(items: Sequence[Json]) -> list[tuple[str, Json]]:
    """A list's items by their number as text."""
    return [(str(index), item) for index, item in enumerate(items)]


def null_argument(right: Candidate, rng: random.Random, pool: Pool) -> Faulty | None:
    """Nothing, where a value is due."""
    return _mistyped(right, rng, lambda slot: [None] if slot.required and slot.top else [])


def wrong_nesting(right: Candidate, rng: random.Random, pool: Pool) -> Faulty | None:
    """A value one level too deep."""
    return _mistyped(right, rng, lambda slot: [{slot.name: slot.value}, {"value": slot.value}] if slot.top else [])


def _mistyped(right: Candidate, rng: random.Random, variants: Callable[[Slot], Sequence[Json]]) -> Faulty | None:
    fits = [(slot, value) for slot in slots(right) for value in variants(slot) if not _takes(slot, value)]
    if not fits:
        return None
    slot, value = rng.choice(fits)
    return value_fault(right, slot._replace(schema={}), value)


def _takes(slot: Slot, value: Json) -> bool:
    """Whether the schema allows a value of this type; of a schema without a type, everything."""
    kind = slot.schema.get("type")
    if kind is None:
        return True
    kinds = kind if isinstance(kind, list) else [kind]
    names = {
        bool: ("boolean",),
        int: ("integer", "number"),
        float: ("number",),
        str: ("string",),
        list: ("array",),
        dict: ("object",),
        type(None): ("null",),
    }
    return not set(names.get(type(value), ())).isdisjoint(kinds)
