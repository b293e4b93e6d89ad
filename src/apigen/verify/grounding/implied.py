"""The last look at a value that nothing says outright: what the query and the schema imply together.

Each rule names what carries the value: the parameter's own words for what the query leaves out, letters of a name
for its code, "Monday to Friday" for the days between, "good" for a high rating. Where the query names another choice
of the same list, nothing is implied.
"""

import re
from collections.abc import Callable

from apigen.records import Json, Tool
from apigen.verify.grounding.abbreviations import as_command, kin, located, shortened, spelled
from apigen.verify.grounding.dates import read_moment
from apigen.verify.grounding.derived import limits
from apigen.verify.grounding.enums import one_word
from apigen.verify.grounding.leaves import Leaf
from apigen.verify.grounding.people import company
from apigen.verify.grounding.periods import day_between, hours_between, weekday_within
from apigen.verify.grounding.places import coordinate, local_unit
from apigen.verify.grounding.reading import Reading
from apigen.verify.grounding.related import known, suggested
from apigen.verify.grounding.scalars import Evidence
from apigen.verify.grounding.strings import WILDCARDS, string_evidence
from apigen.verify.grounding.told import told_choices
from apigen.verify.grounding.words import STOP_WORDS, content_stems, split_words, stem

_ADDRESS = re.compile(r"\S+@\S+|\S*://\S*")
"""E-mail addresses and URLs, whose words are no words of a sentence."""

_FORMULA = re.compile(r"[\^*]|\d[a-z]\b|[a-z]\d\b|=")

_LONG = 4
"""Content words from which on one in four may be missing."""

_PRAISE = re.compile(
    r"\b(?:good|great|well|high(?:ly|er|est)?|best|top|excellent|outstanding|finest|positive)\b", re.IGNORECASE
)
_RATING = re.compile(r"rating|score|stars?\b|grade|review", re.IGNORECASE)
_SCALES_OF_RATINGS = ((3.5, 5), (7, 10), (70, 100))
"""From where on a rating is good, and what is the best, on the usual scales."""

_RANGE = re.compile(r"(\d+)\s?(?:-|to|until)\s?(\d+)")
_OPEN_RANGE = re.compile(r"(?:over |above |from )?(\d+)\s?(\+|and (?:over|above|older|up))|(?:over|above) (\d+)")
_HUGE = 1e15
_WHATEVER = frozenset(("any", "dontcare", "dont care", "do not care"))
_EVERY = frozenset(("all", "every", "each", "various", "different", "both"))
_HIGH = frozenset(("high", "highly"))


def implied(reading: Reading, leaf: Leaf, tool: Tool | None) -> Evidence:
    """Where the query implies a value that it does not say; ``None`` if nowhere.

    Args:
        reading: the query.
        leaf: the value.
        tool: what is called, if it is known.
    """
    value = leaf.value
    if _says_nothing(leaf, tool):
        return ()
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, (int, float)):
        return _first(_NUMBERS, reading, leaf, value) if abs(value) < _HUGE else None
    if not isinstance(value, str):
        return None
    found = _first(_OF_MANY, reading, leaf, value)
    if found is None and not (another_is_named(reading, leaf, value) or _cut_from_a_quotation(reading, value)):
        about_tool = f"{tool.name} {tool.description}" if tool else ""
        found = _filled(reading, leaf, value, about_tool) or _first(_TEXTS, reading, leaf, value)
    return found


def _cut_from_a_quotation(reading: Reading, value: str) -> bool:
    """Whether the value's words stand within a quotation: then the whole of it was meant, or it would be grounded."""
    spans = reading.find(tuple(map(stem, split_words(value))))
    quotes = [(start, end) for start, end in reading.quotes if 5 * (end - start) < 4 * len(reading.text)]
    return any(start <= span[0] and span[1] <= end for span in spans for start, end in quotes)


def _says_nothing(leaf: Leaf, tool: Tool | None) -> bool:
    """An empty value, or "no" to a flag, that the tool insists on; and the tool's own word for "whatever"."""
    if isinstance(leaf.value, str) and leaf.value.strip().lower() in _WHATEVER:
        return tool is not None and leaf.value in _own_strings(tool)
    return leaf.required and (leaf.value is False or leaf.value in ("", [], {}))


def _own_strings(tool: Tool) -> frozenset[str]:
    """The defaults and choices of all of a tool's parameters: a word for "whatever" in one goes for the others."""
    found: list[Json] = []
    for schema in tool.properties.values():
        if isinstance(schema, dict):
            found += [schema.get("default"), *(schema.get("enum") or ())]
    return frozenset(text for text in found if isinstance(text, str))


def _first(rules: "tuple[Callable[..., Evidence], ...]", reading: Reading, leaf: Leaf, value: object) -> Evidence:
    return next((found for rule in rules if (found := rule(reading, leaf, value)) is not None), None)


def another_is_named(reading: Reading, leaf: Leaf, value: str, *, in_any_form: bool = False) -> bool:
    """Whether the query names another choice of the same list, by its own words or in any form."""
    choices = leaf.schema.get("enum") or told_choices(leaf.description)
    if value not in choices:
        return False
    others = (member for member in choices if isinstance(member, str) and member != value)
    others = (member for member in others if member.lower() not in WILDCARDS)
    if in_any_form:
        return any(string_evidence(reading, leaf, member) for member in others)
    return any(_by_its_words(reading, member) for member in others)


def _by_its_words(reading: Reading, member: str) -> bool:
    words = split_words(member)
    return not STOP_WORDS.issuperset(words) and bool(reading.find(tuple(map(stem, words))))


def _every_choice(reading: Reading, leaf: Leaf, value: str) -> Evidence:
    """Each choice of a list for "all medal types", where the parameter is called so."""
    choices = leaf.schema.get("enum") or told_choices(leaf.description)
    if "[" not in leaf.path or value not in choices:
        return None
    about = {*content_stems(leaf.name), *content_stems(leaf.description)}
    spans = [
        reading.span(index, index + 3 if index + 3 < len(reading.tokens) else len(reading.tokens) - 1)
        for index, token in enumerate(reading.tokens)
        if token.word in _EVERY and any(near.stem in about for near in reading.tokens[index + 1 : index + 4])
    ]
    return tuple(spans) or None


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
    return tuple(said) if len(words) >= _LONG and len(unsaid) <= len(words) // _LONG else None


def _kindred(reading: Reading, leaf: Leaf, value: str) -> Evidence:
    """Every word by itself or by one of its family: "Existentialism" for "existential"."""
    if any(character.isdigit() for character in value):
        return None
    words = [word for word in split_words(value) if word not in STOP_WORDS]
    found = [one_word(reading, word) or kin(reading, word) for word in words]
    return tuple(span for spans in found for span in spans) if found and all(found) else None


def _of_high_degree(reading: Reading, leaf: Leaf, value: str) -> Evidence:
    """``high`` for an ``urgency_level`` where the query says "urgent"."""
    if value.lower() not in _HIGH or "enum" not in leaf.schema:
        return None
    spans = [span for word in split_words(leaf.name) if len(word) > 4 for span in kin(reading, word)]
    return tuple(spans) or None


def _in_range(reading: Reading, leaf: Leaf, value: str) -> Evidence:
    """ "6-8" for a child of 7, where the tool offers ranges to choose from."""
    if value not in (leaf.schema.get("enum") or ()):
        return None
    if match := _RANGE.search(value):
        low, high = float(match[1]), float(match[2])
    elif match := _OPEN_RANGE.search(value):
        low, high = float(match[1] or match[3]), float("inf")
    else:
        return None
    spans = [(number.start, number.end) for number in reading.numbers if low <= number.values[0] <= high]
    return tuple(spans) or None


def _praised(reading: Reading, leaf: Leaf, value: float) -> Evidence:
    """A high rating for "good", on the scale that the schema states or a usual one."""
    if not _RATING.search(f"{leaf.name} {leaf.description}") or not _RATING.search(leaf.name):
        return None
    best = limits(leaf, "maximum")
    scales = [(0.7 * most, most) for most in best] or _SCALES_OF_RATINGS
    if not any(least <= value <= most for least, most in scales):
        return None
    return tuple(match.span() for match in _PRAISE.finditer(reading.text)) or None


_NUMBERS = (coordinate, known, company, _praised)
_OF_MANY = (weekday_within, day_between, hours_between, _every_choice, _in_range)
_TEXTS = (located, local_unit, suggested, as_command, spelled, shortened, _kindred, _of_high_degree)
