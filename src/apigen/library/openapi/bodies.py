"""Request bodies: which of several formats is sent, and which arguments make it up."""

from collections.abc import Mapping
from typing import Any

import msgspec

from apigen.library.openapi.arguments import Argument
from apigen.library.openapi.documents import Document, Documents
from apigen.library.openapi.merging import Schema
from apigen.library.openapi.parameters import described
from apigen.library.openapi.problems import CannotOffer
from apigen.library.openapi.schemas import SchemaReader
from apigen.library.openapi.swagger2 import FORM, MULTIPART
from apigen.library.openapi.texts import plain
from apigen.records import Json, RestParameter

JSON = "application/json"
BODY = "body"
"""The argument that is the whole body."""

_FLAT = frozenset(
    (
        *("type", "properties", "required", "additionalProperties"),
        *("title", "description", "examples", "default", "deprecated", "writeOnly", "discriminator"),
    )
)
"""Keywords of a body whose properties can become arguments of their own."""


class Body(msgspec.Struct, frozen=True):
    """What a request's body is made of."""

    media: str = ""
    """Empty for no body."""
    arguments: tuple[Argument, ...] = ()
    together: tuple[str, ...] = ()
    """Wire names that a body which may be missing needs as soon as it is there."""
    description: str = ""
    """What is said of the body as a whole, where its properties are the arguments."""
    notes: tuple[str, ...] = ()


class _Offer(msgspec.Struct, frozen=True):
    """The format of a body that was chosen, with what is needed to read it."""

    raw: Mapping[str, Any]
    """The Request Body Object."""
    media: str
    entry: Mapping[str, Any]
    """The Media Type Object."""
    document: Document
    reader: SchemaReader


def read_body(told: Json, document: Document, documents: Documents, reader: SchemaReader) -> Body:
    """An operation's request body.

    Args:
        told: a Request Body Object of OpenAPI 3, or a reference to one.
        document: where it stands.
        documents: follows references.
        reader: converts schemas.

    Raises:
        CannotOffer: it is needed and of a format that arguments cannot make up.
    """
    raw, document = documents.follow(told, document)
    content = raw.get("content")
    if not isinstance(content, dict) or not content:
        return Body()
    try:
        media, entry = _chosen(content)
        return _read(_Offer(raw, media, entry, document, reader))
    except CannotOffer as problem:
        if raw.get("required") is not False:
            raise
        return Body(notes=(f"called without its optional body: {problem}",))


def _chosen(content: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    ranked = sorted((rank, number) for number, media in enumerate(content) if (rank := _rank(media)) is not None)
    if not ranked:
        listed = ", ".join(content)
        raise CannotOffer(f"its body is {listed or 'of no media type'}; only JSON, forms and text can be sent")
    media, entry = list(content.items())[ranked[0][1]]
    if "*" in media:
        media = "text/plain" if media.lower().startswith("text/") else JSON
    return media, entry if isinstance(entry, dict) else {}


def _rank(media: str) -> int | None:
    """How much a media type is liked, from 0; ``None`` where it cannot be sent."""
    name = media.partition(";")[0].strip().lower()
    if name == JSON:
        return 0
    if name == "text/json" or (name.endswith("+json") and name != "application/json-patch+json"):
        return 1
    ranks = {"application/json-patch+json": 2, FORM: 3, MULTIPART: 4, "*/*": 5, "application/*": 5, "text/plain": 6}
    if name.startswith("text/") and not any(word in name for word in ("xml", "event-stream")):
        return ranks.get(name, 7)
    return ranks.get(name)


def _read(offer: _Offer) -> Body:
    entry, document, reader = offer.entry, offer.document, offer.reader
    name = offer.media.partition(";")[0].strip().lower()
    schema = reader.read(entry.get("schema") if entry.get("schema") is not None else {}, document)
    schema = described(schema, {key: entry[key] for key in ("example", "examples") if key in entry}, document, reader)
    if name in (FORM, MULTIPART):
        return _form(offer, schema)
    if name.startswith("text/") and name != "text/json":
        schema = schema or {"type": "string"}
    elif _is_flat(schema):
        return _flat(offer, schema, {})
    said = {"description": offer.raw.get("description")}
    whole = described(schema, said, document, reader)
    return Body(offer.media, (Argument(BODY, whole, offer.raw.get("required") is True, None),))


def _is_flat(schema: Schema) -> bool:
    """Whether a body is an object with properties that are known and nothing that spans them."""
    kinds = schema.get("type")
    return (
        (kinds == "object" or (isinstance(kinds, list) and set(kinds) == {"object", "null"}))
        and isinstance(schema.get("properties"), dict)
        and schema.get("additionalProperties", False) is False
        and all(key in _FLAT or key.startswith("x-") for key in schema)
    )


def _flat(offer: _Offer, schema: Schema, encoding: Mapping[str, Any]) -> Body:
    """A body whose properties are arguments."""
    raw, reader = offer.raw, offer.reader
    properties: dict[str, Json] = schema["properties"]
    told = schema.get("required", ())
    required = [name for name in told if name in properties]
    notes = [
        *reader.notes(schema),
        *(f"requires {name!r}, which its schema does not define" for name in told if name not in properties),
    ]
    said = raw.get("required")
    needed = said if isinstance(said, bool) else bool(required)
    if needed and said is not True:
        notes.append("its body is treated as required, since parts of it are")
    if isinstance(schema.get("type"), list):
        notes.append("its body may be null; the tool does not offer that")
    if "discriminator" in schema:
        notes.append("its body has further properties in some of its variants; the tool does not offer them")
    arguments = tuple(
        Argument(name, inner, needed and name in required, _placed(name, encoding.get(name)))
        for name, inner in _with_examples(offer, schema).items()
    )
    parts = (plain(raw.get("description")), schema.get("description", ""))
    description = "\n".join(dict.fromkeys(part for part in parts if part))
    return Body(offer.media, arguments, () if needed else tuple(required), description, tuple(notes))


def _with_examples(offer: _Offer, schema: Schema) -> dict[str, Json]:
    """A body's properties, those without examples with their parts of the body's."""
    wholes = [one for one in schema.get("examples", ()) if isinstance(one, dict)]
    found: dict[str, Json] = {}
    for name, told in schema["properties"].items():
        inner = offer.reader.opened(told)
        parts = [one[name] for one in wholes if name in one]
        if parts and isinstance(inner, dict) and "examples" not in inner:
            unique = [one for place, one in enumerate(parts) if one not in parts[:place]]
            inner = offer.reader.beside(inner, {"examples": unique}, offer.document)
        found[name] = inner
    return found


def _placed(name: str, how: Json) -> RestParameter:
    """How one property is written."""
    told = how if isinstance(how, dict) else {}
    style, explode, media = told.get("style"), told.get("explode"), told.get("contentType")
    return RestParameter(
        name,
        "body",
        style=style if isinstance(style, str) else "",
        explode=explode if isinstance(explode, bool) else None,
        content=media.partition(",")[0].strip() if isinstance(media, str) else "",  # the first of several
        reserved=told.get("allowReserved") is True,
    )


def _form(offer: _Offer, schema: Schema) -> Body:
    """A form, without the files that it does not need."""
    if not isinstance(schema.get("properties"), dict):
        raise CannotOffer(f"its body is a form ({offer.media}) whose fields are not defined")
    properties: dict[str, Json] = schema["properties"]
    files = [name for name, inner in properties.items() if _is_file(inner)]
    needed = [name for name in files if name in schema.get("required", ())]
    if needed or (files and len(files) == len(properties)):
        raise CannotOffer(f"it uploads a file (form field {(needed or files)[0]!r}), which a JSON call cannot contain")
    kept = {name: inner for name, inner in properties.items() if name not in files}
    told = offer.entry.get("encoding")
    how = {name: one for name, one in told.items() if name in kept} if isinstance(told, dict) else {}
    body = _flat(offer, {**schema, "properties": kept}, how)
    spanning = [key for key in schema if key not in _FLAT and not key.startswith("x-")]
    left = [f"the form field {name!r}, a file, is dropped" for name in files]
    left += [f"the form's {', '.join(spanning)} constraints are not checked"] if spanning else []
    return msgspec.structs.replace(body, notes=(*body.notes, *left))


def _is_file(schema: Json) -> bool:
    if not isinstance(schema, dict):
        return False
    if schema.get("format") in ("binary", "file") or (
        "contentMediaType" in schema and "contentEncoding" not in schema and schema.get("type") != "object"
    ):
        return True
    return _is_file(schema.get("items"))
