"""The last look at a value that nothing says outright: what the query and the schema imply together.

Each rule names what carries the value: the parameter's own words for what the query leaves out, letters of a name
for its code, "Monday to Friday" for the days between, "good" for a high rating. Where the query names another choice
of the same list, nothing is implied.
"""

import re
from collections.abc import Callable

from apigen.records import Json, Tool
from apigen.verify.grounding.abbreviations import acronym, as_command, as_digits, kin, located, shortened, spelled
from apigen.verify.grounding.arithmetic import one_step
from apigen.verify.grounding.choices import another_is_named, every_choice, in_range, of_high_degree
from apigen.verify.grounding.dates import read_moment
from apigen.verify.grounding.derived import limits
from apigen.verify.grounding.enums import one_word
from apigen.verify.grounding.flags import named_flag
from apigen.verify.grounding.leaves import Leaf
from apigen.verify.grounding.names import more_fully
from apigen.verify.grounding.people import company
from apigen.verify.grounding.periods import day_between, hours_between, weekday_within
from apigen.verify.grounding.places import coordinate, local_unit
from apigen.verify.grounding.reading import Reading
from apigen.verify.grounding.related import known, suggested
from apigen.verify.grounding.scalars import Evidence
from apigen.verify.grounding.strings import LONG_TEXT
from apigen.verify.grounding.words import STOP_WORDS, content_stems, split_words, stem

_ADDRESS = re.compile(r"\S+@\S+|\S*://\S*")
"""E-mail addresses and URLs, whose words are no words of a sentence."""

_FORMULA = re.compile(r"[\^*]|\d[a-z]\b|[a-z]\d\b|=")

_LONG, _LONGER = 4, 8
"""Content words from which on one in four may be missing, and one in three."""

_PRAISE = re.compile(
    r"\b(?:good|great|well|high(?:ly|er|est)?|best|top|excellent|outstanding|finest|positive)\b", re.IGNORECASE
)
_RATING = re.compile(r"rating|score|stars?\b|grade|review", re.IGNORECASE)
_SCALES_OF_RATINGS = ((3.5, 5), (7, 10), (70, 100))
"""From where on a rating is good, and what is the best, on the usual scales."""

_HUGE = 1e15
"""Beyond this no number is known or added up; integers may be too long for a float."""

_WHATEVER = frozenset(("any", "dontcare", "dont care", "do not care"))


def implied(reading: Reading, leaf: Leaf, tool: Tool | None) -> Evidence:
    """Where the query implies a value that it does not say; ``None`` if nowhere.

    Args:
        reading: the query.
        leaf: the value.
        tool: what is called, if it is known.
    """
    value = leaf.value
    about_tool = f"{tool.name} {tool.description}" if tool else ""
    if _says_nothing(reading, leaf, tool, about_tool):
        return ()
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, (int, float)):
        return _first(_NUMBERS, reading, leaf, value) if abs(value) < _HUGE else None
    if not isinstance(value, str) or len(value) > LONG_TEXT:
        return None
    found = _first(_OF_MANY, reading, leaf, value)
    if found is None and not (another_is_named(reading, leaf, value) or _cut_from_a_quotation(reading, value)):
        found = _filled(reading, leaf, value, about_tool) or _first(_TEXTS, reading, leaf, value)
    return found


def _cut_from_a_quotation(reading: Reading, value: str) -> bool:
    """Whether the value's words stand within a quotation: then the whole of it was meant, or it would be grounded."""
    spans = reading.find(tuple(map(stem, split_words(value))))
    quotes = (quote for span in spans if (quote := reading.quote_around(*span)))
    return any(5 * (end - start) < 4 * len(reading.text) for start, end in quotes)


def _says_nothing(reading: Reading, leaf: Leaf, tool: Tool | None, about_tool: str) -> bool:
    """An empty value or a word for "whatever" that the tool insists on or knows, and "no" to what nobody asked."""
    if leaf.value is False and "default" not in leaf.schema and "efault" not in leaf.description:
        return named_flag(reading, leaf, True, about_tool) is None
    if isinstance(leaf.value, str) and leaf.value.strip().lower() in _WHATEVER:
        return leaf.required or (tool is not None and leaf.value in _own_strings(tool))
    return leaf.required and leaf.value in ("", [], {})


def _own_strings(tool: Tool) -> frozenset[str]:
    """The defaults and choices of all of a tool's parameters: a word for "whatever" in one goes for the others."""
    found: list[Json] = []
    for schema in tool.properties.values():
        if isinstance(schema, dict):
            found += [schema.get("default"), *(schema.get("enum") or ())]
    return frozenset(text for text in found if isinstance(text, str))


def _first(rules: "tuple[Callable[..., Evidence], ...]", reading: Reading, leaf: Leaf, value: object) -> Evidence:
    return next((found for rule in rules if (found := rule(reading, leaf, value)) is not None), None)


def _filled(reading: Reading, leaf: Leaf, value: str, about_tool: str) -> Evidence:
    """At least half of the words said, the rest the schema's own: "internship at UNS" for an experience."""
    words = [word for word in split_words(value) if word not in STOP_WORDS]
    if len(words) < 2 or _ADDRESS.search(value) or read_moment(value) or _FORMULA.search(value):
        return None
    own = {*content_stems(leaf.path), *content_stems(leaf.description), *content_stems(about_tool)}
    said = [found[0] for word in words if (found := one_word(reading, word) or kin(reading, word))]
    unsaid = [word for word in words if not (one_word(reading, word) or kin(reading, word))]
    if not all(word.isalpha() for word in unsaid):
        return None
    if len(said) >= len(unsaid) and all(stem(word) in own for word in unsaid):
        return tuple(said)
    missing = len(words) // (_LONG if len(words) < _LONGER else _LONG - 1)
    return tuple(said) if len(words) >= _LONG and len(unsaid) <= missing else None


def _kindred(reading: Reading, leaf: Leaf, value: str) -> Evidence:
    """Every word by itself or by one of its family: "Existentialism" for "existential"."""
    if any(character.isdigit() for character in value):
        return None
    words = [word for word in split_words(value) if word not in STOP_WORDS]
    found = [one_word(reading, word) or kin(reading, word) for word in words]
    return tuple(span for spans in found for span in spans) if found and all(found) else None


def _praised(reading: Reading, leaf: Leaf, value: float) -> Evidence:
    """A high rating for "good", on the scale that the schema states or a usual one."""
    if not _RATING.search(leaf.name):
        return None
    best = limits(leaf, "maximum")
    scales = [(0.7 * most, most) for most in best] or _SCALES_OF_RATINGS
    if not any(least <= value <= most for least, most in scales):
        return None
    return tuple(match.span() for match in _PRAISE.finditer(reading.text)) or None


_NUMBERS = (coordinate, known, company, one_step, _praised)
_OF_MANY = (weekday_within, day_between, hours_between, every_choice, in_range)
_TEXTS = (
    located,
    local_unit,
    suggested,
    as_command,
    as_digits,
    more_fully,
    acronym,
    spelled,
    shortened,
    _kindred,
    of_high_degree,
)
