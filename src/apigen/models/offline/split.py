"""Single requests out of an example that makes several, where each stands in sentences of its own."""

import re
from collections.abc import Mapping

import msgspec

from apigen.models.offline.locate import locate
from apigen.models.offline.prompt import Example
from apigen.models.offline.sentences import read_ask, sentences
from apigen.records import Tool

_CONNECTIVE = re.compile(
    r"^(?:and |also,? |plus,? |then,? |second(?:ly)?,? |first,? |next,? |finally,? |oh,? and |on top of that,? |"
    r"besides,? |"
    r"after that,? |one more thing: |separately,? )+",
    re.IGNORECASE,
)
_REFERRING = re.compile(
    r"\b(it|its|this|that|they|them|both|each|same|too|as well|either|other|another|ones?|two things)\b", re.IGNORECASE
)


def pieces(example: Example, tools: Mapping[str, Tool]) -> list[Example]:
    """The requests that can stand alone.

    Only where every sentence speaks of one call, every value has been found, and each piece asks for something.
    """
    if len(example.answers) < 2 or any(call.name not in tools for call in example.answers):
        answers = [call for call in example.answers if call.name in tools]
        if len(example.answers) < 2 or not answers:
            return []
    known = {call.name: tools.get(call.name) or Tool(call.name, "", {}) for call in example.answers}
    located = locate(example, known)
    if located.kept:
        return []
    texts: list[list[str]] = [[] for _ in example.answers]
    start, current = 0, -1
    for sentence in sentences(example.query):
        end = start + len(sentence)
        spoken = {
            leaf.call
            for slot in located.slots
            for place in slot.places
            if start <= place.start < end
            for leaf in slot.leaves
        }
        start = end + 1
        if len(spoken) > 1 or (not spoken and current < 0):
            return []
        current = spoken.pop() if spoken else current
        if current < 0 or (texts[current] and current != max(i for i, text in enumerate(texts) if text)):
            return []
        texts[current].append(sentence)
    found = []
    for call, sentence_list in zip(example.answers, texts, strict=True):
        text = _CONNECTIVE.sub("", " ".join(sentence_list))
        asks = any(sentence.endswith("?") or read_ask(sentence) for sentence in sentence_list)
        if text and asks and call.name in tools and not _REFERRING.search(text):
            found.append(Example(text[:1].upper() + text[1:], (msgspec.structs.replace(call),)))
    return found if len(found) > 0 else []
