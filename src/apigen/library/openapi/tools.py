"""One operation as one tool."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from apigen.library.openapi.arguments import Argument, named
from apigen.library.openapi.bodies import JSON, Body, read_body
from apigen.library.openapi.documents import Document, Documents
from apigen.library.openapi.fitting import Fitter
from apigen.library.openapi.operations import Operation
from apigen.library.openapi.parameters import as_argument, collected, is_ignored
from apigen.library.openapi.problems import CannotOffer
from apigen.library.openapi.recognise import Version
from apigen.library.openapi.schemas import SchemaReader
from apigen.library.openapi.security import Schemes, Security
from apigen.library.openapi.servers import usable_server
from apigen.library.openapi.swagger2 import as_body, as_parameter, as_servers
from apigen.library.openapi.texts import MOST_CHARACTERS, joined, plain, shortened
from apigen.library.starter import CATEGORIES
from apigen.records import Json, RestBinding, RestCredential, RestParameter, Tool

_READS = ("GET", "HEAD", "OPTIONS", "QUERY")
_NOT_OFFERED = {"TRACE": "it echoes requests and does nothing else", "CONNECT": "it opens a tunnel"}
_TEMPLATE = re.compile(r"\{([^{}/]+)\}")


class Service(msgspec.Struct, frozen=True):
    """What all operations of a spec share."""

    documents: Documents
    version: Version
    reader: SchemaReader
    fitter: Fitter
    schemes: Schemes
    origin: str
    server: str = ""
    """The address that the user named instead of the spec's."""


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
        if not is_ignored(raw) and (raw["in"], raw["name"]) not in credentials
    ]
    arguments = _of_path(operation.path, arguments, notes)
    names = named([*arguments, *body.arguments])
    fitted = service.fitter.fit(_schema(names, body))
    notes |= dict.fromkeys((*body.notes, *fitted.notes))
    description = _description(operation.raw)
    if len(description) > MOST_CHARACTERS:
        notes[f"its description has {len(description):,} characters; it is cut at {MOST_CHARACTERS:,}"] = None
    binding = _binding(operation, service, names, body, tuple(credentials.values()), notes)
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
) -> dict[tuple[str, str], RestCredential]:
    """The parameters that are a security scheme's key: nothing for a model to write."""
    found = {}
    for raw, _ in parameters:
        credential = schemes.carried_by(raw["in"], raw["name"])
        if credential is not None:
            found[raw["in"], raw["name"]] = credential
    return found


def _of_path(path: str, arguments: Sequence[Argument], notes: dict[str, None]) -> list[Argument]:
    """The arguments with exactly those of the path that it has places for."""
    places = dict.fromkeys(_TEMPLATE.findall(path))
    found = []
    for argument in arguments:
        if argument.place == "path" and argument.wire not in places:
            notes[f"its path has no place for the parameter {argument.wire!r}"] = None
            continue
        found.append(argument)
    described = {argument.wire for argument in found if argument.place == "path"}
    for name in places:
        if name not in described:
            notes[f"the parameter {name!r} of its path is not described and taken for text"] = None
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


def _binding(
    operation: Operation,
    service: Service,
    names: Sequence[tuple[str, Argument]],
    body: Body,
    carried: tuple[RestCredential, ...],
    notes: dict[str, None],
) -> RestBinding | None:
    """How the operation is called; ``None``, with a note, where it can only be described."""
    root = service.documents.root
    server, problem = service.server, ""
    if not server:
        server, problem = usable_server(_servers(operation, service), root.location)
        problem = problem and f"{problem}; `#server=URL` says where it answers"
    security, unsupported = service.schemes.alternatives(operation.raw.get("security", root.value.get("security")))
    if problem or unsupported:
        notes[f"only described, since {problem or unsupported}"] = None
        return None
    whole = next((name for name, argument in names if argument.parameter is None), "")
    accept = _accepted(operation, service)
    return RestBinding(
        operation.method,
        server,
        operation.path.partition("#")[0] or "/",
        tuple(_wired(name, argument.parameter) for name, argument in names if argument.parameter is not None),
        body.media,
        whole,
        (("Accept", accept),) if accept else (),
        _with_carried(security, carried),
        operation.method not in _READS,
    )


def _wired(name: str, parameter: RestParameter) -> RestParameter:
    """A parameter under the argument's name, with the wire name where that is another."""
    wire = parameter.argument
    return msgspec.structs.replace(parameter, argument=name, name="" if wire == name else wire)


def _servers(operation: Operation, service: Service) -> list[Json]:
    root = service.documents.root
    if service.version == "2.0":
        schemes = operation.raw.get("schemes", root.value.get("schemes"))
        return [as_servers(root.value, schemes, root.location)]
    return [holder.get("servers") for holder in (operation.raw, operation.item, root.value)]


def _with_carried(security: Security, carried: tuple[RestCredential, ...]) -> Security:
    """The alternatives with secrets that the operation lists among its parameters."""
    missing = tuple(one for one in carried if not any(one in alternative for alternative in security))
    if not missing:
        return security
    return tuple((*alternative, *missing) for alternative in security or ((),))


def _accepted(operation: Operation, service: Service) -> str:
    """The media type to ask for: JSON where the operation can answer with it."""
    types: dict[str, None] = {}
    if service.version == "2.0":
        produces = operation.raw.get("produces", service.documents.root.value.get("produces"))
        types = dict.fromkeys(one for one in produces if isinstance(one, str)) if isinstance(produces, list) else {}
    responses = operation.raw.get("responses")
    for code, told in responses.items() if isinstance(responses, dict) else ():
        if str(code)[:1] != "2" or service.version == "2.0":
            continue
        try:
            response, _ = service.documents.follow(told, operation.document)
        except CannotOffer:
            continue
        content = response.get("content")
        types.update(dict.fromkeys(content) if isinstance(content, dict) else {})
    usable = [one for one in types if "/" in one and one.isascii() and one.isprintable()]
    as_json = [one for one in usable if one.partition(";")[0].strip().lower() == JSON or "+json" in one]
    return next(iter(as_json or usable), "")


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
