"""Where strings stand in a query: choices, dates, codes and free text."""

import re

from apigen.verify.grounding.abbreviations import acronym
from apigen.verify.grounding.composed import composed
from apigen.verify.grounding.dates import read_moments
from apigen.verify.grounding.enums import compound, enum_evidence, glossed, one_word
from apigen.verify.grounding.leaves import Leaf
from apigen.verify.grounding.moments import moment_evidence
from apigen.verify.grounding.reading import Reading, Span, as_formula, lower_case
from apigen.verify.grounding.scalars import Evidence, mentions_nothing, number_evidence
from apigen.verify.grounding.synonyms import synonyms
from apigen.verify.grounding.told import told_choices
from apigen.verify.grounding.words import FILLER_WORDS, STOP_WORDS, TOKEN, normalise, plain_type, stem

_CODE = re.compile(r"\S*(?:@|://|www\.|#|\\|/|_)\S*|(?=\S*\d)(?=\S*[A-Za-z])[\w.-]+")
"""E-mail addresses, URLs, paths and codes such as ``SKU-104B``: found exactly or not at all."""

_SNAKE = re.compile(r"[A-Za-z]+(?:_[A-Za-z]+)+")
_QUANTITY = re.compile(r"\d+(?:\.\d+)?[A-Za-z]{1,3}")
_NUMERIC = re.compile(r"[-+]?\d[\d,]*(?:\.\d+)?")
LONG_TEXT = 1000
"""A text of more characters is copied and not put in other words, so that it is looked for literally."""

_LONG = 7
"""From so many content words on, a text may differ from the query in a few of them."""


_ENGLISH = frozenset(("english", "en", "en-us", "en-gb", "eng"))
_WRITTEN = re.compile(r"\b(?:written|spoken|of the (?:text|input|document|audio|review|content))\b", re.IGNORECASE)
WILDCARDS = frozenset(("any", "all", "dontcare", "dont care", "do not care", "*", "unspecified", "not specified"))
"""Strings that say that nothing was asked for, where the parameter's own words have them."""


def string_evidence(reading: Reading, leaf: Leaf, value: str) -> Evidence:
    """Where a string stands, literally or in another form that people use for it."""
    text = plain_type(value.strip())
    if not text:
        return mentions_nothing(reading)
    if len(text) > LONG_TEXT:
        return literal(reading, leaf, text)
    members = leaf.schema.get("enum") or [leaf.schema.get("const")]
    if value in members:
        found = enum_evidence(reading, leaf, value, [member for member in members if isinstance(member, str)])
        if found is None and any(character.isdigit() for character in text):
            found = _string(reading, leaf, text)  # a choice may be a time of day, a date or a quantity
    else:
        found = _string(reading, leaf, text)
        if found is None and text in (choices := told_choices(leaf.description)):
            found = enum_evidence(reading, leaf, text, list(choices))
    if found is None and text.lower().replace("'", "") in WILDCARDS and (value in members or _named(leaf, text)):
        return ()
    if found is None and _own_language(reading, leaf, text):
        return ()
    return found


def literal(reading: Reading, leaf: Leaf, text: str) -> Evidence:
    """Where a text stands as it is, but for inflections; or the words of a long one, of which one in seven may miss."""
    words = [normalise(match.group()) for match in TOKEN.finditer(text)]
    if not words:
        return _as_written(reading, text)
    if spans := reading.find(tuple(map(stem, words))):
        return _whole_quotes(reading, leaf, text, spans)
    content = list(dict.fromkeys(word for word in words if word not in STOP_WORDS)) or words
    found = [spans[0] for word in content if (spans := reading.find((stem(word),)))]
    return tuple(found) if found and len(content) - len(found) <= len(content) // _LONG else None


def _own_language(reading: Reading, leaf: Leaf, text: str) -> bool:
    """Whether a value says that the text is English, which the query shows by being so."""
    if text.lower() not in _ENGLISH or not _WRITTEN.search(leaf.description) or "lang" not in leaf.name.lower():
        return False
    return sum(token.word in STOP_WORDS for token in reading.tokens) > 1


def _named(leaf: Leaf, text: str) -> bool:
    return re.search(rf"[\"'`]{re.escape(text)}[\"'`]", leaf.description, re.IGNORECASE) is not None


def _string(reading: Reading, leaf: Leaf, text: str) -> Evidence:
    moments = read_moments(text)
    if moments:
        evidence = (moment_evidence(reading, moment, leaf) for moment in moments)
        found = next(filter(None, evidence), None) or _as_written(reading, text)
    elif _NUMERIC.fullmatch(text):
        return _as_written(reading, text) or number_evidence(reading, leaf, float(text.replace(",", "")))
    elif _SNAKE.fullmatch(text):
        found = _as_written(reading, text) or _free_text(reading, leaf, text.replace("_", " "))
    elif _CODE.fullmatch(text):
        found = _as_written(reading, text) or glossed(reading, leaf.description, text)
        if found is None and _QUANTITY.fullmatch(text):
            found = _free_text(reading, leaf, text)
    else:
        found = _free_text(reading, leaf, text)
    if found is not None:
        return found
    return composed(reading, leaf, text, lambda part: _part(reading, leaf, part, text))


def _part(reading: Reading, leaf: Leaf, part: str, whole: str) -> Evidence:
    """A part of a string by itself; shorter than the whole, so that this comes to an end."""
    return string_evidence(reading, leaf._replace(schema={}), part) if 0 < len(part) < len(whole) else None


def _free_text(reading: Reading, leaf: Leaf, text: str) -> Evidence:
    words = tuple(normalise(match.group()) for match in TOKEN.finditer(text))
    if not words:
        return _as_written(reading, text)
    if not text.isascii() and (found := _as_written(reading, text)):
        return found
    stems = tuple(map(stem, words))
    spans = reading.find(stems)
    if spans:
        return _whole_quotes(reading, leaf, text, spans)
    spans = [span for synonym in synonyms(text) for span in reading.find_synonym(synonym)]
    content = (
        tuple(one for one, word in zip(stems, words, strict=True) if word not in STOP_WORDS | FILLER_WORDS) or stems
    )
    spans = spans or reading.find_together(content) or compound(reading, words)
    if not spans:
        spans = _in_parts(reading, leaf, text) or _loosely(reading, leaf, words)
    return tuple(spans) or acronym(reading, leaf, text) or glossed(reading, leaf.description, text)


def _whole_quotes(reading: Reading, leaf: Leaf, text: str, spans: list[Span]) -> Evidence:
    """A text taken from a quotation must be the whole of it, letter for letter but for spaces and end marks."""
    if len(text.split()) < 3 or "[" in leaf.path:
        return tuple(spans)
    whole = []
    for start, end in spans:
        quote = reading.quote_around(start, end)
        quoted = text if quote is None else reading.text[quote[0] : quote[1]]
        if _bare(quoted) == _bare(text) or as_formula(quoted) == as_formula(text):
            whole.append((start, end))
    return tuple(whole) or None


def _bare(text: str) -> str:
    bare = re.sub(r"[\s\"'`]+", " ", text).strip(" .!?,;:").casefold()
    return re.sub(r"^(?:the|an?) ", "", bare)


def _in_parts(reading: Reading, leaf: Leaf, text: str) -> list[Span]:
    """ "Lyon, France": each part by itself."""
    parts = [part.strip() for part in re.split(r"[,;/]", text) if part.strip()]
    if len(parts) < 2:
        return []
    spans: list[Span] = []
    for part in parts:
        found = string_evidence(reading, leaf, part)
        if found is None:
            return []
        spans += found
    return spans


def _loosely(reading: Reading, leaf: Leaf, words: tuple[str, ...]) -> list[Span]:
    """Every content word in some form, numbers as numbers; long texts may miss one word in seven."""
    content = [word for word in words if word not in STOP_WORDS and word not in FILLER_WORDS] or list(words)
    spans: list[Span] = []
    missing = 0
    for word in content:
        if word[0].isdigit():
            digits = word.replace(",", "")
            found = list(number_evidence(reading, leaf, float(digits)) or ()) if _NUMERIC.fullmatch(digits) else []
        else:
            found = one_word(reading, word)
        missing += not found
        spans += found
    return spans if missing <= (len(content) // _LONG) and spans else []


def _as_written(reading: Reading, text: str) -> Evidence:
    """Character for character, whatever the case; not inside a longer word or number."""
    needle, spans = lower_case(text), []
    haystack = reading.lower
    begin = haystack.find(needle)
    while begin >= 0:
        end = begin + len(needle)
        before, after = haystack[begin - 1 : begin], haystack[end : end + 2]
        ascii_edges = needle.isascii()
        joined = (before.isalnum() and needle[0].isalnum()) or (after[:1].isalnum() and needle[-1].isalnum())
        decimal = needle[-1].isdigit() and re.match(r"[.,]\d", after)
        if not (ascii_edges and (joined or decimal)):
            spans.append((begin, end))
        begin = haystack.find(needle, begin + 1)
    return tuple(spans) or None
