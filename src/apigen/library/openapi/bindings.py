"""How an operation is called: server, places of arguments, secrets, headers."""

from collections.abc import Sequence

import msgspec

from apigen.library.openapi.arguments import Argument
from apigen.library.openapi.bodies import JSON, Body
from apigen.library.openapi.operations import Operation
from apigen.library.openapi.problems import CannotOffer
from apigen.library.openapi.security import Security
from apigen.library.openapi.servers import usable_server
from apigen.library.openapi.service import Service
from apigen.library.openapi.swagger2 import as_servers
from apigen.records import Json, RestBinding, RestCredential, RestParameter

_READS = ("GET", "HEAD", "OPTIONS", "QUERY")


class Carried(msgspec.Struct, frozen=True):
    """A secret that the spec lists among an operation's parameters."""

    credential: RestCredential
    needed: bool


def binding_of(
    operation: Operation,
    service: Service,
    names: Sequence[tuple[str, Argument]],
    body: Body,
    carried: Sequence[Carried],
    notes: dict[str, None],
) -> RestBinding | None:
    """How an operation is called.

    Args:
        operation: as the spec has it.
        service: the spec.
        names: its arguments by name.
        body: its body.
        carried: secrets among its parameters.
        notes: what had to be understood is added here.

    Returns:
        ``None``, with a note, where it can only be described.
    """
    root = service.documents.root
    server, problem = service.server, ""
    if not server:
        server, problem = usable_server(_servers(operation, service), root.location)
        problem = problem and f"{problem}; set its base URL with `#server=URL`"
    security, unsupported = service.schemes.alternatives(operation.raw.get("security", root.value.get("security")))
    if problem or unsupported:
        notes[f"description only, cannot be called: {problem or unsupported}"] = None
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


def _with_carried(security: Security, carried: Sequence[Carried]) -> Security:
    """The alternatives with secrets that the operation lists among its parameters."""
    for one in carried:
        secret = one.credential
        if any(secret in told or any(_same_place(secret, other) for other in told) for told in security):
            continue
        with_secret = tuple((*told, secret) for told in security or ((),))
        security = with_secret if one.needed or any(security) else (*with_secret, ())
    return security


def _same_place(one: RestCredential, two: RestCredential) -> bool:
    """Whether two secrets would be written into the same header."""
    return one.place == "header" and one.name.lower() == "authorization" and two.place in ("bearer", "basic")


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
