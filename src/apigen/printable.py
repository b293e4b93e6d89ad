"""Text of others, such as a server's error message, on its way to a terminal: it may hold control sequences."""

import re

_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters but for line breaks and tabs, line and paragraph separators, marks that turn the direction of what
follows, and halves of characters. Spaces of any width and joiners, which many scripts need, are none of them."""


def escaped(text: str) -> str:
    """Text with what would steer a terminal as escapes, such as ``\\x1b``; line breaks and tabs stay."""
    return _STEERING.sub(_escape, text)


def escaped_line(text: str) -> str:
    """The same on one line: line breaks and tabs are escapes as well."""
    return escaped(text).replace("\n", "\\n").replace("\t", "\\t")


def _escape(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode()
