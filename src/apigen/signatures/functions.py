"""A function's parameters with their types, wherever those are written.

For each parameter the first of these that says something is believed: its annotation, the docstring, a stub, the type
of its default value, and at last the examples in the docstring.
"""

import dataclasses
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic.fields import FieldInfo

from apigen.records import Json
from apigen.signatures.docstring_types import read_type_text
from apigen.signatures.docstrings import Docstring, Documented, read_docstring
from apigen.signatures.examples import shown_types
from apigen.signatures.expressions import Unresolved
from apigen.signatures.hints import name_in_module_of, resolve_hint
from apigen.signatures.jsonable import to_json
from apigen.signatures.jsonschemas import ParameterType
from apigen.signatures.problems import ResultNotJson, Unconvertible, Undescribable
from apigen.signatures.stubs import stub_signature, stub_types

UNKNOWN_DEFAULT: Any = ...
"""Stands for a default that a parameter has but nobody tells, as in stubs."""
_NO_DEFAULT = inspect.Parameter.empty


@dataclass(frozen=True)
class Parameter:
    """One parameter that a call can give."""

    name: str
    type: ParameterType
    description: str
    default: Any
    """The default value itself; :data:`UNKNOWN_DEFAULT` where it is not known, or there is none."""
    required: bool
    positional_only: bool
    field: FieldInfo | None = None
    """What the parameter has in place of a default in ``x: int = Field(5)``. Its default has to be passed, as the
    function would take the field itself for the value."""
    guessed_from: str = ""
    """What its type was taken from where nobody wrote it down, for people: its default, or examples."""
    spread: bool = False
    """Whether it is ``*values``: a list whose items are passed one by one, behind all parameters before it."""

    def value_if_omitted(self) -> Any:
        """What the function works with if a call does not give the parameter; a field's factory makes it anew."""
        return self.default if self.field is None else self.field.get_default(call_default_factory=True)

    @property
    def schema(self) -> dict[str, Json]:
        """The JSON Schema of its values, with its description and, where JSON can say it, its default."""
        schema = dict(self.type.schema)
        if self.description:
            # What the function says of its parameter beats what a type, such as an Enum, says of itself.
            schema["description"] = self.description
        if not self.required and self.default is not UNKNOWN_DEFAULT:
            try:
                default = to_json(self.default)
                self.type.convert(default)  # None for an int means "not given" and is no value to pass
            except (ResultNotJson, Unconvertible):
                return schema
            schema["default"] = default
        return schema


@dataclass(frozen=True)
class FunctionSignature:
    """What a call of a function can give, and what it cannot."""

    docstring: Docstring
    parameters: tuple[Parameter, ...]
    left_out: tuple[tuple[str, str], ...]
    """Optional parameters that no JSON value can be given for, each with the reason."""


def read_signature(function: Callable[..., Any], module: str | None = None) -> FunctionSignature:
    """Find out what a function takes.

    Args:
        function: any callable that is not a class.
        module: the module it was found in, to look for stubs.

    Raises:
        Undescribable: it has no signature, or a parameter that must be given has no JSON type.
    """
    signature = _signature(function, module)
    sources = _Sources(function, module, signature)
    parameters: list[Parameter] = []
    left_out: list[tuple[str, str]] = []
    reachable = True
    behind = True
    for declared in signature.parameters.values():
        only = declared.kind is inspect.Parameter.POSITIONAL_ONLY
        spread = declared.kind is inspect.Parameter.VAR_POSITIONAL
        if declared.kind is inspect.Parameter.VAR_KEYWORD:
            left_out.append((f"**{declared.name}", "its keyword names are not documented"))
        elif (only and not reachable) or (spread and not behind):
            why = "it can only be passed together with the parameter before it"
            left_out.append((f"*{declared.name}" if spread else declared.name, why))
        else:
            try:
                parameters.append(_parameter(declared, sources))
            except Undescribable as problem:
                if _default(declared) is _NO_DEFAULT and not spread:
                    raise Undescribable(f"parameter {declared.name!r}: {problem}") from None
                left_out.append((f"*{declared.name}" if spread else declared.name, str(problem)))
                reachable = not only
                behind = False
    if len(parameters) == 1 and parameters[0].spread:  # a call without any would say nothing
        parameters = [dataclasses.replace(parameters[0], required=True)]
    return FunctionSignature(sources.docstring, tuple(parameters), tuple(left_out))


def _signature(function: Callable[..., Any], module: str | None) -> inspect.Signature:
    try:
        return inspect.signature(function)
    except (ValueError, TypeError):
        if (found := stub_signature(function, module)) is not None:
            return found
        raise Undescribable("it has no signature, and no stub describes it") from None


class _Sources:
    """Where the types of one function's parameters can be written; stubs are read only when they are needed."""

    def __init__(self, function: Callable[..., Any], module: str | None, signature: inspect.Signature) -> None:
        self.function = function
        self.docstring = read_docstring(function)
        self._module = module
        self._stub: dict[str | int, Any] | None = None
        self._signature = signature
        self._position = {name: index for index, name in enumerate(signature.parameters)}

    def annotated(self, declared: inspect.Parameter) -> Any:
        if declared.annotation is inspect.Parameter.empty:
            return Any
        return resolve_hint(self.function, declared.annotation)

    def documented(self, declared: inspect.Parameter) -> Any:
        documented = self.describing(declared)
        if not documented or not documented.type_text:
            return Any
        return read_type_text(documented.type_text, name_in_module_of(self.function))

    def describing(self, declared: inspect.Parameter) -> Documented | None:
        """What the docstring says of a parameter; where callers cannot use its name, it may have another one there."""
        documented = self.docstring.parameters
        if declared.name in documented or declared.kind is not inspect.Parameter.POSITIONAL_ONLY:
            return documented.get(declared.name)
        others = [each for name, each in documented.items() if name not in self._position]
        return next(iter(others[self._position[declared.name] :]), None)

    def stubbed(self, declared: inspect.Parameter) -> Any:
        if self._stub is None:
            self._stub = stub_types(self.function, self._module, self._position)
        by_position = self._stub.get(
            self._position[declared.name], Any
        )  # names may differ where callers cannot use them
        return self._stub.get(declared.name, by_position)

    def defaulted(self, declared: inspect.Parameter) -> Any:
        default = _default(declared)
        return Any if any(default is nothing for nothing in (_NO_DEFAULT, UNKNOWN_DEFAULT, None)) else type(default)

    def shown(self, declared: inspect.Parameter) -> Any:
        return shown_types(self.function, self._signature).get(declared.name, Any)


def _parameter(declared: inspect.Parameter, sources: _Sources) -> Parameter:
    documented = sources.describing(declared)
    spread = declared.kind is inspect.Parameter.VAR_POSITIONAL
    default = () if spread else _default(declared)
    required = default is _NO_DEFAULT
    type_, guessed_from = _type(declared, sources)
    return Parameter(
        name=declared.name,
        type=type_,
        description=documented.description if documented else "",
        default=UNKNOWN_DEFAULT if required else default,
        required=required,
        positional_only=declared.kind is inspect.Parameter.POSITIONAL_ONLY,
        field=declared.default if isinstance(declared.default, FieldInfo) and not required else None,
        guessed_from=guessed_from,
        spread=spread,
    )


def _default(declared: inspect.Parameter) -> Any:
    """The default of a parameter, be it plain or in a pydantic field."""
    field = declared.default
    if not isinstance(field, FieldInfo):
        return field
    if field.is_required():
        return _NO_DEFAULT
    factory = field.default_factory
    if factory is not None and not isinstance(factory, type):
        return UNKNOWN_DEFAULT  # it may be another at each call, such as the time of day
    return field.get_default(call_default_factory=True)


def _type(declared: inspect.Parameter, sources: _Sources) -> tuple[ParameterType, str]:
    """The type of a parameter, from the first source that says something, and what it was guessed from if it was.

    Raises:
        Undescribable: none says anything, or the first that does names a type without a JSON form.
    """
    misread = ""
    for look, guess in (
        (sources.annotated, ""),
        (sources.documented, ""),
        (sources.stubbed, ""),
        (sources.defaulted, "its default"),
        (sources.shown, "the examples"),
    ):
        try:
            found = look(declared)
        except Unresolved as problem:
            misread = misread or str(problem)
            continue
        if found is not Any and isinstance(declared.default, FieldInfo):
            found = Annotated[found, declared.default]  # for its bounds, examples and description
        spread = declared.kind is inspect.Parameter.VAR_POSITIONAL
        described = ParameterType(_list_of(found) if spread and found is not Any else found)
        if described.reduced is not Any:
            return described, guess
    if misread:
        raise Undescribable(f"its type cannot be read: {misread}")
    raise Undescribable("its type is unknown: no annotation, docstring, stub or default value specifies it")


def _list_of(item: Any) -> Any:
    collection: Any = list
    return collection[item]
