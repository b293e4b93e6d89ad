"""Is every call asked for, and asked for once?"""

import re

import msgspec

from apigen.records import Reason
from apigen.verify.grounding import Span, Trace
from apigen.verify.grounding.words import content_stems
from apigen.verify.rules.case import REQUEST_WORDS, Case, Reject, initials, tool_stems

_SEVERAL = re.compile(
    r"\b(?:and|or|vs\.?|versus|then|also|both|each|every|plus|as well|two|three|four|five|compare|respectively|while|"
    r"but|same|different|all|another|next|finally|along|together|between|pair|couple|with|against|than|too|again|"
    r"either)\b|[,;&/+\n]|[.?!]\s",
    re.IGNORECASE,
)
"""Signs that a query asks for more than one thing."""

_SEVERAL_LONG = ("compare", "comparison", "another", "between", "against", "together", "versus")
"""The longer of them, of which a slip counts as well."""

_BACK = re.compile(
    r"\b(?:vice versa|back|reverse[ds]?|swap(?:ped)?|other way|opposite|return|exchanged?|switch(?:ed)?)\b",
    re.IGNORECASE,
)
"""Words with which the same values are asked for in another order."""

_REFUSED = re.compile(
    r"\s*(?:please,?\s+)?(?:do not|don['\u2019]?t|never)\s+(?:compute|calculate|work out|determine|estimate|"
    r"tell me|give me|show me)\s+(?:my|the|a|an|his|her|our|their)\s+(?P<what>[a-z]+(?:[ -][a-z]+){0,3})\s*[:.,;!]",
    re.IGNORECASE,
)
"""How a query begins that turns down the very thing: "Don't compute my BMI: ..."."""

_AFTER_ALL = re.compile(
    r"\b(?:but|just|only|instead|rather|until|unless|yet|before|without|first|what|how|which|when|can|could|would|"
    r"not|please|in|using)\b|n['\u2019]t\b|\?",
    re.IGNORECASE,
)
"""Signs that such a query still asks for something."""


def unrequested(case: Case) -> Reject | None:
    """The first call that the query does not ask for, if there is one."""
    calls = case.candidate.calls
    if len(calls) < 2:
        return _refused(case)
    seen: dict[bytes, int] = {}
    for index, call in enumerate(calls):
        key = msgspec.json.encode((call.name, call.arguments), order="sorted")
        if key in seen:
            return Reject(Reason.UNREQUESTED_CALL, f"{call.name}: calls {seen[key]} and {index} are the same")
        seen[key] = index
    if not _SEVERAL.search(case.reading.text) and not any(map(case.reading.find_typo, _SEVERAL_LONG)):
        return Reject(Reason.UNREQUESTED_CALL, f"{len(calls)} calls, but the query asks for one thing")
    for index in range(len(calls)):
        detail = _borrowed(case, index)
        if detail:
            return Reject(Reason.UNREQUESTED_CALL, detail)
    return None


def _refused(case: Case) -> Reject | None:
    """The only call, if the query says in its first words that it is not wanted, and then asks for nothing."""
    text = case.reading.text
    match = _REFUSED.match(text)
    if match is None or not case.candidate.calls or _AFTER_ALL.search(text, match.end()):
        return None
    if any(case.asks(clause) for clause in case.clauses if clause[0] >= match.end()):
        return None
    words = [token.stem for token in case.reading.tokens if token.start >= match.end()]
    tool = case.tools.get(case.candidate.calls[0].name)
    if tool is None or not REQUEST_WORDS.isdisjoint(words):
        return None
    names = {*content_stems(tool.name), initials(tool.name)}
    if names.isdisjoint(content_stems(match["what"])):
        return None
    return Reject(Reason.UNREQUESTED_CALL, f"{tool.name}: the query says {match[0].strip()!r}")


def _borrowed(case: Case, index: int) -> str | None:
    """A call that rests on nothing but what other calls rest on, and that nothing else asks for."""
    calls = case.candidate.calls
    mine = _spans(case.by_call[index])
    if not mine:
        return None
    siblings = [other for other, call in enumerate(calls) if call.name == calls[index].name and other != index]
    if siblings:
        twin = next((other for other in siblings if _values(case, other) == _values(case, index)), None)
        if twin is not None and not _BACK.search(case.reading.text):
            first, second = sorted((index, twin))
            return f"{calls[index].name}: calls {first} and {second} use the same values in a different order"
        return None
    elsewhere = {span for other, group in enumerate(case.by_call) if other != index for span in _spans(group)}
    return _unspoken(case, index) if mine <= elsewhere else None


def _values(case: Case, index: int) -> list[str]:
    return sorted(map(repr, case.candidate.calls[index].arguments.values()))


def _spans(group: list[Trace]) -> set[Span]:
    return {span for trace in group for span in trace.spans or ()}


def _unspoken(case: Case, index: int) -> str | None:
    """No word of the query points to this call's tool rather than to the tools of the other calls."""
    calls = case.candidate.calls
    tool = case.tools.get(calls[index].name)
    if tool is None:
        return None
    others = [case.tools[call.name] for call in calls if call.name != tool.name and call.name in case.tools]
    own = tool_stems(tool) - frozenset().union(*(tool_stems(other) for other in others))
    named = frozenset(content_stems(tool.name)) & own
    if not named or _said(case, own):
        return None
    if not any(_said(case, tool_stems(other) - tool_stems(tool)) for other in others):
        return None  # the query names none of them: "on all clouds"
    return f"{tool.name}: call {index} only uses values of other calls, and no word of the query refers to it"


def _said(case: Case, stems: frozenset[str]) -> bool:
    """Whether the query says one of some words, if only by its first five letters."""
    words = {token.stem for token in case.reading.tokens}
    roots = {word[:5] for word in words if len(word) >= 5}
    return bool(stems & words) or any(one[:5] in roots for one in stems if len(one) >= 5)
