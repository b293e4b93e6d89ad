"""What a query says of a parameter's choices as a whole: all of them, a range among them, none but another."""

import re

from apigen.records import Json
from apigen.verify.grounding.abbreviations import kin
from apigen.verify.grounding.flags import boolean_evidence
from apigen.verify.grounding.leaves import Leaf
from apigen.verify.grounding.reading import Reading
from apigen.verify.grounding.related import suggestions
from apigen.verify.grounding.scalars import Evidence, number_evidence
from apigen.verify.grounding.strings import WILDCARDS, string_evidence
from apigen.verify.grounding.told import told_choices
from apigen.verify.grounding.words import STOP_WORDS, content_stems, split_words, stem

_RANGE = re.compile(r"(\d+)\s?(?:-|to|until)\s?(\d+)")
_OPEN_RANGE = re.compile(r"(?:over |above |from )?(\d+)\s?(\+|and (?:over|above|older|up))|(?:over|above) (\d+)")
_EVERY = frozenset(("all", "every", "each", "various", "different", "both"))
_HIGH = frozenset(("high", "highly"))


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


def every_choice(reading: Reading, leaf: Leaf, value: str) -> Evidence:
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


def of_high_degree(reading: Reading, leaf: Leaf, value: str) -> Evidence:
    """``high`` for an ``urgency_level`` where the query says "urgent"."""
    if value.lower() not in _HIGH or "enum" not in leaf.schema:
        return None
    spans = [span for word in split_words(leaf.name) if len(word) > 4 for span in kin(reading, word)]
    return tuple(spans) or None


def in_range(reading: Reading, leaf: Leaf, value: str) -> Evidence:
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


def demanded(reading: Reading, leaf: Leaf, about_tool: str) -> bool:
    """Whether the tool demands a choice, or a yes or no, and the query speaks for no other than this one.

    Some choice has to be made then, and none is better grounded. It goes for a call that the query asks for, which
    another value of it shows, and a word of the tool's name.
    """
    if not leaf.required or "default" in leaf.schema:
        return False
    if isinstance(leaf.value, bool):
        return boolean_evidence(reading, leaf, not leaf.value, about_tool) is None
    choices = leaf.schema.get("enum") or ()
    return leaf.value in choices and not any(_spoken_for(reading, leaf, member) for member in choices)


def _spoken_for(reading: Reading, leaf: Leaf, member: Json) -> bool:
    if member == leaf.value:
        return False
    if isinstance(member, str):
        return bool(string_evidence(reading, leaf, member) or suggestions(reading, member))
    return isinstance(member, (int, float)) and number_evidence(reading, leaf, member) is not None
