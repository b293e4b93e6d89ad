"""Finding out whether an endpoint enforces a form, and does not merely accept that one is asked for.

The prompt asks for two colours, and the form allows none but two made-up words: who answers with these was held to
the form, or read it, which is as good. The form has every word of JSON Schema that the real ones have.
"""

from enum import StrEnum

import msgspec

from apigen.errors import one_line
from apigen.models.base import Options, Shape, exactly
from apigen.models.foreign import Unreadable, parsed
from apigen.records import Completion, Json, Message

_WORDS = ("umbrine", "oxalith")
_WORD: dict[str, Json] = {"anyOf": [{"type": "string", "enum": [word]} for word in _WORDS]}

SHAPE = Shape("colours", exactly({"colours": {"type": "array", "items": _WORD, "minItems": 2, "maxItems": 2}}))
MESSAGES = (
    Message(
        "user",
        "What colour is fresh snow, and what colour is coal? Answer with one JSON object and nothing else, of this "
        'form: {"colours": ["...", "..."]}',
    ),
)
OPTIONS = Options(temperature=0.0, max_tokens=1024, seed=0, shape=SHAPE)
"""Tokens enough for a model that thinks first; the answer itself has a dozen. Every parameter that requests have is
there, so that a refusal of one is met here."""


class Finding(StrEnum):
    """What came of asking in one way."""

    ENFORCED = "enforced"
    IGNORED = "ignored"
    """It was accepted, and the answer has another form."""
    UNCLEAR = "unclear"
    """It was accepted, and no answer came within the tokens."""
    REFUSED = "refused"


class Probe(msgspec.Struct, frozen=True, omit_defaults=True):
    """One way that was tried, and what came of it."""

    rung: str
    finding: Finding
    said: str = ""
    """What the model answered where that was not in the form, or the endpoint where it refused."""


def judged(rung: str, completion: Completion) -> Probe:
    """What an answer shows."""
    if _holds(completion.text):
        return Probe(rung, Finding.ENFORCED)
    finding = Finding.UNCLEAR if completion.finish_reason == "length" else Finding.IGNORED
    return Probe(rung, finding, shortened(completion.text or completion.missing))


def shortened(text: str) -> str:
    """A text as one line of a record."""
    line = one_line(text, 2_000)
    return line if len(line) <= 200 else f"{line[:197]}..."


def _holds(text: str) -> bool:
    try:
        value = parsed(text.encode())
    except (Unreadable, UnicodeEncodeError):
        return False
    colours = value.get("colours") if isinstance(value, dict) and len(value) == 1 else None
    return isinstance(colours, list) and len(colours) == 2 and all(word in _WORDS for word in colours)
