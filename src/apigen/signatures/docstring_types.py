"""Reads the types that people write in docstrings: ``list of str, optional``, ``{'a', 'b'}``, ``array-like``."""

import ast
import datetime
import re
import typing
from collections import abc
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

from apigen.signatures.expressions import Unresolved, parse_type, union_of

_WORDS: dict[str, Any] = {
    **dict.fromkeys(("int", "ints", "integer", "integers", "long"), int),
    **dict.fromkeys(("float", "floats", "double", "number", "numbers", "numeric", "real", "scalar", "decimal"), float),
    **dict.fromkeys(("str", "strs", "string", "strings", "text", "unicode", "char", "character", "basestring"), str),
    **dict.fromkeys(("bool", "bools", "boolean", "booleans"), bool),
    **dict.fromkeys(("list", "lists", "sequence", "iterable", "collection", "iter", "array", "iterator"), list),
    **dict.fromkeys(("dict", "dicts", "dictionary", "mapping", "map"), dict),
    **dict.fromkeys(("set", "sets"), set),
    **dict.fromkeys(("tuple", "tuples"), tuple),
    **dict.fromkeys(("array-like", "array_like", "ndarray", "vector"), list[float]),
    **dict.fromkeys(("none", "nonetype", "null"), None),
    **dict.fromkeys(("callable", "function", "func"), abc.Callable),
    **dict.fromkeys(("bytes", "bytestring", "bytestr"), bytes),
    **dict.fromkeys(("object", "any", "anything"), Any),
    "frozenset": frozenset,
    "date": datetime.date,
    "datetime": datetime,
    "time": datetime.time,
    "timedelta": datetime.timedelta,
    "path": Path,
    "uuid": UUID,
    "fraction": Fraction,
}
_NAMES: dict[str, Any] = {
    **_WORDS,
    **{name: getattr(typing, name) for name in ("Optional", "Union", "Literal", "Any")},
    **{name: getattr(abc, name) for name in ("Sequence", "Iterable", "Mapping", "Callable", "Iterator")},
    "List": list,
    "Dict": dict,
    "Set": set,
    "Tuple": tuple,
    "None": None,
    "Decimal": Decimal,
    "Path": Path,
    "UUID": UUID,
    "typing": typing,
}
_COLLECTIONS = r"(?P<outer>lists?|sequences?|iterables?|collections?|arrays?|tuples?|sets?|iterators?|frozensets?)"
_OF = re.compile(rf"^(?:an?\s+)?{_COLLECTIONS}\s+of\s+(?P<inner>.+)$", re.IGNORECASE)
_MARKUP = re.compile(r":[a-z:]+:`~?([^`]*)`|[`~]")
_ASIDES = re.compile(
    r"(?:^|[,;(]\s*)(optional|required|keyword[- ]only|default\b.*|defaults to\b.*|shape\b.*)\)?\s*$"
    r"|\s+of (shape|length|size)\b.*$",
    re.IGNORECASE,
)


def read_type_text(text: str) -> Any:
    """The type that the words stand for; ``None`` in an answer means the type of ``None``.

    Args:
        text: what a docstring gives as a parameter's type, such as ``int, optional``.

    Raises:
        Unresolved: the words are no type that is known here.
    """
    plain = _MARKUP.sub(r"\1", text).strip().rstrip(".")
    while (shorter := _ASIDES.sub("", plain).strip().rstrip(",;")) != plain:
        plain = shorter
    if not plain:
        raise Unresolved(f"{text!r} names no type")
    return _read(plain)


def _read(text: str) -> Any:
    text = text.strip()
    if text.startswith("{") and text.endswith("}"):
        return _choice(text)
    if (match := _OF.match(text)) is not None:
        return _collection(match["outer"].lower().rstrip("s"), _read(match["inner"]))
    parts = _alternatives(text)
    if len(parts) > 1:
        return union_of(_read(part) for part in parts)
    return _single(text)


def _single(text: str) -> Any:
    words = re.sub(r"^(?:an?|the)\s+", "", text, flags=re.IGNORECASE)
    if words.lower() in _WORDS:
        word = _WORDS[words.lower()]
        return datetime.datetime if word is datetime else word
    if re.fullmatch(r"""(['"]).*\1|-?\d+""", words):
        return Literal[ast.literal_eval(words)]
    return parse_type(words, _look_up)


def _look_up(name: str) -> Any:
    for known in (name, name.lower()):
        if known in _NAMES:
            return _NAMES[known]
    raise Unresolved(f"{name!r} is not a type that is known here")


def _choice(text: str) -> Any:
    try:
        values = ast.literal_eval(f"[{text[1:-1]}]")
    except (ValueError, SyntaxError):
        raise Unresolved(f"{text} is no set of literal values") from None
    if not values or not all(value is None or isinstance(value, str | int | bool) for value in values):
        raise Unresolved(f"{text} is no set of literal values")
    return Literal[tuple(values)]


def _collection(outer: str, inner: Any) -> Any:
    if outer == "tuple":
        return tuple[inner, ...]
    collection: Any = {"set": set, "frozenset": frozenset}.get(outer, list)
    return collection[inner]


def _alternatives(text: str) -> list[str]:
    """The parts between "or", "|", "/" and commas that are not inside brackets or quotes."""
    parts, depth, start, quote = [], 0, 0, ""
    index = 0
    while index < len(text):
        character = text[index]
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character in "[({":
            depth += 1
        elif character in "])}":
            depth -= 1
        elif depth == 0 and (match := re.match(r"\s+or\s+|\s*[|/]\s*|\s*,\s*(?:or\s+)?", text[index:])):
            parts.append(text[start:index])
            index += match.end()
            start = index
            continue
        index += 1
    parts.append(text[start:])
    return [part for part in parts if part.strip()]
