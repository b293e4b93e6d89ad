"""How an API of RapidAPI is called: one key for all of them, the API chosen by the host."""

import re
from urllib.parse import parse_qsl, urlsplit

from apigen.library.toolbench.layout import Api
from apigen.library.toolbench.parameters import Described
from apigen.records import Json, RestBinding, RestCredential, RestParameter
from apigen.toolspecs.names import clean_argument
from apigen.toolspecs.schemas import Notes

KEY_VARIABLE = "RAPIDAPI_KEY"
"""The environment variable that holds the key."""

METHODS = frozenset(("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"))
_READING = frozenset(("GET", "HEAD", "OPTIONS"))
_WITH_BODY = frozenset(("POST", "PUT", "PATCH"))

_JSON = "application/json"
_FORM = "application/x-www-form-urlencoded"
_BODIES = frozenset((_JSON, _FORM))

_HOST = re.compile(r"[A-Za-z0-9.-]+(:[0-9]+)?")
_PLACEHOLDER = re.compile(r"\{([^{}/?&]+)\}")
_HEADER = re.compile(r"^(x-[\w-]+|accept(-\w+)?|authorization|user-agent|if-\w+(-\w+)*)$", re.IGNORECASE)


def bind(api: Api, described: Described, notes: Notes) -> tuple[RestBinding | None, dict[str, Json]]:
    """How to call an API, and its parameters with those that only its address tells.

    Args:
        api: as written; its method is one of :data:`METHODS`.
        described: its parameters.
        notes: why there is no binding, and what was guessed, is added here.
    """
    schema = described.schema
    server, path, query = _address(api)
    if not server:
        notes["cannot be called: no URL given"] = None
        return None, schema
    if described.files:
        notes[f"cannot be called: {described.files[0]!r} is a file"] = None
        return None, schema
    placed, schema = _in_path(path, described, schema, notes)
    media_type = _media_type(api, described) if api.method in _WITH_BODY else ""
    fixed = []
    for name, value in query:
        match = _PLACEHOLDER.fullmatch(value)
        argument = _argument(match[1], described) if match else None
        if argument:
            placed[argument] = RestParameter(argument, "query", _unless_same(name, argument))
        elif name not in described.wire.values():  # one that a call gives is not fixed
            fixed.append(f"{name}={value}")
    for argument, name in described.wire.items():
        if argument not in placed:
            place = "header" if _HEADER.match(name) else "body" if media_type else "query"
            placed[argument] = RestParameter(argument, place, _unless_same(name, argument))  # type: ignore[arg-type]
            if place == "header":
                notes[f"parameter {name!r} is sent as a header, judging by its name"] = None
    host = urlsplit(server).netloc
    ours = _is_rapidapi(host)
    return RestBinding(
        method=api.method,
        server=server,
        path=path + (f"?{'&'.join(fixed)}" if fixed else ""),
        parameters=tuple(placed.values()),
        body=media_type if any(one.place == "body" for one in placed.values()) else "",
        headers=(("X-RapidAPI-Host", api.host if _is_rapidapi(api.host) else host),) if ours else (),
        # The key goes to RapidAPI alone, whatever addresses a file names.
        security=((RestCredential(KEY_VARIABLE, "header", "X-RapidAPI-Key"),),) if ours else (),
        writes=api.method not in _READING,
    ), schema


def _address(api: Api) -> tuple[str, str, list[tuple[str, str]]]:
    """Server, path and query of an API's address; nothing where there is no usable one."""
    url = api.url
    if url and "://" not in url and api.host:
        url = f"https://{api.host}/{url.lstrip('/')}"
    try:
        parts = urlsplit(url)
        hostname = parts.hostname
    except ValueError:
        return "", "", []
    if parts.scheme not in ("http", "https") or not hostname or not _HOST.fullmatch(parts.netloc):
        return "", "", []
    scheme = "https" if _is_rapidapi(parts.netloc) else parts.scheme  # the key is not sent in the clear
    return f"{scheme}://{parts.netloc}", parts.path or "/", parse_qsl(parts.query, keep_blank_values=True)


def _is_rapidapi(host: str) -> bool:
    return _HOST.fullmatch(host) is not None and f".{host.lower()}".endswith(".rapidapi.com")


def _in_path(
    path: str, described: Described, schema: dict[str, Json], notes: Notes
) -> tuple[dict[str, RestParameter], dict[str, Json]]:
    """The parameters in the path; one that stands only there becomes a parameter."""
    placed: dict[str, RestParameter] = {}
    for name in dict.fromkeys(_PLACEHOLDER.findall(path)):
        argument = _argument(name, described)
        if argument is None:
            argument = clean_argument(name)
            schema = {
                **schema,
                "properties": {**schema["properties"], argument: {"type": "string"}},
                "required": [*schema.get("required", ()), argument],
            }
            notes[f"parameter {argument!r} appears only in the URL; treated as a string"] = None
        elif argument not in schema.get("required", ()):
            schema = {**schema, "required": [*schema.get("required", ()), argument]}
            notes[f"parameter {argument!r} is required, since it is part of the path"] = None
        placed[argument] = RestParameter(argument, "path", _unless_same(name, argument))
    return placed, schema


def _argument(name: str, described: Described) -> str | None:
    """The argument that a placeholder stands for: of that name, or of one that differs in case or in ``is_``.

    ToolBench writes ``is_id`` for ``id`` and the like, which its generated Python code could not use as names.
    """
    for wanted in (name, name.removeprefix("is_")):
        for argument, wire in described.wire.items():
            if wire == wanted:
                return argument
    return next((argument for argument, wire in described.wire.items() if wire.lower() == name.lower()), None)


def _media_type(api: Api, described: Described) -> str:
    """What the body is: as the parameters or the example of a request say, else JSON."""
    if described.media_type in _BODIES:
        return described.media_type
    return _FORM if _FORM in api.code else _JSON


def _unless_same(name: str, argument: str) -> str:
    return "" if name == argument else name
