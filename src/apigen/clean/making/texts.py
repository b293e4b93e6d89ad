"""Texts of a format, a pattern or a length."""

import itertools
from collections.abc import Callable, Iterator
from typing import Any

from apigen.clean.making.patterns import matching

_MOST = 200
_WORDS = ("example", "sample", "alpha", "hello world", "north", "blue", "first", "apple", "river", "a")
_LONGEST = 1 << 20

_FORMATS: dict[str, Callable[[int], str]] = {
    "date": lambda n: f"2024-{1 + n % 12:02}-{1 + n % 28:02}",
    "time": lambda n: f"{8 + n % 12:02}:{n % 60:02}:00Z",
    "date-time": lambda n: f"2024-{1 + n % 12:02}-{1 + n % 28:02}T09:30:{n % 60:02}Z",
    "duration": lambda n: f"P{1 + n}D",
    "email": lambda n: f"person{n or ''}@example.com",
    "idn-email": lambda n: f"person{n or ''}@example.com",
    "hostname": lambda n: f"host{n or ''}.example.com",
    "idn-hostname": lambda n: f"host{n or ''}.example.com",
    "ipv4": lambda n: f"192.0.2.{1 + n % 254}",
    "ipv6": lambda n: f"2001:db8::{1 + n:x}",
    "uri": lambda n: f"https://example.com/{n or ''}",
    "url": lambda n: f"https://example.com/{n or ''}",
    "iri": lambda n: f"https://example.com/{n or ''}",
    "uri-reference": lambda n: f"/example/{n or ''}",
    "iri-reference": lambda n: f"/example/{n or ''}",
    "uri-template": lambda n: f"https://example.com/{n or ''}{{id}}",
    "uuid": lambda n: f"00000000-0000-4000-8000-{n:012x}",
    "json-pointer": lambda n: f"/item/{n}",
    "relative-json-pointer": lambda n: f"{n}/item",
    "regex": lambda n: "a" * (n + 1),
    "byte": lambda n: "ZXhhbXBsZQ==" if n == 0 else f"ZXhhbXBsZ{n:03}",
}
"""The n-th text of each format; addresses are those that RFC 2606, 5737 and 3849 set aside for examples."""


def texts(schema: dict[str, Any]) -> Iterator[str]:
    """Texts for a schema of type ``string``, a few hundred at most."""
    least, most = _size(schema.get("minLength"), 0), _size(schema.get("maxLength"), _LONGEST)
    if least > _LONGEST:
        return
    if isinstance(pattern := schema.get("pattern"), str):
        for text in matching(pattern):
            yield from dict.fromkeys((text, *_fitted(text, least, most)))
    if (of_format := _FORMATS.get(str(schema.get("format")))) is not None:
        for number in range(_MOST):
            text = of_format(number)
            yield text
            if len(text) < least:
                yield _lengthened(str(schema["format"]), number, least - len(text))
        return
    for number in itertools.islice(itertools.count(), _MOST):
        word = _WORDS[number] if number < len(_WORDS) else f"word{number}"
        yield from _fitted(word, least, most)
        if len(word) > most:
            yield _short(number, most)


def _fitted(text: str, least: int, most: int) -> Iterator[str]:
    if len(text) < least:
        yield (text * (least // max(1, len(text)) + 1) or "a" * least)[:least]
    elif len(text) <= most:
        yield text


def _short(number: int, most: int) -> str:
    """The n-th text of few characters."""
    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    text = ""
    while len(text) < most:
        number, rest = divmod(number, len(letters))
        text = letters[rest] + text
    return text


def _lengthened(form: str, number: int, missing: int) -> str:
    """A longer text of the same format, for those whose length is free."""
    if "email" in form:
        return f"{'p' * min(missing, 40)}{_FORMATS[form](number)}"
    return f"{_FORMATS[form](number)}{'x' * missing}"


def _size(value: Any, default: int) -> int:
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else default
