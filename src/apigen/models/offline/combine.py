"""Several requests in one message."""

import re
from collections.abc import Sequence
from random import Random

from apigen.models.offline.draft import MARK, Draft
from apigen.models.offline.phrases import phrases
from apigen.models.offline.sentences import DOING, read_ask, sentences
from apigen.models.offline.wording import manner
from apigen.records import Wording

_BOUND = re.compile(
    r"(?:\b(?:a|an|the|of|for|on|from|in|at|with|to|between|if|is|are|by|under|when|over|about|my|our|one)\b ?|"
    r"\b\w+ = ?|[$€£\"'(] ?)+$"
)
_CLAUSE_WORDS = re.compile(
    r"\b(what|how|which|when|who|where|is|are|can|could|should|would|will|i|we|it|they|do|does|please|thanks|have|has|"
    r"had|need|want|know|me|my|no|not|this|that|so|but|because|costs?|was|were)\b",
    re.IGNORECASE,
)
_FRAME = re.compile(r"I(?:'d like to| need you to| need to| have to|'m trying to|'m supposed to| still have to) [^:]+$")
"""A need that is put like a request, so that another can lean on it."""
_STARTERS = frozenset(phrases()["starters"]) | DOING


def combine(rng: Random, drafts: Sequence[Draft], wording: Wording) -> Draft:
    """Join requests into one message that asks for all of them."""
    texts: list[str] = []
    surfaces: tuple[str, ...] = ()
    for draft in drafts:
        texts.append(draft.shifted(len(surfaces)))
        surfaces += draft.surfaces
    answers = tuple(call for draft in drafts for call in draft.answers)
    joined = _shared(rng, texts) or _listed(rng, texts, wording)
    return Draft(joined, surfaces, answers)


def _listed(rng: Random, texts: Sequence[str], wording: Wording) -> str:
    brief = [
        manner(text) is Wording.TERSE or (wording is Wording.TERSE and len(sentences(text)) == 1) for text in texts
    ]
    if all(brief):
        return _noted(rng, texts)
    rest = [_inner(text) for text in texts[1:]]
    kinds = {(text.endswith("?"), bool(read_ask(text))) for text in texts}
    short = all(len(sentences(text)) == 1 and len(text.split()) <= 20 for text in texts)
    if short and len(texts) == 2 and len(kinds) == 1 and rest[0] and kinds != {(False, False)} and rng.random() < 0.6:
        mark = "?" if texts[0].endswith("?") else "."
        return f"{texts[0].rstrip('.?!')}, and {rest[0].rstrip('.?!')}{mark}"
    parts = [closed(texts[0])]
    openings = rng.choice((("Also, ", "And lastly, "), ("Also, ", "And "), ("", ""), ("And ", "And "), ("", "Also, ")))
    for index, (text, inner) in enumerate(zip(texts[1:], rest, strict=True), start=1):
        opening = openings[1] if 1 < index == len(texts) - 1 else openings[0] if index == 1 else ""
        parts.append(closed(f"{opening}{inner}" if opening and inner else text[:1].upper() + text[1:]))
    return " ".join(parts)


def _noted(rng: Random, texts: Sequence[str]) -> str:
    """Requests in a few words each: "x; y"."""
    simple = len(texts) == 2 and not any(re.search(r",|;|:| and ", text) for text in texts)
    glue = rng.choice(("; ", " and ", " + ", ", then ")) if simple else "; "
    return glue.join([texts[0].rstrip(".?!"), *((_inner(text) or text).rstrip(".?!") for text in texts[1:])])


def closed(text: str) -> str:
    """The text with a mark at its end."""
    return text if text[-1:] in ".?!" or text[-2:-1] in ".?!" else f"{text}."


def _inner(text: str) -> str:
    """The text as it reads after an opening, nothing where its first word may be a name."""
    first = re.split(r"[\s,]", text, maxsplit=1)[0]
    if first[:1].islower() or first in ("I", "I'm", "I'd", "I've", "I'll"):
        return text
    return text[:1].lower() + text[1:] if first.split("'")[0].lower() in _STARTERS else ""


def _shared(rng: Random, texts: Sequence[str]) -> str | None:
    """Say what is common to all requests once: "Convert 5 km to miles and 12 kg to pounds"."""
    split = [_tail(text) for text in texts]
    heads = {head for head, _, _ in split}
    if len(heads) != 1 or any(not tail for _, tail, _ in split):
        return None
    head, _, end = split[0]
    tails = [tail for _, tail, _ in split]
    comma = any("," in tail or " and " in tail for tail in tails) or len(tails[0].split()) > 9
    if len(tails) == 2:
        listed = f"{tails[0]}{',' if comma else ''} and {tails[1]}"
    else:
        glue = "; " if any("," in tail for tail in tails) else ", "
        listed = glue.join(tails[:-1]) + f"{';' if glue == '; ' else ','} and {tails[-1]}"
    return f"{head}{listed}{end}"


def shareable(text: str) -> bool:
    """Whether another request of the same form can lean on this one: "... and 12 kg to pounds"."""
    head, tail, _ = _tail(text)
    return bool(tail) and not re.search(r"\bone\b", head)


def _tail(text: str) -> tuple[str, str, str]:
    """A request as what could be shared, what is its own (from its first value on), and the closing mark."""
    found = MARK.search(text)
    if not found or len(sentences(text)) != 1:
        return text, "", ""
    head = text[: found.start()]
    if not (text.endswith("?") or read_ask(text) or _FRAME.match(text) or manner(text) is Wording.TERSE):
        return text, "", ""
    bound = _BOUND.search(head)
    start = bound.start() if bound else found.start()
    if start and text[start - 1] not in " \"'(":
        return text, "", ""
    body = text.rstrip(".?!")
    tail = body[start:]
    if ":" in tail or _CLAUSE_WORDS.search(MARK.sub("", tail)) or (start and len(body[:start].split()) < 1):
        return text, "", ""
    after = MARK.split(tail)[-1]
    if "," in after or len(after.split()) > 5:
        return text, "", ""
    return text[:start], tail, text[len(body) :]
