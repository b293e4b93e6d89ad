"""Is a list as long as the one in the query?

"oak 23, beech 41, birch 6" called with oak and birch: what stands between two items of a list, in the same form, is
an item too.
"""

import re
from collections.abc import Iterator
from itertools import chain, pairwise

from apigen.records import Reason
from apigen.verify.grounding import Span, Trace
from apigen.verify.grounding.words import STOP_WORDS
from apigen.verify.rules.case import Case, Reject

_ITEM = re.compile(
    r"^[\"'\])]*\s*[,;/&]\s*(?:and\s+)?[\"'\[(]*(?P<item>[^,;:.?!()\[\]\"'\n]{1,40}?)[\"'\])]*\s*(?:,|;|/|&|,?\s+and\b)\s*(?:and\s+)?[\"'\[(]*$"
)
"""What stands between two items of a list where there is a third."""

_LONGEST = 3
"""Words of an item that stands between two others."""

_SENTENCE_END = re.compile(r"[.?!;\n]\s|:\s")


def shortened(case: Case) -> Reject | None:
    """The first list that lacks an item which the query names among the others."""
    for index, group in enumerate(case.by_call):
        lists: dict[str, list[Trace]] = {}
        for trace in group:
            if "[" in trace.leaf.path and trace.spans:
                lists.setdefault(trace.leaf.parameter, []).append(trace)
        for name, traces in lists.items():
            missing = next(chain(_texts_between(case, traces), _numbers_between(case, traces)), None)
            if missing:
                tool = case.candidate.calls[index].name
                detail = f"{tool}: {name} lacks {missing!r}, which the query lists among its items"
                return Reject(Reason.UNANSWERED_REQUEST, detail)
    return None


def _texts_between(case: Case, traces: list[Trace]) -> Iterator[str]:
    """Words between two neighbouring texts of a list."""
    text = case.reading.text
    places = sorted({span for trace in traces if isinstance(trace.leaf.value, str) for span in trace.spans or ()})
    for one, other in pairwise(places):
        match = _ITEM.match(text[one[1] : other[0]]) if one[1] <= other[0] else None
        if match is None:
            continue
        words = match["item"].split()
        start = one[1] + match.start("item")
        plain = words and len(words) <= _LONGEST and words[0].lower() not in STOP_WORDS
        if plain and not case.is_claimed(start, start + len(match["item"])):
            yield match["item"]


def _numbers_between(case: Case, traces: list[Trace]) -> Iterator[str]:
    """Numbers among those of a list's objects, in the same sentence and unit, that no call uses."""
    numbers = [trace for trace in traces if isinstance(trace.leaf.value, int | float) and "." in trace.leaf.path]
    places = sorted({span for trace in numbers for span in trace.spans or ()})
    if len(places) < 2:
        return
    first, last = places[0], places[-1]
    if _SENTENCE_END.search(case.reading.text, first[1], last[0]):
        return
    units = {mention.unit for mention in case.mentions if _inside(places, (mention.start, mention.end))}
    for mention in case.mentions:
        among = mention.kind == "number" and first[1] <= mention.start < last[0] and mention.weight >= 0.5
        if among and mention.unit in units and not case.is_claimed(mention.start, mention.end):
            yield mention.text(case.reading)


def _inside(places: list[Span], span: Span) -> bool:
    return any(start < span[1] and span[0] < end for start, end in places)
