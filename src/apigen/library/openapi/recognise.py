"""Recognises OpenAPI and Swagger documents, and names other kinds of document in errors."""

from typing import Any, Literal

from apigen.errors import UserError
from apigen.records import Json

Version = Literal["2.0", "3.0", "3.1", "3.2"]

_THREES: tuple[Version, ...] = ("3.0", "3.1", "3.2")

_OTHERS = (
    ("asyncapi", "an AsyncAPI document, which describes messages rather than HTTP operations"),
    ("arazzo", "an Arazzo document; name the OpenAPI document that it uses"),
    ("overlay", "an overlay; name the OpenAPI document that it changes"),
    ("swaggerVersion", "a Swagger 1 document, which is not supported; convert it to Swagger 2 or OpenAPI 3"),
    ("__schema", "a GraphQL schema, not an OpenAPI document"),
    ("raml", "a RAML document; convert it to OpenAPI 3"),
    ("discoveryVersion", "a Google discovery document; convert it to OpenAPI 3"),
    ("mcpServers", "a list of MCP servers; load each of them with `mcp:`"),
)


def version_of(value: Json, place: str) -> Version:
    """The version of a document.

    Args:
        value: what was parsed.
        place: where it is from, for messages.

    Raises:
        UserError: it is no OpenAPI or Swagger document, or of a version that is not read.
    """
    if not isinstance(value, dict):
        raise UserError(f"{place} is not an OpenAPI document but {_kind(value)}")
    told = value.get("openapi", value.get("swagger"))
    if told is None:
        raise UserError(f"{place} is not an OpenAPI document: {_other(value)}")
    version = str(told).strip()
    if "openapi" not in value and version in ("2", "2.0"):
        return "2.0"
    for known in _THREES:
        if version == known or version.startswith(f"{known}."):
            return known
    raise UserError(f"{place} has version {version!r}; supported are OpenAPI 3.0, 3.1, 3.2 and Swagger 2.0")


def _kind(value: Json) -> str:
    if isinstance(value, list):
        listed = value and isinstance(value[0], dict) and ("function" in value[0] or "parameters" in value[0])
        return "a list of tools; load it with `openai:`" if listed else "a list"
    return f"the {'text' if isinstance(value, str) else 'value'} {str(value)[:40]!r}"


def _other(value: dict[str, Any]) -> str:
    info = value.get("info")
    if isinstance(info, dict) and ("_postman_id" in info or "getpostman.com" in str(info.get("schema"))):
        return "it is a Postman collection; export it as OpenAPI 3"
    data = value.get("data")
    for key, what in _OTHERS:
        if key in value or (isinstance(data, dict) and key in data):
            return f"it is {what}"
    if isinstance(value.get("log"), dict) and "entries" in value["log"]:
        return "it is a HAR recording of a browser"
    if "$schema" in value or ("properties" in value and "type" in value):
        return "it is a JSON Schema; name the OpenAPI document that refers to it"
    some = ", ".join(list(value)[:4]) or "nothing"
    return f"it has neither `openapi` nor `swagger` at the top, but {some}"
