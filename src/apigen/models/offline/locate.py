"""Where a query says the values of its calls.

A value that is found becomes a *slot*: it can be replaced in the query and in the calls at once. A value that is not
found, or of which it is not certain which place in the query means it, stays as it is.
"""

import re
from collections.abc import Mapping, Sequence

import msgspec

from apigen.models.offline.calendar import DATE_FORMS, TIME_FORMS, read_date, read_datetime, read_time
from apigen.models.offline.numerals import find_numerals
from apigen.models.offline.prompt import Example
from apigen.models.offline.schema import Leaf, leaves
from apigen.models.offline.terms import DateForm, Form, NumberForm, TextForm, TimeForm, choice_patterns
from apigen.records import Json, Tool


class Place(msgspec.Struct, frozen=True):
    """A stretch of the query that says a value, and how."""

    start: int
    end: int
    form: Form


class Slot(msgspec.Struct, frozen=True, eq=False):
    """One value: where the query says it, and which arguments take it."""

    places: tuple[Place, ...]
    leaves: tuple[Leaf, ...]

    @property
    def leaf(self) -> Leaf:
        """The first argument that takes the value."""
        return self.leaves[0]


class Located(msgspec.Struct, frozen=True):
    """An example with the places of its values."""

    query: str
    slots: tuple[Slot, ...]
    """From left to right."""
    kept: tuple[Leaf, ...]
    """Arguments whose place in the query is not known."""


Group = tuple[Leaf, ...]


def locate(example: Example, tools: Mapping[str, Tool]) -> Located:
    """Find the values of an example's calls in its query."""
    every = [
        leaf for index, call in enumerate(example.answers) for leaf in leaves(tools[call.name], index, call.arguments)
    ]
    finder = _Finder(example.query)
    slots: list[Slot] = []
    kept: list[Leaf] = []
    for group in sorted(_groups(every), key=lambda group: _order(group[0])):
        found = finder.slots(group)
        slots += found
        if not found:
            kept += group
    return Located(example.query, tuple(sorted(slots, key=lambda slot: slot.places[0].start)), tuple(kept))


def _groups(every: Sequence[Leaf]) -> list[Group]:
    """Arguments of equal value belong together: they may share one place in the query."""
    groups: dict[tuple[str, Json], list[Leaf]] = {}
    for leaf in every:
        kind = "number" if _is_number(leaf.value) else type(leaf.value).__name__
        groups.setdefault((kind, leaf.value), []).append(leaf)
    return [tuple(group) for group in groups.values()]


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _order(leaf: Leaf) -> tuple[int, int]:
    """Dates first, then long strings, choices, and numbers last, so that no digit of a date is taken for a number."""
    if read_date(leaf.value) or read_time(leaf.value) or read_datetime(leaf.value):
        return (0, 0)
    if isinstance(leaf.value, str):
        return (2 if "enum" in leaf.schema else 1, -len(leaf.value))
    return (3, 0)


class _Finder:
    """Gives every stretch of one query to at most one value."""

    def __init__(self, query: str) -> None:
        self._query = query
        self._taken: list[tuple[int, int]] = []
        self._numerals = find_numerals(query)

    def slots(self, group: Group) -> list[Slot]:
        """The slots of arguments that have the same value, none where the places are not certain."""
        value = group[0].value
        if moment := read_datetime(value):
            day, clock = self._dates(moment.date().isoformat()), self._times(f"{moment:%H:%M:%S}")
            if len(day) == len(clock) == 1:
                return [self._take((day[0], clock[0]), group)]
            return []
        if read_date(value):
            return self._assign(self._dates(value), group)
        if read_time(value):
            return self._assign(self._times(value), group)
        if isinstance(value, str):
            if "enum" in group[0].schema:
                return self._assign(self._choices(value), group)
            places = self._strings(value)
            # The same name or text is the same thing wherever it stands, so all its places change together.
            return [self._take(tuple(places), group)] if places and (len(value) > 2 or len(places) == 1) else []
        if _is_number(value):
            return self._assign(self._numbers(value), group)
        return []

    def _assign(self, places: list[Place], group: Group) -> list[Slot]:
        if not places:
            return []
        if len(places) == 1:
            return [self._take(tuple(places), group)]
        if len(places) == len(group) and len({leaf.name for leaf in group}) == 1:
            return [self._take((place,), (leaf,)) for place, leaf in zip(places, group, strict=True)]
        return []

    def _take(self, places: tuple[Place, ...], group: Group) -> Slot:
        self._taken += [(place.start, place.end) for place in places]
        return Slot(places, group)

    def _free(self, start: int, end: int) -> bool:
        return all(end <= low or start >= high for low, high in self._taken)

    def _matches(self, pattern: re.Pattern[str]) -> list[re.Match[str]]:
        return [match for match in pattern.finditer(self._query) if self._free(*match.span())]

    def _dates(self, iso: str) -> list[Place]:
        day = read_date(iso)
        assert day is not None  # noqa: S101 - the caller read it before
        for write in DATE_FORMS:
            text = write(day)
            if found := self._matches(re.compile(rf"(?<![\w-]){re.escape(text)}(?!\w)", re.IGNORECASE)):
                return [
                    Place(*match.span(), DateForm(write, lower=match[0] == text.lower() != text)) for match in found
                ]
        return []

    def _times(self, iso: str) -> list[Place]:
        moment = read_time(iso)
        assert moment is not None  # noqa: S101 - the caller read it before
        for write in TIME_FORMS[0 if moment.second else 1 :]:
            text = write(moment)
            if found := self._matches(
                re.compile(rf"(?<![\w:-]){re.escape(text)}(?![\w:])(?! ?[ap]\.?m)", re.IGNORECASE)
            ):
                return [Place(*match.span(), TimeForm(write, upper=match[0].isupper())) for match in found]
        return []

    def _strings(self, value: str) -> list[Place]:
        if not value.strip():
            return []
        pattern = re.compile(rf"(?<!\w){re.escape(value)}(?!\w)", re.IGNORECASE)
        return [
            Place(
                *match.span(), TextForm(lower=match[0] != value and match[0].islower(), upper=_shouted(match[0], value))
            )
            for match in self._matches(pattern)
        ]

    def _choices(self, value: str) -> list[Place]:
        for pattern in choice_patterns(value):
            places = [Place(*match.span(), _choice_form(match[0], value)) for match in self._matches(pattern)]
            if places:
                return places
        return []

    def _numbers(self, value: float) -> list[Place]:
        places = []
        for numeral in self._numerals:
            factor = numeral.says(value)
            if factor is None and numeral.scale != 1:
                plain = msgspec.structs.replace(numeral, value=round(numeral.value / numeral.scale, 9), scale=1)
                factor, numeral = plain.says(value), plain  # noqa: PLW2901 - "3m" may be three meters
            if factor is not None and self._free(numeral.start, numeral.end):
                places.append(Place(numeral.start, numeral.end, NumberForm(numeral, factor)))
        return places


def _shouted(text: str, value: str) -> bool:
    return text != value and text.isupper()


def _choice_form(text: str, value: str) -> TextForm:
    glue = next((sign for sign in "-_" if sign in text and sign not in value.replace("_", " ")), " ")
    return TextForm(words=True, upper=_shouted(text, value), lower=text != value and text.islower(), glue=glue)
