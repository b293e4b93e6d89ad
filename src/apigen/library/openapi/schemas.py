"""Schema Objects as JSON Schema (draft 2020-12), without loss, each component converted once.

A component that does not contain itself is written where it is used, since the readers of tools (models, trainers,
checks) look at properties rather than follow references. One that contains itself becomes ``#/$defs/NAME``.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from apigen.library.openapi.circles import References
from apigen.library.openapi.components import DEFS, Components
from apigen.library.openapi.discriminators import as_kept, with_constants
from apigen.library.openapi.documents import Document, Documents, Target
from apigen.library.openapi.keywords import keywords
from apigen.library.openapi.merging import ANNOTATIONS, Schema, merged
from apigen.library.openapi.nullable import has_null, with_null
from apigen.library.openapi.positions import (
    ALTERNATIVES,
    BASES,
    CONDITIONS,
    HOLDERS,
    INSIDE,
    INSIDE_LISTS,
    SAME_MAPS,
    Edge,
)
from apigen.library.openapi.readings import compiles
from apigen.library.openapi.recognise import Version
from apigen.records import Json
from apigen.toolspecs.schemas import Notes


class Place(msgspec.Struct, frozen=True):
    """Where a schema stands."""

    document: Document
    owner: Target | None = None
    """The component that it is part of, if any."""
    outer: bool = True
    """Whether it speaks of the same value as its owner, rather than of one inside."""

    @property
    def inside(self) -> "Place":
        """The place of a schema about a value inside."""
        return Place(self.document, self.owner, outer=False) if self.outer else self

    def edge(self, edge: Edge) -> Edge:
        """What a reference here is to the owner."""
        return edge if self.outer else "inside"


class SchemaReader:
    """Converts the schemas of one spec.

    Args:
        documents: the spec.
        version: decides what counts beside a ``$ref``.
    """

    def __init__(self, documents: Documents, version: Version) -> None:
        self._documents = documents
        self._all_counts = version not in ("2.0", "3.0")
        self._references = References(documents)
        self._components = Components(self._convert_component)
        self._notes: dict[int, tuple[Schema, tuple[str, ...]]] = {}
        self._dropped: dict[int, tuple[Schema, frozenset[str]]] = {}

    def read(self, raw: Json, document: Document) -> Json:
        """A schema as it stands in an operation, itself no reference.

        Args:
            raw: a Schema Object, or a boolean.
            document: where it stands.

        Raises:
            CannotOffer: a reference in it leads nowhere.
        """
        return self.opened(self._convert(raw, Place(document)))

    def opened(self, schema: Json) -> Json:
        """A converted schema; where it is a reference to a component that contains itself, that component."""
        while isinstance(schema, dict) and isinstance(reference := schema.get("$ref"), str):
            rest = {key: value for key, value in schema.items() if key != "$ref"}
            schema = self._beside(self.body(reference.removeprefix(DEFS)), rest)
        return schema

    def beside(self, schema: Schema, said: Schema, document: Document) -> Json:
        """A converted schema with what is said around it, which counts more.

        Args:
            schema: a converted one.
            said: keywords as a spec has them.
            document: where they stand.
        """
        return self._beside(schema, self._convert(said, Place(document)))

    def body(self, name: str) -> Json:
        """What ``#/$defs/NAME`` stands for."""
        return self._components.by_name(name)

    def component(self, schema: Schema) -> str:
        """The component's name, if a converted schema is one as a whole; else nothing."""
        return self._components.name_of(schema)

    def notes(self, schema: Json) -> tuple[str, ...]:
        """What had to be understood in one converted schema, without those inside it."""
        entry = self._notes.get(id(schema))  # the entry holds the schema, so its id is not used again
        return entry[1] if entry is not None else ()

    def _convert_component(self, target: Target) -> Json:
        return self._convert(target.value, Place(target.document, target))

    def _convert(self, raw: Json, place: Place) -> Json:
        """One schema with everything in it."""
        if isinstance(raw, bool):
            return raw
        if not isinstance(raw, dict):
            what = f"{str(raw)[:40]!r} is not a schema; any value is allowed there"
            return self._noted({}, () if raw is None else (what,))
        if isinstance(raw.get("$ref"), str):
            return self._reference(raw, place, "alternative")
        notes: Notes = {}
        raw = _typed(raw)
        schema = keywords({key: value for key, value in raw.items() if key not in HOLDERS}, notes)
        dropped = self._add_properties(schema, raw.get("properties"), place)
        self._add_patterns(schema, raw.get("patternProperties"), place, notes)
        self._add_inside(schema, raw, place.inside)
        self._add_same(schema, raw, place)
        if "discriminator" in schema:
            as_kept(schema)
        if isinstance(raw.get("allOf"), list) and raw["allOf"]:
            schema, more = self._with_bases(schema, raw["allOf"], place, notes)
            dropped |= more
        schema = self._without(schema, dropped)
        if has_null(raw):
            schema = self._without(with_null(schema), dropped)
        return self._noted(schema, notes)

    def _add_properties(self, schema: Schema, told: Json, place: Place) -> frozenset[str]:
        """Convert properties; the names of those that only answers have are returned, and left out."""
        if not isinstance(told, dict):
            return frozenset()
        found: dict[str, Json] = {}
        dropped = set()
        for name, inner in told.items():
            if isinstance(inner, dict) and inner.get("readOnly") is True:
                dropped.add(name)
                continue
            if isinstance(inner, dict) and isinstance(inner.get("required"), bool):  # as older drafts say it
                if inner["required"] and name not in schema.get("required", ()):
                    schema["required"] = [*schema.get("required", ()), name]
                inner = {key: value for key, value in inner.items() if key != "required"}  # noqa: PLW2901
            converted = self._convert(inner, place.inside)
            if isinstance(converted, dict) and converted.get("readOnly") is True:
                dropped.add(name)
            else:
                found[name] = converted
        schema["properties"] = found
        return frozenset(dropped)

    def _add_patterns(self, schema: Schema, told: Json, place: Place, notes: Notes) -> None:
        for pattern, inner in told.items() if isinstance(told, dict) else ():
            key = "patternProperties" if compiles(pattern) else "x-patternProperties"
            schema.setdefault(key, {})[pattern] = self._convert(inner, place.inside)
            if key != "patternProperties":
                notes[f"pattern {pattern[:60]!r} is not usable; kept as {key}"] = None

    def _add_inside(self, schema: Schema, raw: Mapping[str, Any], inside: Place) -> None:
        """Convert what is about values inside, beside properties."""
        for key in INSIDE:
            value = raw.get(key)
            if key == "items" and isinstance(value, list):
                schema["prefixItems"] = [self._convert(one, inside) for one in value]
            elif value is not None:
                schema[key] = self._convert(value, inside)
        for key in INSIDE_LISTS:
            if isinstance(raw.get(key), list) and raw[key]:
                schema[key] = [self._convert(one, inside) for one in raw[key]]

    def _add_same(self, schema: Schema, raw: Mapping[str, Any], place: Place) -> None:
        """Convert what is about the same value, beside bases."""
        for key in ALTERNATIVES:
            if isinstance(raw.get(key), list) and raw[key]:
                forms = [self._convert(one, place) for one in raw[key]]
                schema[key] = with_constants(raw, raw[key], forms, place.document, self._documents)
        for key in CONDITIONS:
            if key in raw:
                schema[key] = self._convert(raw[key], place)
        for key in SAME_MAPS:
            if isinstance(raw.get(key), dict):
                schema[key] = {name: self._convert(one, place) for name, one in raw[key].items()}

    def _with_bases(
        self, schema: Schema, members: Iterable[Json], place: Place, notes: Notes
    ) -> tuple[Schema, frozenset[str]]:
        """A schema with the members of its ``allOf``, as one schema where that says the same."""
        named, inline = [], []
        parts: list[Json] = []
        for member in members:
            if isinstance(member, dict) and isinstance(member.get("$ref"), str):
                parts.append(self._reference(member, place, "base"))
                named.append(parts[-1])
            else:
                parts.append(self._convert(member, place))
                inline.append(parts[-1])
        together = None
        if all(isinstance(part, dict) for part in parts):
            together = merged([*parts, schema], [schema, *inline, *named])
        if together is None:
            return {**schema, "allOf": parts}, frozenset()
        for part in parts:
            notes.update(dict.fromkeys(self.notes(part)))
        return together, frozenset(name for part in parts for name in self._dropped_of(part))

    def _reference(self, raw: Mapping[str, Any], place: Place, meant: Edge) -> Json:
        """What a ``$ref`` points to, with what stands beside it where that counts."""
        target = self._documents.target(raw["$ref"], place.document)
        edge = place.edge(meant)
        body: Json
        if place.owner is not None and self._references.is_endless(place.owner, target, edge):
            body = self._cut(place.owner, target)
        elif self._references.is_circular(target) and edge != "base" and not (place.outer and place.owner is None):
            body = {"$ref": f"{DEFS}{self._components.name(target)}"}
        else:
            body = self._components.body(target)
        rest = {key: value for key, value in raw.items() if key != "$ref"}
        if has_null(rest) and isinstance(body, dict):
            body = self._noted(with_null(body), self.notes(body))
        # Before OpenAPI 3.1 nothing counted beside a reference; what forbids nothing is meant all the same.
        counting = {key: rest[key] for key in rest if self._all_counts or key in ANNOTATIONS or key == "example"}
        return self._beside(body, self._convert(counting, place)) if counting else body

    def _beside(self, body: Json, beside: Json) -> Json:
        if not beside or beside is True or body == beside:
            return body
        if not isinstance(body, dict) or not isinstance(beside, dict):
            return {"allOf": [body, beside]}
        together = merged([body, beside], [beside, body])
        if together is None:
            return {**{key: beside[key] for key in ANNOTATIONS if key in beside}, "allOf": [body, beside]}
        together = self._without(together, self._dropped_of(body) | self._dropped_of(beside))
        return self._noted(together, (*self.notes(body), *self.notes(beside)))

    def _cut(self, owner: Target, target: Target) -> Json:
        """A component without what leads back into itself: its alternatives, and bases of the same circle."""
        if not isinstance(target.value, dict):
            return {}
        schema = self._convert(self._left(target.value, target), Place(target.document, target))
        is_defect = owner.key == target.key and isinstance(schema, dict)
        return (
            self._noted(schema, (f"{target.name} extends itself through allOf; the recursion is cut",))
            if is_defect
            else schema
        )

    def _left(self, raw: Mapping[str, Any], target: Target) -> Schema:
        left = {key: value for key, value in raw.items() if key not in (*ALTERNATIVES, *CONDITIONS, "$ref")}
        for key in BASES:
            if isinstance(left.get(key), list):
                members = [one for one in left[key] if isinstance(one, dict) and not self._leads_back(one, target)]
                left[key] = [one if "$ref" in one else self._left(one, target) for one in members]
        return left

    def _leads_back(self, member: Mapping[str, Any], target: Target) -> bool:
        if not isinstance(member.get("$ref"), str):
            return False
        return self._references.is_endless(target, self._documents.target(member["$ref"], target.document), "base")

    def _without(self, schema: Schema, dropped: frozenset[str]) -> Schema:
        """The schema, which no longer has or requires what only answers have. It is changed."""
        if dropped:
            for key in ("required", "properties"):
                if key in schema:
                    kept = schema[key]
                    schema[key] = (
                        [name for name in kept if name not in dropped]
                        if isinstance(kept, list)
                        else {name: value for name, value in kept.items() if name not in dropped}
                    )
            self._dropped[id(schema)] = (schema, dropped)
        if schema.get("required") == []:
            del schema["required"]
        return schema

    def _dropped_of(self, schema: Json) -> frozenset[str]:
        entry = self._dropped.get(id(schema))
        return entry[1] if entry is not None else frozenset()

    def _noted(self, schema: Schema, notes: Iterable[str]) -> Schema:
        together = tuple(dict.fromkeys((*self.notes(schema), *notes)))
        if together:
            self._notes[id(schema)] = (schema, together)
        return schema


def _typed(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema with the type that its author left out: what has properties is an object, what has items a list."""
    if raw.get("type") is None:
        if isinstance(raw.get("properties"), dict):
            return {**raw, "type": "object"}
        if isinstance(raw.get("items"), dict):
            return {**raw, "type": "array"}
    return raw
