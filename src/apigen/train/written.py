"""Whether a text that a chat template made contains the tools and calls it was given, and how it writes them."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from apigen.records import Call


def shows(name: str, text: str) -> bool:
    """Whether a text contains a tool's name, as it is or escaped as templates escape text within JSON."""
    return any(form in text for form in (name, *_escaped(name)))


def unescaped(name: str, said: str) -> bool:
    """Whether a text contains a tool's name only in a way that JSON does not allow, so that it is not read back."""
    return name in said and not any(form in said for form in _escaped(name))


def lost_of(call: Call, said: str) -> str:
    """What of a call a text does not have, in words; empty where it has all."""
    if not shows(call.name, said):
        return f"the call of {call.name}"
    return next(
        (f"{path} of the call of {call.name}" for path, value in _leaves(call.arguments) if not _has(said, value)), ""
    )


def written_as_python(call: Call, said: str) -> bool:
    """Whether a text has arguments, or an object or list among them, as Python writes them and JSON does not."""
    as_json = msgspec.json.encode(call.arguments).decode()
    as_python = map(str, _containers(call.arguments))
    return any("'" in one and one in said and one not in as_json for one in as_python)


def _containers(value: Any) -> Iterator[Any]:
    if not isinstance(value, Mapping | list | tuple):
        return
    yield value
    for one in value.values() if isinstance(value, Mapping) else value:
        yield from _containers(one)


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """The values in arguments that are neither objects nor lists, with their paths."""
    if isinstance(value, Mapping):
        for key, one in value.items():
            yield from _leaves(one, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list | tuple):
        for place, one in enumerate(value):
            yield from _leaves(one, f"{path}[{place}]")
    else:
        yield path, value


def _has(said: str, value: Any) -> bool:
    return value == "" or any(_stands_alone(form, said) for form in _forms(value))


def _forms(value: Any) -> Iterator[str]:
    """How a template may write a value: as text, as JSON, or as JSON inside of JSON text."""
    yield str(value)
    if not isinstance(value, str):
        yield json.dumps(value)
        yield msgspec.json.encode(value).decode()  # writes some numbers otherwise
        return
    yield from _escaped(value)


def _escaped(text: str) -> Iterator[str]:
    """A text within JSON, and within JSON inside of JSON text; each with and without ``\\u`` for what is not ASCII."""
    for ascii_ in (False, True):
        once = json.dumps(text, ensure_ascii=ascii_)[1:-1]
        yield once
        yield json.dumps(once, ensure_ascii=ascii_)[1:-1]


def _stands_alone(text: str, said: str) -> bool:
    """Whether it is in there and is no part of a longer word or number."""
    at = said.find(text)
    while at >= 0:
        end = at + len(text)
        if not (_in_word(said[max(at - 1, 0) : at]) or _in_word(said[end : end + 1])):
            return True
        at = said.find(text, at + 1)
    return False


def _in_word(letter: str) -> bool:
    return letter.isalnum() or letter == "_"
