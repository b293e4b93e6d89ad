"""One candidate as the rules see it: its query read once, and what each call lays claim to."""

import re
from bisect import bisect_left
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import NamedTuple

from apigen.records import Candidate, Json, Reason, Tool
from apigen.verify.grounding import Reading, Span, Trace, traces
from apigen.verify.grounding.numbers import Number
from apigen.verify.grounding.words import STOP_WORDS, content_stems, split_words, stem, stem_set, word_set

_SENTENCE_END = re.compile(r"(?<=[.?!;])[\"')]*\s+|\n+")
_CONJUNCTION = re.compile(
    r",?\s+(?:and(?: then| also| finally| lastly)?|then|also|plus|as well as|along with|while|but)\s+(?=\S)",
    re.IGNORECASE,
)
_LIST_ONLY = word_set("and or then also plus vs versus to the at for from with of in by on a an as well")

_BREAK = re.compile(r"[,;:.?!()\n](?!\d)|\b(?:and|or|but|then)\b")
_NAMING = re.compile(
    r"[- ]?(?:star|digits?|point|bit|dimensional|way|d|st|nd|rd|th|dpi|times|hours? format)\b", re.IGNORECASE
)
_STOP_STEMS = frozenset(map(stem, STOP_WORDS))

REQUEST_WORDS = stem_set(
    """
    what whats how which when where who find calculate compute get convert tell show give list check estimate
    determine please need want help know figure generate create make count turn translate split add sort rank
    compare analyze analyse predict book order search fetch retrieve provide many much wondering curious wat wich
    calc
    """
)
"""Words with which people ask."""


_AUXILIARIES = word_set("can could would should is are do does did will shall may has have")
"""Words with which a question begins that has no question word."""


class Reject(NamedTuple):
    """What a rule found wrong."""

    reason: Reason
    detail: str


class Mention(NamedTuple):
    """A value in the query that looks like an argument."""

    start: int
    end: int
    kind: str
    """``number``, ``date``, ``time`` or ``quote``."""
    unit: str
    """Stem of the word right after a number, ``%`` or a currency sign; empty if there is none."""
    before: str
    """The normalised word right before it."""
    context: frozenset[str] = frozenset()
    """Stems of the words around it, up to the next mark or number."""
    weight: float = 1.0
    """How much it counts as something that wants an answer: 0 for an exponent, a half for a year or "two things"."""

    def text(self, reading: Reading) -> str:
        """The mention with its unit's sign, as it stands in the query."""
        return reading.text[self.start : self.end]


class Case:
    """A candidate with everything that several rules look at, computed when first needed."""

    def __init__(self, candidate: Candidate) -> None:
        self.candidate = candidate
        self.reading = Reading(candidate.query, candidate.context)
        self.tools: dict[str, Tool] = {tool.name: tool for tool in candidate.tools}

    @cached_property
    def traces(self) -> list[Trace]:
        """What each argument rests on, stated defaults included."""
        return list(traces(self.candidate, self.reading))

    @cached_property
    def by_call(self) -> list[list[Trace]]:
        """The traces of each call."""
        grouped: list[list[Trace]] = [[] for _ in self.candidate.calls]
        for trace in self.traces:
            grouped[trace.call].append(trace)
        return grouped

    @cached_property
    def claimed(self) -> list[Span]:
        """Every place that some argument, given or left at its default, can rest on."""
        spans = [span for trace in (*self.traces, *self.default_traces) for span in trace.spans or ()]
        text = " ".join(str(trace.leaf.value) for trace in self.traces if trace.spans == ())
        spans += [
            (number.start, number.end)
            for number in self.reading.numbers
            if self.reading.text[number.start : number.end] in text
        ]
        return spans

    @cached_property
    def default_traces(self) -> list[Trace]:
        """What the called tools' defaults would rest on if the calls gave nothing else."""
        return list(traces(_with_defaults(self), self.reading, defaults=True))

    def is_claimed(self, start: int, end: int) -> bool:
        """Whether some argument rests on a place that overlaps this one."""
        return any(first < end and start < last for first, last in self.claimed)

    @cached_property
    def mentions(self) -> list[Mention]:
        """Values in the query that look like arguments, in order; the larger wins where two overlap."""
        reading = self.reading
        found = [Mention(a, b, "quote", "", "") for a, b in reading.quotes if b - a < 80]
        found += [
            Mention(date.start, date.end, "date", "", self.word_before(date.start), weight=1.4)
            for date in reading.dates
        ]
        found += [
            Mention(time.start, time.end, "time", "", self.word_before(time.start))
            for time in reading.times
            if time.end - time.start > 2
        ]
        found += [
            Mention(
                number.start,
                number.end,
                "number",
                self._unit(number.end, number.percent, number.currency),
                self.word_before(number.start),
                self.around(number.start, number.end),
                _weight(reading.text, number),
            )
            for number in reading.numbers
            if number.digits or number.values[0] > 2
        ]
        found.sort(key=lambda mention: (mention.start, -mention.end))
        kept: list[Mention] = []
        for mention in found:
            if not kept or mention.start >= kept[-1].end:
                kept.append(mention)
        return kept

    @cached_property
    def clauses(self) -> list[Span]:
        """The query cut at sentence ends, and at conjunctions where what follows asks for something."""
        spans: list[Span] = []
        text = self.reading.text
        edges = [0, *(match.end() for match in _SENTENCE_END.finditer(text)), len(text)]
        for start, end in pairwise(edges):
            begin = start
            for match in _CONJUNCTION.finditer(text, start, end):
                words = [token.stem for token in self.reading.tokens if match.end() <= token.start < end][:3]
                if any(word in REQUEST_WORDS for word in words):
                    spans.append((begin, match.start()))
                    begin = match.end()
            spans.append((begin, end))
        return [span for span in spans if span[1] - span[0] > 2]

    def asks(self, clause: Span) -> bool:
        """Whether a clause asks for something rather than tells something."""
        words = self.words(clause)
        if self.reading.text[clause[0] : clause[1]].rstrip().endswith("?") or set(words[:1]) & _AUXILIARIES:
            return True
        return bool(set(words[:4]) & REQUEST_WORDS)

    def words(self, clause: Span) -> list[str]:
        """The stems in a part of the query."""
        return [token.stem for token in self.reading.tokens if clause[0] <= token.start < clause[1]]

    def _unit(self, end: int, percent: bool, currency: bool) -> str:
        if percent or currency:
            return "%" if percent else "$"
        if self.reading.text[end - 1] in "mbt" and not self.reading.text[end - 2].isalpha():
            return self.reading.text[end - 1]  # "90 m": metres rather than millions
        for token in self.reading.tokens[bisect_left(self._starts, end) :][:1]:
            near = self.reading.text[end : token.start] in {"", " ", "-", "° ", "°", " °"}
            if near and token.word.isalpha() and token.word not in STOP_WORDS and token.word not in _LIST_ONLY:
                return token.stem
        return ""

    def around(self, start: int, end: int) -> frozenset[str]:
        """Stems of the words around a place, up to the next mark or number."""
        text, tokens = self.reading.text, self.reading.tokens
        words: list[str] = []
        index = bisect_left(self._starts, start)
        for token in reversed(tokens[max(0, index - 5) : index]):
            if _BREAK.search(text, token.end, start):
                break
            if token.word[0].isdigit() and not text[token.start - 1 : token.start].isalpha():
                del words[-1:]  # the other number's unit
                break
            words.append(token.stem)
        for token in tokens[index : index + 6]:
            if token.start < end or (token.word == "times" and token.start - end < 2):
                continue
            glued = text[token.start - 1 : token.start].isalpha()
            if _BREAK.search(text, end, token.start) or (token.word[0].isdigit() and not glued):
                break
            words.append(token.stem)
        return frozenset(words) - _STOP_STEMS

    def unbroken(self, start: int, end: int) -> bool:
        """Whether no mark and no conjunction stands in a short part of the query."""
        return end - start < 40 and not _BREAK.search(self.reading.text, start, end)

    @cached_property
    def _starts(self) -> list[int]:
        return [token.start for token in self.reading.tokens]

    def word_before(self, start: int) -> str:
        """The normalised word right before a place."""
        index = bisect_left(self._starts, start)
        word = self.reading.tokens[index - 1].word if index else ""
        return "a" if word == "an" else word


def _weight(text: str, number: Number) -> float:
    before, after = text[max(0, number.start - 8) : number.start].lower(), text[number.end : number.end + 14]
    if before.endswith(("^", "**", "/")) or before[-1:].isalpha() or text.startswith("00", number.start):
        return 0.0
    if before[-1:] == "-" and before[-2:-1].isdigit() and text[number.start] == "0":  # a part of a date or a code
        return 0.0
    if re.search(r"(?:\bper |= ?|[a-z]-)$", before) or _NAMING.match(after):
        return 0.0
    year = 1800 <= number.values[0] <= 2100 and number.end - number.start == 4
    small = number.values[0] in {0, 1, 2} and not number.percent and not number.currency
    if not number.digits:
        return 0.25
    return 0.5 if year or small or "old" in after else 1.0


def _with_defaults(case: Case) -> Candidate:
    """The same calls with nothing but their tools' defaults, so that a default that the query states is claimed too."""
    calls = []
    for call in case.candidate.calls:
        tool = case.tools.get(call.name)
        properties = tool.properties if tool else {}
        defaults = {
            name: schema["default"]
            for name, schema in properties.items()
            if isinstance(schema, dict) and schema.get("default") not in (None, [], {})
        }
        left_out = {name: _left_out(properties.get(name), given) for name, given in call.arguments.items()}
        calls.append(type(call)(call.name, {name: value for name, value in left_out.items() if value} | defaults))
    return Candidate(case.candidate.query, tuple(calls), case.candidate.tools)


def _left_out(schema: Json, given: Json) -> Json:
    """The defaults that hold in nested objects: "1 vase" states the quantity that its item need not give."""
    if not isinstance(schema, dict):
        return None
    if isinstance(given, list):
        return [left for item in given if (left := _left_out(schema.get("items"), item))]
    if not isinstance(given, dict):
        return None
    return {
        name: inner["default"]
        for name, inner in schema.get("properties", {}).items()
        if isinstance(inner, dict)
        and inner.get("default") not in (None, [], {})
        and given.get(name, inner["default"]) == inner["default"]
    }


@lru_cache(maxsize=4096)
def initials(name: str) -> str:
    """The abbreviation of a tool's name, such as ``bmi``; empty for names of one or two words."""
    words = split_words(name)
    return "".join(word[0] for word in words) if len(words) > 2 else ""


def tool_stems(tool: Tool) -> frozenset[str]:
    """Every content word that a tool's name, description and parameters use."""
    parts = [tool.name, tool.description, initials(tool.name)]
    for name, schema in tool.properties.items():
        parts.append(name)
        if isinstance(schema, dict):
            parts.append(str(schema.get("description", "")))
            parts += [value for value in schema.get("enum", ()) if isinstance(value, str)]
    return frozenset(one for part in parts for one in content_stems(part))
