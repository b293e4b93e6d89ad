"""Schema Objects as JSON Schema (draft 2020-12), without loss, each component converted once.

A component that does not contain itself is written where it is used, since the readers of tools (models, trainers,
checks) look at properties rather than follow references. One that contains itself becomes ``#/$defs/NAME``.
"""

import re
from collections.abc import Mapping
from typing import Any

from apigen.library.openapi.circles import Key, References
from apigen.library.openapi.discriminators import as_kept, with_constants
from apigen.library.openapi.documents import Document, Documents, Target
from apigen.library.openapi.keywords import compiles, has_null, keywords
from apigen.library.openapi.merging import ANNOTATIONS, Schema, merged
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
from apigen.library.openapi.recognise import Version
from apigen.records import Json
from apigen.toolspecs.schemas import Notes

DEFS = "#/$defs/"
_NO_NAME = re.compile(r"[^A-Za-z0-9_.-]+")


class SchemaReader:
    """Converts the schemas of one spec.

    Args:
        documents: the spec.
        version: decides what stands beside a ``$ref``.
    """

    def __init__(self, documents: Documents, version: Version) -> None:
        self._documents = documents
        self._siblings_count = version not in ("2.0", "3.0")
        self._references = References(documents)
        self._bodies: dict[Key, Json] = {}
        self._by_id: dict[int, str] = {}
        self._names: dict[Key, str] = {}
        self._targets: dict[str, Target] = {}
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
        schema = self._convert(raw, document, None, outer=True)
        while isinstance(schema, dict) and isinstance(name := schema.get("$ref"), str):
            rest = {key: value for key, value in schema.items() if key != "$ref"}
            schema = self._beside(self.body(name.removeprefix(DEFS)), rest)
        return schema

    def beside(self, schema: Schema, said: Schema, document: Document) -> Json:
        """A converted schema with what is said around it, which counts more.

        Args:
            schema: a converted one.
            said: keywords as a spec has them.
            document: where they stand.
        """
        return self._beside(schema, self._convert(said, document, None, outer=True))

    def body(self, name: str) -> Json:
        """What ``#/$defs/NAME`` stands for."""
        return self._body(self._targets[name])

    def is_component(self, schema: Schema) -> str:
        """The component's name, if a converted schema is one as a whole; else nothing."""
        return self._by_id.get(id(schema), "")

    def notes(self, schema: Schema) -> tuple[str, ...]:
        """What had to be understood in one converted schema, without those inside it."""
        entry = self._notes.get(id(schema))
        return entry[1] if entry is not None else ()

    def _body(self, target: Target) -> Json:
        key = target.key
        if key not in self._bodies:
            body = self._convert(target.value, target.document, target, outer=True)
            self._bodies[key] = body
            if isinstance(body, dict):
                self._by_id.setdefault(id(body), self._name(target))
        return self._bodies[key]

    def _name(self, target: Target) -> str:
        """A name for ``$defs``: the component's own, told apart by a number where two documents use it."""
        name = self._names.get(target.key)
        if name is None:
            stem = _NO_NAME.sub("_", target.name)[:100] or "schema"
            name, number = stem, 2
            while name in self._targets:
                name, number = f"{stem}_{number}", number + 1
            self._names[target.key] = name
            self._targets[name] = target
        return name

    def _convert(self, raw: Json, document: Document, owner: Target | None, *, outer: bool) -> Json:
        """One schema with everything in it.

        Args:
            raw: the schema.
            document: where it stands.
            owner: the component that it is part of, if any.
            outer: whether it speaks of the same value as its owner, rather than of one inside.
        """
        if isinstance(raw, bool):
            return raw
        if not isinstance(raw, dict):
            return self._noted({}, {f"a schema that is {str(raw)[:40]!r} kept open": None} if raw is not None else {})
        if isinstance(raw.get("$ref"), str):
            return self._reference(raw, document, owner, "alternative" if outer else "inside", outer=outer)
        notes: Notes = {}
        raw = _typed(raw)
        schema = keywords({key: value for key, value in raw.items() if key not in HOLDERS}, notes)
        dropped: set[str] = set()
        for key, value in raw.items():
            if key == "properties" and isinstance(value, dict):
                dropped |= self._add_properties(schema, value, document, owner)
            elif key == "patternProperties" and isinstance(value, dict):
                self._add_patterns(schema, value, document, owner, notes)
            elif key == "items" and isinstance(value, list):
                schema["prefixItems"] = [self._convert(one, document, owner, outer=False) for one in value]
            elif key in INSIDE:
                if value is not None:
                    schema[key] = self._convert(value, document, owner, outer=False)
            elif key in INSIDE_LISTS and isinstance(value, list) and value:
                schema[key] = [self._convert(one, document, owner, outer=False) for one in value]
            elif key in CONDITIONS:
                schema[key] = self._convert(value, document, owner, outer=outer)
            elif key in ALTERNATIVES and isinstance(value, list) and value:
                forms = [self._convert(one, document, owner, outer=outer) for one in value]
                schema[key] = with_constants(raw, value, forms, document, self._documents)
            elif key in SAME_MAPS and isinstance(value, dict):
                schema[key] = {name: self._convert(one, document, owner, outer=outer) for name, one in value.items()}
        if "discriminator" in schema:
            as_kept(schema)
        if isinstance(raw.get("allOf"), list) and raw["allOf"]:
            schema, more = self._with_bases(schema, raw["allOf"], document, owner, notes, outer=outer)
            dropped |= more
        schema = self._without(schema, dropped)
        if has_null(raw) and raw.get("type") is None:
            schema = _with_null(schema)
        return self._noted(schema, notes)

    def _add_properties(
        self, schema: Schema, value: Mapping[str, Any], document: Document, owner: Target | None
    ) -> set[str]:
        """Convert properties; the names of those that only answers have are returned, and left out."""
        found: dict[str, Json] = {}
        dropped = set()
        for name, told in value.items():
            inner = told
            if isinstance(told, dict):
                if told.get("readOnly") is True:
                    dropped.add(name)
                    continue
                if isinstance(told.get("required"), bool):
                    inner = {key: one for key, one in told.items() if key != "required"}
                    if told["required"] and name not in schema.setdefault("required", []):
                        schema["required"] = [*schema["required"], name]
            converted = self._convert(inner, document, owner, outer=False)
            if isinstance(converted, dict) and converted.get("readOnly") is True:
                dropped.add(name)
            else:
                found[name] = converted
        schema["properties"] = found
        return dropped

    def _add_patterns(
        self, schema: Schema, value: Mapping[str, Any], document: Document, owner: Target | None, notes: Notes
    ) -> None:
        for pattern, told in value.items():
            key = "patternProperties" if compiles(pattern) else "x-patternProperties"
            schema.setdefault(key, {})[pattern] = self._convert(told, document, owner, outer=False)
            if key != "patternProperties":
                notes[f"pattern {pattern[:60]!r} cannot be used and is kept as {key}"] = None

    def _with_bases(
        self,
        schema: Schema,
        members: list[Json],
        document: Document,
        owner: Target | None,
        notes: Notes,
        *,
        outer: bool,
    ) -> tuple[Schema, frozenset[str]]:
        """A schema with the members of its ``allOf``, as one schema where that says the same."""
        named, inline = [], []
        parts: list[Json] = []
        for member in members:
            if isinstance(member, dict) and isinstance(member.get("$ref"), str):
                parts.append(self._reference(member, document, owner, "base" if outer else "inside", outer=outer))
                named.append(parts[-1])
            else:
                parts.append(self._convert(member, document, owner, outer=outer))
                inline.append(parts[-1])
        if not all(isinstance(part, dict) for part in parts):
            return {**schema, "allOf": parts}, frozenset()
        together = merged([*parts, schema], [schema, *inline, *named])
        if together is None:
            return {**schema, "allOf": parts}, frozenset()
        for part in parts:
            notes.update(dict.fromkeys(self.notes(part)))
        return together, frozenset(name for part in parts for name in self._dropped_of(part))

    def _reference(
        self, raw: Mapping[str, Any], document: Document, owner: Target | None, edge: Edge, *, outer: bool
    ) -> Json:
        """What a ``$ref`` points to, with what stands beside it where that counts."""
        target = self._documents.target(raw["$ref"], document)
        rest = {key: value for key, value in raw.items() if key != "$ref"}
        counting = self._counting(rest) if rest else rest
        beside = self._convert(counting, document, owner, outer=outer) if counting else {}
        body: Json
        if owner is not None and self._references.is_endless(owner, target, edge):
            body = self._cut(owner, target)
        elif self._references.is_circular(target) and not (edge == "base" or (owner is None and edge != "inside")):
            body = {"$ref": f"{DEFS}{self._name(target)}"}
        else:
            body = self._body(target)
        if has_null(rest) and isinstance(body, dict):
            body = self._noted(_with_null(body), dict.fromkeys(self.notes(body)))
        return self._beside(body, beside)

    def _counting(self, rest: Mapping[str, Any]) -> Schema:
        """What counts beside a ``$ref``: everything since OpenAPI 3.1; before, what forbids nothing."""
        if self._siblings_count:
            return dict(rest)
        return {key: value for key, value in rest.items() if key in ANNOTATIONS or key == "example"}

    def _beside(self, body: Json, beside: Json) -> Json:
        if not beside or beside is True or body == beside:
            return body
        if not isinstance(body, dict) or not isinstance(beside, dict):
            return {"allOf": [body, beside]}
        together = merged([body, beside], [beside, body])
        if together is None:
            return {**{key: beside[key] for key in ANNOTATIONS if key in beside}, "allOf": [body, beside]}
        notes = dict.fromkeys((*self.notes(body), *self.notes(beside)))
        return self._noted(self._without(together, self._dropped_of(body) | self._dropped_of(beside)), notes)

    def _cut(self, owner: Target, target: Target) -> Json:
        """A component without what would lead back into itself: its alternatives, and bases of the same circle."""
        raw = target.value
        if not isinstance(raw, dict):
            return {}
        schema = self._convert(self._left(raw, target), target.document, target, outer=True)
        what = f"{target.name} builds on itself and is cut" if owner.key == target.key else ""
        return self._noted(schema, {what: None}) if what and isinstance(schema, dict) else schema

    def _left(self, raw: Mapping[str, Any], target: Target) -> Schema:
        left = {key: value for key, value in raw.items() if key not in (*ALTERNATIVES, *CONDITIONS, "$ref")}
        for key in BASES:
            if isinstance(left.get(key), list):
                members = [one for one in left[key] if isinstance(one, dict) and not self._leads_back(one, target)]
                left[key] = [one if "$ref" in one else self._left(one, target) for one in members]
        return left

    def _leads_back(self, member: Json, target: Target) -> bool:
        if not isinstance(member, dict) or not isinstance(member.get("$ref"), str):
            return False
        return self._references.is_endless(target, self._documents.target(member["$ref"], target.document), "base")

    def _without(self, schema: Schema, dropped: set[str] | frozenset[str]) -> Schema:
        """The schema, which no longer requires what only answers have."""
        if dropped:
            if "required" in schema:
                schema["required"] = [name for name in schema["required"] if name not in dropped]
            properties = schema.get("properties", {})
            gone = frozenset(dropped)
            if any(name in properties for name in gone):
                schema["properties"] = {name: value for name, value in properties.items() if name not in gone}
            self._dropped[id(schema)] = (schema, gone)
        if schema.get("required") == []:
            del schema["required"]
        return schema

    def _dropped_of(self, schema: Schema) -> frozenset[str]:
        entry = self._dropped.get(id(schema))
        return entry[1] if entry is not None else frozenset()

    def _noted(self, schema: Schema, notes: Mapping[str, None]) -> Schema:
        if notes:
            self._notes[id(schema)] = (schema, tuple(dict.fromkeys((*self.notes(schema), *notes))))
        return schema


def _typed(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema with the type that its author left out: what has properties is an object, what has items a list."""
    if raw.get("type") is None:
        if isinstance(raw.get("properties"), dict):
            return {**raw, "type": "object"}
        if isinstance(raw.get("items"), dict):
            return {**raw, "type": "array"}
    return raw


def _with_null(schema: Schema) -> Schema:
    """A schema that also allows ``null``, as one without a type of its own that says ``nullable`` means it."""
    told = schema.get("type")
    if told is not None:
        kinds = [told] if isinstance(told, str) else told
        allowed = {**schema, "type": [*kinds, "null"] if "null" not in kinds else kinds}
        if isinstance(schema.get("enum"), list) and None not in schema["enum"]:
            allowed["enum"] = [*schema["enum"], None]
        return allowed
    held = [key for key in schema if key not in ANNOTATIONS and not key.startswith("x-")]
    if not held or held == ["enum"]:
        return {**schema, "enum": [*schema["enum"], None]} if held and None not in schema["enum"] else schema
    if len(held) == 1 and held[0] in ALTERNATIVES:
        return {**schema, held[0]: [*schema[held[0]], {"type": "null"}]}
    inner = {key: value for key, value in schema.items() if key in held}
    around = {key: value for key, value in schema.items() if key not in held}
    return {**around, "anyOf": [inner, {"type": "null"}]}
