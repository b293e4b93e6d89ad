"""Facts from descriptions that a schema could have stated: choices of a parameter, physical constants."""

import re
from functools import lru_cache

from apigen.verify.grounding.words import content_stems

_LEAD = re.compile(
    r"\b(?:options?|allow(?:s|ed)?|one of|either|possible|valid|accept(?:s|ed|able)?|supported|choose|choices|can be"
    r"|must be|values?|e\.g\.|such as|for example|like|include|includes|including)\b[^\"'`\[(|:]{0,40}[:,]?\s*",
    re.IGNORECASE,
)
_QUOTED_LIST = re.compile(
    r"[\"'`][^\"'`]{1,40}[\"'`](?:(?:\s?\([^)]*\))?,? (?:(?:and|or) )?[\"'`][^\"'`]{1,40}[\"'`]){1,}"
)
_QUOTED = re.compile(r"[\"'`]([^\"'`]{1,40})[\"'`]")
_BARS = re.compile(r"[\w+-]+(?:\s?\|\s?[\w+-]+){1,}")
_BRACKETS = re.compile(r"[\[(]([\w+ -]+(?:, ?(?:or |and )?[\w+ -]+){1,})[\])]")
_PLAIN = re.compile(r"[\w+-]+(?: [\w+-]+)?(?:, (?:(?:or|and) )?[\w+-]+(?: [\w+-]+)?){1,}(?:,? (?:or|and) [\w+-]+)?")
_LISTED = re.compile(r",\s*(?:or |and )?|\s+(?:or|and)\s+")

_CONSTANTS = (
    ("graviti", (9.8, 9.81, 9.80665)),
    ("gravit", (9.8, 9.81, 9.80665)),
    ("light", (299792458, 3e8, 2.998e8, 299792.458)),
    ("sound", (343, 340, 331)),
    ("pi", (3.14, 3.1416, 3.14159, 3.141592653589793)),
    ("planck", (6.626e-34, 6.62607015e-34)),
    ("boltzmann", (1.38e-23, 1.380649e-23)),
    ("avogadro", (6.022e23, 6.02214076e23)),
    ("gas", (8.314, 8.3145, 8.314462618, 0.0821, 0.08206)),
    ("coulomb", (8.99e9, 8.9875e9, 9e9)),
    ("permit", (8.854e-12, 8.85e-12)),
    ("permeab", (1.2566e-6, 1.257e-6, 1.25663706212e-6)),
)
"""The beginning of a word of a parameter's name, and the constant that it is known by (CODATA 2018, rounded)."""


@lru_cache(maxsize=4096)
def told_choices(description: str) -> tuple[str, ...]:
    """The choices that a description lists: "one of: 5m|15m", "options are 'lose', 'gain'", "[low, high]"."""
    found: list[str] = []
    for text in _QUOTED_LIST.findall(description):
        found += _QUOTED.findall(text)
    for text in _BARS.findall(description):
        found += [part.strip() for part in text.split("|")]
    for text in _BRACKETS.findall(description):
        found += [part.strip() for part in _LISTED.split(text)]
    for lead in _LEAD.finditer(description):
        if match := _PLAIN.match(description, lead.end()):
            found += [part.strip() for part in _LISTED.split(match[0])]
    return tuple(dict.fromkeys(filter(None, found)))


def is_constant(name: str, value: float) -> bool:
    """Whether a value is the constant of nature that a parameter is named after, such as ``gravity`` 9.81."""
    stems = content_stems(name)
    return any(
        value in values and any(one.startswith(word) if len(word) > 2 else one == word for one in stems)
        for word, values in _CONSTANTS
    )
