"""Type texts as datasets write them, read as JSON Schema: ``int, optional``, ``List[str]``, ``HashMap``, ``dict``.

The inverse of :func:`apigen.dataset.export.xlam.type_text`. What a text says beyond what JSON Schema can hold, and what
is not known here, is kept: the type stays open and the text stands in ``x-type``.
"""

import ast
import re
import types
import typing
from collections import abc
from functools import lru_cache
from typing import Any, Literal, get_args, get_origin

import msgspec

from apigen.records import Json
from apigen.signatures.docstring_types import read_type_text
from apigen.signatures.expressions import Unresolved
from apigen.toolspecs.text import as_json

ORIGINAL = "x-type"
"""The schema keyword that keeps a type text which JSON Schema cannot say in full."""

JSON_TYPES = frozenset(("string", "integer", "number", "boolean", "array", "object", "null"))

_PLAIN: dict[Any, str] = {
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
    list: "array",
    dict: "object",
    None: "null",
    types.NoneType: "null",
}
_LISTS = (list, set, frozenset, tuple, abc.Sequence, abc.Iterable, abc.Iterator)
_MAPPINGS = (dict, abc.Mapping)

_NAMES: dict[str, Any] = {
    **dict.fromkeys(("object", "hashmap", "hashtable", "treemap", "linkedhashmap", "record", "struct", "json"), dict),
    **dict.fromkeys(("arraylist", "linkedlist", "vector", "queue", "stack", "deque"), list),
    **dict.fromkeys(("byte", "short", "bigint", "biginteger", "uint", "int32", "int64"), int),
    **dict.fromkeys(("float32", "float64", "bigdecimal"), float),
}
"""Names from Java, JavaScript and JSON beside those that :mod:`apigen.signatures.docstring_types` knows."""

_OPEN = frozenset(("array-like", "array_like", "ndarray", "enum", "function", "func", "callable", "scalar", "decimal"))
"""Words that do not say which JSON values they stand for."""

_DEFAULT = re.compile(r"[,;(]?\s*\bdefault(?:s?\s+to\b|s?\s*(?:is\b|[:=])|\b)\s*(?P<value>.*?)\)?\s*$", re.IGNORECASE)
_OPTIONAL = re.compile(r"(?:[,;]\s*|\s*\(\s*)(?P<word>optional|required)\s*\)?\s*(?=$|[,;(])", re.IGNORECASE)
_GENERICS = re.compile(r"^[\w. ]+<.+>$")
_ARRAY = re.compile(r"^(?P<item>.+?)\s*\[\s*\]$")


class TypeText(msgspec.Struct, frozen=True):
    """What a type text says."""

    schema: dict[str, Json]
    """JSON Schema of one value; ``{"x-type": TEXT}`` where the type is not known."""
    optional: bool = False
    """Whether it says ``optional`` or tells a default."""
    default: str | None = None
    """The default it tells, as written; ``None`` where it tells none."""

    @property
    def open(self) -> bool:
        """Whether the text, or a part of it, is no type that is known here."""
        return ORIGINAL in self.schema and "type" not in self.schema


@lru_cache(maxsize=4096)
def read_type(text: str) -> TypeText:
    """What a type text says, without loss.

    Args:
        text: such as ``Union[int, float], optional``, ``str, default='x'`` or ``HashMap<String, Integer>``.
    """
    plain, default, optional = text.strip(), None, False
    if (match := _DEFAULT.search(plain)) is not None and match.start():
        plain, default, optional = plain[: match.start()].strip(), match["value"].strip() or None, True
    if (match := _OPTIONAL.search(plain)) is not None:
        optional = optional or match["word"].lower() == "optional"
        plain = (plain[: match.start()] + plain[match.end() :]).strip()
    elif plain.lower() == "optional":
        plain, optional = "", True
    schema = _schema_of_text(plain.rstrip(",; "))
    return TypeText(schema, optional, default)


def _schema_of_text(text: str) -> dict[str, Json]:
    if not text:
        return {}
    if text == "Object":  # anything in Java, a mapping in JavaScript
        return {ORIGINAL: text}
    if (word := text.lower()) in JSON_TYPES:
        return {"type": word}
    if word in _OPEN or word.rpartition(".")[2] in _OPEN:
        return {ORIGINAL: text}
    if (match := _ARRAY.match(text)) is not None and match["item"].count("[") == match["item"].count("]"):
        return {"type": "array", **_items(_schema_of_text(match["item"]))}
    code = text.replace("<", "[").replace(">", "]") if _GENERICS.match(text) else text
    try:
        schema = _schema(read_type_text(code, _name, loaded_modules=False), text)
    except (Unresolved, RecursionError):
        return {ORIGINAL: text}
    return schema


def _name(name: str) -> Any:
    found = _NAMES.get(name.lower())
    if found is None:
        raise Unresolved(f"{name!r} is not a known type")
    return found


def _schema(found: Any, text: str) -> dict[str, Json]:
    """The schema of a type; ``text`` is kept where the schema says less than the type."""
    if found in _PLAIN:
        return {"type": _PLAIN[found]}
    if found is Any:
        return {}
    origin, arguments = get_origin(found), get_args(found)
    if origin is Literal:
        return _choice(arguments)
    if origin in (typing.Union, types.UnionType):
        return _union([_schema(member, _told(member)) for member in arguments])
    if (origin or found) in _LISTS:
        return _list(origin or found, arguments, text)
    if (origin or found) in _MAPPINGS:
        inner = _schema(arguments[1], _told(arguments[1])) if len(arguments) == 2 else {}
        key = {} if not arguments or arguments[0] in (str, Any) else {ORIGINAL: text}
        return {"type": "object", **({"additionalProperties": inner} if inner else {}), **key}
    return {ORIGINAL: text}


def _list(outer: Any, arguments: tuple[Any, ...], text: str) -> dict[str, Json]:
    if outer is tuple and arguments and arguments[-1] is not ...:
        items = [_schema(argument, _told(argument)) for argument in arguments]
        return {"type": "array", "prefixItems": items, "minItems": len(items), "maxItems": len(items)}
    inner = _schema(arguments[0], _told(arguments[0])) if arguments else {}
    kept = {ORIGINAL: text} if outer in (set, frozenset) else {}  # that its values differ binds nobody who writes JSON
    return {"type": "array", **_items(inner), **kept}


def _items(inner: dict[str, Json]) -> dict[str, Json]:
    return {"items": inner} if inner else {}


def _union(members: list[dict[str, Json]]) -> dict[str, Json]:
    return members[0] if len(members) == 1 else {"anyOf": members}


def _choice(values: tuple[Any, ...]) -> dict[str, Json]:
    kinds = {_PLAIN.get(None if value is None else type(value)) for value in values}
    kind = kinds.pop() if len(kinds) == 1 else None
    return {**({"type": kind} if kind else {}), "enum": list(values)}


def _told(found: Any) -> str:
    return getattr(found, "__name__", None) or str(found)


_READINGS: dict[str, tuple[type, ...]] = {
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list, tuple),
    "object": (dict,),
    "null": (type(None),),
}


def read_value(text: str, schema: dict[str, Json]) -> Json:
    """A value written as text, where its type leaves one reading: ``"5"`` for an integer is 5.

    Args:
        text: the value as written, such as ``"5"``, ``"True"`` or ``"[1, 2]"``.
        schema: the type it should have.

    Returns:
        The value; the text itself where the type allows text or the text is no such value.
    """
    kind = schema.get("type")
    if not isinstance(kind, str) or kind not in _READINGS:
        return text
    value = literal(text)
    fits = isinstance(value, _READINGS[kind]) and (kind == "boolean" or not isinstance(value, bool))
    return value if fits and not (kind == "null" and text == "") else text


def literal(text: str) -> Json:
    """A JSON value or Python literal; the text itself where it is neither."""
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        pass
    try:
        return as_json(ast.literal_eval(text.strip()))
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError, msgspec.MsgspecError):
        return text
