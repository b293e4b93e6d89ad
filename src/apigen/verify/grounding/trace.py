"""Traces each argument value of a candidate to the evidence for it."""

import re
from collections.abc import Iterator
from functools import lru_cache

import msgspec

from apigen.records import Candidate, Json, Tool
from apigen.verify.grounding.choices import demanded
from apigen.verify.grounding.flags import boolean_evidence
from apigen.verify.grounding.implied import implied
from apigen.verify.grounding.leaves import Leaf, leaves
from apigen.verify.grounding.negation import turned_down
from apigen.verify.grounding.numbers import key
from apigen.verify.grounding.reading import Reading
from apigen.verify.grounding.scalars import Evidence, mentions_nothing, number_evidence
from apigen.verify.grounding.strings import literal, string_evidence
from apigen.verify.grounding.told import told_choices
from apigen.verify.grounding.words import content_stems, plain_type

_FLAGS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_BOTH = 2
_MANY = 1000
"""Of the values of a call, those after so many are looked for literally: a table is copied, not put in other words."""

_SPEAKS_OF_DEFAULTS = re.compile(r"efault|\b(?:if|unless) (?:not\b|un|none\b|omitted)", re.IGNORECASE)


class Finding(msgspec.Struct, frozen=True):
    """A value that nothing in the query, and no default, accounts for."""

    call: int
    """Index in the candidate's calls."""
    path: str
    """Where in the arguments, such as ``stops[1].city``."""
    value: Json
    why: str


class Trace(msgspec.Struct, frozen=True):
    """What one argument value that is not a default rests on."""

    call: int
    leaf: Leaf
    spans: Evidence
    """Places in the query that can account for it; empty if it needs none; ``None`` if it is ungrounded."""


def ungrounded(candidate: Candidate) -> tuple[Finding, ...]:
    """Every argument value that cannot be traced to the query or to a default.

    Args:
        candidate: its calls should fit their tools' schemas; unknown tools and arguments are read without one.

    Returns:
        One finding a value, in the order of calls and arguments; empty if all are grounded.
    """
    return tuple(
        finding(trace)
        for trace in traces(candidate, Reading(candidate.query, candidate.context))
        if trace.spans is None
    )


def finding(trace: Trace) -> Finding:
    """What is said of a value that rests on nothing."""
    return Finding(trace.call, trace.leaf.path, trace.leaf.value, _why(trace.leaf))


def traces(candidate: Candidate, reading: Reading, *, defaults: bool = False) -> Iterator[Trace]:
    """What each argument value rests on; values that equal their default only with ``defaults``."""
    tools = {tool.name: tool for tool in candidate.tools}
    for index, call in enumerate(candidate.calls):
        tool = tools.get(call.name)
        found = [
            Trace(index, leaf, _grounds(reading, leaf, tool) if number < _MANY else _copied(reading, leaf))
            for number, leaf in enumerate(leaves(call.arguments, tool.parameters if tool else {}, defaults=defaults))
        ]
        asked_for = any(trace.spans for trace in found)
        for trace in found:
            if trace.spans is not None:
                yield trace
            elif not default_in_words(trace.leaf.description, _as_words(trace.leaf.value)):
                wanted = asked_for and _speaks_of(reading, tool)
                demands = wanted and demanded(reading, trace.leaf, _about(tool))
                yield Trace(index, trace.leaf, () if demands else None)


def _speaks_of(reading: Reading, tool: Tool | None) -> bool:
    """Whether a word of the tool's name stands in the query: values that fit may be those of another tool's call."""
    words = re.sub(r"[._-]", " ", tool.name) if tool else ""
    return not {token.stem for token in reading.tokens}.isdisjoint(content_stems(words))


def _grounds(reading: Reading, leaf: Leaf, tool: Tool | None) -> Evidence:
    """What a value rests on, as the query says it, as the context does, or as they imply it."""
    said = _evidence(reading, leaf, tool)
    evidence = _affirmed(reading, leaf, said)
    if evidence is None and reading.before is not None and _in_context(reading, leaf, tool):
        return ()
    if evidence is None and not said:
        return _affirmed(reading, leaf, implied(reading, leaf, tool))
    return evidence


def _copied(reading: Reading, leaf: Leaf) -> Evidence:
    """Where a text or a number stands literally in the query or in the context; other values need no place."""
    value = leaf.value
    if isinstance(value, str):
        found = literal(reading, leaf, plain_type(value.strip()))
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        found = tuple(reading.spans_by_number.get(key(value), ())) or None
    else:
        return ()
    if found is None and reading.before is not None:
        return () if value in reading.results or _copied(reading.before, leaf) is not None else None
    return found


def _evidence(reading: Reading, leaf: Leaf, tool: Tool | None) -> Evidence:
    value = leaf.value
    if isinstance(value, str):
        if value.lower() in _FLAGS and _is_flag(leaf):
            found = boolean_evidence(reading, leaf, _FLAGS[value.lower()], _about(tool))
            if found:
                return found
        return string_evidence(reading, leaf, value)
    if isinstance(value, bool):
        return boolean_evidence(reading, leaf, value, _about(tool))
    if isinstance(value, (int, float)):
        return number_evidence(reading, leaf, value)
    if value is None:
        return () if _nullable(leaf) else None
    return mentions_nothing(reading)


def _about(tool: Tool | None) -> str:
    return f"{tool.name} {tool.description}" if tool else ""


def _is_flag(leaf: Leaf) -> bool:
    """Whether a string parameter chooses between yes and no."""
    members = {str(member).lower() for member in leaf.schema.get("enum") or told_choices(leaf.description)}
    return bool(members) and len(members & _FLAGS.keys()) >= _BOTH


def _in_context(reading: Reading, leaf: Leaf, tool: Tool | None) -> bool:
    """Whether an earlier turn or result accounts for a value, as text or exactly."""
    value = leaf.value
    if isinstance(value, str) and value.casefold().strip() in reading.results:
        return True
    if isinstance(value, (int, float)) and not isinstance(value, bool) and key(value) in reading.results:
        return True
    return reading.before is not None and _evidence(reading.before, leaf, tool) is not None


def _affirmed(reading: Reading, leaf: Leaf, evidence: Evidence) -> Evidence:
    """The evidence without mentions that the query turns down; ``None`` if nothing else is left."""
    if not evidence or isinstance(leaf.value, bool) or " not " not in reading.lower:
        return evidence
    return tuple(span for span in evidence if not turned_down(reading, span)) or None


def _as_words(value: Json) -> str:
    """How a description would give a default."""
    return "empty" if value in ([], {}) else str(value).lower()


@lru_cache(maxsize=8192)
def default_in_words(description: str, value: str) -> bool:
    """Whether the description names the default: "Default is 9.81", "defaults to 'cm'", "(default: true)"."""
    if not value or len(value) > len(description) or not _SPEAKS_OF_DEFAULTS.search(description):
        return False
    quoted = rf"[\"'`]?{re.escape(value)}[\"'`]?(?:\.0+)?(?![\w]|[.,]\d)"
    stated = (
        rf"\bdefaults?(?: value| \w+)?(?: is| to|:|=)?(?: set to| to)?(?: an?| the)?\s*{quoted}"
        rf"|(?<![\w.]){quoted}(?: is)?(?: \w+)? (?:\(default|(?:by|as|is) (?:the )?default"
        rf"|if (?:not|un|none|omitted|absent))"
        rf"|\b(?:if|unless) (?:not |un|none |omitted)[^.;]{{0,30}}?(?:is|to|uses?|assumes?|,|:) (?:the )?{quoted}"
    )
    return re.search(stated, description.lower()) is not None


def _nullable(leaf: Leaf) -> bool:
    kind = leaf.schema.get("type")
    return (
        kind is None
        or kind == "null"
        or (isinstance(kind, list) and "null" in kind)
        or bool(leaf.schema.get("nullable"))
    )


def _why(leaf: Leaf) -> str:
    value = leaf.value
    if isinstance(value, bool):
        return "the query does not mention it"
    if leaf.is_key:
        return "this property is not named in the query"
    if isinstance(value, (int, float)):
        return "this number is not in the query"
    if value is None:
        return "the schema does not allow null"
    if not value:
        return "the query does not ask for an empty value"
    return "not in the query, nor derived from anything in it"
