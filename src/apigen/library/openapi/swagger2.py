"""Converts Swagger 2 to OpenAPI 3: parameters, bodies, servers. Schemas differ too little to need it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from apigen.library.openapi.documents import Document
from apigen.library.openapi.fetch import is_address
from apigen.records import Json

Raw = dict[str, Json]

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"

_STYLES: dict[str, tuple[str, bool]] = {
    "csv": ("form", False),
    "ssv": ("spaceDelimited", False),
    "tsv": ("tabDelimited", False),
    "pipes": ("pipeDelimited", False),
    "multi": ("form", True),
}
"""``collectionFormat`` as style and explode; tabs have no style in OpenAPI 3."""

_OWN = frozenset(("name", "in", "description", "required", "schema", "collectionFormat", "allowEmptyValue"))


def as_parameter(raw: Mapping[str, Any]) -> Raw:
    """A parameter that is no body, whose schema stands beside its name, as OpenAPI 3 has it."""
    schema = {key: value for key, value in raw.items() if key not in _OWN and not key.startswith("x-ex")}
    if schema.get("type") == "file":
        schema |= {"type": "string", "format": "binary"}
    parameter: Raw = {
        key: raw[key] for key in ("name", "in", "description", "required", "allowEmptyValue") if key in raw
    }
    for key in ("x-example", "x-examples"):
        if key in raw:
            schema.setdefault("example", raw[key])
    if raw.get("type") == "array":
        style, explode = _STYLES.get(str(raw.get("collectionFormat", "csv")), _STYLES["csv"])
        simple = raw.get("in") in ("path", "header") and style == "form"
        parameter |= {"style": "simple" if simple else style, "explode": explode}
    return {**parameter, "schema": schema}


def as_body(parameters: Sequence[tuple[Mapping[str, Any], Document]], consumes: Json) -> tuple[Raw, Document] | None:
    """The request body that ``body`` or ``formData`` parameters describe; ``None`` where there is none."""
    whole = next((pair for pair in parameters if pair[0].get("in") == "body"), None)
    types = [one for one in consumes if isinstance(one, str)] if isinstance(consumes, list) else []
    if whole is not None:
        raw, document = whole
        media = {"schema": raw.get("schema", {}), **({"example": raw["x-example"]} if "x-example" in raw else {})}
        body: Raw = {"content": dict.fromkeys(types or ["application/json"], media)}
        return {**body, **{key: raw[key] for key in ("description", "required") if key in raw}}, document
    fields = [pair for pair in parameters if pair[0].get("in") == "formData"]
    if not fields:
        return None
    return _form([raw for raw, _ in fields], types), fields[0][1]


def _form(fields: Iterable[Mapping[str, Any]], types: Sequence[str]) -> Raw:
    properties: Raw = {}
    encoding: Raw = {}
    required = []
    has_file = False
    for raw in fields:
        parameter = as_parameter(raw)
        name = str(parameter.get("name", ""))
        properties[name] = {**parameter["schema"], **{key: raw[key] for key in ("description",) if key in raw}}
        encoding[name] = {key: parameter[key] for key in ("style", "explode") if key in parameter}
        has_file = has_file or raw.get("type") == "file"
        if raw.get("required") is True:
            required.append(name)
    schema = {"type": "object", "properties": properties, "required": required}
    media = {"schema": schema, "encoding": {name: how for name, how in encoding.items() if how}}
    offered = [one for one in types if one.partition(";")[0].strip().lower() in (FORM, MULTIPART)]
    return {
        "required": bool(required),
        "content": dict.fromkeys(offered or [MULTIPART if has_file else FORM], media),
    }


def as_servers(root: Mapping[str, Any], schemes: Json, location: str) -> list[Json]:
    """Servers from ``schemes``, ``host`` and ``basePath``.

    Args:
        root: the document.
        schemes: those of an operation or of the document; https is preferred.
        location: the document's own, whose host and scheme stand in for those that are not told.
    """
    host, base = root.get("host"), root.get("basePath")
    path = base if isinstance(base, str) and base.startswith("/") else ""
    listed = [one for one in schemes if isinstance(one, str)] if isinstance(schemes, list) else []
    ordered = [one for one in ("https", "http") if one in listed]
    if not isinstance(host, str) or not host:
        return [{"url": path or "/"}]
    own = urlsplit(location).scheme if is_address(location) else "https"
    return [{"url": f"{scheme}://{host}{path}"} for scheme in ordered or listed or [own]]
