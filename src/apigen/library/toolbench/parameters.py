"""The parameters of one API: from lists of names, types and examples to one schema, each with its name on the wire."""

from typing import Any

import msgspec

from apigen.library.toolbench.layout import Api
from apigen.library.toolbench.types import example_value, takes_file, type_schema
from apigen.records import Json
from apigen.toolspecs.names import clean_argument, free_name
from apigen.toolspecs.schemas import Notes, parameters_schema

_OWN_KEYS = frozenset(("name", "type", "description", "default", "required", "example", "in"))
"""Keys of a listed parameter that are read here; others are taken for keywords of JSON Schema."""

_SUPPLIED = frozenset(("x-rapidapi-key", "x-rapidapi-host", "x-mashape-key", "x-mashape-host"))
"""Headers that every call carries anyway; some APIs list them as parameters."""


class Described(msgspec.Struct, frozen=True):
    """What an API's parameters come to."""

    schema: dict[str, Json]
    wire: dict[str, str]
    """Each argument with its name in the request."""
    media_type: str = ""
    """What the API wants its body to be, where that stands among the parameters."""
    files: tuple[str, ...] = ()
    """Arguments that are files."""


def describe(api: Api, notes: Notes) -> Described:
    """The schema of an API's parameters.

    A ``default`` is what RapidAPI's console fills in. For a required parameter that is an example, since a call must
    give the parameter; for an optional one it is kept as the default. Empty ones say nothing and are left out.

    Args:
        api: as written.
        notes: what had to be understood or left out is added here.

    Raises:
        ValueError: its parameters are not described in any way that is known.
    """
    if api.schema is not None:
        schema = parameters_schema(api.schema, notes)
        return Described(schema, {name: name for name in schema.get("properties", {})})
    properties: dict[str, Json] = {}
    required: list[str] = []
    wire: dict[str, str] = {}
    files: list[str] = []
    media_type = ""
    taken: set[str] = set()
    for told, needed in api.parameters:
        name = _wire_name(told, notes)
        if not name or name in wire.values():
            if name:
                _note(notes, f"parameter {name!r} is listed twice; the first is kept")
            continue
        if name.lower() in _SUPPLIED:
            _note(notes, f"parameter {name!r} dropped, since every call sends it anyway")
            continue
        if name.lower() == "content-type":
            media_type = str(told.get("default") or "").partition(";")[0].strip()
            _note(notes, "parameter 'content-type' dropped, since calls set it to the type of their body")
            continue
        argument = free_name(clean_argument(name), taken, name)
        if argument != name:
            _note(notes, f"parameter {name!r} is renamed to {argument!r}")
        wire[argument] = name
        properties[argument] = _parameter(told, notes, argument, needed=needed)
        if takes_file(properties[argument]):
            files.append(argument)
        if needed:
            required.append(argument)
    whole = {"type": "object", "properties": properties, **({"required": required} if required else {})}
    return Described(parameters_schema(whole, notes), wire, media_type, tuple(files))


def _wire_name(told: Json, notes: Notes) -> str:
    if not isinstance(told, dict):
        _note(notes, f"dropped a parameter of type {type(told).__name__}")
        return ""
    name = told.get("name")
    if not isinstance(name, str) or not name.strip():
        _note(notes, "dropped a parameter without a name")
        return ""
    return name.strip()


def _parameter(told: dict[str, Any], notes: Notes, argument: str, *, needed: bool) -> dict[str, Json]:
    """One parameter's schema."""
    schema = type_schema(told.get("type"))
    if not schema:
        _note(notes, f"parameter {argument!r} has no type")
    schema |= {key: value for key, value in told.items() if key not in _OWN_KEYS and value not in (None, "", [], {})}
    description = told.get("description")
    if isinstance(description, str) and description.strip():
        schema["description"] = description.strip()
    written = told.get("default")
    if written in (None, "", [], {}) or (isinstance(written, str) and not written.strip()):
        written = told.get("example")
        needed = True  # an example, whichever list the parameter stands in
    if written in (None, "", [], {}):
        return schema
    value, fits = example_value(written, schema)
    if not fits:
        schema["x-default"] = value
        _note(
            notes, f"example {_shown(value)} of parameter {argument!r} does not match its type and is kept as x-default"
        )
    elif needed:
        schema["examples"] = [value]
    else:
        schema["default"] = value
    return schema


def _shown(value: Json) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."


def _note(notes: Notes, text: str) -> None:
    notes[text] = None
