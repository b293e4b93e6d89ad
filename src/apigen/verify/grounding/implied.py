"""The last look at a value that nothing says outright: what the query and the schema imply together.

Each rule names what carries the value: the parameter's own words for what the query leaves out, letters of a name
for its code, "Monday to Friday" for the days between, "good" for a high rating. Where the query names another choice
of the same list, nothing is implied.
"""

import re
from collections.abc import Callable

from apigen.verify.grounding.abbreviations import kin, located, shortened, spelled
from apigen.verify.grounding.dates import read_moment
from apigen.verify.grounding.derived import limits
from apigen.verify.grounding.enums import one_word
from apigen.verify.grounding.leaves import Leaf
from apigen.verify.grounding.periods import day_between, weekday_within
from apigen.verify.grounding.places import coordinate
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
_WHATEVER = frozenset(("any", "dontcare", "dont care", "do not care"))
_HIGH = frozenset(("high", "highly"))


def implied(reading: Reading, leaf: Leaf, about_tool: str) -> Evidence:
    """Where the query implies a value that it does not say; ``None`` if nowhere.

    Args:
        reading: the query.
        leaf: the value.
        about_tool: the tool's name and description.
    """
    value = leaf.value
    if _says_nothing(leaf):
        return ()
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, (int, float)):
        return _first(_NUMBERS, reading, leaf, float(value))
    if isinstance(value, str) and not _another_is_named(reading, leaf, value):
        return _filled(reading, leaf, value, about_tool) or _first(_TEXTS, reading, leaf, value)
    return None


def _says_nothing(leaf: Leaf) -> bool:
    """A word for "whatever"; and an empty value, or "no" to a flag, that the tool insists on."""
    if isinstance(leaf.value, str) and leaf.value.strip().lower() in _WHATEVER:
        return True
    return leaf.required and (leaf.value is False or leaf.value in ("", [], {}))


def _first(rules: "tuple[Callable[..., Evidence], ...]", reading: Reading, leaf: Leaf, value: object) -> Evidence:
    return next((found for rule in rules if (found := rule(reading, leaf, value)) is not None), None)


def _another_is_named(reading: Reading, leaf: Leaf, value: str) -> bool:
    """Whether the query names another choice of the same list."""
    choices = leaf.schema.get("enum") or told_choices(leaf.description)
    if value not in choices:
        return False
    others = (member for member in choices if isinstance(member, str) and member != value)
    return any(string_evidence(reading, leaf, member) for member in others if member.lower() not in WILDCARDS)


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


_NUMBERS = (coordinate, known, _praised)
_TEXTS = (weekday_within, day_between, located, suggested, spelled, shortened, _kindred, _of_high_degree, _in_range)
