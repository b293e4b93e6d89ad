"""Generates values for any JSON Schema: its own examples first, then made-up values, each validated."""

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any

import jsonschema_rs

from apigen.clean.making.choices import (
    NONE,
    VARIANTS,
    in_turn,
    item_name,
    key_of,
    kinds_of,
    matches,
    needed_names,
    size,
    type_of,
    variants,
)
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
            key = key_of(value)
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
        kinds = kinds_of(schema)
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
        least, most = size(schema, "minItems", 0), size(schema, "maxItems", _LONGEST_LIST)
        contained = max(1, size(schema, "minContains", 1)) if "contains" in schema else 0
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
        for value in itertools.islice(self._fitting(schema.get("items", True), item_name(name), depth + 1), VARIANTS):
            yield [value] * max(1, shortest)

    def _list(
        self, schema: dict[str, Any], prefix: list[Json], length: int, contained: int, name: str, depth: int
    ) -> list[Json] | None:
        """A list of that length; ``None`` where its items cannot be made."""
        unique = schema.get("uniqueItems") is True
        items = schema.get("items", True)
        inner = item_name(name)
        free = self._fitting(items, inner, depth + 1)
        wanted = self._fitting({"allOf": [items, schema["contains"]]}, inner, depth + 1) if contained else iter(())
        pool: list[Json] = []
        made: list[Json] = []
        keys: set[bytes | None] = set()
        while len(made) < length:
            index = len(made)
            if index < len(prefix):
                value = next(self._fitting(prefix[index], inner, depth + 1), NONE)
            else:
                stream = wanted if index - len(prefix) < contained else free
                value = next(stream, NONE) if unique or len(pool) < VARIANTS else NONE
                if value is not NONE:
                    if not unique and pool and type_of(value) is not type_of(pool[0]):
                        continue  # a list of numbers and words is rarely meant
                    pool.append(value)
                elif pool and not unique:
                    value = pool[index % len(pool)]
            if value is NONE:
                return None
            if unique and key_of(value) in keys:
                if index < len(prefix):
                    return None
                continue
            keys.add(key_of(value))
            made.append(value)
        return made

    def _objects(self, schema: dict[str, Any], depth: int) -> Iterator[Json]:
        properties: dict[str, Json] = schema["properties"] if isinstance(schema.get("properties"), dict) else {}
        required = needed_names(schema, [name for name in schema.get("required", ()) if isinstance(name, str)])
        wanted = [name for name in properties if name not in required and self._wants(properties[name])]
        if depth > DEEPEST:
            wanted = []
        for optional in dict.fromkeys((tuple(wanted), ())):
            names = needed_names(schema, [*required, *optional])
            choices: dict[str, list[Json]] = {}
            for name in names:
                found = self._fitting(self._property(schema, properties, name), name, depth + 1)
                choices[name] = list(itertools.islice(found, VARIANTS))
            if any(not choices[name] for name in required):
                return
            choices = {name: found for name, found in choices.items() if found}
            for made in variants(choices):
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
            if matches(pattern, name):
                return inner
        return schema.get("additionalProperties", True)

    def _filled(
        self, schema: dict[str, Any], properties: Mapping[str, Json], made: dict[str, Json], depth: int
    ) -> Iterator[dict[str, Json]]:
        """The object, with as many more properties as it must have and no more than it may."""
        least, most = size(schema, "minProperties", 0), size(schema, "maxProperties", _LONGEST_LIST)
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
            value = next(self._fitting(self._property(schema, properties, name), name, depth + 1), NONE)
            if name not in filled and value is not NONE:
                filled[name] = value
        yield filled
