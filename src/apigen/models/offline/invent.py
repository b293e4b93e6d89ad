"""Sensible values for a parameter of which only the schema is known, and how to say them."""

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

import msgspec

from apigen.models.offline.calendar import DATE_FORMS, TIME_FORMS
from apigen.models.offline.hints import bounded, described, settled, stated_bounds
from apigen.models.offline.kinds import PEOPLE, TEMPLATES, open_kind, pool_value, schema_kind, words_of
from apigen.models.offline.numerals import plain
from apigen.models.offline.phrases import pools
from apigen.models.offline.schema import MAX_DEPTH, Schema, bound, item_schema, listed, narrow, size, within
from apigen.models.offline.terms import spoken
from apigen.records import Json

_LISTS = {"data", "values", "numbers", "nums", "iterable", "sample", "samples", "weights", "points", "seq", "sequence"}
_LISTS |= {"x", "y", "xs", "ys", "list", "array", "dataset", "series", "scores", "prices", "observations", "population"}
_TEXTS = {
    "text",
    "string",
    "str",
    "s",
    "word",
    "sentence",
    "name",
    "title",
    "message",
    "prompt",
    "label",
    "key",
    "prefix",
}
_RANGES: tuple[tuple[frozenset[str], tuple[float, float, int]], ...] = (
    (frozenset({"board", "plank", "beam", "pipe"}), (1500, 4800, -2)),
    (frozenset({"quantity", "qty", "pieces_count", "guests", "people"}), (2, 9, 0)),
    (frozenset({"weights"}), (1, 9, 0)),
    (frozenset({"share", "shares", "stars"}), (1, 9, 0)),
    (frozenset({"spend", "spending", "turnover", "sales"}), (300, 9000, -1)),
    (frozenset({"probability", "prob", "p", "alpha", "confidence", "quantile", "fraction", "ratio"}), (0.05, 0.95, 2)),
    (frozenset({"age"}), (18, 80, 0)),
    (frozenset({"bytes", "nbytes"}), (3000, 90_000_000, 0)),
    (frozenset({"precision", "decimals"}), (2, 6, 0)),
    (frozenset({"id"}), (1000, 9900, 0)),
    (frozenset({"year"}), (1960, 2025, 0)),
    (frozenset({"month"}), (2, 12, 0)),
    (frozenset({"day"}), (2, 28, 0)),
    (frozenset({"hour", "hours"}), (2, 23, 0)),
    (frozenset({"minute", "minutes", "second", "seconds"}), (5, 59, 0)),
    (frozenset({"years"}), (2, 30, 0)),
    (frozenset({"months"}), (3, 60, 0)),
    (frozenset({"days"}), (2, 30, 0)),
    (frozenset({"latitude", "lat"}), (-60, 65, 2)),
    (frozenset({"longitude", "lon", "lng"}), (-120, 150, 2)),
    (frozenset({"rate", "percent", "percentage", "tax", "discount", "tip"}), (2, 24, 1)),
    (frozenset({"price", "cost", "amount", "total", "balance", "payment", "budget", "bill", "fee"}), (15, 480, 2)),
    (frozenset({"salary", "income", "principal", "loan", "deposit", "revenue"}), (12, 180, -3)),
    (frozenset({"kg", "kilograms"}), (2, 80, 1)),
    (frozenset({"weight", "mass"}), (45, 110, 1)),
    (frozenset({"mm", "millimeters"}), (200, 1800, -1)),
    (frozenset({"km", "kilometers", "miles"}), (5, 400, 0)),
    (frozenset({"area", "sqm"}), (6, 90, 1)),
    (frozenset({"cm"}), (20, 250, 0)),
    (frozenset({"height"}), (150, 195, 0)),
    (frozenset({"temperature", "temp", "celsius"}), (4, 36, 1)),
    (frozenset({"n", "k", "count", "size", "limit", "number", "num", "top", "width", "digits", "ndigits"}), (2, 9, 0)),
    (frozenset({"h", "bandwidth", "sigma", "stdev", "std", "interval", "step", "scale"}), (0.5, 6, 1)),
)
_EPOCH = date(2023, 1, 9)
_DAYS = 900
"""Invented dates lie between January 2023 and June 2025."""


_ADDRESS = ("street", "zip code", "city")
_RECORD = ("name", "city", "country")
"""What is said of a thing whose fields are open."""
_PARTS = {"prefix": 0, "suffix": -1, "substring": 1, "sub": 1, "old": 1, "needle": 1}
"""Parameters that take a word of the text beside them."""


class Saying(msgspec.Struct, frozen=True):
    """A value and its words."""

    value: Json
    text: str


def invent(rng: Random, name: str, schema: Schema, root: Schema, items: int, depth: int = 0) -> Saying:
    """Make up a value for a parameter.

    Args:
        rng: the only source of chance.
        name: the parameter's name, which often says more than its schema.
        schema: its schema, narrowed (see :func:`apigen.models.offline.schema.narrow`).
        root: the tool's whole schema.
        items: length of lists where the schema leaves it open, so that ``x`` and ``y`` come out equally long.
        depth: how far down we are already.
    """
    if "const" in schema:
        return _said(schema["const"])
    schema = settled(schema, root)
    if "examples" not in schema and (known := described(schema)):
        schema = schema | {"examples": known}
    if isinstance(options := schema.get("enum"), list) and options:
        return _said(rng.choice(options), choice=True)
    kind = schema.get("type") or _guess(name, schema)
    if depth > MAX_DEPTH:
        return _said(None)
    if kind == "array":
        return _list(rng, name, schema, root, items, depth)
    if kind == "object":
        return _object(rng, name, schema, root, items, depth)
    if kind == "boolean":
        return _said(rng.random() < 0.7)
    if kind in ("integer", "number"):
        value = _number(rng, name, bounded(name, schema, root), whole=kind == "integer")
        return Saying(value, plain(value))
    if kind == "null":
        return Saying(None, "nothing")
    return _string(rng, name, schema)


def _said(value: Json, *, choice: bool = False) -> Saying:
    if isinstance(value, bool):
        return Saying(value, "yes" if value else "no")
    if isinstance(value, int | float):
        return Saying(value, plain(value))
    if isinstance(value, str):
        return Saying(value, spoken(value) if choice else value)
    return Saying(value, msgspec.json.encode(value).decode())


def _guess(name: str, schema: Schema) -> str:
    if "properties" in schema or "additionalProperties" in schema:
        return "object"
    if "items" in schema or "prefixItems" in schema:
        return "array"
    words = set(words_of(name))
    description = set(words_of(str(schema.get("description", ""))))
    if words & _LISTS or description & {"iterable", "sequence", "list"}:
        return "array"
    return "string" if words & _TEXTS or "pattern" in schema else "number"


def _number(rng: Random, name: str, schema: Schema, *, whole: bool) -> int | float:
    known = [item for item in listed(schema, "examples") if _is_number(item) and within(schema, item)]
    known = [item for item in known if not whole or isinstance(item, int)]
    if known and rng.random() < 0.5:
        chosen: int | float = rng.choice(known)
        return chosen
    words = set(words_of(name)) | {word[:-1] for word in words_of(name) if word.endswith("s")}
    words |= set(words_of(str(schema.get("description", "")))) & {"bytes"}
    low, high, digits = next((spread for marks, spread in _RANGES if marks & words), (2, 60, 0 if whole else 1))
    if digits == -3:
        low, high = low * 1000, high * 1000
    if usual := bound(schema, "default"):
        low, high = sorted((usual / 2, max(usual * 2, usual + 3) if isinstance(usual, int) else usual * 2))
        digits = len(plain(usual).partition(".")[2])
    floor = bound(schema, "minimum", "exclusiveMinimum")
    ceiling = bound(schema, "maximum", "exclusiveMaximum")
    if floor is not None and (floor >= low or floor > high):
        low, high = floor, max(high, floor + max(10.0, abs(floor)))
    if ceiling is not None and ceiling < high:
        below = low if low < ceiling else ceiling - (abs(ceiling) or 30)
        low, high = below if floor is None else floor, ceiling
    if ceiling is not None and ceiling > 300 * low > 0 and floor == low:
        high = low * rng.choice((3, 30, 300))
    digits = min(digits, -1) if whole and low >= 100 else digits
    digits = max(digits, 2) if not whole and high - low <= 1 else digits
    digits = max(digits, 0) if high - low < 5 * 10**-digits else digits  # 1500 to 1700 is no place for hundreds
    step = schema.get("multipleOf")
    for _ in range(12):
        drawn = rng.uniform(low, high)
        value = float(round(drawn, digits))
        if _is_number(step) and step:
            value = round(round(drawn / step) * step, 10)
        if whole or (digits > 0 and rng.random() < 0.3 and within(schema, float(round(value)))):
            value = float(round(value))
        if within(schema, value) and value != schema.get("default"):
            return int(value) if value == int(value) else value
    edges = [limit for limit in (floor, ceiling, low, (low + high) / 2, low + 1, high - 1) if limit is not None]
    edge = next((limit for limit in edges if within(schema, limit) and (not whole or limit == int(limit))), edges[0])
    return int(edge) if edge == int(edge) else edge


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _string(rng: Random, name: str, schema: Schema) -> Saying:
    form = schema.get("format")
    day = _EPOCH + timedelta(days=rng.randrange(_DAYS))
    clock = time(rng.randint(7, 21), rng.choice((0, 15, 30, 45)))
    if form == "date" or (form is None and "date" in words_of(name) and "type" not in words_of(name)):
        return Saying(day.isoformat(), rng.choice(DATE_FORMS[:3])(day))
    if form == "time":
        return Saying(f"{clock:%H:%M:%S}", rng.choice(TIME_FORMS[1:3])(clock))
    if form == "date-time":
        moment = datetime.combine(day, clock)
        return Saying(moment.isoformat(), f"{DATE_FORMS[1](day)} at {TIME_FORMS[1](clock)}")
    known = [item for item in listed(schema, "examples") if isinstance(item, str)]
    kind = schema_kind(name, schema)
    kind = kind or ("" if known else open_kind(name, schema))
    certain = kind not in TEMPLATES | {"", "sentence", "word", "number"}
    pooled = pool_value(rng, kind or "sentence") if not known or (certain and len(known) < 2) else None
    # A single example says what is meant and is soon worn.
    value = rng.choice([item for item in (*known, pooled, pooled) if item])
    value = _of_length(rng, _renumbered(rng, value) if value in known else value, schema)
    bare = " " not in value if value in known else kind not in _QUOTED_KINDS and " " not in value
    return Saying(value, value if bare or kind in _UNQUOTED else f'"{value}"')


_QUOTED_KINDS = ("", "word", "sentence", "note", "title", "tag", "subject", "separator", "marker", "html", "number")
_UNQUOTED = ("full_name", "company", "street", "phone", "city", "country", "product")


def _renumbered(rng: Random, value: str) -> str:
    """Another code of the same form, ``TRK-48213`` for ``TRK-20931``; short numbers may be of a fixed kind."""
    return re.sub(r"\d{4,}", lambda found: "".join(rng.choice("123456789") for _ in found[0]), value)


def part_of(rng: Random, name: str, text: str) -> Saying | None:
    """A word of a text for a parameter that takes a part of it, nothing for any other."""
    place = next((place for word, place in _PARTS.items() if word in words_of(name)), None)
    words = text.split()
    if place is None or not words:
        return None
    value = rng.choice(words[1:] or words) if place == 1 else words[place]
    return Saying(value, f'"{value}"')


def _of_length(rng: Random, value: str, schema: Schema) -> str:
    least, most = size(schema, "minLength", 0), size(schema, "maxLength", 10**6)
    while len(value) < least:
        value = f"{value} {rng.choice(pools()['word'])}"
    return value[: max(most, 0)].rstrip() if len(value) > most else value


def _list(rng: Random, name: str, schema: Schema, root: Schema, items: int, depth: int) -> Saying:
    least, most = size(schema, "minItems", 0), size(schema, "maxItems", 10**6)
    prefix = schema.get("prefixItems")
    wanted = len(prefix) if isinstance(prefix, list) else items if depth == 0 else 3
    singular = name[:-1] if name.endswith("s") and len(name) > 3 else name
    if name == "weights":
        singular = name  # of a mean, not of a body
    first = item_schema(schema, 0, root)
    if first.get("type", "string") == "string" and not {"text", "sentence"} & set(words_of(singular)):
        singular = singular if schema_kind(singular, first) not in ("", "sentence") else "item"
    if not prefix and (first.get("type") == "object" or "properties" in first):
        wanted = min(wanted, rng.randint(2, 4))
    said: list[Saying] = []
    for index in range(max(least, min(most, wanted))):
        inner = item_schema(schema, index, root)
        inner = inner or {"type": _item_type(name, schema)}
        if inner.get("type") in ("integer", "number"):
            inner = stated_bounds(str(schema.get("description", ""))) | inner
        if "description" in schema and inner.get("type") in ("string", "object"):
            inner = inner | {"description": schema["description"]}  # it says more than "One line of an order"
        saying = invent(rng, singular, inner, root, 3, depth + 1)
        for _ in range(6):
            if not _repeats(saying.value, said):
                break
            saying = invent(rng, singular, inner, root, 3, depth + 1)
        if not _repeats(saying.value, said) or len(said) < least:
            said.append(saying)
    values = [each.value for each in said]
    if said and all(isinstance(value, dict) for value in values):
        return Saying(values, _records(said))
    if any(isinstance(value, list | dict) for value in values) or not values:
        return Saying(values, msgspec.json.encode(values).decode().replace(",", ", ").replace(":", ": "))
    return Saying(values, enumerated([each.text for each in said]))


def _item_type(name: str, schema: Schema) -> str:
    """The type of a list's items where the schema leaves it open."""
    for source in (name, str(schema.get("description", ""))):
        words = set(words_of(source))
        if words & {"int", "ints", "integer", "integers"}:
            return "integer"
        if words & {"string", "strings", "args", "words", "names", "items", "item", "lines", "texts"}:
            return "string"
    return "number"


def _repeats(value: Json, said: Sequence[Saying]) -> bool:
    """Whether a list would say the same thing, or speak of the same name, twice."""
    names = {
        item for each in said if isinstance(each.value, dict) for item in each.value.values() if isinstance(item, str)
    }
    if isinstance(value, dict):
        return any(isinstance(item, str) and item in names for item in list(value.values())[:1])
    return any(each.value == value for each in said)


def _records(said: Sequence[Saying]) -> str:
    """A list of objects: "apples 3, pears 5", or field by field."""
    kinds = [sorted(type(item).__name__ for item in each.value.values()) for each in said]
    if all(kind in (["float", "str"], ["int", "str"]) for kind in kinds):
        return enumerated(_counted([sorted(each.value.items(), key=lambda item: _is_number(item[1])) for each in said]))
    return "; ".join(each.text for each in said)


def _counted(pairs: Sequence[Sequence[tuple[str, Any]]]) -> list[str]:
    """``3 desk lamps`` where the numbers are quantities, ``desk lamp 39.5`` where they are anything else."""
    things = [str(thing) for (_, thing), _ in pairs]
    if not all(set(words_of(key)) & {"quantity", "qty", "count"} for _, (key, _) in pairs):
        return [f"{thing} {plain(number)}" for thing, (_, (_, number)) in zip(things, pairs, strict=True)]
    if any(re.search(r"(?:[sxzhfy]|fe)$", thing) or not thing.islower() for thing in things):
        return [f"{plain(number)} x {thing}" for thing, (_, (_, number)) in zip(things, pairs, strict=True)]
    return [
        f"{plain(number)} {thing}{'' if number == 1 else 's'}"
        for thing, (_, (_, number)) in zip(things, pairs, strict=True)
    ]


def enumerated(texts: Sequence[str]) -> str:
    """``3, 5 and 8``."""
    return " and ".join([*([", ".join(texts[:-1])] if len(texts) > 1 else []), *texts[-1:]])


def _field(schema: Schema, inherited: Schema) -> Schema:
    """A field's schema with what is said of its object; a range in those words is not the field's."""
    return schema if schema.get("type") in ("integer", "number") else inherited | schema


def _object(rng: Random, name: str, schema: Schema, root: Schema, items: int, depth: int) -> Saying:
    properties = schema.get("properties")
    if isinstance(properties, dict) and properties:
        required = listed(schema, "required") or list(properties)
        inherited = {"description": schema["description"]} if depth and "description" in schema else {}
        said = {
            key: invent(rng, key, _field(narrow(properties[key], root), inherited), root, items, depth + 1)
            for key in properties
            if key in required or (depth and narrow(properties[key], root).get("type") in ("integer", "number"))
        }
        text = ", ".join(f"{spoken(key)} {saying.text}" for key, saying in said.items())
        return Saying({key: saying.value for key, saying in said.items()}, text)
    inner = narrow(schema.get("additionalProperties"), root) or {"type": "number"}
    if inner.get("type") == "string" and "enum" not in inner:
        fields = _ADDRESS if "address" in words_of(name) else _RECORD
        said = {key: invent(rng, key, inner, root, 3, depth + 1) for key in fields}
        text = enumerated([f"{key} {saying.value}" for key, saying in said.items()])
        return Saying({key: saying.value for key, saying in said.items()}, text)
    people = set(words_of(name)) | set(words_of(str(schema.get("description", "")))) & PEOPLE
    keys = rng.sample(pools()["first_name" if people & (PEOPLE | {"shares"}) else "item"], 3 if depth == 0 else 2)
    said = {key: invent(rng, name, inner, root, 3, depth + 1) for key in keys}
    return Saying(
        {key: saying.value for key, saying in said.items()},
        enumerated([f"{key} {saying.text}" for key, saying in said.items()]),
    )
