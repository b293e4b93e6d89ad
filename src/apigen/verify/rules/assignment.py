"""Is every value assigned to the parameter that the words around it refer to?

Grounding cannot see that "5% for 30 years" was called with 30 percent and 5 years: both numbers are in the query. The
unit after a value, the word before it and its sign say which parameter it belongs to.
"""

import re
from collections import Counter
from functools import lru_cache
from typing import NamedTuple

from apigen.records import Reason
from apigen.verify.grounding import Trace
from apigen.verify.grounding.synonyms import synonyms
from apigen.verify.grounding.words import content_stems, split_words, stem, stem_set, word_set
from apigen.verify.rules.case import Case, Mention, Reject
from apigen.verify.rules.units import UNITS

MARGIN = 1.5
"""How much better another assignment must fit before this one is called wrong."""


WORD_MARGIN = 1.0
"""The same where two texts change places, for which a preposition is sign enough: "Rome to Paris"."""


_SIGNS = {
    "%": stem_set(
        "percent percentage pct rate interest discount tax tip yield growth inflation margin apr share fraction return"
    ),
    "$": stem_set(
        """
        amount price principal cost salary income balance deposit payment budget fee bill revenue money loan value cash
        wage contribution saving total sum expense debt capital investment invest subtotal spend sale asset profit fare
        usd dollar currency
        """
    ),
}
"""Words of parameters that take a percentage or an amount of money."""

_ROLES = (
    (
        stem_set("to into until till"),
        stem_set("to target destination end until result output dest arrival stop upper maximum max finish"),
    ),
    (
        stem_set("from between since"),
        stem_set("from source origin start base input departure begin lower minimum min"),
    ),
)
"""Prepositions, and the parameters whose values they introduce."""


_ALIKE = re.compile(
    r"\b(?:both|same|each|every|equal|equally|square|cube|twice|all|identical|times|either)\b", re.IGNORECASE
)
"""Words that let one number serve several parameters."""


_FORMS = {
    "date": (word_set("date day dob birthday"), re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?)?")),
    "time": (word_set("time hour"), re.compile(r"\d{1,2}:\d\d(?::\d\d)?")),
    "address": (word_set("email mail"), re.compile(r"[\w.+-]+@[\w.-]+\.\w+")),
    "link": (word_set("url link website"), re.compile(r"https?://\S+")),
}
"""Forms of text by the last word of the parameters that take them."""


_UNIT_STEMS = frozenset(map(stem, UNITS))


class Use(NamedTuple):
    """One value with the one place in the query that it rests on."""

    trace: Trace
    mention: Mention


def misassigned(case: Case) -> Reject | None:
    """The first value that belongs to another parameter, or the first call that got another call's value."""
    for call, group in zip(case.candidate.calls, case.by_call, strict=True):
        uses = [use for trace in group for use in _uses(case, trace)]
        detail = (
            _misfit(group)
            or _swapped(case, uses)
            or _misplaced(case, uses)
            or _shared(case, uses)
            or _overdrawn(case, group)
        )
        if detail:
            return Reject(Reason.UNGROUNDED, f"{call.name}: {detail}")
    return _crossed(case)


def _misfit(group: list[Trace]) -> str | None:
    """A date given as a place and a place as a date: a text of a form that another argument is named for."""
    texts = [trace.leaf for trace in group if isinstance(trace.leaf.value, str) and trace.leaf.value]
    for form, (words, reads) in _FORMS.items():
        named = [leaf for leaf in texts if words & {*split_words(leaf.name)[-1:]}]
        wrong = next((leaf for leaf in named if not reads.search(leaf.value)), None)
        others = [leaf for leaf in texts if leaf not in named and reads.fullmatch(leaf.value)]
        stray = next((leaf for leaf in others if not words & set(split_words(f"{leaf.name} {leaf.description}"))), None)
        if wrong is not None and stray is not None:
            return f"{wrong.path} is {wrong.value!r} and {stray.path} is the {form} {stray.value!r}"
    return None


def _uses(case: Case, trace: Trace) -> list[Use]:
    value = trace.leaf.value
    if not trace.spans or len(set(trace.spans)) != 1 or isinstance(value, bool) or "[" in trace.leaf.path:
        return []
    start, end = trace.spans[0]
    for mention in case.mentions:
        if mention.start < end and start < mention.end:
            return [Use(trace, mention)]
    numbers = [number for number in case.reading.numbers if number.start < end and start < number.end]
    if not isinstance(value, str) and not any(value in number.values for number in numbers):
        return []  # it follows from words, or from another number
    return [Use(trace, Mention(start, end, "word", "", case.word_before(start)))]


def _swapped(case: Case, uses: list[Use]) -> str | None:
    """Two values of one call that would fit better the other way round."""
    common = frozenset(content_stems(case.candidate.calls[uses[0].trace.call].name)) if uses else frozenset()
    for index, one in enumerate(uses):
        for other in uses[index + 1 :]:
            if not _exchangeable(one, other) or one.mention == other.mention:
                continue
            a, b = one.trace, other.trace
            first, second = _sharing(case, one.mention, other.mention)
            now = affinity(a, first, b, common) + affinity(b, second, a, common)
            then = affinity(a, second, b, common) + affinity(b, first, a, common)
            words = one.mention.kind == other.mention.kind == "word"
            if then - now >= (WORD_MARGIN if words else MARGIN):
                return (
                    f"{one.trace.leaf.path} and {other.trace.leaf.path} look swapped "
                    f"({one.mention.text(case.reading)!r}, {other.mention.text(case.reading)!r})"
                )
    return None


def _sharing(case: Case, one: Mention, other: Mention) -> tuple[Mention, Mention]:
    """Two numbers, each with the words between them: in "60 resting pulse 70" nothing says whose they are."""
    start, end = min(one.end, other.end), max(one.start, other.start)
    if "number" not in (one.kind, other.kind) or not case.unbroken(start, end):
        return one, other
    between = frozenset(case.words((start, end)))
    shared = between & (one.context | other.context) - _UNIT_STEMS
    return _with(one, shared), _with(other, shared)


def _with(mention: Mention, shared: frozenset[str]) -> Mention:
    unit = "" if mention.unit in shared else mention.unit
    return mention._replace(context=mention.context | shared, unit=unit)


def _exchangeable(one: Use, other: Use) -> bool:
    a, b = one.trace.leaf.value, other.trace.leaf.value
    numbers = isinstance(a, (int, float)) and isinstance(b, (int, float))
    texts = isinstance(a, str) and isinstance(b, str) and one.mention.kind == other.mention.kind
    schemas = one.trace.leaf.schema, other.trace.leaf.schema
    return numbers or (texts and b in schemas[0].get("enum", (b,)) and a in schemas[1].get("enum", (a,)))


def _misplaced(case: Case, uses: list[Use]) -> str | None:
    """A value that belongs to no parameter so well as one that no call uses belongs to this one."""
    free = [
        mention
        for mention in case.mentions
        if mention.kind == "number" and mention.weight >= 1 and not case.is_claimed(mention.start, mention.end)
    ]
    for use in uses:
        if isinstance(use.trace.leaf.value, str) or not free:
            continue
        now = affinity(use.trace, use.mention)
        for mention in free:
            if affinity(use.trace, mention) - now >= 2 * MARGIN:
                return (
                    f"{use.trace.leaf.path} is {use.trace.leaf.value!r}, "
                    f"but {mention.text(case.reading)!r} seems to be the intended value"
                )
    return None


def _shared(case: Case, uses: list[Use]) -> str | None:
    """Two parameters fed from one number while another number beside it goes unused."""
    if _ALIKE.search(case.reading.text):
        return None
    by_place: dict[int, Use] = {}
    for use in uses:
        if use.mention.kind != "number" or isinstance(use.trace.leaf.value, str):
            continue
        twin = by_place.setdefault(use.mention.start, use)
        if twin is use or twin.trace.leaf.value != use.trace.leaf.value:
            continue
        home = next((clause for clause in case.clauses if clause[0] <= use.mention.start < clause[1]), (0, 0))
        for mention in _free_numbers(case):
            fits = max(affinity(one.trace, mention) - affinity(one.trace, one.mention) for one in (twin, use))
            if mention.weight == 1.0 and (home[0] <= mention.start < home[1] or fits >= 1):
                paths = f"{twin.trace.leaf.path} and {use.trace.leaf.path}"
                return f"{paths} are both {use.trace.leaf.value!r}, and {mention.text(case.reading)!r} is unused"
    return None


def _overdrawn(case: Case, group: list[Trace]) -> str | None:
    """A list that holds a number more often than the query says it, while another number goes unused."""
    if _ALIKE.search(case.reading.text) or not _free_numbers(case):
        return None
    lists: dict[str, list[Trace]] = {}
    for trace in group:
        value = trace.leaf.value
        if "[" in trace.leaf.path and isinstance(value, (int, float)) and not isinstance(value, bool):
            lists.setdefault(re.sub(r"\[\d+\]", "[]", trace.leaf.path), []).append(trace)
    for path, items in lists.items():
        values = [trace.leaf.value for trace in items]
        for trace in items:
            said, held = len(set(trace.spans or ())), values.count(trace.leaf.value)
            if said and len(items) > 2 and held > said:
                return f"{path} contains {trace.leaf.value!r} {held} times, but the query mentions it {said} times"
    return None


def _free_numbers(case: Case) -> list[Mention]:
    return [
        mention
        for mention in case.mentions
        if mention.weight and mention.kind == "number" and not case.is_claimed(mention.start, mention.end)
    ]


def affinity(trace: Trace, mention: Mention, other: Trace | None = None, common: frozenset[str] = frozenset()) -> float:
    """How well the words around a mention fit a parameter; 0 is neutral.

    Args:
        trace: the parameter.
        mention: the value's place.
        other: another parameter of the same call; words that both use tell nothing.
        common: words of the tool's name, which tell nothing either.
    """
    name = frozenset(content_stems(trace.leaf.name))
    about = frozenset(content_stems(trace.leaf.description)) | name
    roles = frozenset(map(stem, split_words(trace.leaf.name)))
    name, about = name - common, about - common
    if other is not None:
        other_name = frozenset(content_stems(other.leaf.name))
        name = name - other_name
        about = about - other_name - frozenset(content_stems(other.leaf.description)) | name
    score = _sign_affinity(mention.unit, name, about) if mention.unit in _SIGNS else 0.0
    forms = {form for word in mention.context for form in _forms(word)}
    score += min(3.0, 1.0 * len(forms & name) + 0.5 * len(forms & (about - name)))
    if mention.unit not in _SIGNS and mention.unit and not name.isdisjoint(_forms(mention.unit)):
        score += 1.0
    before = stem(mention.before)
    if before and before in name:
        score += 1.0
    for prepositions, meant in _ROLES:
        if before in prepositions and meant & roles:
            score += 1.0
    return score


def _sign_affinity(unit: str, name: frozenset[str], about: frozenset[str]) -> float:
    meant, opposed = _SIGNS[unit], _SIGNS["$" if unit == "%" else "%"]
    score = 2.0 if meant & name else 1.0 if meant & about else 0.0
    return score - 1.0 if not meant & name and opposed & name else score


@lru_cache(maxsize=8192)
def _forms(word: str) -> frozenset[str]:
    return frozenset({word, *(member.stems[0] for member in synonyms(word) if len(member.stems) == 1)})


def _crossed(case: Case) -> Reject | None:
    """Calls of one tool whose values come in opposite orders: "Paris on Monday, Rome on Tuesday", days exchanged."""
    calls = case.candidate.calls
    places = [_places(group) for group in case.by_call]
    taken = Counter(place for group in places for place in set(group.values()))  # one place may serve several calls
    for index in range(len(calls)):
        for other in range(index + 1, len(calls)):
            if calls[index].name != calls[other].name:
                continue
            shared = sorted(
                path
                for path in places[index].keys() & places[other].keys()
                if taken[places[index][path]] == taken[places[other][path]] == 1
            )
            orders = {
                path: places[index][path] < places[other][path]
                for path in shared
                if places[index][path] != places[other][path]
            }
            if len(orders) >= 2 and len(set(orders.values())) == 2 and _tighter(places[index], places[other], orders):
                path = min(path for path in orders if not orders[path])
                return Reject(
                    Reason.UNGROUNDED, f"{calls[index].name}: {path} of call {index} and of call {other} look swapped"
                )
    return None


def _places(group: list[Trace]) -> dict[str, int]:
    """Where each value of a call stands; of several places, the one nearest to the call's other values."""
    given = [trace for trace in group if trace.spans and not isinstance(trace.leaf.value, bool)]
    places = {trace.leaf.path: trace.spans[0][0] for trace in given if trace.spans and len(set(trace.spans)) == 1}
    if not places:
        return {}
    middle = sum(places.values()) / len(places)
    for trace in given:
        places.setdefault(
            trace.leaf.path, min((start for start, _ in trace.spans or ()), key=lambda a: abs(a - middle))
        )
    return places


def _tighter(one: dict[str, int], other: dict[str, int], orders: dict[str, bool]) -> bool:
    """Whether each call's values would stand closer together, or in one order, after the exchange."""
    forward = [path for path in orders if orders[path]]
    backward = [path for path in orders if not orders[path]]
    now = _spread(one, forward, one, backward) + _spread(other, forward, other, backward)
    then = _spread(one, forward, other, backward) + _spread(other, forward, one, backward)
    return then <= now


def _spread(one: dict[str, int], forward: list[str], other: dict[str, int], backward: list[str]) -> int:
    return sum(abs(one[a] - other[b]) for a in forward for b in backward)
