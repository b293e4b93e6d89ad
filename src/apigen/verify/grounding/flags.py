"""Finds where a query mentions a flag."""

import re
from functools import lru_cache

from apigen.verify.grounding.leaves import Leaf
from apigen.verify.grounding.reading import Reading
from apigen.verify.grounding.related import suggestions
from apigen.verify.grounding.scalars import Evidence
from apigen.verify.grounding.synonyms import synonyms
from apigen.verify.grounding.words import STOP_WORDS, content_stems, stem_set, typo_of, word_set

_BOOLEAN_FILLERS = stem_set(
    """
    whether if include included including return returned true false flag enable enabled optional default should only be
    is set when indicates specify add use apply boolean bool instead result value values counts count as not without no
    or and the treat considered consider do does
    """
)
_TWO = 2
_SCARCE = word_set("few little hardly rarely seldom lack lacks lacking barely")
"""Words that say of a flag that it hardly holds: "few artistic interests"."""

_FALSE = re.compile(
    r"([^,.;:()]{3,40}?) (?:if|when) [\"'`]?false\b"
    r"|(?:\b(?:else|otherwise)|[\"'`]?false[\"'`]? (?:for|means|indicates|is)|\bif (?:set to )?false),?"
    r" ([^,.;()\"'`]{3,60})",
    re.IGNORECASE,
)


def boolean_evidence(reading: Reading, leaf: Leaf, value: bool, about_tool: str) -> Evidence:
    """Where the query speaks of a flag; for ``False`` a negation of it."""
    found = named_flag(reading, leaf, value, about_tool)
    if found is None and value:
        places = _spoken_of(reading, leaf)
        found = tuple(reading.span(index, index) for index in places) or None
    return found


def named_flag(reading: Reading, leaf: Leaf, value: bool, about_tool: str) -> Evidence:
    """Where the query has a word of a flag's name or description that the tool's lack; so negated for ``False``."""
    tool_stems = set(content_stems(about_tool))
    hints = set(content_stems(leaf.name)) - _BOOLEAN_FILLERS
    if not hints and "." in leaf.path:  # "sentiment.include" speaks of the sentiment
        hints = set(content_stems(leaf.path.rpartition(".")[0])) - _BOOLEAN_FILLERS
    hints = hints - set(content_stems(about_tool.partition(" ")[0])) or hints
    described = {one for one in content_stems(leaf.description) if len(one) > 2} - _BOOLEAN_FILLERS
    hints |= {one for one in described if one not in tool_stems or one.isdigit()}
    places = [index for hint in hints for index in _hinted(reading, hint)]
    scarce = [index for index, token in enumerate(reading.tokens) if token.word in _SCARCE]
    denials = [*reading.negations, *scarce]
    negated = [index for index in places if any(-6 < denial - index < 4 for denial in denials)]
    chosen = [index for index in places if index not in negated] or places if value else negated
    if chosen:
        return tuple(reading.span(index, index) for index in sorted(set(chosen)))
    if value:
        return None
    found = [span for one in _meaning_false(leaf.description) - tool_stems for span in reading.find((one,))]
    return tuple(found) or tuple(reading.span(index, index) for index in reading.negations) or None


@lru_cache(maxsize=4096)
def _meaning_false(description: str) -> frozenset[str]:
    """The words by which a description explains ``False``: "array if false", "else use the last known rate"."""
    texts = [text for pair in _FALSE.findall(description) for text in pair if text]
    told = {one for text in texts for one in content_stems(text)} - _BOOLEAN_FILLERS
    rest = content_stems(_FALSE.sub(" ", description))
    return frozenset(one for one in told if one not in rest)


def _hinted(reading: Reading, hint: str) -> list[int]:
    found = reading.positions.get(hint, [])
    if not found and len(hint) >= 5:  # "smoker" for "smoking", "inclusive" for "including"
        root = hint[: max(4, len(hint) - 2)]
        found = [index for index, token in enumerate(reading.tokens) if token.word.startswith(root)]
    if not found:
        starts = {span[0] for synonym in synonyms(hint) for span in reading.find_synonym(synonym)}
        found = [index for index, token in enumerate(reading.tokens) if token.start in starts]
    if not found:
        found = _within_compound(reading, hint)
    if not found:
        starts = {span[0] for span in suggestions(reading, hint)}
        found = [index for index, token in enumerate(reading.tokens) if token.start in starts]
    if not found and len(hint) >= 7:
        found = [index for index, token in enumerate(reading.tokens) if typo_of(token.stem, hint)]
    return found


def _within_compound(reading: Reading, hint: str) -> list[int]:
    """ "play" for ``autoplay``, "active" for ``inactive``: a word of four letters or more at the end of the hint."""
    return [
        index
        for index, token in enumerate(reading.tokens)
        if len(token.stem) >= 4 and token.stem != hint and hint.endswith(token.stem) and token.word not in STOP_WORDS
    ]


def _spoken_of(reading: Reading, leaf: Leaf) -> list[int]:
    """What suggests the flag's whole name ("refund" for ``trip_protection``), or says two words of its description."""
    starts = {span[0] for span in suggestions(reading, leaf.name)}
    if starts:
        return [index for index, token in enumerate(reading.tokens) if token.start in starts]
    described = {one for one in content_stems(leaf.description) if len(one) > 2} - _BOOLEAN_FILLERS
    said = sorted(one for one in described if one in reading.positions)
    return [reading.positions[one][0] for one in said] if len(said) >= _TWO else []
