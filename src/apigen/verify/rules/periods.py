"""Does a period begin where the query says that it begins?

"between 1 March 2024 and 5 April 2024" grounds both dates wherever they go, so a call from April to March passes
unless somebody looks at the order.
"""

import re
from collections.abc import Sequence

from apigen.records import Reason
from apigen.verify.grounding import Span, Trace
from apigen.verify.grounding.words import split_words, word_set
from apigen.verify.rules.case import Case, Reject

_STARTS = word_set("from start begin since beginning first")
_ENDS = word_set("to end until till finish last")
_LIMITS = (("min", "max"), ("minimum", "maximum"), ("lower", "upper"), ("least", "most"), ("lowest", "highest"))
_OPENING = re.compile(r"\b(?:between|from)\s+(?:the\s+)?$", re.IGNORECASE)
_GAP = re.compile(r"\s*,?\s*(?:and|to|until|till|through)\s+(?:the\s+)?", re.IGNORECASE)


def reversed_period(case: Case) -> Reject | None:
    """The first call whose period runs backwards although the query states it forwards.

    Only the two dates of a query that names no others are looked at, and only a pair of parameters whose names say
    which is which; the call's own dates must run backwards as well.
    """
    text, dates = case.reading.text, case.reading.dates
    if len(dates) != 2:
        return None
    first, second = ((date.start, date.end) for date in dates)
    if not _OPENING.search(text[: first[0]]) or not _GAP.fullmatch(text[first[1] : second[0]]):
        return None
    for index, group in enumerate(case.by_call):
        start, end = _only(group, _STARTS), _only(group, _ENDS)
        if start is None or end is None or str(start.leaf.value) <= str(end.leaf.value):
            continue
        if _rests_on(start, second, first) and _rests_on(end, first, second):
            detail = f"{start.leaf.path} and {end.leaf.path} are swapped: the query says {text[first[0] : second[1]]!r}"
            return Reject(Reason.UNGROUNDED, f"{case.candidate.calls[index].name}: {detail}")
    return None


def reversed_range(case: Case) -> Reject | None:
    """The first pair of a call's numbers, least and most by their names, of which the least is larger."""
    for index, group in enumerate(case.by_call):
        numbers = {
            tuple(split_words(trace.leaf.path)): trace.leaf
            for trace in group
            if isinstance(trace.leaf.value, int | float) and not isinstance(trace.leaf.value, bool)
        }
        for words, low in numbers.items():
            for least, most in _LIMITS:
                high = numbers.get(tuple(most if word == least else word for word in words)) if least in words else None
                if high is not None and low.value > high.value:
                    detail = f"{low.path} is {low.value!r}, more than {high.path} with {high.value!r}"
                    return Reject(Reason.UNGROUNDED, f"{case.candidate.calls[index].name}: {detail}")
    return None


def _only(group: Sequence[Trace], names: frozenset[str]) -> Trace | None:
    """The one date of a call whose parameter has one of these names."""
    found = [
        trace
        for trace in group
        if isinstance(trace.leaf.value, str)
        and re.match(r"\d{4}-\d\d-\d\d", trace.leaf.value)
        and not names.isdisjoint(split_words(trace.leaf.name))
    ]
    return found[0] if len(found) == 1 else None


def _rests_on(trace: Trace, place: Span, other: Span) -> bool:
    spans = trace.spans or ()
    return any(_overlap(span, place) for span in spans) and not any(_overlap(span, other) for span in spans)


def _overlap(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]
