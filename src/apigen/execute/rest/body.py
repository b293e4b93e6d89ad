"""Writes the body of a request: JSON, a form, or text."""

import hashlib
from collections.abc import Sequence

import msgspec

from apigen.execute.rest.problems import Rejected
from apigen.execute.rest.styles import document, query_parts, text_of
from apigen.records import Json, Reason, RestBinding, RestParameter

Field = tuple[RestParameter, Json]

_FORM = "application/x-www-form-urlencoded"
_MULTIPART = "multipart/form-data"


def write_body(binding: RestBinding, fields: Sequence[Field], whole: Json) -> tuple[bytes, str] | None:
    """The body with its media type; ``None`` for a request without one.

    Args:
        binding: names the media type.
        fields: the arguments that are parts of the body.
        whole: the argument that is the body, where there is such a one.

    Raises:
        Rejected: nothing here writes such a value as this media type.
    """
    media_type = binding.body.partition(";")[0].strip().lower()
    if not media_type or (binding.body_argument and whole is msgspec.UNSET):
        return None
    if is_json(media_type):
        named = {parameter.name or parameter.argument: value for parameter, value in fields}
        content_type = "application/json" if "*" in media_type else binding.body
        return msgspec.json.encode(whole if binding.body_argument else named), content_type
    if binding.body_argument and isinstance(whole, dict) and media_type in (_FORM, _MULTIPART):
        fields = [(RestParameter(name, "body"), value) for name, value in whole.items()]
    elif binding.body_argument:
        return _as_text(binding, whole), "text/plain; charset=utf-8" if media_type == "text/*" else binding.body
    fields = [(parameter, value) for parameter, value in fields if value is not None]
    if media_type == _FORM:
        return "&".join(part for field in fields for part in _form_parts(*field)).encode(), binding.body
    if media_type == _MULTIPART:
        return _multipart(fields)
    raise Rejected(Reason.NOT_EXECUTABLE, f"a {binding.body} body cannot be built from separate arguments")


def is_json(media_type: str) -> bool:
    """Whether a media type is JSON, or leaves the choice to us."""
    return media_type in ("application/json", "text/json", "*/*", "application/*") or media_type.endswith("+json")


def _as_text(binding: RestBinding, whole: Json) -> bytes:
    if isinstance(whole, list | dict):
        detail = f"{binding.body_argument}: a {binding.body} body must be a string, not {type(whole).__name__}"
        raise Rejected(Reason.NOT_EXECUTABLE, detail)
    return text_of(whole).encode()


def _form_parts(parameter: RestParameter, value: Json) -> list[str]:
    """A field of a form: lists are repeated; objects are JSON, unless a style is named (OpenAPI, "Encoding Object")."""
    if isinstance(value, dict) and not parameter.style and not parameter.content:
        parameter = msgspec.structs.replace(parameter, content="application/json")
    if parameter.content:
        return [part for item in _documents(parameter, value) for part in query_parts(parameter, item)]
    return query_parts(parameter, value)


def _documents(parameter: RestParameter, value: Json) -> list[Json]:
    """What a media type is said of: of each item of a list, unless it is JSON, which can hold the list."""
    return value if isinstance(value, list) and "json" not in parameter.content.lower() else [value]


def _multipart(fields: Sequence[Field]) -> tuple[bytes, str]:
    """Parts as RFC 7578 has them: an item of a list is a part of its own, an object is a JSON document."""
    parts: list[tuple[str, str, str]] = []
    for parameter, value in fields:
        name = parameter.name or parameter.argument
        for item in _documents(parameter, value):
            if parameter.content:
                parts.append((name, parameter.content, document(parameter, item)))
            else:
                parts.append((name, "application/json" if isinstance(item, list | dict) else "", text_of(item)))
    # Not drawn by chance: the same call is the same bytes.
    boundary = hashlib.sha256(msgspec.json.encode(parts)).hexdigest()
    lines = [line for name, media_type, text in parts for line in _part(boundary, name, media_type, text)]
    return "\r\n".join([*lines, f"--{boundary}--", ""]).encode(), f"{_MULTIPART}; boundary={boundary}"


def _part(boundary: str, name: str, media_type: str, text: str) -> list[str]:
    shown = name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
    kind = [f"Content-Type: {media_type}"] if media_type else []
    return [f"--{boundary}", f'Content-Disposition: form-data; name="{shown}"', *kind, "", text]
