"""Writes a call as an HTTP request. What an argument holds can change neither the host nor the shape of the path."""

import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote, unquote

import msgspec
from yarl import URL

from apigen import __version__
from apigen.execute.rest.body import Field, write_body
from apigen.execute.rest.credentials import Credentials
from apigen.execute.rest.problems import Rejected
from apigen.execute.rest.styles import header_text, path_part, query_parts
from apigen.records import Json, Reason, RestBinding, RestParameter

_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_HEADER_VALUE = re.compile(r"[\x20-\x7e\t]*")
_OURS = (
    *("connection", "content-length", "cookie", "expect", "host", "keep-alive"),
    *("te", "trailer", "transfer-encoding", "upgrade"),
)
"""Headers that decide where a request goes and where it ends: never set by an argument or a binding."""
_NOT_PARAMETERS = frozenset({"accept", "content-type", "authorization", "accept-encoding"})
"""Header parameters that are ignored, the first three as OpenAPI says ("Parameter Object", ``in``)."""
_STANDARD = (
    ("Accept", "application/json, text/plain;q=0.8, */*;q=0.5"),
    ("Accept-Encoding", "gzip, deflate"),
    ("User-Agent", f"apigen/{__version__}"),
)


class HttpRequest(msgspec.Struct, frozen=True):
    """A request as it goes over the wire."""

    method: str
    url: URL
    """Encoded; nothing may be normalised after this."""
    headers: tuple[tuple[str, str], ...]
    secret_headers: tuple[tuple[str, str], ...] = ()
    """For the host that the binding names, and no other."""
    body: bytes | None = None


def write_request(binding: RestBinding, arguments: Mapping[str, Json], credentials: Credentials) -> HttpRequest:
    """Put each argument where it belongs.

    Args:
        binding: the operation.
        arguments: of the call.
        credentials: added to it.

    Raises:
        Rejected: an argument is missing or unknown, or cannot stand where it belongs; or the binding itself is
            no request.
    """
    try:
        return _write(binding, _Sorted(binding, arguments), credentials)
    except UnicodeEncodeError:
        raise Rejected(
            Reason.INVALID_ARGUMENT, "a string contains a lone surrogate, which is not valid Unicode"
        ) from None


class _Sorted:
    """The arguments of a call by their place."""

    def __init__(self, binding: RestBinding, arguments: Mapping[str, Json]) -> None:
        known = {parameter.argument for parameter in binding.parameters} | {binding.body_argument}
        for name in arguments:
            if name not in known or not name:
                raise Rejected(Reason.INVALID_ARGUMENT, f"the operation takes no argument {name!r}")
        given = [(each, arguments[each.argument]) for each in binding.parameters if each.argument in arguments]
        self.path = {each.name or each.argument: (each, value) for each, value in given if each.place == "path"}
        self.query = _at(given, "query")
        self.headers = [field for field in _at(given, "header") if _name(field[0]).lower() not in _NOT_PARAMETERS]
        self.cookies = _at(given, "cookie")
        self.fields = [field for field in given if field[0].place == "body"]
        self.body: Json = arguments.get(binding.body_argument, msgspec.UNSET) if binding.body_argument else None


def _at(given: Iterable[Field], place: str) -> list[Field]:
    """The arguments of a place where ``null`` cannot be said, and is left out."""
    return [(parameter, value) for parameter, value in given if parameter.place == place and value is not None]


def _name(parameter: RestParameter) -> str:
    return parameter.name or parameter.argument


def _write(binding: RestBinding, arguments: _Sorted, credentials: Credentials) -> HttpRequest:
    body = write_body(binding, arguments.fields, arguments.body)
    arguments_in_headers = [(_name(parameter), header_text(parameter, value)) for parameter, value in arguments.headers]
    headers = [*binding.headers, *arguments_in_headers, *([("Content-Type", body[1])] if body else [])]
    for name, value in (*headers, *credentials.headers):
        _check_header_name(name)
        _check_header_value(name, value)
    plain = {name.lower(): (name, value) for name, value in (*_STANDARD, *headers)}  # the last of a name counts
    cookies = [part for parameter, value in arguments.cookies for part in query_parts(parameter, value)]
    secret = list(credentials.headers)
    if cookies:
        plain["cookie"] = ("Cookie", "; ".join(cookies))
    if credentials.cookies:
        secret.append(("Cookie", "; ".join([*cookies, *credentials.cookies])))
        _check_header_value(*secret[-1])
    return HttpRequest(
        method=binding.method,
        url=_url(binding, arguments, credentials.query),
        headers=tuple(plain.values()),
        secret_headers=tuple(secret),
        body=None if body is None else body[0],
    )


def _check_header_name(name: str) -> None:
    if not _HEADER_NAME.fullmatch(name) or name.lower() in _OURS or name.lower().startswith("proxy-"):
        raise Rejected(Reason.NOT_EXECUTABLE, f"a tool may not set the header {name!r}")


def _check_header_value(name: str, value: str) -> None:
    if not _HEADER_VALUE.fullmatch(value):
        detail = f"the header {name} must not contain line breaks, control characters or non-ASCII characters"
        raise Rejected(Reason.INVALID_ARGUMENT, detail)


def _url(binding: RestBinding, arguments: _Sorted, secret_query: Iterable[str]) -> URL:
    server = server_of(binding)
    path, _, fixed = binding.path.partition("#")[0].partition("?")
    if lost := arguments.path.keys() - set(_PLACEHOLDER.findall(binding.path)):
        raise Rejected(
            Reason.NOT_EXECUTABLE, f"{', '.join(sorted(lost))}: the path {binding.path} has no placeholder for it"
        )
    written = "/".join(_segment(segment, arguments.path) for segment in path.lstrip("/").split("/"))
    parts = [part for parameter, value in arguments.query for part in query_parts(parameter, value)]
    query = "&".join([*([_filled(fixed, arguments.path)] if fixed else []), *parts, *secret_query])
    text = f"{server.scheme}://{server.raw_authority}{server.raw_path.rstrip('/')}/{written}"
    return URL(f"{text}?{query}" if query else text, encoded=True)


def server_of(binding: RestBinding) -> URL:
    """The base address.

    Raises:
        Rejected: it is none.
    """
    try:
        server = URL(binding.server)
        if server.scheme in ("http", "https") and server.raw_host and server.port and server.raw_user is None:
            return server
    except ValueError:
        pass
    raise Rejected(
        Reason.NOT_EXECUTABLE, f"{binding.server!r} is not a valid URL; it should look like https://api.example.com/v2"
    )


def _segment(template: str, given: Mapping[str, Field]) -> str:
    """One part of the path between slashes, with its parameters filled in."""
    filled = _filled(template, given)
    if _PLACEHOLDER.search(template):
        _check_segment(filled, template)
    return filled


def _filled(template: str, given: Mapping[str, Field]) -> str:
    def fill(found: re.Match[str]) -> str:
        parameter, value = given.get(found[1], (None, None))
        if parameter is None or value is None:
            raise Rejected(Reason.INVALID_ARGUMENT, f"{found[1]}: required by the path")
        part = path_part(parameter, value)
        if part == "":
            raise Rejected(Reason.INVALID_ARGUMENT, f"{parameter.argument}: part of the path, so it cannot be empty")
        return part

    literal = _PLACEHOLDER.split(template)[::2]
    fixed = iter([_as_it_is(piece) for piece in literal[1:]])
    return _as_it_is(literal[0]) + "".join(fill(found) + next(fixed) for found in _PLACEHOLDER.finditer(template))


def _check_segment(filled: str, template: str) -> None:
    """Refuse what some server on the way might take for a step up or a line end, even after decoding it twice."""
    text = filled
    for _ in range(4):
        steps = re.split(r"[/\\]", text)
        if any(step.partition(";")[0] in (".", "..") for step in steps) or _CONTROL.search(text):
            names = ", ".join(_PLACEHOLDER.findall(template))
            detail = f"{names}: part of the path, so it cannot be `.` or `..` or contain control characters"
            raise Rejected(Reason.INVALID_ARGUMENT, detail)
        text = unquote(text)
    if "" in filled.split("/"):
        raise Rejected(Reason.INVALID_ARGUMENT, f"{template}: no part of the path can be empty")


def _as_it_is(text: str) -> str:
    """What the description itself has in a URL, with only that encoded which cannot stand there."""
    return quote(text, "/:?@!$&'()*+,;=[]%~")
