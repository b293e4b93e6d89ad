"""Values for any JSON Schema: what it gives itself comes first, then what can be made, and each is held to it."""

import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any

import jsonschema_rs
import msgspec

from apigen.clean.making.merging import ROOT, anchored, followed, merged
from apigen.clean.making.numbers import numbers
from apigen.clean.making.texts import texts
from apigen.records import Json

DEEPEST = 10
"""Deepest nesting in which more is made than a schema insists on."""
_GIVE_UP = 24
"""Deepest nesting that is followed at all: a schema may refer to itself."""
_TRIED = 48
"""Values tried for one place before it is given up."""
_VARIANTS = 6
"""Values of one place that are put into different wholes."""
_LONGEST_LIST = 1000

Invent = Callable[[str, dict[str, Any]], Iterable[Json]]
"""Plausible values for a scalar of that name and schema."""


class Optional(StrEnum):
    """Which properties are given that need not be."""

    ALL = "all"
    EXAMPLES = "examples"
    """Those whose schema shows an example; a default comes to the same as leaving it out."""
    NONE = "none"


class Maker:
    """Makes values for the parts of one schema.

    Args:
        schema: the whole; references in its parts lead into it.
        invent: plausible scalars that are tried before plain ones.
        optional: which properties objects get that they need not have.
    """

    def __init__(
        self, schema: dict[str, Json], invent: Invent = lambda name, schema: (), *, optional: Optional = Optional.ALL
    ) -> None:
        self._root = anchored(schema)
        self._registry = jsonschema_rs.Registry([(ROOT, self._root)])
        self._invent = invent
        self._optional = optional

    def values(self) -> Iterator[Json]:
        """Values for the whole schema, the best first; none where none could be made."""
        yield from self._fitting(self._root, "", 0)

    def _fitting(self, schema: Json, name: str, depth: int) -> Iterator[Json]:
        """Values for a part that its schema accepts, each once."""
        if schema is False or depth > _GIVE_UP:
            return
        accepts = self._validator(schema)
        seen: set[bytes] = set()
        for value in itertools.islice(self._made(schema, name, depth), _TRIED if depth else 4 * _TRIED):
            key = _key(value)
            if key is None or key in seen or not accepts(value):
                continue
            seen.add(key)
            yield value

    def _validator(self, schema: Json) -> Callable[[Json], bool]:
        if schema is True or schema == {}:
            return lambda value: True
        try:
            found = jsonschema_rs.validator_for(schema, registry=self._registry, validate_formats=True, offline=True)
        except (ValueError, jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError):
            return lambda value: True  # such as a draft 4 schema; the whole is checked in the end
        return found.is_valid

    def _made(self, schema: Json, name: str, depth: int) -> Iterator[Json]:
        """Values that should fit, whether or not they do."""
        if not isinstance(schema, dict):
            schema = {}
        if "const" in schema:
            yield schema["const"]
            return
        if isinstance(schema.get("enum"), list):
            yield from schema["enum"]
            return
        for key in ("examples", "example", "default"):
            if key in schema:
                yield from schema[key] if key == "examples" and isinstance(schema[key], list) else [schema[key]]
        if isinstance(reference := schema.get("$ref"), str):
            rest = {key: value for key, value in schema.items() if key != "$ref"}
            if depth <= _GIVE_UP:
                yield from self._made(merged([followed(reference, self._root), rest]), name, depth + 1)
            return
        for key in ("allOf", "anyOf", "oneOf"):
            if isinstance(parts := schema.get(key), list) and parts:
                rest = {other: value for other, value in schema.items() if other not in (key, "examples", "default")}
                yield from self._combined(key, parts, rest, name, depth)
                return
        if "if" in schema:
            rest = {key: value for key, value in schema.items() if key not in ("if", "then", "else")}
            chosen = [[rest, schema["if"], schema.get("then", True)], [rest, schema.get("else", True)], [rest]]
            yield from in_turn([self._made(merged(parts), name, depth + 1) for parts in chosen])
            return
        kinds = _kinds(schema)
        real = [kind for kind in kinds if kind != "null"]
        yield from in_turn([self._of_kind(kind, {**schema, "type": kind}, name, depth) for kind in real])
        if "null" in kinds:
            yield None

    def _combined(self, key: str, parts: list[Json], rest: dict[str, Json], name: str, depth: int) -> Iterator[Json]:
        if depth > _GIVE_UP:
            return
        if key == "allOf":
            whole = [self._resolved(part) for part in parts]
            yield from self._made(merged([*whole, rest]), name, depth + 1)
            return
        real = sorted(parts, key=lambda part: isinstance(part, dict) and part.get("type") == "null")
        yield from in_turn([self._made(merged([self._resolved(part), rest]), name, depth + 1) for part in real])

    def _resolved(self, schema: Json) -> Json:
        """A schema with the reference at its top replaced by what it leads to."""
        for _ in range(_GIVE_UP):
            if not isinstance(schema, dict) or not isinstance(schema.get("$ref"), str):
                break
            rest = {key: value for key, value in schema.items() if key != "$ref"}
            schema = merged([followed(schema["$ref"], self._root), rest])
        return schema

    def _of_kind(self, kind: str, schema: dict[str, Any], name: str, depth: int) -> Iterator[Json]:
        if kind in ("string", "integer", "number"):
            yield from self._invent(name, schema)
        match kind:
            case "boolean":
                yield from (True, False)
            case "null":
                yield None
            case "integer" | "number":
                yield from numbers(schema, whole=kind == "integer")
            case "string":
                yield from texts(schema)
            case "array":
                yield from self._lists(schema, name, depth)
            case "object":
                yield from self._objects(schema, depth)

    def _lists(self, schema: dict[str, Any], name: str, depth: int) -> Iterator[Json]:
        prefix: list[Json] = schema["prefixItems"] if isinstance(schema.get("prefixItems"), list) else []
        least, most = _size(schema, "minItems", 0), _size(schema, "maxItems", _LONGEST_LIST)
        contained = max(1, _size(schema, "minContains", 1)) if "contains" in schema else 0
        if max(least, contained) > _LONGEST_LIST:
            return
        shortest = max(least, contained)
        usual = 0 if depth > DEEPEST else max(len(prefix), 2)
        for length in dict.fromkeys(
            (max(shortest, min(usual, most)), max(shortest, min(1, most)), shortest, shortest + 1)
        ):
            made = self._list(schema, prefix, length, contained, name, depth)
            if made is not None:
                yield made
        if least == 0:
            yield []
        for value in itertools.islice(self._fitting(schema.get("items", True), _one_of(name), depth + 1), _VARIANTS):
            yield [value] * max(1, shortest)

    def _list(
        self, schema: dict[str, Any], prefix: list[Json], length: int, contained: int, name: str, depth: int
    ) -> list[Json] | None:
        """A list of that length; ``None`` where its items cannot be made."""
        unique = schema.get("uniqueItems") is True
        items = schema.get("items", True)
        inner = _one_of(name)
        free = self._fitting(items, inner, depth + 1)
        wanted = self._fitting({"allOf": [items, schema["contains"]]}, inner, depth + 1) if contained else iter(())
        pool: list[Json] = []
        made: list[Json] = []
        keys: set[bytes | None] = set()
        while len(made) < length:
            index = len(made)
            if index < len(prefix):
                value = next(self._fitting(prefix[index], inner, depth + 1), _NONE)
            else:
                stream = wanted if index - len(prefix) < contained else free
                value = next(stream, _NONE) if unique or len(pool) < _VARIANTS else _NONE
                if value is not _NONE:
                    if not unique and pool and _kind(value) is not _kind(pool[0]):
                        continue  # a list of numbers and words is rarely meant
                    pool.append(value)
                elif pool and not unique:
                    value = pool[index % len(pool)]
            if value is _NONE:
                return None
            if unique and _key(value) in keys:
                if index < len(prefix):
                    return None
                continue
            keys.add(_key(value))
            made.append(value)
        return made

    def _objects(self, schema: dict[str, Any], depth: int) -> Iterator[Json]:
        properties: dict[str, Json] = schema["properties"] if isinstance(schema.get("properties"), dict) else {}
        required = _needed(schema, [name for name in schema.get("required", ()) if isinstance(name, str)])
        wanted = [name for name in properties if name not in required and self._wants(properties[name])]
        if depth > DEEPEST:
            wanted = []
        for optional in dict.fromkeys((tuple(wanted), ())):
            names = _needed(schema, [*required, *optional])
            choices: dict[str, list[Json]] = {}
            for name in names:
                found = self._fitting(self._property(schema, properties, name), name, depth + 1)
                choices[name] = list(itertools.islice(found, _VARIANTS))
            if any(not choices[name] for name in required):
                return
            choices = {name: found for name, found in choices.items() if found}
            for made in _variants(choices):
                yield from self._filled(schema, properties, made, depth)

    def _wants(self, schema: Json) -> bool:
        """Whether a property is given though it need not be."""
        shows = isinstance(schema, dict) and ("examples" in schema or "example" in schema)
        return self._optional is Optional.ALL or (self._optional is Optional.EXAMPLES and shows)

    def _property(self, schema: Mapping[str, Any], properties: Mapping[str, Json], name: str) -> Json:
        """The schema of a property, also where only patterns or the rest describe it."""
        if name in properties:
            return properties[name]
        for pattern, inner in (schema.get("patternProperties") or {}).items():
            if _matches(pattern, name):
                return inner
        return schema.get("additionalProperties", True)

    def _filled(
        self, schema: dict[str, Any], properties: Mapping[str, Json], made: dict[str, Json], depth: int
    ) -> Iterator[dict[str, Json]]:
        """The object, with as many more properties as it must have and no more than it may."""
        least, most = _size(schema, "minProperties", 0), _size(schema, "maxProperties", _LONGEST_LIST)
        needed = set(schema.get("required", ()))
        while len(made) > most and (spare := [name for name in made if name not in needed]):
            made = {name: value for name, value in made.items() if name != spare[-1]}
        if len(made) >= least or least > _LONGEST_LIST:
            yield made
            return
        names = itertools.chain(properties, *(texts({"pattern": one}) for one in schema.get("patternProperties") or ()))
        if isinstance(form := schema.get("propertyNames"), dict):
            names = itertools.chain(
                names, (name for name in self._fitting(form, "", depth + 1) if isinstance(name, str))
            )
        filled = dict(made)
        for name in itertools.chain(names, (f"key{number}" for number in range(1, least + 1))):
            if len(filled) >= least:
                break
            value = next(self._fitting(self._property(schema, properties, name), name, depth + 1), _NONE)
            if name not in filled and value is not _NONE:
                filled[name] = value
        yield filled


class _None(msgspec.Struct, frozen=True):
    """No value, where ``None`` is one."""


_NONE: Any = _None()


def _kinds(schema: Mapping[str, Any]) -> list[str]:
    """The types that a schema allows, or seems to be about."""
    kinds = schema.get("type")
    if isinstance(kinds, str):
        return [kinds]
    if isinstance(kinds, list):
        return [kind for kind in kinds if isinstance(kind, str)]
    marks = {
        "object": ("properties", "required", "additionalProperties", "patternProperties", "minProperties"),
        "array": ("items", "prefixItems", "minItems", "uniqueItems", "contains"),
        "string": ("pattern", "format", "minLength", "maxLength"),
        "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    }
    likely = [kind for kind, keys in marks.items() if any(key in schema for key in keys)]
    return list(dict.fromkeys([*likely, "string", "integer", "boolean", "object", "array", "null"]))


def in_turn(streams: list[Iterator[Json]]) -> Iterator[Json]:
    """A value of each stream, then another of each, until all are at their end."""
    while streams:
        alive = []
        for stream in streams:
            value = next(stream, _NONE)
            if value is not _NONE:
                alive.append(stream)
                yield value
        streams = alive


def _variants(choices: Mapping[str, list[Json]]) -> Iterator[dict[str, Json]]:
    """All first choices; then each second, third and so on in the place of one; then all of them at once."""
    first = {name: found[0] for name, found in choices.items()}
    yield first
    for rank in range(1, _VARIANTS):
        for name, found in choices.items():
            if rank < len(found):
                yield {**first, name: found[rank]}
        yield {name: found[rank % len(found)] for name, found in choices.items()}


def _needed(schema: Mapping[str, Any], names: list[str]) -> list[str]:
    """The names, with those that they need beside them."""
    found = dict.fromkeys(names)
    for key in ("dependentRequired", "dependencies"):
        rules = schema.get(key)
        rules = rules if isinstance(rules, dict) else {}
        for _ in range(len(rules)):
            for name, others in rules.items():
                if name in found and isinstance(others, list):
                    found |= dict.fromkeys(other for other in others if isinstance(other, str))
    return list(found)


def _size(schema: Mapping[str, Any], key: str, default: int) -> int:
    value = schema.get(key)
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else default


def _kind(value: Json) -> type:
    return float if type(value) is int else type(value)


def _matches(pattern: str, name: str) -> bool:
    try:
        return re.search(pattern, name) is not None
    except re.error:
        return False


def _one_of(name: str) -> str:
    """What one item of a list of that name is called."""
    return name[:-1] if name.endswith("s") and len(name) > 3 else name


def _key(value: Json) -> bytes | None:
    """What two equal values share; ``None`` for what is no JSON."""
    try:
        return msgspec.json.encode(value, order="sorted")
    except (ValueError, TypeError, RecursionError, OverflowError):
        return None
