"""Reads the types that people write in docstrings: ``list of str, optional``, ``{'a', 'b'}``, ``array-like``."""

import ast
import datetime
import re
import sys
import types
import typing
from collections import abc
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal, Optional
from uuid import UUID

from typing_extensions import TypeAliasType

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
_COLLECTIONS = (
    r"(?P<outer>lists?|sequences?|iterables?|collections?|(?:nd)?arrays?|array[-_ ]?likes?|tuples?|sets?|iterators?"
    r"|frozensets?)"
)
_SHAPED = re.compile(
    r"^(?:\((?P<shape>\w+,(?: ?\w+)?)\)|(?P<dimensions>[12])[- ]?d(?:imensional)?) +"
    r"(?P<array>(?:array|ndarray|sequence).*)$",
    re.IGNORECASE,
)
"""Such as ``(N,) array_like`` and ``2-D array``."""
_SHAPE = re.compile(r"\bshape\s*[=:]?\s*\(([^()]*)\)", re.IGNORECASE)
_QUALITY = re.compile(
    r"^(?:(?:strictly|non-?negative|positive|negative|real|finite|non-?empty|single) +)+(?=\w)", re.IGNORECASE
)
"""Words that say more of a number or text than its type."""
_OF = re.compile(rf"^(?:an?\s+)?{_COLLECTIONS}\s+of\s+(?P<inner>.+)$", re.IGNORECASE)
_MARKUP = re.compile(r":[a-z:]+:`~?([^`]*)`|[`~]")
_ASIDES = re.compile(
    r"(?:^|[,;(]\s*)(optional|required|keyword[- ]only|default\b.*|defaults to\b.*|shape\b.*)\)?\s*$"
    r"|\s+of (shape|length|size)\b.*$|\s+\([^()]*\)$",
    re.IGNORECASE,
)


NameLookup = Callable[[str], Any]
"""Gives what a name stands for in the module of a function; raises ``Unresolved`` where it stands for nothing."""


def read_type_text(text: str, in_module: NameLookup | None = None, *, loaded_modules: bool = True) -> Any:
    """The type that the words stand for; ``None`` in an answer means the type of ``None``.

    Args:
        text: what a docstring gives as a parameter's type, such as ``int, optional``.
        in_module: finds the names that the documented function's module defines or imports, such as its enums.
        loaded_modules: whether a type may be given by its path in any module that is loaded; not for foreign data,
            whose reading must not depend on that.

    Raises:
        Unresolved: the words are no type that is known here.
    """
    plain = _MARKUP.sub(r"\1", text).strip().rstrip(".")
    while (shorter := _ASIDES.sub("", plain).strip().rstrip(",;")) != plain:
        plain = shorter
    if not plain:
        raise Unresolved(f"{text!r} is not a type name")
    found = _Reader(in_module or _no_names, loaded_modules=loaded_modules).read(plain)
    return _collection("list", found) if _is_table(text) and found == list[float] else found


def _is_table(text: str) -> bool:
    """Whether an array is said to have two dimensions, and no other number of them."""
    shapes = [[part for part in shape.split(",") if part.strip()] for shape in _SHAPE.findall(text)]
    return len(shapes) == 1 and len(shapes[0]) == 2


class _Reader:
    """Reads the type texts of one function."""

    def __init__(self, in_module: NameLookup, *, loaded_modules: bool) -> None:
        self._in_module = in_module
        self._last_resort = _loaded_module if loaded_modules else _no_names

    def read(self, text: str) -> Any:
        text = text.strip()
        if text.startswith("{") and text.endswith("}"):
            return _choice(text)
        if (match := _SHAPED.match(text)) is not None:
            row = self.read(match["array"])
            if row is list and not match["array"].lower().startswith("sequence"):
                row = list[float]
            is_table = match["dimensions"] == "2" or (match["shape"] or "").strip(", ").count(",") == 1
            return _collection("list", row) if is_table else row
        if (match := _OF.match(text)) is not None:
            return _collection(match["outer"].lower().rstrip("s"), self.read(match["inner"]))
        parts = _alternatives(text)
        if len(parts) > 1:
            return union_of(self.read(part) for part in parts)
        return self._single(text)

    def _single(self, text: str) -> Any:
        words = re.sub(r"^(?:an?|the)\s+", "", text, flags=re.IGNORECASE)
        if words in _WORDS:  # as it is: a "text" is a string, a class called Text is that class
            return _word(words)
        if re.fullmatch(r"""(['"]).*\1|-?\d+""", words):
            return _quoted(words)
        problem = Unresolved(f"{words!r} is not a known type")
        # The module's own names come first; but in "datetime.date" it may mean the module where it imported the class.
        for look_up in (self._in_module_or_known, self._known_or_in_module, self._last_resort):
            try:
                return _type_like(parse_type(words, look_up), words)
            except Unresolved as unresolved:
                problem = unresolved if look_up == self._in_module_or_known else problem
        if words.lower() in _WORDS:
            return _word(words.lower())
        if (plain := _QUALITY.sub("", words).lower()) != words.lower() and plain in _WORDS:
            return _word(plain)
        raise problem

    def _in_module_or_known(self, name: str) -> Any:
        try:
            return _nameable(self._in_module(name), name)
        except Unresolved:
            return _known(name)

    def _known_or_in_module(self, name: str) -> Any:
        try:
            return _known(name)
        except Unresolved:
            return self._in_module(name)


def _no_names(name: str) -> Any:
    raise Unresolved(f"{name!r} is not a known type")


def _word(word: str) -> Any:
    return datetime.datetime if word == "datetime" else _WORDS[word]


def _known(name: str) -> Any:
    for known in (name, name.lower()):
        if known in _NAMES:
            return _NAMES[known]
    raise Unresolved(f"{name!r} is not a known type")


def _loaded_module(name: str) -> Any:
    """A module by its name, for a type given with its whole path; nothing is imported for it."""
    if name in sys.modules:
        return sys.modules[name]
    raise Unresolved(f"{name!r} is not a known type")


def _nameable(found: Any, name: str) -> Any:
    """What a name stands for, if it can occur in a type: prose is full of words that name functions or constants.

    Raises:
        Unresolved: it cannot.
    """
    return found if isinstance(found, types.ModuleType | type(Optional)) else _type_like(found, name)


def _type_like(found: Any, text: str) -> Any:
    """What a text stands for, if that is a type.

    Raises:
        Unresolved: it is something else, such as a module or a number.
    """
    kinds = (type, typing.TypeVar, typing.NewType, TypeAliasType)
    if found is None or found is Any or isinstance(found, kinds) or typing.get_origin(found) is not None:
        return found
    raise Unresolved(f"{text!r} is not a type")


def _quoted(text: str) -> Any:
    try:
        return Literal[ast.literal_eval(text)]
    except (ValueError, SyntaxError):
        raise Unresolved(f"{text} is not a literal value") from None


def _choice(text: str) -> Any:
    try:
        values = ast.literal_eval(f"[{text[1:-1]}]")
    except (ValueError, SyntaxError):
        raise Unresolved(f"{text} is not a set of literal values") from None
    if not values or not all(value is None or isinstance(value, str | int | bool) for value in values):
        raise Unresolved(f"{text} is not a set of literal values")
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
