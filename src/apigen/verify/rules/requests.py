"""Is everything that the query asks for done by some call?"""

import re
from itertools import pairwise

from apigen.records import Reason, Tool
from apigen.verify.grounding.leaves import Leaf
from apigen.verify.grounding.strings import string_evidence
from apigen.verify.grounding.words import STOP_WORDS
from apigen.verify.rules.case import Case, Mention, Reject, tool_stems
from apigen.verify.rules.fit import weights

_SEPARATOR = r"(?:,|;|/|&|\b(?:and|or|then|plus|also|vs\.?|versus|as well as|followed by|again for|another|one for)\b)"
_LIST_GAP = re.compile(
    rf"^[%\s°\w²³]{{0,14}}?(?:\s*{_SEPARATOR}\s*){{1,3}}"
    r"(?:(?:the|at|for|from|with|in|on|of|a|is|what about|by|about)\s+){0,2}[$€£¥₹(\"']*$",
    re.IGNORECASE,
)
_EITHER = re.compile(r"\bor\b", re.IGNORECASE)
"""What offers a choice: "concerts or plays" asks for one of them."""

_SAME_FOR = re.compile(
    r"[^.!?;\n]*?(?:,\s*|\s)(?:and|plus)\s+(?:(?:what|how) about\s+|also\s+|for\s+)?(?:my|his|her|our|their|the)\s+"
    r"[a-z]+(?:\s+(?:was\s+)?born)?\s+[a-z]+\s+$",
    re.IGNORECASE,
)
"""What stands between two values where the second asks the same for somebody else: "..., and my sister in"."""

_SENTENCE = re.compile(r"(?<=[.?!])[\"')]*\s+|\n+")
_MORE = re.compile(
    r"\W*(?:also|and one more|and another|besides|in addition|additionally|then|next|finally|plus)\b", re.IGNORECASE
)
"""How a further request begins."""

_BACKWARD = re.compile(r"\b(?:its?|this|those|these|them|they|their|both|each|all|same)\b", re.IGNORECASE)
"""Words by which a sentence speaks of what another one says."""

_QUESTION = re.compile(r"\b(?:what|which|how|when)\b", re.IGNORECASE)
_CLAUSE_END = re.compile(r"\s*(?:[.?!]|$)")
_PROPER_GAP = re.compile(
    r"^\s*(?:,?\s*(?:and|&|plus|as well as|then|vs\.?|versus|or)(?:\s+(?:for|in|of|to|also|at|then))*)\s*$",
    re.IGNORECASE,
)
_PROPER = re.compile(r"(?!I\b|I')[A-Z][\w'.-]+(?:\s+[A-Z][\w'.-]+)*")
_BOTH = re.compile(
    r"\b(?:both|each|respectively|either|compare|versus|vs|which is|which of|(?:two|three|four)(?!-))\b", re.IGNORECASE
)
_IDENTIFIER = re.compile(r"\w+(?:[._]\w+)+")

_ABOUT_ALL = re.compile(
    r"\b(?:the )?(?:whole|entire|complete|full) (?:thing|lot|job|business|story|affair)\b", re.IGNORECASE
)
"""Words for what the rest of the query is about."""

ENOUGH = 4.0
"""How many signs it takes to call a value forgotten."""


def unanswered(case: Case) -> Reject | None:
    """The first thing that the query asks for and no call does, if there is one."""
    for rule in (
        _listed_value,
        _apart,
        _same_for_another,
        _leftover,
        _leftover_quote,
        _other_tool,
        _listed_name,
        _named_member,
    ):
        detail = rule(case)
        if detail:
            return Reject(Reason.UNANSWERED_REQUEST, detail)
    return None


def _listed_value(case: Case) -> str | None:
    """ "5 km, 12 km and 30 km" with nothing done for one of them."""
    reading = case.reading
    for one, following in zip(case.mentions, case.mentions[1:], strict=False):
        if min(one.weight, following.weight) < 0.5:
            continue
        claimed = case.is_claimed(one.start, one.end), case.is_claimed(following.start, following.end)
        if claimed[0] == claimed[1] or one.kind != following.kind or not _alike(one, following):
            continue
        if _LIST_GAP.match(reading.text[one.end : following.start]):
            left = following if claimed[0] else one
            used = one if claimed[0] else following
            return f"{left.text(reading)!r} is listed beside {used.text(reading)!r}, but no call uses it"
    return None


def _same_for_another(case: Case) -> str | None:
    """ "Born in 1971, what generation am I, and my sister in 1990" with nothing done for the sister.

    The value must stand after the same word and in the same unit as the used one, after the question, and at the end:
    in "I was born in 1971 and my sister in 1990, what generation am I" the sister asks for nothing.
    """
    text = case.reading.text
    for used, left in zip(case.mentions, case.mentions[1:], strict=False):
        if (used.kind, used.unit, used.before) != (left.kind, left.unit, left.before) or not left.before.isalpha():
            continue
        if min(used.weight, left.weight) < 0.5 or used.weight != left.weight:
            continue
        if not case.is_claimed(used.start, used.end) or case.is_claimed(left.start, left.end):
            continue
        gap = text[used.end : left.start]
        if _SAME_FOR.fullmatch(gap) and _QUESTION.search(gap) and _CLAUSE_END.match(text, left.end):
            return f"{left.text(case.reading)!r} is named beside {used.text(case.reading)!r}, but no call uses it"
    return None


def _alike(one: Mention, other: Mention) -> bool:
    return one.unit == other.unit or (not one.unit and other.unit != "$") or (one.unit == "$" and not other.unit)


def _leftover(case: Case) -> str | None:
    """Values that no call uses, with enough signs that they ask for one.

    A stray value alone says little ("my 2 kids"). Signs are: a claimed value of the same unit, of the same unit after
    the same word, standing in a clause that asks, in a clause of its own, several of them, and words such as "both".
    """
    free = [
        mention
        for mention in case.mentions
        if mention.kind != "quote" and not case.is_claimed(mention.start, mention.end)
    ]
    used = [mention for mention in case.mentions if case.is_claimed(mention.start, mention.end)]
    distinct = {(mention.text(case.reading), mention.unit, mention.before): mention for mention in free}
    scores = [(_evidence(case, mention, used), mention) for mention in distinct.values() if mention.weight >= 0.5]
    several = len(case.candidate.calls) == 1 and any(mention.weight >= 1 for _, mention in scores)
    total = sum(score for score, _ in scores)
    if several and _BOTH.search(case.reading.text):
        total += 2.0
    if total < ENOUGH:
        return None
    best = max(scores, key=lambda pair: pair[0])[1]
    return f"no call uses {best.text(case.reading).strip()!r}" + (
        f" and {len(scores) - 1} more values" if len(scores) > 1 else ""
    )


def _evidence(case: Case, mention: Mention, used: list[Mention]) -> float:
    score = 1.0
    twins = [twin for twin in used if twin.kind == mention.kind and twin.unit == mention.unit]
    if twins and (mention.unit or mention.kind != "number"):
        score += 1.0
    if any(twin.before == mention.before for twin in twins):
        score += 1.0
        if any(twin.before == mention.before and twin.context & mention.context - {mention.unit} for twin in twins):
            score += 1.0
    clause = next((clause for clause in case.clauses if clause[0] <= mention.start < clause[1]), None)
    if clause is not None and (case.asks(clause) or not any(map(case.asks, case.clauses))):
        score += 1.0
        if not case.is_claimed(*clause):
            score += 1.0
    return score * mention.weight


def _leftover_quote(case: Case) -> str | None:
    """A quoted text that no call uses, in a query where another one is used."""
    quotes = [mention for mention in case.mentions if mention.kind == "quote"]
    parameters = {name.lower() for tool in case.candidate.tools for name in tool.properties}
    used = [mention for mention in quotes if case.is_claimed(mention.start, mention.end)]
    for mention in quotes:
        text = mention.text(case.reading)
        if case.reading.text[mention.end + 1 : mention.end + 2] == ":":
            continue  # the name of a property, not a value
        listed = any(_PROPER_GAP.match(_between(case, mention, one).strip("\"'\u201c\u201d")) for one in used)
        if (
            used
            and mention not in used
            and (listed or _asked_apart(case, mention) or _same_lead(case, mention, used))
            and text.lower() not in parameters
            and not _IDENTIFIER.fullmatch(text)
            and text not in case.tools
            and len(text) > 1
        ):
            return f"no call uses the quoted {text!r}"
    return None


def _between(case: Case, one: Mention, other: Mention) -> str:
    first, second = sorted((one, other))
    return case.reading.text[first.end : second.start]


def _same_lead(case: Case, mention: Mention, used: list[Mention]) -> bool:
    """Whether the same word leads to a value as to a used one: "the case 'A1' ... and the case 'B2'"."""
    lead = case.word_before(mention.start)
    return lead.isalpha() and lead not in STOP_WORDS and any(case.word_before(one.start) == lead for one in used)


def _apart(case: Case) -> str | None:
    """A sentence of its own that asks for something, with values of its own, and no call rests on any part of it."""
    text = case.reading.text
    edges = [0, *(match.end() for match in _SENTENCE.finditer(text)), len(text)]
    sentences = [span for span in pairwise(edges) if span[1] - span[0] > 2]
    if len(sentences) < 2 or not any(case.is_claimed(*sentence) for sentence in sentences):
        return None
    for sentence in sentences[1:]:
        if case.is_claimed(*sentence) or not (case.asks(sentence) or _MORE.match(text, *sentence)):
            continue
        if _holds_value(case, sentence, least=1.0) and not _BACKWARD.search(text, *sentence):
            return f"no call serves {_excerpt(case, sentence)!r}"
    return None


def _asked_apart(case: Case, mention: Mention) -> bool:
    """Whether a value stands in a clause of its own that asks for something."""
    clause = next((clause for clause in case.clauses if clause[0] <= mention.start < clause[1]), None)
    return clause is not None and case.asks(clause) and not case.is_claimed(*clause)


def _other_tool(case: Case) -> str | None:
    """A question without a claimed value that speaks of an offered tool which nobody calls."""
    called = {call.name for call in case.candidate.calls}
    idle = [tool for tool in case.candidate.tools if tool.name not in called]
    if not idle or len(case.clauses) < 2:
        return None
    weight = weights(case.candidate.tools)
    active: frozenset[str] = frozenset().union(
        *(tool_stems(tool) for tool in case.candidate.tools if tool.name in called)
    )
    for clause in case.clauses:
        words = set(case.words(clause))
        if case.is_claimed(*clause):
            continue
        if not case.asks(clause) and not _MORE.match(case.reading.text, *clause):
            continue
        if words & active:
            words -= active
            if len(words & _any_stems(idle)) < 2 or not _holds_value(case, clause):
                continue
        if _ABOUT_ALL.search(case.reading.text, *clause):
            continue
        best = max(idle, key=lambda tool: (_score(words, tool, weight), tool.name))
        if _score(words, best, weight) >= 2.0:
            return f"no call serves {_excerpt(case, clause)!r}, which refers to {best.name}"
    return None


def _any_stems(tools: list[Tool]) -> frozenset[str]:
    return frozenset().union(*map(tool_stems, tools))


def _holds_value(case: Case, clause: tuple[int, int], least: float = 0.5) -> bool:
    """Whether a part of the query holds a value, other than the name of a tool."""
    return any(
        clause[0] <= mention.start < clause[1]
        and mention.weight >= least
        and mention.text(case.reading) not in case.tools
        for mention in case.mentions
    )


def _score(words: set[str], tool: Tool, weight: dict[str, float]) -> float:
    return sum(weight.get(word, 0.0) for word in words & tool_stems(tool))


def _listed_name(case: Case) -> str | None:
    """ "Paris and Rome" with a call for Paris only."""
    text = case.reading.text
    names = [trace for trace in case.traces if isinstance(trace.leaf.value, str) and "enum" not in trace.leaf.schema]
    for trace in names:
        for start, end in trace.spans or ():
            if not text[start].isupper():
                continue
            for match in _PROPER.finditer(text, end):
                if not _PROPER_GAP.match(text[end : match.start()]):
                    break
                if not case.is_claimed(*match.span()) and match[0].split()[0].lower() not in STOP_WORDS:
                    return f"{match[0]!r} is named beside {text[start:end]!r}, but no call uses it"
                break
    return None


def _named_member(case: Case) -> str | None:
    """Another member of an enum, named in the query beside the one used, or in a query with several calls."""
    for trace in case.traces:
        leaf = trace.leaf
        members = [member for member in leaf.schema.get("enum", ()) if isinstance(member, str)]
        if not isinstance(leaf.value, str) or leaf.value not in members or not trace.spans:
            continue
        used = {str(other.leaf.value) for other in case.traces}
        for member in members:
            if member in used or len(member) < 3:
                continue
            for start, end in _literal(case, leaf, member):
                if not case.is_claimed(start, end) and _beside(case, trace.spans, (start, end)):
                    return f"{case.reading.text[start:end]!r} is also asked for ({leaf.path}), but no call uses it"
    return None


def _literal(case: Case, leaf: Leaf, member: str) -> tuple[tuple[int, int], ...]:
    return string_evidence(case.reading, leaf._replace(description="", value=member), member) or ()


def _beside(case: Case, spans: tuple[tuple[int, int], ...], other: tuple[int, int]) -> bool:
    text = case.reading.text
    for span in spans:
        first, second = sorted((span, other))
        gap = text[first[1] : second[0]]
        if first[1] <= second[0] and _LIST_GAP.match(gap) and not _EITHER.search(gap):
            return True
    return False


def _excerpt(case: Case, clause: tuple[int, int]) -> str:
    text = " ".join(case.reading.text[clause[0] : clause[1]].split())
    return text if len(text) <= 60 else text[:57] + "..."
