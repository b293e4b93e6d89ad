"""Does the called tool fit the query, or does another offered tool fit clearly better?"""

import math
from collections.abc import Sequence
from functools import lru_cache

from apigen.records import Reason, Tool
from apigen.verify.grounding.synonyms import synonyms
from apigen.verify.grounding.words import STOP_WORDS, content_stems
from apigen.verify.rules.case import Case, Reject, initials, tool_stems

MARGIN = 2.0
"""How many times better the words of another tool must fit ..."""

LEAD = 3.0
"""... and by how much weight (a word that one tool in ten uses weighs 2.4) before the choice is called wrong."""

VALUE_WEIGHT = 0.3
"""What each argument traced to the query adds to the called tool's fit: its values suit its schema."""


def weights(tools: Sequence[Tool]) -> dict[str, float]:
    """How much each word tells about which tool is meant: words that few offered tools use tell more."""
    counts: dict[str, int] = {}
    for tool in tools:
        for one in tool_stems(tool):
            counts[one] = counts.get(one, 0) + 1
    return {one: math.log(1 + len(tools) / count) for one, count in counts.items()}


def mismatched(case: Case) -> Reject | None:
    """Whether a call's tool is clearly a worse fit than one that no call uses."""
    tools = case.candidate.tools
    called = {call.name for call in case.candidate.calls}
    idle = [tool for tool in tools if tool.name not in called]
    if not idle:
        return None
    weight = weights(tools)
    for index, call in enumerate(case.candidate.calls):
        tool = case.tools.get(call.name)
        if tool is None:
            continue
        spoken = _spoken(case, index)
        if not spoken & tool_stems(tool):
            given = {str(value) for value in call.arguments.values()}  # help about a tool names it
            named = next((other.name for other in idle if other.name not in given and _is_named(spoken, other)), None)
            if named:
                detail = f"no word of the query refers to {tool.name}, but {named} is named"
                return Reject(Reason.TOOL_MISMATCH, detail)
        own = _fit(spoken, tool, weight) + VALUE_WEIGHT * len(case.by_call[index])
        lead, best = max(((_fit(spoken, other, weight), other) for other in idle), key=lambda pair: pair[0])
        if lead > MARGIN * own and lead - own > LEAD and _words_for(case, best) > 1:
            detail = f"{tool.name} matches the query's words less well ({own:.1f}) than {best.name} ({lead:.1f})"
            return Reject(Reason.TOOL_MISMATCH, detail)
    return None


def _words_for(case: Case, tool: Tool) -> int:
    """How many different words of the query, outside quotes, speak of a tool; one alone is often meant otherwise."""
    known = tool_stems(tool)
    return len(
        {
            token.stem
            for token in case.reading.tokens
            if token.word not in STOP_WORDS
            and not known.isdisjoint(_with_synonyms(token.stem))
            and not any(start <= token.start < end for start, end in case.reading.quotes)
        }
    )


def _is_named(spoken: frozenset[str], tool: Tool) -> bool:
    """Whether the query says a tool's name: its initials, or two of its words (the only one, if it has no more)."""
    words = frozenset(content_stems(tool.name))
    return initials(tool.name) in spoken or len(words & spoken) >= min(2, len(words))


def _spoken(case: Case, index: int) -> frozenset[str]:
    """The words of the clauses that hold a call's values, where there are several calls; else all words."""
    tokens = case.reading.tokens
    if len(case.candidate.calls) > 1:
        spans = [span for trace in case.by_call[index] for span in trace.spans or ()]
        clauses = [clause for clause in case.clauses if any(clause[0] <= start < clause[1] for start, _ in spans)]
        if clauses:
            tokens = [token for token in tokens if any(start <= token.start < end for start, end in clauses)]
    return frozenset(one for token in tokens for one in _with_synonyms(token.stem))


@lru_cache(maxsize=16384)
def _with_synonyms(word: str) -> tuple[str, ...]:
    return (word, *(member.stems[0] for member in synonyms(word) if len(member.stems) == 1 and not member.after_number))


def _fit(spoken: frozenset[str], tool: Tool, weight: dict[str, float]) -> float:
    name, rest = _parts(tool.name, tool.description)
    score = sum(weight.get(one, 0.0) for one in spoken & name)
    score += sum(weight.get(one, 0.0) for one in spoken & rest)
    return score + 0.4 * sum(weight.get(one, 0.0) for one in (spoken & tool_stems(tool)) - rest)


@lru_cache(maxsize=4096)
def _parts(name: str, description: str) -> tuple[frozenset[str], frozenset[str]]:
    return frozenset(content_stems(name)), frozenset(content_stems(name)) | frozenset(content_stems(description))
