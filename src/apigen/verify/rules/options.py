"""Does a call leave an option at its default although the query names another choice?

"LHR to JFK in miles" without ``unit``, "orthodox Easter 2026" without ``church``, "round trip" without
``round_trip``: every given argument is right, and the answer is wrong. A word counts only if it names the choice
itself, if nothing else in any call rests on it, and if the default is not named as well.
"""

import re
from collections.abc import Iterator

from apigen.records import Call, Json, Reason, Tool
from apigen.verify.grounding import Reading, Span, Trace
from apigen.verify.grounding.leaves import Leaf, Schema, flatten, same
from apigen.verify.grounding.negation import contrasted
from apigen.verify.grounding.scalars import Evidence
from apigen.verify.grounding.strings import string_evidence
from apigen.verify.grounding.synonyms import synonyms
from apigen.verify.grounding.trace import default_in_words
from apigen.verify.grounding.words import STOP_WORDS, content_stems, split_words, stem, stem_set
from apigen.verify.rules.case import Case, Reject, tool_stems

_FLAG_FILLERS = stem_set("is are has have use with include included enable enabled allow allowed return should")
"""Words of a flag's name that people leave out when they ask for it."""

_INDIFFERENT = re.compile(
    r"(?:\b(?:do not|not|never)|n['\u2019]t)(?:\s+(?:really|too|particularly|all that|very|be))*\s+"
    r"(?:care|mind|matter|concerned|worried|picky|fussy|bothered|particular|need to worry)\b[^.!?;]*$"
    r"|\b(?:regardless of|no preference|no matter|indifferent)\b[^.!?;]*$",
    re.IGNORECASE,
)
"""How a query says that it leaves a choice open: "I don't care about ..."."""

_MARK = re.compile(r"[.,;:!?]")
_SENTENCE_END = re.compile(r"[.?!]\s")
_FOR_ALL = re.compile(r"\b(?:both|each|every|all)\b", re.IGNORECASE)
"""Words by which a choice holds for several calls."""

_LONG = 8
"""Letters from which a misspelled choice is told from every other word of a query."""

_SHORTEST = 3
"""Letters of the shortest choice that is looked for: shorter ones are mostly other words."""


def overlooked(case: Case) -> Reject | None:
    """The first option that the query names and a call leaves at its default."""
    for index, call in enumerate(case.candidate.calls):
        tool = case.tools.get(call.name)
        reject = _overlooked_by(case, index, call, tool) if tool else None
        if reject:
            return reject
    return None


def _overlooked_by(case: Case, index: int, call: Call, tool: Tool) -> Reject | None:
    for name, schema in left_open(call, tool):
        span = next(_named(case, index, tool, name, schema), None)
        if span is None:
            continue
        said = case.reading.text[span[0] : span[1]]
        if name in call.arguments:
            detail = f"{call.name}: {name} is {call.arguments[name]!r}, but the query says {said!r}"
            return Reject(Reason.UNGROUNDED, detail)
        return Reject(Reason.UNANSWERED_REQUEST, f"{call.name}: {name} is omitted, but the query says {said!r}")
    return None


def left_open(call: Call, tool: Tool) -> Iterator[tuple[str, Schema]]:
    """The optional parameters that a call leaves out or gives with their default."""
    for name, raw in tool.properties.items():
        if name in tool.required or not isinstance(raw, dict):
            continue
        schema = flatten(raw, tool.parameters)
        if name not in call.arguments or ("default" in schema and same(call.arguments[name], schema["default"])):
            yield name, schema


def _named(case: Case, index: int, tool: Tool, name: str, schema: Schema) -> Iterator[Span]:
    """Where the query names another choice than the default."""
    members = schema.get("enum") or ()
    kind = schema.get("type")
    default = _default(schema)
    if "enum" not in schema:
        if kind == "boolean" or (isinstance(kind, list) and "boolean" in kind):
            yield from _flag(case, index, tool, name, default)
        return
    texts = [member for member in members if isinstance(member, str)]
    if isinstance(default, str) and _says(case.reading, name, schema, default, texts):
        return
    for member in members:
        if same(member, default):
            continue
        if isinstance(member, str):
            others = tuple(other for other in texts if other != member)
            spans = _choice(case.reading, member, others) or _plain_slips(case.reading, member, others, tool)
        elif isinstance(member, int) and not isinstance(member, bool):
            spans = _numbered(case, name, member)
        else:
            continue
        yield from (span for span in spans if _free(case, index, tool, name, span))


def _default(schema: Schema) -> Json:
    """The default, if only the description states it: "Default is true"."""
    if "default" in schema:
        return schema["default"]
    description = str(schema.get("description", ""))
    stated = (member for member in schema.get("enum", (True,)) if default_in_words(description, str(member).lower()))
    return next(stated, None)


def _says(reading: Reading, name: str, schema: Schema, value: str, members: list[str]) -> bool:
    """Whether the query names a choice and does not turn it down; in any form, but "3 years" is not ``annually``."""
    others = tuple(other for other in members if other != value)
    spans: Evidence = tuple(_choice(reading, value, others) or _slips(reading, value, others))
    if not value.endswith("ly"):
        spans = spans or string_evidence(reading, Leaf(name, name, value, schema, name, ""), value)
    return any(not contrasted(reading, span) for span in spans or ())


def _choice(reading: Reading, member: str, others: tuple[str, ...]) -> list[Span]:
    """Where a choice is named in so many words or by another name; not as part of a longer choice.

    A slip does not count here: what a call left out must be certain. See :func:`_plain_slips`.

    Args:
        reading: the query.
        member: the choice.
        others: the other choices.
    """
    words = split_words(member)
    if len(member) < _SHORTEST or not words or (len(words) == 1 and words[0] in STOP_WORDS):
        return []
    spans = [span for span in reading.find(tuple(map(stem, words))) if _same_ending(reading, span, words)]
    if not spans and not any(word.endswith("ly") for word in words):
        spans = [
            span
            for synonym in synonyms(member)
            if not synonym.suggests and not synonym.after_number and not set(synonym.stems) <= set(map(stem, words))
            for span in reading.find_synonym(synonym)
        ]
    longer = [split_words(other) for other in others if set(words) < set(split_words(other))]
    covered = [place for other in longer for place in reading.find(tuple(map(stem, other)))]
    return [
        span
        for span in spans
        if reading.text[span[0] : span[1]].lower() not in STOP_WORDS
        and not any(a <= span[0] and span[1] <= b for a, b in covered)
    ]


def _slips(reading: Reading, member: str, others: tuple[str, ...]) -> list[Span]:
    """Where a choice of one word is misspelled: enough to believe that the default is meant."""
    words = split_words(member)
    if len(member) < _SHORTEST or len(words) != 1:
        return []
    return reading.find_typo(words[0], frozenset(word for other in others for word in split_words(other)))


def _plain_slips(reading: Reading, member: str, others: tuple[str, ...], tool: Tool) -> list[Span]:
    """Slips of a long word, which no other word comes near: ``quaterly``, but never "Would" for ``world``."""
    if len(member) < _LONG:
        return []
    known = tool_stems(tool)
    found = [(span, reading.text[span[0] : span[1]].lower()) for span in _slips(reading, member, others)]
    return [span for span, written in found if written not in STOP_WORDS and stem(written) not in known]


def _same_ending(reading: Reading, span: Span, words: tuple[str, ...]) -> bool:
    """ "24 months" does not name ``monthly``, nor "semi-annual" ``annual``."""
    last = reading.text[span[0] : span[1]].lower()
    prefixed = reading.text[span[0] - 2 : span[0]][-1:] == "-" and reading.text[span[0] - 2].isalpha()
    return last.endswith("ly") == words[-1].endswith("ly") and not prefixed


def _numbered(case: Case, name: str, member: int) -> list[Span]:
    """ "24 bit" for the choice 24 of ``bit_depth``."""
    stems = set(content_stems(name))
    return [
        (mention.start, mention.end)
        for mention in case.mentions
        if not stems.isdisjoint(_names(mention.unit)) and case.reading.text[mention.start : mention.end] == str(member)
    ]


def _flag(case: Case, index: int, tool: Tool, name: str, default: Json) -> Iterator[Span]:
    """Where a flag is named: all words of its name close together, negated for a flag that is on."""
    reading = case.reading
    words = [stem(word) for word in split_words(name) if word not in STOP_WORDS or word == "all"]
    words = [word for word in words if word not in _FLAG_FILLERS]
    if not words or set(words) <= set(content_stems(tool.name)):
        return
    spans = reading.find_together(tuple(words)) if len(words) > 1 else reading.find((words[0],))
    if not spans and len(words) > 1:
        joined = "".join(split_words(name))
        spans = [(token.start, token.end) for token in reading.tokens if token.word in {joined, joined + "s"}]
    for span in spans:
        if _negated(reading, span, name) == bool(default) and _free(case, index, tool, name, span):
            yield span


def _negated(reading: Reading, span: Span, name: str) -> bool:
    """Whether a negation that is no part of the flag's name stands close by, with no mark between."""
    inside = [index for index, token in enumerate(reading.tokens) if span[0] <= token.start < span[1]]
    for negation in reading.negations:
        token = reading.tokens[negation]
        if token.stem in map(stem, split_words(name)) or not any(-6 < negation - index < 4 for index in inside):
            continue
        between = reading.text[token.end : span[0]] if token.start < span[0] else reading.text[span[1] : token.start]
        if not _MARK.search(between):
            return True
    return False


def _free(case: Case, index: int, tool: Tool, name: str, span: Span) -> bool:
    """Whether a place can name an option of this call: used by nothing else, not negated, in this call's part."""
    start, end = span
    reading = case.reading
    if contrasted(reading, span) or _INDIFFERENT.search(reading.text, max(0, start - 80), start):
        return False
    if case.word_before(start) in {"no", "without", "from"}:
        return False
    if any(a <= start and end <= b for a, b in reading.quotes):
        return False
    for trace in (*case.traces, *case.default_traces):
        if not any(a < end and start < b for a, b in trace.spans or ()):
            continue
        if trace.leaf.parameter != name or case.candidate.calls[trace.call].name != tool.name:
            return False  # the place says something else
        if trace.call != index and trace in case.traces and not _for_all(case, index, trace.call, span):
            return False  # it is the other call's choice
    return _own_number(case, index, span) and _near(case, tool, span)


def _for_all(case: Case, index: int, other: int, span: Span) -> bool:
    """Whether a choice that another call of the tool made holds for this call too.

    It does in "in miles, LAX to AKL or MIA to CPT", with words such as "both", and after this call's own number
    ("310 gallons of gasoline and 265 gallons of diesel"), not in "2 at 1% and 3 at 2% compounded monthly".
    """
    number = _number_before(case, span)
    if number is not None:
        return any(trace.call == index for trace in _resting_on(case, number))
    text = case.reading.text
    home = next((text[a:b] for a, b in case.clauses if a <= span[0] < b), text)
    values = [
        a for call in (index, other) for trace in case.by_call[call] for a, b in trace.spans or () if a != span[0]
    ]
    ahead = bool(values) and span[1] <= min(values) and not _SENTENCE_END.search(text, span[1], max(values))
    return ahead or _FOR_ALL.search(home) is not None


def _resting_on(case: Case, span: Span) -> list[Trace]:
    return [trace for trace in case.traces if any(a < span[1] and span[0] < b for a, b in trace.spans or ())]


def _own_number(case: Case, index: int, span: Span) -> bool:
    """Whether a word after a number is free: the number is this call's, and its parameter's name is not that unit."""
    said = {one for word in split_words(case.reading.text[span[0] : span[1]]) for one in _names(stem(word))}
    number = _number_before(case, span)
    if number is None:
        return True
    leaves = [trace.leaf for trace in _resting_on(case, number) if trace.call == index]
    return bool(leaves) and not any(
        said & set(content_stems(f"{leaf.name} {leaf.schema.get('description', '')}")) for leaf in leaves
    )


def _number_before(case: Case, span: Span) -> Span | None:
    """The number right before a place; "second" is a unit as often as a number."""
    for number in case.reading.numbers:
        counts = number.digits or number.values[0] > 2
        if counts and number.start < span[0] and not case.reading.text[number.end : span[0]].strip(" -"):
            return number.start, number.end
    return None


def _names(word: str) -> set[str]:
    """A word's stem and those of its other names."""
    return {word, *(synonym.stems[0] for synonym in synonyms(word) if len(synonym.stems) == 1)}


def _near(case: Case, tool: Tool, span: Span) -> bool:
    """Whether a place is in this tool's part: no other called tool speaks of it, or this one's values are nearest."""
    calls = case.candidate.calls
    others = [case.tools[call.name] for call in calls if call.name != tool.name and call.name in case.tools]
    said = {stem(word) for word in split_words(case.reading.text[span[0] : span[1]])}
    if not any(said & tool_stems(other) for other in others):
        return True
    home = next((clause for clause in case.clauses if clause[0] <= span[0] < clause[1]), (0, len(case.reading.text)))
    near = [
        (min(abs(a - span[1]), abs(span[0] - b)), calls[trace.call].name != tool.name)
        for trace in case.traces
        for a, b in trace.spans or ()
        if home[0] <= a < home[1]
    ]
    return bool(near) and not min(near)[1]
