"""The MCP source: the tools that a server of the Model Context Protocol lists.

The server is started or reached, asked for its tools, and ended again; :mod:`apigen.execute.mcp` does the same when
calls are made.
"""

import asyncio
import os
import re
import shlex
from collections.abc import Mapping
from urllib.parse import urlsplit

import jsonschema_rs
import msgspec

from apigen.errors import UserError
from apigen.execute.grants import NO_GRANTS, Grants
from apigen.execute.mcp.opening import START_S, open_connection
from apigen.execute.mcp.servers import Server, Unreachable
from apigen.library.base import COMMON_OPTIONS, Loaded
from apigen.locators import Locator
from apigen.records import Json, McpBinding, Note, Skipped, Tool
from apigen.toolspecs.names import clean_name, free_name
from apigen.toolspecs.schemas import Notes, parameters_schema

_OPTIONS = {
    **COMMON_OPTIONS,
    "variable": "environment variables passed to the server; for a URL, the variable that holds the bearer token",
    "name": "a short prefix for the names of its tools",
}
_LONGEST_PREFIX = 24
_UNSAID = "the server does not say whether a call changes anything; treated as read-only"


def load_mcp(locator: Locator, grants: Grants = NO_GRANTS, *, start_s: float = START_S) -> Loaded:
    """Load the tools of one server.

    It starts an event loop of its own, so it cannot be called from within one.

    Args:
        locator: its place is a command, split as a shell would but run without one, or an address that begins with
            ``http://`` or ``https://``.
        grants: nothing here; servers are not sandboxed.
        start_s: how long the server may take to get ready, in seconds.

    Raises:
        UserError: there is no such server, it does not speak the protocol, or it offers no tools.
    """
    del grants
    locator.require_known(_OPTIONS)
    server, prefix = _server(locator), _prefix(locator)
    secrets = server.secrets(os.environ)
    try:
        listed = asyncio.run(_listed(server, start_s))
    except Unreachable as problem:
        raise UserError(secrets.hide_in_text(f"{server}: {problem}")) from None
    if secrets.stand_in(msgspec.json.encode(listed).decode()):
        raise UserError(
            f"{server}: the value of one of its variables appears in the description of its tools and would leak "
            "into every prompt; remove it there"
        )
    return _loaded(listed, server, f"mcp:{locator.place.strip()}", prefix)


async def _listed(server: Server, start_s: float) -> tuple[Json, ...]:
    connection = await open_connection(server, os.environ, private=None, start_s=start_s)
    try:
        return connection.listed
    finally:
        await connection.aclose()


def _server(locator: Locator) -> Server:
    """The server that a locator names.

    Raises:
        UserError: it names none.
    """
    place, variables = locator.place.strip(), tuple(dict.fromkeys(locator.values("variable")))
    if wrong := [name for name in variables if not name.isidentifier()]:
        raise UserError(
            f"{locator}: {wrong[0]!r} is not a valid variable name; give the name of the variable, never its value"
        )
    if place.startswith(("http://", "https://")):
        if len(variables) > 1:
            raise UserError(
                f"{locator}: a URL takes one variable, sent as the bearer token, but {len(variables)} are named"
            )
        return Server(url=_address(locator, place), variables=variables)
    try:
        command = tuple(shlex.split(place))
    except ValueError as problem:
        raise UserError(f"{locator}: not a valid command: {str(problem).lower()}") from None
    if not command:
        raise UserError("mcp: needs a command or a URL, such as mcp:mcp-server-time or mcp:https://HOST/mcp")
    return Server(command, variables=variables)


def _address(locator: Locator, place: str) -> str:
    try:
        parts = urlsplit(place)
        valid = bool(parts.hostname) and parts.port != 0 and not any(letter.isspace() for letter in place)
    except ValueError:
        parts, valid = urlsplit(""), False
    if not valid:
        raise UserError(f"{locator}: not a valid URL; write mcp:https://HOST/mcp")
    if parts.username or parts.password:
        raise UserError(
            "mcp: the URL must not contain a user name or password; `#variable=NAME` sends the value of $NAME as "
            "a bearer token"
        )
    return place


def _prefix(locator: Locator) -> str:
    name = locator.value("name")
    if not re.fullmatch(rf"[A-Za-z0-9_-]{{0,{_LONGEST_PREFIX}}}", name):
        raise UserError(f"{locator}: `name` may have up to {_LONGEST_PREFIX} letters, digits, - and _, got {name!r}")
    return f"{name}_" if name else ""


def _loaded(listed: tuple[Json, ...], server: Server, origin: str, prefix: str) -> Loaded:
    tools: dict[str, Tool] = {}
    skipped: list[Skipped] = []
    notes: list[Note] = []
    seen: set[str] = set()
    taken: set[str] = set()
    for number, told in enumerate(listed, 1):
        own = told.get("name") if isinstance(told, dict) else None
        if not isinstance(told, dict) or not isinstance(own, str) or not own:
            skipped.append(Skipped(f"tool {number}", "it has no name", origin))
            continue
        if own in seen:
            skipped.append(
                Skipped(own, "the server lists this tool name more than once; the first one is used", origin)
            )
            continue
        seen.add(own)
        understood: Notes = {}
        try:
            name = free_name(clean_name(f"{prefix}{own}"), taken, own)
            if name != f"{prefix}{own}":
                understood[f"its name on the server is {own!r}"] = None
            tools[name] = _tool(name, told, server, origin, understood)
        except _Unusable as problem:
            skipped.append(Skipped(own, str(problem), origin))
        else:
            notes += [Note(name, text) for text in understood]
    return Loaded(tuple(tools.values()), skipped=tuple(skipped), notes=tuple(notes))


class _Unusable(Exception):  # noqa: N818 - a property of what the server lists
    """A listed tool cannot be offered; the message says why."""


def _tool(name: str, told: Mapping[str, Json], server: Server, origin: str, understood: Notes) -> Tool:
    """A tool as the server describes it.

    Raises:
        _Unusable: no call of it could be checked or made.
    """
    execution = told.get("execution")
    if isinstance(execution, dict) and execution.get("taskSupport") == "required":
        raise _Unusable("it only runs as an asynchronous task, which is not supported")
    hints = told["annotations"] if isinstance(told.get("annotations"), dict) else {}
    return Tool(
        name=name,
        description=_description(told, hints, understood),
        parameters=_parameters(told.get("inputSchema"), understood),
        origin=origin,
        binding=McpBinding(told["name"], server.command, server.url, server.variables, _writes(hints, understood)),
    )


def _description(told: Mapping[str, Json], hints: Mapping[str, Json], understood: Notes) -> str:
    """What the tool does; its title where that is not said.

    Raises:
        _Unusable: neither is said.
    """
    for number, text in enumerate((told.get("description"), told.get("title"), hints.get("title"))):
        if isinstance(text, str) and text.strip():
            if number:
                understood["it has no description; its title is used instead"] = None
            return text.strip()
    raise _Unusable("no description, so a model cannot know what it does")


def _parameters(schema: Json, understood: Notes) -> dict[str, Json]:
    """The arguments as today's JSON Schema.

    Raises:
        _Unusable: they are described as something else.
    """
    if not isinstance(schema, dict):
        raise _Unusable("its inputSchema is missing" if schema is None else "its inputSchema is not an object")
    schema = _at_root({key: value for key, value in schema.items() if key != "$schema"})
    schema.setdefault("type", "object")
    if schema.get("properties") is None:
        schema["properties"] = {}
    try:
        parameters = parameters_schema(schema, understood)
        jsonschema_rs.validator_for(parameters, offline=True)
    except (ValueError, jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, RecursionError) as problem:
        raise _Unusable(f"its inputSchema is not valid JSON Schema: {' '.join(str(problem).split())[:200]}") from None
    return parameters


def _at_root(schema: dict[str, Json]) -> dict[str, Json]:
    """The schema itself, where it only refers to one of its own definitions: arguments must stand at the top."""
    seen: set[str] = set()
    while isinstance(target := schema.get("$ref"), str) and target not in seen and "properties" not in schema:
        seen.add(target)
        found: Json = schema
        for step in target.removeprefix("#/").split("/") if target.startswith("#/") else ("",):
            step = step.replace("~1", "/").replace("~0", "~")  # noqa: PLW2901 - the same, unescaped
            found = found.get(step) if isinstance(found, dict) else None
        if not isinstance(found, dict):
            break
        schema = {**found, **{key: value for key, value in schema.items() if key != "$ref"}} | (
            {"$ref": found["$ref"]} if "$ref" in found else {}
        )
    return schema


def _writes(hints: Mapping[str, Json], understood: Notes) -> bool:
    """Whether the server says that a call may change something, also by only adding to it."""
    read_only, destructive = hints.get("readOnlyHint"), hints.get("destructiveHint")
    if not isinstance(read_only, bool) and not isinstance(destructive, bool):
        understood[_UNSAID] = None
    return destructive is True or read_only is False
