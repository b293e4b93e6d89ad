"""Parameters of the path, the query, headers and cookies."""

from collections.abc import Mapping
from typing import Any

from apigen.library.openapi.arguments import Argument
from apigen.library.openapi.documents import Document, Documents
from apigen.library.openapi.operations import Operation
from apigen.library.openapi.problems import CannotOffer
from apigen.library.openapi.schemas import SchemaReader
from apigen.records import Json, RestParameter

Raw = Mapping[str, Any]

_STYLES = {"path": "simple", "query": "form", "header": "simple", "cookie": "form"}
_IGNORED_HEADERS = ("accept", "content-type", "authorization")
"""Header parameters that OpenAPI says to ignore: the request's own machinery writes them."""

_BESIDE = ("description", "deprecated", "example", "examples")


def collected(operation: Operation, documents: Documents) -> list[tuple[Raw, Document]]:
    """An operation's parameters with those of its path, which it overrides by name and place.

    Raises:
        CannotOffer: one cannot be found, or has no name or place.
    """
    found: dict[tuple[str, str], tuple[Raw, Document]] = {}
    for holder in (operation.item, operation.raw):
        listed = holder.get("parameters")
        for told in listed if isinstance(listed, list) else ():
            raw, document = documents.follow(told, operation.document)
            name, place = raw.get("name"), raw.get("in")
            if not isinstance(name, str) or not isinstance(place, str) or not name:
                raise CannotOffer("one of its parameters lacks `name` or `in`")
            found[name, place] = raw, document
    return list(found.values())


def is_ignored(raw: Raw) -> bool:
    """Whether a parameter is a header that is no argument by the standard."""
    return raw["in"] == "header" and raw["name"].lower() in _IGNORED_HEADERS


def as_argument(raw: Raw, document: Document, reader: SchemaReader) -> Argument:
    """One parameter as an argument.

    Args:
        raw: a Parameter Object of OpenAPI 3.
        document: where it stands.
        reader: converts its schema.

    Raises:
        CannotOffer: its place is none that can be filled, or its schema cannot be read.
    """
    name, place = raw["name"], raw["in"]
    if place == "querystring":
        raise CannotOffer(f"its parameter {name!r} is the whole query string, which is not supported")
    if place not in _STYLES:
        raise CannotOffer(f"its parameter {name!r} has an unknown location (`in`): {place!r}")
    media, schema = _schema(raw)
    converted = described(reader.read(schema, document), raw, document, reader)
    required = raw.get("required") is True or place == "path"
    return Argument(name, converted, required, _placed(raw, media))


def described(schema: Json, raw: Raw, document: Document, reader: SchemaReader) -> Json:
    """A schema with what is said beside it: description, examples, deprecation."""
    said = {key: raw[key] for key in _BESIDE if raw.get(key) not in (None, "", {}, [], False)}
    if raw.get("allowEmptyValue") is True:
        said["x-allowEmptyValue"] = True
    if schema is False:
        raise CannotOffer("the schema of one of its parameters allows no value")
    if not said:
        return {} if schema is True else schema
    return reader.beside({} if schema is True else schema, said, document)


def _schema(raw: Raw) -> tuple[str, Json]:
    """The media type, where the value is written as a document, and the schema."""
    content = raw.get("content")
    if isinstance(content, dict) and content:
        media, told = next(iter(content.items()))
        return media, told.get("schema", {}) if isinstance(told, dict) else {}
    return "", raw.get("schema") if raw.get("schema") is not None else {}


def _placed(raw: Raw, media: str) -> RestParameter:
    place, style, explode = raw["in"], raw.get("style"), raw.get("explode")
    usual = _STYLES[place]
    style = style if isinstance(style, str) and style else usual
    if not isinstance(explode, bool) or explode == (style in ("form", "cookie")):
        explode = None
    if media:
        style, explode = usual, None
    reserved = raw.get("allowReserved") is True
    return RestParameter(raw["name"], place, "", "" if style == usual else style, explode, media, reserved)
