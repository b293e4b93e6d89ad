"""Converts discriminators to JSON Schema."""

from collections.abc import Mapping, Sequence
from typing import Any

from apigen.library.openapi.documents import Document, Documents
from apigen.library.openapi.merging import Schema
from apigen.library.openapi.problems import CannotOffer
from apigen.records import Json


def with_constants(
    raw: Mapping[str, Any], members: Sequence[Json], forms: list[Json], document: Document, documents: Documents
) -> list[Json]:
    """Alternatives that each demand the discriminator's value that stands for them.

    Args:
        raw: the schema with the alternatives and the discriminator.
        members: the alternatives as written; only a reference has a value that stands for it.
        forms: the same, converted.
        document: where they stand.
        documents: follows references of the mapping.
    """
    discriminator = raw.get("discriminator")
    if not isinstance(discriminator, dict) or not isinstance(name := discriminator.get("propertyName"), str):
        return forms
    mapping = discriminator.get("mapping")
    told = mapping if isinstance(mapping, dict) else {}
    found = []
    for member, form in zip(members, forms, strict=True):
        if not isinstance(form, dict) or not isinstance(member, dict) or not isinstance(member.get("$ref"), str):
            found.append(form)
            continue
        target = documents.target(member["$ref"], document)
        values = [value for value, to in told.items() if _names(to, target.key, target.name, document, documents)]
        found.append(_with_value(form, name, values or [target.name]))
    return found


def _names(to: Json, key: tuple[str, str], name: str, document: Document, documents: Documents) -> bool:
    """Whether an entry of the mapping, a name or a reference, means the component."""
    if not isinstance(to, str):
        return False
    if "/" not in to and "#" not in to and to == name:
        return True
    try:
        return documents.target(to, document).key == key
    except CannotOffer:
        return False


def _with_value(form: Schema, name: str, values: list[str]) -> Schema:
    known = form.get("properties", {}).get(name, {})
    if not isinstance(known, dict) or "const" in known or "enum" in known:
        return form
    only = {"const": values[0]} if len(values) == 1 else {"enum": values}
    required = form.get("required", [])
    return {
        **form,
        "properties": {**form.get("properties", {}), name: {**known, **only}},
        "required": required if name in required else [*required, name],
    }


def as_kept(schema: Schema) -> None:
    """Write a discriminator with the components' bare names: their addresses mean nothing outside the spec."""
    told = schema["discriminator"]
    if isinstance(told, str):  # as Swagger 2 has it
        told = {"propertyName": told}
    if not isinstance(told, dict) or not isinstance(told.get("propertyName"), str):
        del schema["discriminator"]
        return
    mapping = told.get("mapping")
    kept: Schema = {"propertyName": told["propertyName"]}
    if isinstance(mapping, dict):
        kept["mapping"] = {value: str(to).rpartition("/")[2] for value, to in mapping.items()}
    schema["discriminator"] = kept
