"""Taking a request's last sentence apart, and asking the same in another way."""

import re
from random import Random

import msgspec

from apigen.models.offline.phrases import phrases
from apigen.records import Wording

DOING = frozenset(phrases()["doing"])
"""Verbs that begin a request and also fit "I need to ..."."""

_POLITE = re.compile(r"(?:can|could|would|will) you (?:please |kindly |quickly )?", re.IGNORECASE)
_PLEASE = re.compile(r"please,? |pls |kindly ", re.IGNORECASE)
_WHAT_THE = re.compile(r"what(?P<be>'s|’s| is| are|s) (?P<noun>the .+)", re.IGNORECASE)  # noqa: RUF001 - a real apostrophe
_KNOW = re.compile(
    r"(?:i(?:'d| would) (?:like|love) to know|i (?:need|want|have) to know|do you know|any idea|tell me|let me know|"
    r"(?:give|show|get) me|find out|work out|figure out) ",
    re.IGNORECASE,
)
_INVERTED = re.compile(
    r"(?P<wh>(?:how (?:many|much|long|far|big|high|tall|often|heavy|fast|old)|what|which)(?: [\w-]+){0,3}?) "
    r"(?P<verb>do|will|would|must|should|can|could|did) (?P<who>I|we|they|you) (?P<rest>.+)",
)
_FINITE = re.compile(r"\b(is|are|was|were|be|going|like|do|does|did)\b")
_CLAUSE = re.compile(r"\b(if|when|that|which|where|what|how|whether|given)\b")
_SPLIT = re.compile(r"(?<=[.!?]) (?=[A-Z\ue000-\uf8ff\"'])")

_DO = {
    "plain": (
        "{Do}.", "Please {do}.", "Can you {do}?", "Could you {do}?", "I'd like you to {do}.", "I need you to {do}.",
        "Would you {do}?", "Can you please {do}?",
    ),
    "chatty": ("Could you {do}?", "Would you mind helping me {do}?", "Can you {do} when you get a second?",
               "Do you think you could {do}?", "Any chance you could {do}?"),
    "indirect": ("I need to {do}.", "I have to {do}.", "I'm trying to {do}.", "I'm supposed to {do}."),
}  # fmt: skip
_KNOW_FRAMES = {
    "plain": (
        "Can you tell me {x}?", "Could you work out {x}?", "I'd like to know {x}.", "Please work out {x}.",
        "Tell me {x}.",
        "Please tell me {x}.", "I want to know {x}.", "Can you work out {x}?",
    ),
    "chatty": ("Could you help me work out {x}?", "I was wondering if you could tell me {x}.",
               "Do you think you could work out {x}?", "Any chance you could tell me {x}?", "I'd love to know {x}."),
    "indirect": ("I need to know {x}.", "I'm trying to figure out {x}.", "I'd like to be sure of {x}.",
                 "I still have to work out {x}."),
}  # fmt: skip
_SHOW_FRAMES = {
    "plain": ("Show me {x}.", "Please show me {x}.", "Can you show me {x}?", "Could you show me {x}, please?"),
    "chatty": ("Could you show me {x} when you get a second?", "Would you mind showing me {x}?",
               "Any chance you could show me {x}?", "I'd love to see {x}."),
    "indirect": ("I need to see {x}.", "I'd like to have a look at {x}.", "I want to see {x}."),
}  # fmt: skip
"""What is shown is there already: nobody works it out."""


class Ask(msgspec.Struct, frozen=True):
    """What a sentence asks for: something to do, or something to know."""

    doing: bool
    what: str
    """``convert 5 km to miles``, ``the area of ...`` or ``how many jars I must sell``; no closing mark."""
    be: str = ""
    """``is`` or ``are`` where "What is ...?" asks for it too."""
    shown: bool = False
    """Whether it is to be shown."""


def sentences(text: str) -> list[str]:
    """The sentences of a text."""
    return _SPLIT.split(text)


def read_ask(sentence: str) -> Ask | None:
    """What a sentence asks for, or nothing where it cannot be taken apart safely."""
    body = re.sub(r"[,]? (?:please|for me|thanks)(?=[.!?]*$)", "", sentence.strip()).rstrip(".!? ")
    if re.search(r"[.?!]\s", body) or "?" in body or not body:
        return None
    polite = _POLITE.match(body)
    body = body[polite.end() :] if polite else body
    body = _PLEASE.sub("", body, count=1) if _PLEASE.match(body) else body
    known = _KNOW.match(body)
    if known:
        body = body[known.end() :]
    if found := _INVERTED.match(body[:1].lower() + body[1:]):
        if known:
            return None
        verb = "" if found["verb"] == "do" else f"{found['verb']} "
        return None if found["verb"] == "did" else Ask(False, f"{found['wh']} {found['who']} {verb}{found['rest']}")
    if found := _WHAT_THE.match(body):
        be = "are" if found["be"] == " are" else "is"
        return None if known or _broken_phrase(found["noun"]) else Ask(False, found["noun"], be)
    if known:
        shown = known[0].lower() == "show me "
        return Ask(False, body, shown=shown) if re.match(r"(the|my|our|how|what|which|whether|when) ", body) else None
    first = body.split(" ", 1)[0].lower().rstrip(",")
    if first in DOING and re.match(r"\S+ (?!of\b)", body):
        return Ask(True, body[:1].lower() + body[1:])
    return None


def _broken_phrase(phrase: str) -> bool:
    """Whether a phrase after "what is" holds a verb of its own, so that it is no plain noun phrase."""
    finite = _FINITE.search(phrase)
    clause = _CLAUSE.search(phrase)
    return bool(finite and not (clause and clause.start() < finite.start()))


def write_ask(rng: Random, ask: Ask, wording: Wording) -> str:
    """A sentence that asks for the same."""
    manner = wording.value if wording in (Wording.CHATTY, Wording.INDIRECT) else "plain"
    if ask.doing:
        frame = rng.choice(_DO[manner])
        if manner == "indirect":
            ask = Ask(True, re.sub(r" for me\b", "", ask.what))
        return frame.format(do=ask.what, Do=ask.what[:1].upper() + ask.what[1:])
    if ask.shown:
        return rng.choice(_SHOW_FRAMES[manner]).format(x=ask.what)
    noun = ask.what.startswith(("the ", "my ", "our "))
    if ask.be and manner == "plain" and rng.random() < 0.35:
        return f"What {ask.be} {ask.what}?"
    frames = _KNOW_FRAMES[manner]
    frames = frames if noun or manner != "indirect" else tuple(frame for frame in frames if "sure of" not in frame)
    return rng.choice(frames).format(x=ask.what)


def reask(rng: Random, text: str, wording: Wording) -> str:
    """The text with its asking sentence put in another way, if one is found."""
    parts = sentences(text)
    for index in reversed(range(len(parts))):
        ask = read_ask(parts[index])
        if ask and not (index and re.search(r"\b(it|that|this|them|those|these)\b", ask.what[:12])):
            return " ".join([*parts[:index], write_ask(rng, ask, wording), *parts[index + 1 :]])
    return text
