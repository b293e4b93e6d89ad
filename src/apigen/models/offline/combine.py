"""Several requests in one message."""

import re
from collections.abc import Sequence
from random import Random

from apigen.models.offline.draft import MARK, Draft
from apigen.models.offline.phrases import phrases
from apigen.models.offline.sentences import DOING, sentences
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
    if wording is Wording.TERSE:
        return rng.choice(
            ("; ", "; ", " + ", " and ") if all("," not in text for text in texts) else ("; ", "; also ")
        ).join([texts[0].rstrip(".?!"), *(_inner(text).rstrip(".?!") for text in texts[1:])])
    short = all(len(sentences(text)) == 1 and len(text.split()) <= 20 for text in texts)
    questions = [text.endswith("?") for text in texts]
    if short and (all(questions) or not any(questions)) and len(texts) == 2 and rng.random() < 0.6:
        mark = "?" if questions[0] else "."
        return f"{texts[0].rstrip('.?!')}, and {_inner(texts[1]).rstrip('.?!')}{mark}"
    if len(texts) == 2:
        first, second = rng.choice(
            (("", "Also, "), ("", "And "), ("Two things. ", "And "), ("", "One more thing: "), ("", "On top of that, "))
        )
        return f"{first}{closed(texts[0])} {second}{closed(_inner(texts[1]))}"
    openings = rng.choice(
        (("First, ", "Then ", "And finally, "), ("First, ", "Next, ", "Last, "), ("", "Also, ", "And lastly, "))
    )
    parts = [openings[0] + closed(_inner(texts[0]) if openings[0] else texts[0])]
    for index, text in enumerate(texts[1:], start=1):
        opening = openings[2] if index == len(texts) - 1 else (openings[1] if index == 1 else "After that, ")
        parts.append(opening + closed(_inner(text)))
    return " ".join(parts)


def closed(text: str) -> str:
    """The text with a mark at its end."""
    return text if text[-1:] in ".?!" or text[-2:-1] in ".?!" else f"{text}."


def _inner(text: str) -> str:
    """The text as it reads after an opening: names keep their capital."""
    text = re.sub(r"^(?:Quick|Just one) question: ", "", text)
    first = re.split(r"[\s,]", text, maxsplit=1)[0]
    if first.lower() in _STARTERS and first not in ("I", "I'm", "I'd", "I've"):
        return text[:1].lower() + text[1:]
    return text


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
    bound = _BOUND.search(head)
    start = bound.start() if bound else found.start()
    if start and text[start - 1] not in " \"'(":
        return text, "", ""
    body = text.rstrip(".?!")
    tail = body[start:]
    if _CLAUSE_WORDS.search(MARK.sub("", tail)) or (start and len(body[:start].split()) < 1):
        return text, "", ""
    after = MARK.split(tail)[-1]
    if "," in after or len(after.split()) > 5:
        return text, "", ""
    return text[:start], tail, text[len(body) :]
