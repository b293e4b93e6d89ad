"""Wrong values made of right answers, to measure what grounding alone detects: one of a kind for each row.

*Swapped in* puts another row's value in the place of a right one; *exchanged* lets two right values change places.
Grounding is made for the first; the second leaves every value in the query, so that only words beside it can tell.
"""

import json
import random
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from apigen.records import Call, Candidate, Json
from apigen.verify.grounding.dates import read_moment
from benchmarks.verification.corpora import Row

MOST_DRAWN = 20
SWAPPED_IN, EXCHANGED, INVENTED, DROPPED = "swapped in", "exchanged", "invented", "dropped"


class Place(NamedTuple):
    """One scalar argument of an answer."""

    call: int
    name: str
    value: Json
    schema: dict[str, Json]


class Donor(NamedTuple):
    """A value of another row."""

    row: str
    name: str
    kind: str
    value: Json


class Fault(NamedTuple):
    """One wrong answer."""

    group: str
    operator: str
    candidate: Candidate


def kind(value: Json) -> str:
    """What a value can be exchanged with: "number", "date", "text", or nothing."""
    if isinstance(value, bool) or value is None or isinstance(value, (list, dict)):
        return ""
    if isinstance(value, (int, float)):
        return "number"
    return "date" if (moment := read_moment(value)) and moment.day else "text" if value.strip() else ""


def places(candidate: Candidate) -> list[Place]:
    """Every argument that is a number or a text."""
    return [
        Place(index, name, value, (tool.properties.get(name) if (tool := candidate.tool(call.name)) else None) or {})
        for index, call in enumerate(candidate.calls)
        for name, value in call.arguments.items()
        if kind(value)
    ]


def donors(rows: Sequence[Row]) -> list[Donor]:
    """Every value that one row can lend another."""
    return [Donor(row.id, one.name, kind(one.value), one.value) for row in rows for one in places(row.candidate)]


def faults(row: Row, pool: Sequence[Donor]) -> Iterator[Fault]:
    """One wrong answer of each kind that the row allows, drawn by its id; none that the corpus accepts as well."""
    rng = random.Random(f"grounding/{row.id}")
    pool = [donor for donor in pool if donor.row != row.id]  # calls of one row lend each other nothing
    for group, operator, make in OPERATORS:
        for _ in range(3):
            wrong = make(row.candidate, rng, pool)
            if wrong is not None and wrong.calls != row.candidate.calls and not row.accepts(wrong.calls):
                yield Fault(group, operator, wrong)
                break


def _put(candidate: Candidate, *changes: tuple[int, str, Json]) -> Candidate:
    calls = list(candidate.calls)
    for index, name, value in changes:
        calls[index] = Call(calls[index].name, {**calls[index].arguments, name: value})
    return Candidate(candidate.query, tuple(calls), candidate.tools, candidate.style, candidate.context)


def _choice(rng: random.Random, candidate: Candidate, wanted: Callable[[Place], object]) -> Place | None:
    fitting = [place for place in places(candidate) if wanted(place)]
    return rng.choice(fitting) if fitting else None


def _members(place: Place) -> list[Json]:
    return list(place.schema.get("enum") or ())


def _foreign(candidate: Candidate, rng: random.Random, pool: Sequence[Donor]) -> Candidate | None:
    """A value that another row gives a parameter of the same name, else of the same kind; not held by the query."""
    return _from_another_row(candidate, rng, pool, held=False)


def _familiar(candidate: Candidate, rng: random.Random, pool: Sequence[Donor]) -> Candidate | None:
    """The same, where the query holds the value too, for another purpose."""
    return _from_another_row(candidate, rng, pool, held=True)


def _from_another_row(
    candidate: Candidate, rng: random.Random, pool: Sequence[Donor], *, held: bool
) -> Candidate | None:
    place = _choice(rng, candidate, lambda one: not _members(one))
    if place is None:
        return None
    same = [one for one in pool if one.kind == kind(place.value) and one.value != place.value]
    named = [one for one in same if one.name == place.name]
    drawn = [*rng.sample(named, min(len(named), MOST_DRAWN)), *rng.sample(same, min(len(same), MOST_DRAWN))]
    value = next((one.value for one in drawn if _held(candidate, one.value) == held), None)
    if value is None:
        return None
    if isinstance(place.value, int) and isinstance(value, float):
        value = round(value)
    return _put(candidate, (place.call, place.name, value))


def _held(candidate: Candidate, value: Json) -> bool:
    """Whether the query has the value as it stands, whatever the case."""
    text, begin = str(value).lower(), -1
    query = candidate.query.lower()
    while (begin := query.find(text, begin + 1)) >= 0:
        before, after = query[begin - 1 : begin], query[begin + len(text) : begin + len(text) + 2]
        if not (before.isalnum() or before == "." or after[:1].isalnum() or (after[:1] == "." and after[1:].isdigit())):
            return True
    return False


def _within_a_call(candidate: Candidate, rng: random.Random, pool: Sequence[Donor]) -> Candidate | None:
    pairs = [
        (a, b)
        for a in places(candidate)
        for b in places(candidate)
        if a.call == b.call and a.name < b.name and kind(a.value) == kind(b.value) and a.value != b.value
        if not _members(a) and not _members(b)
    ]
    if not pairs:
        return None
    a, b = rng.choice(pairs)
    return _put(candidate, (a.call, a.name, b.value), (b.call, b.name, a.value))


def _between_calls(candidate: Candidate, rng: random.Random, pool: Sequence[Donor]) -> Candidate | None:
    pairs = [
        (a, b)
        for a in places(candidate)
        for b in places(candidate)
        if a.call < b.call and a.name == b.name and kind(a.value) == kind(b.value) and a.value != b.value
        if candidate.calls[a.call].name == candidate.calls[b.call].name
    ]
    if not pairs:
        return None
    a, b = rng.choice(pairs)
    return _put(candidate, (a.call, a.name, b.value), (b.call, b.name, a.value))


def _number(candidate: Candidate, rng: random.Random, pool: Sequence[Donor]) -> Candidate | None:
    """A number near the right one that stands nowhere in the query in digits."""
    place = _choice(rng, candidate, lambda one: kind(one.value) == "number" and not _members(one))
    if place is None:
        return None
    digits = set(re.findall(r"\d+(?:\.\d+)?", candidate.query))
    steps = [3, 7, 13, -4, 110] if isinstance(place.value, int) else [0.3, 1.75, -0.6, 12.5]
    fresh = [value for step in steps if str(value := round(place.value + step, 6)) not in digits]
    return _put(candidate, (place.call, place.name, rng.choice(fresh))) if fresh else None


def _text(candidate: Candidate, rng: random.Random, pool: Sequence[Donor]) -> Candidate | None:
    place = _choice(rng, candidate, lambda one: kind(one.value) == "text" and not _members(one))
    if place is None:
        return None
    texts = [one.value for one in rng.sample(pool, min(len(pool), MOST_DRAWN)) if one.kind == "text"]
    value = next((one for one in texts if not _held(candidate, one)), None)
    return _put(candidate, (place.call, place.name, value)) if value is not None else None


def _member(candidate: Candidate, rng: random.Random, pool: Sequence[Donor]) -> Candidate | None:
    place = _choice(rng, candidate, _members)
    if place is None:
        return None
    others = [one for one in _members(place) if one != place.value and one != place.schema.get("default")]
    return _put(candidate, (place.call, place.name, rng.choice(others))) if others else None


def _date(candidate: Candidate, rng: random.Random, pool: Sequence[Donor]) -> Candidate | None:
    place = _choice(rng, candidate, lambda one: kind(one.value) == "date")
    match = re.search(r"\d{4}-\d\d-\d\d", place.value) if place else None
    if place is None or match is None:
        return None
    try:
        moved = date.fromisoformat(match[0]) + timedelta(days=rng.choice((-30, -3, -1, 1, 2, 9, 40)))
    except ValueError:
        return None
    return _put(candidate, (place.call, place.name, place.value.replace(match[0], moved.isoformat())))


def _optional(candidate: Candidate, rng: random.Random, pool: Sequence[Donor]) -> Candidate | None:
    """An optional argument that the query states, left out."""
    stated = [
        (index, name)
        for index, call in enumerate(candidate.calls)
        if (tool := candidate.tool(call.name))
        for name, value in call.arguments.items()
        if name not in tool.required and value != (tool.properties.get(name) or {}).get("default")
        if json.dumps(value).strip('"').lower() in candidate.query.lower()
    ]
    if not stated:
        return None
    index, name = rng.choice(stated)
    calls = list(candidate.calls)
    rest = {other: value for other, value in calls[index].arguments.items() if other != name}
    calls[index] = Call(calls[index].name, rest)
    return Candidate(candidate.query, tuple(calls), candidate.tools, candidate.style, candidate.context)


def _element(candidate: Candidate, rng: random.Random, pool: Sequence[Donor]) -> Candidate | None:
    lists = [
        (index, name, value)
        for index, call in enumerate(candidate.calls)
        for name, value in call.arguments.items()
        if isinstance(value, list) and len(value) > 1
    ]
    if not lists:
        return None
    index, name, value = rng.choice(lists)
    out = rng.randrange(len(value))
    return _put(candidate, (index, name, value[:out] + value[out + 1 :]))


Operator = Callable[[Candidate, random.Random, Sequence[Donor]], Candidate | None]
OPERATORS: tuple[tuple[str, str, Operator], ...] = (
    (SWAPPED_IN, "another row's value for the parameter", _foreign),
    (EXCHANGED, "another value that the query holds", _familiar),
    (EXCHANGED, "two values of a call", _within_a_call),
    (EXCHANGED, "a value between two calls of a tool", _between_calls),
    (INVENTED, "a number not in the query", _number),
    (INVENTED, "a text of any other row", _text),
    (INVENTED, "another choice of the enum", _member),
    (INVENTED, "another date", _date),
    (DROPPED, "an optional argument that the query states", _optional),
    (DROPPED, "an element of a list", _element),
)
