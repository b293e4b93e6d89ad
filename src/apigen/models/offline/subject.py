"""What a tool does, in the words of its description or its name."""

import re

from apigen.models.offline.sentences import DOING
from apigen.models.offline.terms import spoken
from apigen.records import Tool

_NAMING = re.compile(
    r"(?:returns?|computes?|calculates?|gets?|finds?|gives?|determines?|estimates?|obtains?|fetch(?:es)?|derives?)\s+",
    re.IGNORECASE,
)
_TRUTH = re.compile(r"(?:true|false|whether|if)\b(?:\s+(?:if|when|iff|whether)\b)?\s*", re.IGNORECASE)
_CUT = re.compile(
    r"\s*(?:;|:\s|\(|,? (?:e\.g|i\.e)\b|(?<! up)(?<! out),? where |, as | -- | - |, based | as a |"
    r", so |, which |, such |, [a-z]+ing |"
    r" in (?:euros|dollars|percent)$).*$",
    re.DOTALL,
)
_IMPERATIVE = re.compile(r"[A-Z]?[a-z]+ (?:an?|the|any|all|one|every|each|some|this|multiple|several) \w")
"""A verb and the beginning of its object."""
_NOUN_PHRASE = re.compile(
    r"(?!.*\b(?:counterpart|backport|wrapper|alias|built-in|version of|function|method)\b)"
    r"(?:an?|the) \w+|(?!like|same|useful|works|helper|similar)[a-z]+ (?:\w+ ){0,2}(?:of|in|for|between|per) \w",
    re.IGNORECASE,
)
"""A description that names a thing: "Average speed in km/h"."""
_TWO_STEPS = re.compile(r"^(?:convert|read|take|parse)s? [^,]* and (?=(?:compute|calculate|return)s? )", re.IGNORECASE)
_NOUNS = {"order", "project", "test", "plan", "score", "list", "scale", "group"}
"""Verbs that a tool's name rather uses as nouns: ``order_total``."""
_ASKED = re.compile(
    r"(?:(?:tells?|says?|shows?|computes?|calculates?|finds?(?: out)?|returns?|works? out) )?"
    r"(?P<clause>(?:how (?:many|much|long|far|often|well)|when|where|what|which|who|whether) .+)",
    re.IGNORECASE,
)
"""A description that is a question: "How many pieces of a product are in the warehouse"."""
LONGEST = 14
"""Words of a description's first sentence beyond which the tool's name says it better."""


def subject(tool: Tool) -> tuple[bool, str]:
    """What a tool does: ``(True, "convert ...")`` or ``(False, "the mean of ...")``."""
    text = re.sub(r"\s*\([^()]*\)", "", tool.description.strip())
    first = re.split(r"(?<=\w)(?<!e\.g)(?<!i\.e)\.(?:\s|$)|\n\s*\n", text, maxsplit=1)[0]
    first = re.sub(r"`+|\s*\n\s*", lambda match: " " if "\n" in match[0] else "", first)
    first = re.sub(r"^[\w-]+ly (?=\w+s? )", "", _CUT.sub("", first).strip().rstrip(".?! "))
    first = re.sub(r",? (?:with|in|using) the (?:specified|given) \w+,?", "", _TWO_STEPS.sub("", first))
    if first and len(first.split()) <= LONGEST and first.isprintable():
        if asked := _ASKED.match(first):
            clause = _inside(asked["clause"])
            return (True, f"check {clause}") if clause.startswith("whether ") else (False, clause)
        if naming := _NAMING.match(first):
            rest = first[naming.end() :]
            if truth := _TRUTH.match(rest):
                return True, f"check whether {_inside(rest[truth.end() :])}"
            return False, _the(rest)
        verb, _, rest = first.partition(" ")
        for stem in _stems(verb.lower()):
            if rest and (stem in DOING or (stem != verb.lower() and verb.endswith("s") and _IMPERATIVE.match(first))):
                return True, f"{stem} {rest}"
        if _IMPERATIVE.match(first) and not verb.endswith(("s", "ing")) and verb.lower() not in ("the", "like"):
            return True, _inside(first)
        if _NOUN_PHRASE.match(first) and not verb.endswith("ing"):
            return False, _the(first)
    return _named(tool)


def _stems(verb: str) -> list[str]:
    """What a verb may be a form of: "passes", "looking" and "cutting" say pass, look and cut."""
    if verb.endswith("ing"):
        stem = verb.removesuffix("ing")
        return [stem, f"{stem}e", stem[:-1]]
    if verb.endswith("ies"):
        return [f"{verb.removesuffix('ies')}y"]
    if verb.endswith(("sses", "shes", "ches", "xes", "zzes")):
        return [verb.removesuffix("es")]
    return [verb] if verb.endswith("ss") or not verb.endswith("s") else [verb, verb.removesuffix("s")]


def _named(tool: Tool) -> tuple[bool, str]:
    """What a tool does by its name alone."""
    name = spoken(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", tool.name).lower()).replace("-", " ")
    head, _, rest = name.partition(" ")
    if head in DOING and head not in _NOUNS and rest:
        return True, f"{head} the {rest}"
    if not rest and not re.search(r"\w(?:tion|sion|ance|ence|ment|ness|ity|age)$", name):
        return True, name if name in DOING or re.search(r"\w{3}(?:ize|ise|ify)$", name) else f"run {name}"
    return False, f"the {rest if head in ('get', 'fetch', 'find') and rest else name}"


def _the(phrase: str) -> str:
    """A noun phrase with the definite article: the person asks for a certain one."""
    phrase = re.sub(r"^(?:an?|the)\s+", "", phrase, flags=re.IGNORECASE)
    return f"the {_inside(phrase)}"


def _inside(phrase: str) -> str:
    """A phrase as it reads inside a sentence."""
    return phrase[:1].lower() + phrase[1:] if phrase[1:2].islower() else phrase
