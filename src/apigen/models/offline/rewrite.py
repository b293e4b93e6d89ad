"""An example with other values."""

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from random import Random

import msgspec

from apigen.models.offline.draft import MOST_MARKS, Draft, agreeing, spliced
from apigen.models.offline.locate import Located, Place, Slot, locate
from apigen.models.offline.numerals import UNITS
from apigen.models.offline.prompt import Example
from apigen.models.offline.schema import leaves, replaced, size
from apigen.models.offline.terms import NumberForm, TextForm
from apigen.models.offline.vary import vary
from apigen.records import Call, Json, Tool

_ARTICLE = re.compile(r"(?<![\w'])(an?) [$€£]?$", re.IGNORECASE)

Known = dict[str, dict[tuple[str, ...], list[Json]]]
"""Strings that the examples of a prompt give, by tool and parameter."""


def known_strings(examples: Iterable[Example], tools: Mapping[str, Tool]) -> Known:
    """Collect the strings that examples give to each parameter."""
    known: Known = {}
    for example in examples:
        for call in example.answers:
            if call.name in tools:
                for leaf in leaves(tools[call.name], 0, call.arguments):
                    if isinstance(leaf.value, str) and "enum" not in leaf.schema:
                        known.setdefault(call.name, {}).setdefault(leaf.names, []).append(leaf.value)
    return known


def rewrite(rng: Random, example: Example, tools: Mapping[str, Tool], known: Known) -> Draft:
    """Write an example again with other values wherever that is safe.

    Args:
        rng: the only source of chance.
        example: all its calls must be of ``tools``.
        tools: the tools offered, by name.
        known: see :func:`known_strings`.
    """
    located = locate(example, tools)
    if rng.random() < 0.4 and (resized := _resized(rng, example, located, tools)):
        example, located = resized, locate(resized, tools)
    strings = {path: values for call in example.answers for path, values in known.get(call.name, {}).items()}
    fresh = vary(rng, located, strings)
    places: list[Place] = []
    surfaces: list[str] = []
    for slot in located.slots:
        for place in slot.places:
            places.append(place)
            value = fresh.get(slot)
            surfaces.append(located.query[place.start : place.end] if value is None else place.form.render(value))
    if len(places) > MOST_MARKS:
        return Draft(example.query, (), example.answers)
    surfaces = [_capital(located.query, place, surface) for place, surface in zip(places, surfaces, strict=True)]
    spans = [(place.start, place.end) for place in places]
    for index, place in enumerate(places):
        if article := _article(located.query, place):
            lead = located.query[article.end(1) : place.start]
            surfaces[index] = agreeing(article[1], surfaces[index]) + lead + surfaces[index]
            spans[index] = (article.start(), place.end)
    return Draft(spliced(located.query, spans), tuple(surfaces), _answers(example.answers, fresh))


def _article(query: str, place: Place) -> re.Match[str] | None:
    """The article of a value, where it agrees with it: a slip such as "an" for "and" is none."""
    found = _ARTICLE.search(query, 0, place.start)
    if found is None or agreeing(found[1], query[place.start : place.end]) != found[1]:
        return None
    return found


def _capital(query: str, place: Place, surface: str) -> str:
    """Words that begin a query keep their capital."""
    if place.start == 0 and query[0].isupper() and isinstance(place.form, TextForm | NumberForm):
        return surface[:1].upper() + surface[1:]
    return surface


def _answers(answers: Sequence[Call], fresh: Mapping[Slot, Json]) -> tuple[Call, ...]:
    arguments: list[Json] = [call.arguments for call in answers]
    for slot, value in fresh.items():
        for leaf in slot.leaves:
            arguments[leaf.call] = replaced(arguments[leaf.call], leaf.path, value)
    return tuple(Call(call.name, new) for call, new in zip(answers, arguments, strict=True))


def _resized(rng: Random, example: Example, located: Located, tools: Mapping[str, Tool]) -> Example | None:
    """The example with one item more or less in a list that the query simply enumerates."""
    runs: dict[tuple[int, tuple[str | int, ...]], list[Slot]] = {}
    for slot in located.slots:
        if isinstance(slot.leaf.path[-1], int) and len(slot.leaves) == len(slot.places) == 1:
            runs.setdefault((slot.leaf.call, slot.leaf.path[:-1]), []).append(slot)
    candidates = [run for run in runs.values() if _enumeration(run, located, example)]
    if len(runs) != 1 or not candidates:
        return None
    run = candidates[0]
    first, second = run[0].places[0], run[1].places[0]
    separator = located.query[first.end : second.start]
    if not isinstance(first.form, NumberForm) or any(ord(character) > 127 for character in separator):
        return None
    call, path = run[0].leaf.call, run[0].leaf.path[:-1]
    items = _at(example.answers[call].arguments, path)
    schema = _at_schema(tools[example.answers[call].name], path)
    if rng.random() < 0.5 and len(items) > max(3, size(schema, "minItems", 0)):
        query = located.query[: first.start] + located.query[second.start :]
        changed = items[1:]
    elif len(items) < size(schema, "maxItems", 10):
        middle = round((items[0] + items[1]) / 2, first.form.numeral.decimals)
        new = int(middle) if isinstance(items[0], int) else middle
        if new in items or (float(new) == int(new) and not isinstance(items[0], int)):
            return None
        query = located.query[: first.end] + separator + first.form.render(new) + located.query[first.end :]
        changed = [items[0], new, *items[1:]]
    else:
        return None
    answers = [
        msgspec.structs.replace(each, arguments=replaced(each.arguments, path, changed)) if index == call else each
        for index, each in enumerate(example.answers)
    ]
    return Example(query, tuple(answers))


def _enumeration(run: Sequence[Slot], located: Located, example: Example) -> bool:
    """Whether a list stands alone in the query: three or more items with nothing but commas and "and" between."""
    items = _at(example.answers[run[0].leaf.call].arguments, run[0].leaf.path[:-1])
    if len(items) != len(run) or len(run) < 3 or [slot.leaf.path[-1] for slot in run] != list(range(len(run))):
        return False
    gaps = [located.query[left.places[0].end : right.places[0].start] for left, right in pairwise(run)]
    lengths = {len(value) for call in example.answers for value in call.arguments.values() if isinstance(value, list)}
    said = located.query.lower()
    counted = len(run) < len(UNITS) and (UNITS[len(run)] in said or f" {len(run)} " in said)
    lists = sum(isinstance(value, list) for value in example.answers[run[0].leaf.call].arguments.values())
    return (
        all(gap.strip(" %$€£") in (",", "", "and", ", and", ",and", "or") for gap in gaps)
        and gaps[0].strip(" $€£%") != "and"
        and not counted
        and sum(item for item in items if isinstance(item, int | float)) not in (1, 100)  # parts of a whole
        and lists == 1
        and len(lengths) == 1
    )


def _at(value: Json, path: tuple[str | int, ...]) -> Json:
    for part in path:
        value = value[part]
    return value


def _at_schema(tool: Tool, path: tuple[str | int, ...]) -> dict[str, Json]:
    schema = tool.properties.get(str(path[0])) if len(path) == 1 else None
    return schema if isinstance(schema, dict) else {}
