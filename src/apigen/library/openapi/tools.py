"""One operation as one tool."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from apigen.library.openapi.arguments import Argument, named
from apigen.library.openapi.bindings import Carried, binding_of
from apigen.library.openapi.bodies import Body, read_body
from apigen.library.openapi.documents import Document
from apigen.library.openapi.operations import Operation
from apigen.library.openapi.parameters import as_argument, collected, is_ignored
from apigen.library.openapi.problems import CannotOffer
from apigen.library.openapi.security import Schemes
from apigen.library.openapi.service import Service
from apigen.library.openapi.swagger2 import as_body, as_parameter
from apigen.library.openapi.texts import MOST_CHARACTERS, joined, plain, shortened
from apigen.library.starter import CATEGORIES
from apigen.records import Json, RestParameter, Tool

_NOT_OFFERED = {"TRACE": "it only echoes requests", "CONNECT": "it opens a tunnel"}
_TEMPLATE = re.compile(r"\{([^{}/]+)\}")


class Made(msgspec.Struct, frozen=True):
    """A tool and what had to be understood, cut or guessed for it."""

    tool: Tool
    notes: tuple[str, ...]


def make_tool(operation: Operation, service: Service) -> Made:
    """The tool for an operation.

    Raises:
        CannotOffer: there can be none; the message says why.
    """
    if operation.method in _NOT_OFFERED:
        raise CannotOffer(f"{operation.method}: {_NOT_OFFERED[operation.method]}")
    notes: dict[str, None] = {}
    parameters, body = _parts(operation, service)
    credentials = _carried(parameters, service.schemes)
    arguments = [
        as_argument(raw, document, service.reader)
        for raw, document in parameters
        if (raw["in"], raw["name"]) not in credentials and not is_ignored(raw)
    ]
    arguments = _of_path(operation.path, arguments, notes)
    names = named([*arguments, *body.arguments])
    fitted = service.fitter.fit(_schema(names, body))
    notes |= dict.fromkeys((*body.notes, *fitted.notes))
    description = _description(operation.raw)
    if len(description) > MOST_CHARACTERS:
        notes[f"its description has {len(description):,} characters; it is cut at {MOST_CHARACTERS:,}"] = None
    binding = binding_of(operation, service, names, body, tuple(credentials.values()), notes)
    tool = Tool(
        operation.name,
        shortened(description),
        fitted.schema,
        _category(operation, service.documents.root.value),
        service.origin,
        binding,
    )
    return Made(tool, tuple(notes))


def _parts(operation: Operation, service: Service) -> tuple[list[tuple[Mapping[str, Any], Document]], Body]:
    """An operation's parameters and its body, in the words of OpenAPI 3."""
    parameters = collected(operation, service.documents)
    told: tuple[Json, Document] | None = (operation.raw.get("requestBody"), operation.document)
    if service.version == "2.0":
        consumes = operation.raw.get("consumes", service.documents.root.value.get("consumes"))
        told = as_body(parameters, consumes)
        parameters = [
            (as_parameter(raw), document) for raw, document in parameters if raw["in"] not in ("body", "formData")
        ]
    if told is None or told[0] is None:
        return parameters, Body()
    return parameters, read_body(*told, service.documents, service.reader)


def _carried(
    parameters: Sequence[tuple[Mapping[str, Any], Document]], schemes: Schemes
) -> dict[tuple[str, str], Carried]:
    """The parameters that are a security scheme's key: nothing for a model to write."""
    found = {}
    for raw, _ in parameters:
        credential = schemes.carried_by(raw["in"], raw["name"])
        if credential is not None:
            found[raw["in"], raw["name"]] = Carried(credential, raw.get("required") is True)
    return found


def _of_path(path: str, arguments: Sequence[Argument], notes: dict[str, None]) -> list[Argument]:
    """The arguments with exactly those of the path that it has places for."""
    places = dict.fromkeys(_TEMPLATE.findall(path))
    found = []
    for argument in arguments:
        if argument.place == "path" and argument.wire not in places:
            notes[f"its path has no placeholder for the parameter {argument.wire!r}"] = None
            continue
        found.append(argument)
    described = {argument.wire for argument in found if argument.place == "path"}
    for name in places:
        if name not in described:
            notes[f"the parameter {name!r} of its path is not defined; treated as a string"] = None
            found.append(Argument(name, {"type": "string"}, True, RestParameter(name, "path")))
    return found


def _schema(names: Sequence[tuple[str, Argument]], body: Body) -> dict[str, Json]:
    schema: dict[str, Json] = {"type": "object"}
    if body.description:
        schema["description"] = body.description
    schema["properties"] = {name: argument.schema for name, argument in names}
    required = [name for name, argument in names if argument.required]
    if required:
        schema["required"] = required
    if body.together:
        own = {argument.wire: name for name, argument in names if argument.place == "body"}
        needed = [own[wire] for wire in body.together]
        others = {name: [one for one in needed if one != name] for name in own.values()}
        schema["dependentRequired"] = {name: listed for name, listed in others.items() if listed}
    schema["additionalProperties"] = False
    return schema


def _description(raw: Mapping[str, Any]) -> str:
    text = joined(plain(raw.get("summary")), plain(raw.get("description")))
    return f"Deprecated. {text}".strip() if raw.get("deprecated") is True else text


_BY_NAME = {category.lower(): category for category in CATEGORIES}


def _category(operation: Operation, root: Mapping[str, Any]) -> str:
    """One of the 21 categories where a label is one, else the spec's own label as it stands."""
    info = root.get("info")
    told = info.get("x-apisguru-categories") if isinstance(info, dict) else None
    labels = [one for one in told if isinstance(one, str)] if isinstance(told, list) else []
    labels += operation.tags
    for label in labels:
        if label.strip().lower() in _BY_NAME:
            return _BY_NAME[label.strip().lower()]
    return next((label.strip() for label in labels if label.strip()), "Other")
