"""How one argument is written into a URL, a header or a cookie: OpenAPI's styles, which come from RFC 6570.

Everything that a value holds is percent-encoded but for letters, digits and ``-._~``, so that it cannot end the part
of the URL in which it stands. What OpenAPI leaves open is decided here: a list or an object inside another one
is written as JSON; ``null`` is left out; a list under ``deepObject`` is ``name[]=a&name[]=b``.
"""

from collections.abc import Callable, Iterator
from urllib.parse import quote

import msgspec

from apigen.execute.rest.problems import Rejected
from apigen.records import Json, Reason, RestParameter

_RESERVED = "/:?@!$'()*,;="
"""Reserved characters that end nothing in a query: not ``&`` and ``#``, nor ``+``, which many read as a space."""
_DELIMITERS = {"form": ",", "cookie": ",", "spaceDelimited": "%20", "pipeDelimited": "%7C", "tabDelimited": "%09"}
_SIMPLE = "simple"

_Write = Callable[[str], str]


def encoded(text: str, safe: str = "") -> str:
    """Text with everything percent-encoded that could mean something in a URL."""
    return quote(text, safe)


def text_of(value: Json) -> str:
    """A value as text: booleans and numbers as in JSON, lists and objects as JSON."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def query_parts(parameter: RestParameter, value: Json, style: str = "form") -> list[str]:
    """Each ``name=value`` that an argument becomes in a query, or in a form.

    Args:
        parameter: how it is written.
        value: the argument.
        style: where the parameter names none.

    Raises:
        Rejected: the style does not exist.
    """
    style = parameter.style or style
    explode = style in ("form", "cookie") if parameter.explode is None else parameter.explode
    name = parameter.name or parameter.argument

    def write(text: str) -> str:
        return encoded(text, _RESERVED if parameter.reserved else "")

    if parameter.content:
        return [f"{encoded(name)}={write(document(parameter, value))}"]
    if style == "deepObject" and isinstance(value, list | dict):
        return [f"{encoded(key)}={write(text_of(item))}" for key, item in _deep(name, value, outermost=True)]
    if style not in _DELIMITERS and style != "deepObject":
        raise _no_style(parameter)
    pieces = _pieces(value, write, explode=explode)
    if not isinstance(value, list | dict):
        return [f"{encoded(name)}={piece}" for piece in pieces]
    if explode:
        return pieces if isinstance(value, dict) else [f"{encoded(name)}={piece}" for piece in pieces]
    return [f"{encoded(name)}={_DELIMITERS[style].join(pieces)}"] if pieces else []


def path_part(parameter: RestParameter, value: Json) -> str:
    """What stands in the path in place of a parameter.

    Raises:
        Rejected: the style does not exist.
    """
    name = encoded(parameter.name or parameter.argument)
    explode = bool(parameter.explode)

    def write(text: str) -> str:
        return encoded(text, "/:@!$'()*,;=" if parameter.reserved else "")

    if parameter.content:
        return write(document(parameter, value))
    pieces = _pieces(value, write, explode=explode)
    match parameter.style or _SIMPLE:
        case "simple":
            return ",".join(pieces)
        case "label":
            return "." + ("." if explode else ",").join(pieces)
        case "matrix" if explode and isinstance(value, dict):
            return "".join(f";{piece}" for piece in pieces)
        case "matrix" if explode and isinstance(value, list):
            return "".join(f";{name}={piece}" for piece in pieces)
        case "matrix":
            together = ",".join(pieces)
            return f";{name}={together}" if together else f";{name}"
    raise _no_style(parameter)


def header_text(parameter: RestParameter, value: Json) -> str:
    """The value of a header, in which nothing is encoded.

    Raises:
        Rejected: the style does not exist.
    """
    if parameter.content:
        return document(parameter, value)
    if (parameter.style or _SIMPLE) != _SIMPLE:
        raise _no_style(parameter)
    return ",".join(_pieces(value, str, explode=bool(parameter.explode)))


def document(parameter: RestParameter, value: Json) -> str:
    """A value as a document of the media type that the parameter names.

    Raises:
        Rejected: it is a list or an object, and the media type is not JSON.
    """
    if "json" in parameter.content.lower():
        return msgspec.json.encode(value).decode()
    if isinstance(value, list | dict):
        detail = f"{parameter.argument}: a {type(value).__name__} cannot be sent as {parameter.content}"
        raise Rejected(Reason.NOT_EXECUTABLE, detail)
    return text_of(value)


def _pieces(value: Json, write: _Write, *, explode: bool) -> list[str]:
    """The parts between delimiters: the items of a list; an object's names and values, joined where it is exploded."""
    if isinstance(value, dict):
        pairs = [(write(name), write(text_of(item))) for name, item in value.items() if item is not None]
        return [f"{name}={item}" for name, item in pairs] if explode else [piece for pair in pairs for piece in pair]
    if isinstance(value, list):
        return [write(text_of(item)) for item in value if item is not None]
    return [write(text_of(value))]


def _deep(name: str, value: Json, *, outermost: bool = False) -> Iterator[tuple[str, Json]]:
    """Names with the way to each value in brackets: ``filter[price][max]``."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _deep(f"{name}[{key}]", item)
    elif isinstance(value, list):
        plain = not any(isinstance(item, list | dict) for item in value)
        for index, item in enumerate(value):
            if plain:
                yield from _deep(f"{name}[]" if outermost else name, item)
            else:
                yield from _deep(f"{name}[{index}]", item)
    elif value is not None:
        yield name, value


def _no_style(parameter: RestParameter) -> Rejected:
    detail = f"{parameter.argument}: style {parameter.style!r} is not supported for a {parameter.place} parameter"
    return Rejected(Reason.NOT_EXECUTABLE, detail)
