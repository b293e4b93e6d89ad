"""A query read once: its tokens, numbers, dates, times and quotes, each found when first needed."""

import json
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property

from apigen.records import Json
from apigen.verify.grounding.dates import DateMention, TimeMention, find_dates, find_months, find_times
from apigen.verify.grounding.numbers import Number, find_numbers, key
from apigen.verify.grounding.synonyms import Synonym
from apigen.verify.grounding.tokens import Token, Tokens
from apigen.verify.grounding.units import Quantity, find_quantities
from apigen.verify.grounding.words import NEGATIONS, STOP_WORDS, plain_type, typo_of

Span = tuple[int, int]
"""Where something stands in the query: start and end, in characters."""

_QUOTED = re.compile(r"""(?<![^\W_])(?:"([^"]+)"|'((?:[^']|'(?=\w))+)'|`([^`]+)`|«([^»]+)»)(?![^\W_])""")


MOST_COMBINED = 200
"""Of days, times and lengths of time in a text only the first so many are put together in pairs."""

_BESIDE_CODE = frozenset("\"'`(/")


def lower_case(text: str) -> str:
    """Lower case, as long as before (one letter in Unicode grows when lowered: the dotted capital I)."""
    lower = text.lower()
    return lower if len(lower) == len(text) else "".join(character.lower()[0] for character in text)


def as_formula(text: str) -> str:
    """A formula without what may be written in several ways: "3 * x**2" and "3x^2" are one."""
    text = text.replace("**", "^").replace("²", "^2").replace("³", "^3").replace("√", "sqrt")
    text = re.sub(r"\s+squared\b", "^2", re.sub(r"\s+cubed\b", "^3", text))
    return re.sub(r"[\s*·\\]+", "", text).lower()


class Reading:
    """A query, read once for all arguments of all calls.

    Args:
        text: the query as it was typed.
        context: what was said and returned before it, in order: plain text or JSON.
    """

    def __init__(self, text: str, context: Sequence[str] = ()) -> None:
        self.text = plain_type(text)
        self.before = Reading("\n".join(context)) if context else None
        """The context, read as a text of its own."""
        self._context = tuple(context)

    @cached_property
    def results(self) -> frozenset[Json]:
        """Every name, string and number in the parts of the context that are JSON objects or lists."""
        return frozenset(value for text in self._context for value in _scalars_of(text))

    @cached_property
    def lower(self) -> str:
        """The text in lower case."""
        return lower_case(self.text)

    @cached_property
    def words(self) -> Tokens:
        """Words and numbers, to look in."""
        return Tokens(self.text)

    @property
    def tokens(self) -> list[Token]:
        """Words and numbers in order."""
        return self.words.all

    @property
    def positions(self) -> dict[str, list[int]]:
        """Token numbers by stem."""
        return self.words.by_stem

    @cached_property
    def numbers(self) -> list[Number]:
        """Every number mentioned."""
        return find_numbers(self.text, [(token.word, token.start, token.end) for token in self.tokens])

    @cached_property
    def spans_by_number(self) -> dict[float, list[Span]]:
        """Where each value is mentioned."""
        spans: dict[float, list[Span]] = {}
        for number in self.numbers:
            for value in number.values:
                spans.setdefault(key(value), []).append((number.start, number.end))
        return spans

    @cached_property
    def quantities(self) -> list[Quantity]:
        """Every number with its unit."""
        return find_quantities(self.text, self.numbers)

    @cached_property
    def dates(self) -> list[DateMention]:
        """Every day named in one piece."""
        return find_dates(self.text)

    @cached_property
    def months(self) -> list[tuple[int, int, int]]:
        """Every month name as (number, start, end)."""
        return find_months(self.text)

    @cached_property
    def times(self) -> list[TimeMention]:
        """Every time of day."""
        return find_times(self.text)

    @cached_property
    def quotes(self) -> list[Span]:
        """What stands between quotation marks, without them."""
        whole = len(self.text) > 1 and self.text[0] in "\"'" and self.text[0] == self.text.rstrip()[-1]
        matches = _QUOTED.finditer(self.text, 1 if whole else 0)
        return [match.span(match.lastindex or 0) for match in matches]

    def quote_around(self, start: int, end: int) -> Span | None:
        """The quotation that a part of the text stands in."""
        index = bisect_right(self.quotes, start, key=lambda quote: quote[0])
        quote = self.quotes[index - 1] if index else (0, -1)
        return quote if end <= quote[1] else None

    def begins_sentence(self, place: int) -> bool:
        """Whether nothing stands before a place, or the end of a sentence."""
        while place and self.text[place - 1].isspace():
            place -= 1
        return not place or self.text[place - 1] in ".?!"

    @cached_property
    def formula(self) -> str:
        """The text as one formula: no spaces, ``^`` for powers, no multiplication signs."""
        return as_formula(self.text)

    @cached_property
    def negations(self) -> list[int]:
        """Token numbers of words such as "no" and "without"."""
        return [index for index, token in enumerate(self.tokens) if token.word in NEGATIONS]

    def span(self, first: int, last: int) -> Span:
        """The characters from one token to another, both included."""
        return self.tokens[first].start, self.tokens[last].end

    def find(self, stems: tuple[str, ...]) -> list[Span]:
        """Where these stems stand one after the other."""
        return [self.span(first, first + len(stems) - 1) for first in self.words.runs(stems)]

    def find_synonym(self, synonym: Synonym) -> list[Span]:
        """Where one way to say something stands."""
        if synonym.sign:
            return self.find_sign(synonym.sign)
        runs = self.words.runs(synonym.stems)
        if synonym.after_number:
            runs = [first for first in runs if first and self.tokens[first - 1].word[-1].isdigit()]
        spans = [self.span(first, first + len(synonym.stems) - 1) for first in runs]
        if synonym.exact:
            spans = [(start, end) for start, end in spans if self.text[start:end] == synonym.exact]
            if synonym.exact.islower():  # "it" is Italian only where it is given as a code
                spans = [(start, end) for start, end in spans if self.text[start - 1 : start] in _BESIDE_CODE]
        return spans

    def find_typo(self, word: str, besides: frozenset[str] = frozenset()) -> list[Span]:
        """Where a plausible slip for a word stands; words in ``besides`` mean something else."""
        if len(word) < 5 or not word.isalpha():
            return []
        alike = {*self.words.beginning(word[0]), *self.words.beginning(word[1])} - {word} - besides - STOP_WORDS
        return self.words.of(other for other in alike if typo_of(other, word))

    def find_together(self, stems: tuple[str, ...]) -> list[Span]:
        """Where all these stems stand close together, in any order, with small gaps."""
        room = 2 * len(stems) + 1
        places = [self.positions.get(one, []) for one in stems]
        spans = []
        for anchor in places[0] if all(places) else ():
            first = last = anchor
            for place in places[1:]:
                index = _nearest(place, anchor)
                first, last = min(first, index), max(last, index)
                if last - first > room:
                    break
            else:
                spans.append(self.span(first, last))
        return spans

    def find_sign(self, sign: str) -> list[Span]:
        """Where a sign such as ``€`` or ``km/h`` stands, not within a longer word."""
        spans = []
        begin = self.lower.find(sign)
        while begin >= 0:
            end = begin + len(sign)
            glued_before = sign[0].isalpha() and begin and self.text[begin - 1].isalpha()
            glued_after = sign[-1].isalnum() and end < len(self.text) and self.text[end].isalnum()
            if not glued_before and not glued_after:
                spans.append((begin, end))
            begin = self.lower.find(sign, begin + 1)
        return spans


def _nearest(sorted_numbers: Sequence[int], number: int) -> int:
    index = bisect_left(sorted_numbers, number)
    return min(sorted_numbers[max(0, index - 1) : index + 1], key=lambda other: abs(other - number))


def near(spans: Sequence[Span], span: Span, room: int) -> Sequence[Span]:
    """Of places in order, those that begin at most so many characters before or after another."""
    first = bisect_left(spans, span[0] - room, key=lambda one: one[0])
    return spans[first : bisect_right(spans, span[1] + room, first, key=lambda one: one[0])]


def _scalars_of(text: str) -> Iterator[Json]:
    if not text.lstrip().startswith(("{", "[")):
        return
    try:
        waiting = [json.loads(text)]
    except (ValueError, RecursionError):
        return
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting += [*value, *value.values()]
        elif isinstance(value, list):
            waiting += value
        elif isinstance(value, str):
            yield value.casefold().strip()
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            yield key(value)
