"""The leaf values of a call's arguments, each with the schema that speaks about it."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from apigen.records import Json
from apigen.verify.grounding.shapes import Names, property_names, shape_of

Schema = Mapping[str, Json]


class Leaf(NamedTuple):
    """One value to be traced."""

    path: str
    """Such as ``stops[1].city``."""
    name: str
    """The name of the property that holds it; of the list, for a list's item."""
    value: Json
    schema: Schema
    parameter: str
    """The call's argument that it belongs to."""
    description: str
    """What the schema says about the value, its list and its object, nearest first."""
    is_key: bool = False
    """It is the name of a property that the schema does not name, not a value."""
    is_described: bool = True
    """Of a property's name: the schema speaks of its object's properties or their values, or takes no object."""
    required: bool = False
    """The schema leaves no choice but to give it a value."""


def leaves(arguments: Mapping[str, Json], parameters: Schema, *, defaults: bool = False) -> Iterator[Leaf]:
    """Every leaf of a call's arguments; those that equal their default only with ``defaults``.

    Empty lists and objects, and ``None``, are leaves too, and so are the names of properties that the schema does not
    name, unless they are part of a shape.
    """
    properties, required = parameters.get("properties", {}), parameters.get("required", ())
    for name, value in arguments.items():
        schema = properties.get(name, {})
        leaf = Leaf(name, name, value, schema, name, "", required=name in required)
        names = property_names(value) if isinstance(value, (dict, list)) else None
        yield from _walk(leaf, parameters, defaults, names or Counter())


def same(a: Json, b: Json) -> bool:
    """JSON equality: 1 equals 1.0, but ``true`` is not 1."""
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[name], b[name]) for name in a)
    return bool(a == b)


def _walk(leaf: Leaf, root: Schema, defaults: bool, names: Names, depth: int = 0) -> Iterator[Leaf]:
    schema = flatten(leaf.schema, root)
    if not defaults and "default" in schema and same(leaf.value, schema["default"]):
        return
    description = " ".join(filter(None, (schema.get("description", ""), leaf.description)))
    leaf = leaf._replace(schema=schema, description=description)
    if isinstance(leaf.value, list) and leaf.value:
        prefixes = schema.get("prefixItems", ())
        for index, item in enumerate(leaf.value):
            inner = prefixes[index] if index < len(prefixes) else schema.get("items", {})
            within = leaf._replace(path=f"{leaf.path}[{index}]", value=item, schema=inner or {})
            yield from _walk(within, root, defaults, names, depth + 1)
    elif isinstance(leaf.value, dict) and leaf.value:
        properties, required = schema.get("properties") or {}, schema.get("required", ())
        extra = schema.get("additionalProperties")
        extra = extra if isinstance(extra, dict) else {}
        fits = _takes_objects(schema)
        described = bool(properties or extra) or not fits
        shape = shape_of(leaf.value, description, names, depth) if fits and not properties else frozenset()
        for name, item in leaf.value.items():
            path = f"{leaf.path}.{name}"
            if name not in properties and name not in shape:
                yield leaf._replace(path=path, value=name, schema={}, is_key=True, is_described=described)
            inner = properties.get(name, extra)
            within = leaf._replace(path=path, name=name, value=item, schema=inner, required=name in required)
            yield from _walk(within, root, defaults, names, depth + 1)
    else:
        yield leaf


def _takes_objects(schema: Schema) -> bool:
    """Whether a schema allows an object, if only by saying nothing of types."""
    kind = schema.get("type", "object")
    return kind == "object" or (isinstance(kind, list) and "object" in kind)


def flatten(schema: Schema, root: Schema, depth: int = 0) -> Schema:
    """One flat schema out of ``$ref``, ``allOf``, ``anyOf`` and ``oneOf``.

    What stands further out wins; of several variants the first that says something wins, except that enums and types
    are gathered from all.
    """
    if not isinstance(schema, Mapping):
        return {}  # true and false are schemas too
    if not any(word in schema for word in ("$ref", "allOf", "anyOf", "oneOf")) or depth > 16:
        return schema
    flat: dict[str, Json] = {
        word: value for word, value in schema.items() if word not in ("$ref", "allOf", "anyOf", "oneOf")
    }
    parts: list[Schema] = []
    reference = schema.get("$ref")
    if isinstance(reference, str) and reference.startswith("#/"):
        target: Json = root
        for step in reference[2:].split("/"):
            target = target.get(step, {}) if isinstance(target, Mapping) else {}
        parts.append(target)
    for word in ("allOf", "anyOf", "oneOf"):
        parts.extend(schema.get(word, ()))
    enums: list[Json] = []
    types: list[Json] = []
    for part in parts:
        inner = flatten(part, root, depth + 1)
        enums.extend(inner.get("enum", [inner["const"]] if "const" in inner else []))
        kind = inner.get("type", [])
        types.extend(kind if isinstance(kind, list) else [kind])
        for word, value in inner.items():
            flat.setdefault(word, value)
    if enums:
        flat["enum"] = enums
    if types:
        flat["type"] = types
    return flat
