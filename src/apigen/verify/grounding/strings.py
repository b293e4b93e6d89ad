"""Where enum values and free strings stand in a query."""

import re
from functools import lru_cache

from apigen.verify.grounding.dates import read_moment
from apigen.verify.grounding.leaves import Leaf
from apigen.verify.grounding.reading import Reading, Span, as_formula, lower_case
from apigen.verify.grounding.scalars import (
    Evidence,
    mentions_nothing,
    moment_evidence,
    month_or_weekday,
    number_evidence,
)
from apigen.verify.grounding.synonyms import synonyms
from apigen.verify.grounding.words import (
    FILLER_WORDS,
    STOP_WORDS,
    TOKEN,
    content_stems,
    normalise,
    plain_type,
    split_words,
    stem,
)

_CODE = re.compile(r"\S*(?:@|://|www\.|#|\\|/|_)\S*|(?=\S*\d)(?=\S*[A-Za-z])[\w.-]+")
"""E-mail addresses, URLs, paths and codes such as ``SKU-104B``: found exactly or not at all."""

_SNAKE = re.compile(r"[A-Za-z]+(?:_[A-Za-z]+)+")
_GRADE = re.compile(r"[A-Za-z][-+#]?")
_QUANTITY = re.compile(r"\d+(?:\.\d+)?[A-Za-z]{1,3}")
_FORMULA = re.compile(r"[-+*/^=<>]|\dx")
_NUMERIC = re.compile(r"[-+]?\d[\d,]*(?:\.\d+)?")
_LONG = 7
"""From so many content words on, a text may differ from the query in a few of them."""


def string_evidence(reading: Reading, leaf: Leaf, value: str) -> Evidence:
    """Where a string stands, literally or in another form that people use for it."""
    text = plain_type(value.strip())
    if not text:
        return mentions_nothing(reading)
    members = leaf.schema.get("enum") or [leaf.schema.get("const")]
    if value in members:
        return _enum(reading, leaf, value, [member for member in members if isinstance(member, str)])
    moment = read_moment(text)
    if moment:
        return moment_evidence(reading, moment) or _as_written(reading, text)
    if _NUMERIC.fullmatch(text):
        return _as_written(reading, text) or number_evidence(reading, leaf, float(text.replace(",", "")))
    if _SNAKE.fullmatch(text):
        return _as_written(reading, text) or _free_text(reading, leaf, text.replace("_", " "))
    if _CODE.fullmatch(text):
        found = _as_written(reading, text) or _glossed(reading, leaf.description, value) or _formula(reading, text)
        return found or (_free_text(reading, leaf, text) if _QUANTITY.fullmatch(text) else None)
    return _free_text(reading, leaf, text)


def _enum(reading: Reading, leaf: Leaf, value: str, members: list[str]) -> Evidence:
    if len(members) == 1:
        return ()  # there is nothing to choose
    words = split_words(value)
    if _GRADE.fullmatch(value):
        return _letter(reading, value) or _glossed(reading, leaf.description, value)
    if len(words) == 1 and words[0] in STOP_WORDS:
        spans = _ambiguous(reading, value)
    else:
        spans = reading.find(tuple(map(stem, words))) if words else reading._find_sign(value.lower())
    spans = spans or [span for synonym in synonyms(value) for span in reading.find_synonym(synonym)]
    if spans:
        return tuple(_outside_longer(reading, words, members, spans)) or _glossed(reading, leaf.description, value)
    if words:
        telling = _telling_words(value, tuple(members))
        others = frozenset(word for member in members if member != value for word in split_words(member))
        spans = _outside_longer(reading, words, members, _each_word(reading, telling, others))
        spans = spans or _compound(reading, words)
    return tuple(spans) or month_or_weekday(reading, value) or _glossed(reading, leaf.description, value)


def _letter(reading: Reading, value: str) -> Evidence:
    """A grade, note or class such as ``A``, ``B+`` or ``C#``; the article "a" is none, and "B+" is no ``B``."""
    flags = 0 if value[0] in "AaIi" and len(value) == 1 else re.IGNORECASE
    exact = rf"(?<![A-Za-z]){re.escape(value)}(?![A-Za-z+#]|-(?!\w))"
    spans = [match.span() for match in re.finditer(exact, reading.text, flags)]
    spans = spans or [span for synonym in synonyms(value) for span in reading.find_synonym(synonym)]
    return tuple(spans) or None


def _outside_longer(reading: Reading, words: tuple[str, ...], members: list[str], spans: list[Span]) -> list[Span]:
    """The places that are not part of a longer member: "PG-13" does not name ``PG``."""
    for member in members if spans else ():
        longer = split_words(member)
        if len(longer) > len(words) and set(words) <= set(longer):
            places = reading.find(tuple(map(stem, longer)))
            spans = [span for span in spans if not any(a <= span[0] and span[1] <= b for a, b in places)]
    return spans


@lru_cache(maxsize=4096)
def _telling_words(value: str, members: tuple[str, ...]) -> tuple[str, ...]:
    """The words of an enum value that tell it from the other members: "fixed" of ``fixed_rate``, ``variable_rate``."""
    shared = set.intersection(*(set(split_words(member)) for member in members))
    words = [word for word in split_words(value) if word not in shared and word not in STOP_WORDS]
    return tuple(words) or split_words(value)


def _ambiguous(reading: Reading, value: str) -> list[Span]:
    """A value such as "in" or "it", which is mostly another word: after a number, in capitals or in quotes."""
    spans = []
    for token in reading.tokens:
        if token.word == value.lower():
            before = reading.text[: token.start].rstrip()[-1:]
            text = reading.text[token.start : token.end]
            if before.isdigit() or before in {'"', "'", "`"} or (text.isupper() and text == value):
                spans.append((token.start, token.end))
    return spans


def _each_word(reading: Reading, words: tuple[str, ...], others: frozenset[str]) -> list[Span]:
    """Every word by itself, in any form; ``others`` are words that mean other enum members."""
    spans: list[Span] = []
    for word in words:
        found = _word(reading, word, others)
        if not found:
            return []
        spans += found
    return spans


def _word(reading: Reading, word: str, others: frozenset[str] = frozenset()) -> list[Span]:
    spans = reading.find((stem(word),))
    spans = spans or [span for synonym in synonyms(word) for span in reading.find_synonym(synonym)]
    if not spans and len(word) >= 5 and word.isalpha():
        root = stem(word)
        root = root[:-2] if len(root) > 6 else root  # "relative" and "relativity", "inclusive" and "including"
        spans = [
            (token.start, token.end)
            for token in reading.tokens
            if token.word not in others and token.word.startswith(root)
        ]
    return spans or reading.find_typo(word, others)


def _compound(reading: Reading, words: tuple[str, ...]) -> list[Span]:
    """ "roundtrip" for ``round_trip`` and "check in" for ``checkin``."""
    joined = "".join(words)
    spans = reading.find((stem(joined),))
    for first, second in zip(reading.tokens, reading.tokens[1:], strict=False):
        if first.word + second.word == joined:
            spans.append((first.start, second.end))
    return spans


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
    spans = spans or reading.find_together(content) or _compound(reading, words)
    if not spans:
        spans = _in_parts(reading, leaf, text) or _loosely(reading, leaf, words)
    return (
        tuple(spans) or _acronym(reading, text) or _formula(reading, text) or _glossed(reading, leaf.description, text)
    )


def _acronym(reading: Reading, text: str) -> Evidence:
    """ "SD" for "San Diego", "ssn" for "social security number"."""
    letters = text.lower()
    if not letters.isalpha() or not (len(text) >= 3 or text.isupper()) or not 2 <= len(text) <= 6:
        return None
    initials = "".join(token.word[0] for token in reading.tokens)
    spans = []
    begin = initials.find(letters)
    while begin >= 0:
        tokens = reading.tokens[begin : begin + len(letters)]
        if len(text) >= 3 or all(reading.text[token.start].isupper() for token in tokens):
            spans.append((tokens[0].start, tokens[-1].end))
        begin = initials.find(letters, begin + 1)
    return tuple(spans) or None


def _formula(reading: Reading, text: str) -> Evidence:
    """A formula, however its powers and products are written; the place is not told."""
    if not _FORMULA.search(text):
        return None
    formula = as_formula(text)
    begin = reading.formula.find(formula)
    while begin >= 0:
        around = reading.formula[begin - 1 : begin], reading.formula[begin + len(formula) : begin + len(formula) + 1]
        if not any(
            edge.isdigit() and mine.isdigit() for edge, mine in zip(around, (formula[0], formula[-1]), strict=True)
        ):
            return ()
        begin = reading.formula.find(formula, begin + 1)
    return None


def _whole_quotes(reading: Reading, leaf: Leaf, text: str, spans: list[Span]) -> Evidence:
    """A text taken from a quotation must be the whole of it, letter for letter but for spaces and end marks."""
    if len(text.split()) < 3 or "[" in leaf.path:
        return tuple(spans)
    whole = []
    for start, end in spans:
        quote = next(((a, b) for a, b in reading.quotes if a <= start and end <= b), None)
        quoted = text if quote is None else reading.text[quote[0] : quote[1]]
        if _bare(quoted) == _bare(text) or as_formula(quoted) == as_formula(text):
            whole.append((start, end))
    return tuple(whole) or None


def _bare(text: str) -> str:
    return re.sub(r"[\s\"'`]+", " ", text).strip(" .!?,;:").casefold()


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
            found = _word(reading, word)
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


def _glossed(reading: Reading, description: str, value: str) -> Evidence:
    """Where the words stand by which the description explains a value: "m: metric", "'linear' for straight-line"."""
    for gloss in _glosses(description, value):
        found = [span for one in gloss for span in reading.find((one,))[:1]]
        if found and 2 * len(found) >= len(gloss):
            return tuple(found)
    return None


@lru_cache(maxsize=8192)
def _glosses(description: str, value: str) -> tuple[tuple[str, ...], ...]:
    if not description or value not in description:
        return ()
    quoted = rf"(?<![\w-])[\"'`]?{re.escape(value)}[\"'`]?(?![\w-])"
    patterns = (
        rf"{quoted}\s*(?:[:=(]|\s-\s|for\b|means\b|is\b)\s*([^,;.()\n]{{2,60}})",
        rf"([^,;.(:\n]{{2,40}})\(\s*(?:e\.?g\.?,?\s*)?{quoted}\s*\)",
    )
    texts = [match for pattern in patterns for match in re.findall(pattern, description)]
    return tuple(filter(None, (content_stems(text) for text in texts)))
