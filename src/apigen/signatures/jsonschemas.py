"""One parameter's type as JSON Schema, and the strict conversion of JSON values to it."""

import json
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, JsonSchemaWarningKind
from pydantic_core import core_schema

from apigen.records import Json
from apigen.signatures.jsontypes import json_type, type_name
from apigen.signatures.problems import Unconvertible, Undescribable

_SCHEMA_MAPS = ("properties", "patternProperties", "dependentSchemas", "$defs")
"""Keywords whose values map names to schemas, so that a property called "title" is no title."""
_DATA = ("default", "enum", "const", "examples")
"""Keywords whose values are data, not schemas."""


class ParameterType:
    """A type that JSON values convert to: its schema and its converter, which agree.

    Only in one respect is the schema the stricter one: it admits no unknown properties where a pydantic model would
    ignore them, because an argument that nothing reads is one that was made up.
    """

    def __init__(self, annotation: Any) -> None:
        """Build both.

        Args:
            annotation: a resolved annotation.

        Raises:
            Undescribable: the type has no JSON form.
        """
        try:
            self.reduced = json_type(annotation)
            # The tuple carries the configuration into plain dataclasses and typed dicts, which have none of their own.
            self._adapter: TypeAdapter[Any] = TypeAdapter(_one_of(self.reduced), config=ConfigDict(extra="forbid"))
            drawn = self._adapter.json_schema(schema_generator=_Describer)
        except Undescribable:
            raise
        except Exception as problem:  # pydantic's own, or whatever a hook of the user's class raises
            raise Undescribable(f"{type_name(annotation)} has no JSON form") from problem
        self.schema: dict[str, Json] = _tidy(drawn["prefixItems"][0], drawn.get("$defs", {}))

    def convert(self, value: Json) -> Any:
        """Convert a JSON value, strictly: no number from a string, no integer from a boolean.

        Raises:
            Unconvertible: the value is not of the type; the message says what was expected and what came.
        """
        try:
            return self._strictly(value)
        except ValidationError as problem:
            try:
                return self._strictly(_whole(value))  # 5.0 is an integer to JSON Schema
            except ValidationError:
                raise Unconvertible(_message(problem, value)) from None
        except Exception as problem:  # a validator of the user's own type
            raise Unconvertible(f"{type(problem).__name__}: {problem}") from problem

    def _strictly(self, value: Json) -> Any:
        try:
            text = json.dumps([value], allow_nan=False)
        except (ValueError, TypeError) as problem:
            raise Unconvertible(f"not a JSON value: {problem}") from None
        return self._adapter.validate_json(text, strict=True)[0]


def _one_of(reduced: Any) -> Any:
    collection: Any = tuple
    return collection[reduced]


class _Describer(GenerateJsonSchema):
    """Draws schemas of objects without unknown properties, at every depth, unless a model says that it takes them."""

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        """A pydantic model."""
        return _closed(super().model_schema(schema))

    def dataclass_schema(self, schema: core_schema.DataclassSchema) -> JsonSchemaValue:
        """A data class."""
        return _closed(super().dataclass_schema(schema))

    def typed_dict_schema(self, schema: core_schema.TypedDictSchema) -> JsonSchemaValue:
        """A typed dict."""
        return _closed(super().typed_dict_schema(schema))

    def emit_warning(self, kind: JsonSchemaWarningKind, detail: str) -> None:
        """What has no JSON form is left out of the schema as it should be; nobody reads warnings here."""


def _closed(drawn: JsonSchemaValue) -> JsonSchemaValue:
    if drawn.get("type") == "object":
        drawn.setdefault("additionalProperties", False)
    return drawn


def _whole(value: Json) -> Json:
    """The value with floats that are whole numbers as integers."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_whole(item) for item in value]
    if isinstance(value, dict):
        return {name: _whole(item) for name, item in value.items()}
    return value


def _message(problem: ValidationError, value: Json) -> str:
    """The first thing that is wrong, where inside the value, and what came instead."""
    errors = problem.errors(include_url=False, include_context=False)
    wanted = list(dict.fromkeys(error["msg"] for error in errors))
    inside = ".".join(str(part) for part in errors[0]["loc"][1:]) if len(errors) == 1 else ""
    given = json.dumps(value, default=str)
    given = given if len(given) <= 60 else f"{given[:57]}..."
    return f"{' or '.join(wanted[:3])}{f' at {inside}' if inside else ''}, got {given}"


def _tidy(schema: Json, definitions: dict[str, Json], inside: tuple[str, ...] = ()) -> dict[str, Json]:
    """The schema without ``$ref``, ``$defs`` and generated titles.

    Raises:
        Undescribable: a definition refers to itself, so it cannot be written out.
    """
    if (reference := schema.get("$ref")) is not None:
        name = str(reference).rpartition("/")[2]
        if name in inside:
            raise Undescribable(f"the type {name} refers to itself")
        target = _tidy(definitions[name], definitions, (*inside, name))
        beside = {keyword: value for keyword, value in schema.items() if keyword != "$ref"}
        return {**target, **_tidy(beside, definitions, inside)}
    tidy: dict[str, Json] = {}
    for keyword, value in schema.items():
        if keyword in ("title", "$defs"):
            continue
        if keyword in _DATA:
            tidy[keyword] = value
        elif keyword in _SCHEMA_MAPS:
            tidy[keyword] = {name: _tidy(inner, definitions, inside) for name, inner in value.items()}
        elif isinstance(value, dict):
            tidy[keyword] = _tidy(value, definitions, inside)
        elif isinstance(value, list) and value and all(isinstance(inner, dict) for inner in value):
            tidy[keyword] = [_tidy(inner, definitions, inside) for inner in value]
            if keyword == "anyOf" and {"type": "number"} in tidy[keyword]:  # every integer is a number
                tidy[keyword] = [inner for inner in tidy[keyword] if inner != {"type": "integer"}]
        else:
            tidy[keyword] = value
    if len(tidy.get("anyOf", ())) == 1:
        return {**tidy.pop("anyOf")[0], **tidy}
    return tidy
