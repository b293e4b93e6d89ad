"""Finds values that the query rules out: "2026, not 2025" does not ask for 2025."""

import re

from apigen.verify.grounding.reading import Reading, Span

_LEAD = r"(?:\s+(?:in|on|at|for|to|from|by|with|of|the|a|an|about|like|use|using|year))*\s+[\"'`$€£]?$"
_TURNED_DOWN = re.compile(rf"(?<![\w-])(?<!\bor )(?<!\bif )(?<!\bwhy )(?<!\bis )not{_LEAD}", re.IGNORECASE)
_CONTRASTED = re.compile(
    rf"\b(?:instead of|rather than|as opposed to|in place of|other than|isn't|is not|aren't|ain't|never){_LEAD}",
    re.IGNORECASE,
)
_WINDOW = 48
"""Characters before a mention in which its negation must begin."""


def turned_down(reading: Reading, span: Span) -> bool:
    """Whether "not" stands right before a mention; "or not", "why not" and a "not" within quotes do not count."""
    match = _TURNED_DOWN.search(reading.text, max(0, span[0] - _WINDOW), span[0])
    return match is not None and reading.quote_around(match.start(), match.start() + 1) is None


def contrasted(reading: Reading, span: Span) -> bool:
    """Whether a mention is what is *not* wanted, or what something else is compared with: "rather than 5"."""
    return (
        turned_down(reading, span) or _CONTRASTED.search(reading.text, max(0, span[0] - _WINDOW), span[0]) is not None
    )
