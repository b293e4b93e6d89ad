"""Is a request ignored because no called tool serves it?

Chatty queries ask many things that want no answer ("Who can settle this?"), so a question is missed only if it names
something of its own (a place, a day, a topic that people ask assistants about) that no call uses, if no word of it
belongs to a called tool, and if it does not point back to the rest of the query.
"""

import re

from apigen.records import Reason
from apigen.verify.grounding import Span
from apigen.verify.grounding.synonyms import synonyms
from apigen.verify.grounding.words import STOP_WORDS, stem, stem_set, word_set
from apigen.verify.rules.case import REQUEST_WORDS, Case, Reject, tool_stems

_OPENING = re.compile(
    r"^\W*(?:(?:and|also|then|oh|so|please|plus|hey|hi|ok|okay|finally|lastly|next|but|now)\b[\s,]*)*"
    r"(?:(?:can|could|would|will) you (?:please |also )*)?"
    r"(?P<verb>what(?:'s|s)?|how|when|where|who|which|is|are|will|does|do|find|get|show|tell|give|check|book|order|"
    r"search|reserve|email|send|remind|play|translate|schedule|call|text|buy|convert|calculate|set|turn|look)\b",
    re.IGNORECASE,
)
"""How a question or an order begins."""

_ORDERS = word_set("book reserve email remind play translate schedule text buy")
"""Verbs that order something done, which is never small talk."""

_TOPICS = stem_set("weather forecast news joke alarm reminder headlines temperature traffic horoscope stock ticket")
_DAYS = word_set("today tomorrow tonight weekend monday tuesday wednesday thursday friday saturday sunday")
_POINTING = re.compile(
    r"\b(?:it|its|that|this|those|these|them|they|he|she|his|her|their|him|one|ones|both|each|all|everything|there|"
    r"same|i|me|my|we|our|us|(?:the )?(?:whole|entire) \w+)\b",
    re.IGNORECASE,
)
"""Words that point back to what was said before, or to the one who asks."""

_ADDRESS = re.compile(r"\b(?:can|could|would|will|tell|give|show|remind|get|find) (?:you|me|us)\b", re.IGNORECASE)
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][\w'-]+")

_APPENDED = re.compile(
    r"[,;]?\s+(?:and|plus)\s+(?:also\s+)?(?:the\s+)?(?P<topic>weather|forecast|news|headlines|horoscope|traffic)"
    r"(?P<place>\s+(?:in|for|at)\s+(?-i:[A-Z])[\w'-]+(?:\s+(?-i:[A-Z])[\w'-]+)*)?"
    r"(?P<day>\s+(?:for\s+|on\s+|this\s+)?(?:today|tomorrow|tonight|weekend|(?:mon|tues|wednes|thurs|fri|satur|sun)day))?"
    r"\s*[?.!]*\s*$",
    re.IGNORECASE,
)
"""A topic with its place or day that ends a query: ", and the weather in Paris tomorrow?"."""


def ignored(case: Case) -> Reject | None:
    """The first request that no called tool can have to do with."""
    if not any(case.is_claimed(*clause) for clause in case.clauses):
        return None
    called = {call.name for call in case.candidate.calls}
    known = {one for tool in case.candidate.tools if tool.name in called for one in tool_stems(tool)}
    reject = _appended(case, known)
    if reject or len(case.clauses) < 2:
        return reject
    for clause in case.clauses:
        if case.is_claimed(*clause) or not _stranger(case, clause, known):
            continue
        text = " ".join(case.reading.text[clause[0] : clause[1]].split())
        return Reject(Reason.UNANSWERED_REQUEST, f"no call serves {text[:60]!r}")
    return None


def _appended(case: Case, known: set[str]) -> Reject | None:
    """A topic of its own that is added at the end without a verb, right after a value that some call uses."""
    text = case.reading.text
    match = _APPENDED.search(text)
    if match is None or not (match["place"] or match["day"]) or case.is_claimed(*match.span()):
        return None
    topic = stem(match["topic"].lower())
    follows = any(0 <= match.start() - end <= 4 for _, end in case.claimed)
    if not follows or topic in known or _known_otherwise(topic, known):
        return None
    return Reject(Reason.UNANSWERED_REQUEST, f"no call serves {' '.join(match[0].split())[:60]!r}")


def _stranger(case: Case, clause: Span, known: set[str]) -> bool:
    text = case.reading.text[clause[0] : clause[1]]
    opening = _OPENING.match(text)
    if opening is None or _POINTING.search(_ADDRESS.sub(" ", text)):
        return False
    tokens = [token for token in case.reading.tokens if clause[0] <= token.start < clause[1]]
    content = {
        token.stem
        for token in tokens
        if token.word not in STOP_WORDS and token.stem not in REQUEST_WORDS and len(token.word) > 2
    }
    if not content or content & known or any(_known_otherwise(one, known) for one in content):
        return False
    if not _TOPICS.isdisjoint(content):
        return True
    named = _NAME.search(text, opening.end()) is not None
    dated = not _DAYS.isdisjoint(token.word for token in tokens)
    return len(content) > 1 and (named or dated or opening["verb"].lower() in _ORDERS)


def _known_otherwise(word: str, known: set[str]) -> bool:
    if any(stem(one) in known for synonym in synonyms(word) for one in synonym.stems):
        return True
    return len(word) >= 5 and any(one.startswith(word[:5]) for one in known)
