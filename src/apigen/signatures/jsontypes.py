"""Reduces any annotation to a type that JSON values can be converted to, or says why there is none.

Annotations say what a function accepts, often more than JSON can carry: protocols, abstract collections, type
variables, callables. Each is replaced by the plainest type that satisfies it, so that pydantic can both describe the
type and convert to it.
"""

import dataclasses
import numbers
import types
import typing
from collections import abc
from collections.abc import Iterable
from functools import partial
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import typing_extensions
from pydantic import AfterValidator, TypeAdapter

from apigen.signatures.problems import Undescribable

_COLLECTIONS: dict[Any, Any] = {
    **dict.fromkeys((abc.Iterable, abc.Collection, abc.Container, abc.Reversible, abc.Sized), list),
    **dict.fromkeys((abc.Sequence, abc.MutableSequence), list),
    **dict.fromkeys((abc.Set, abc.MutableSet), set),
    **dict.fromkeys((abc.Mapping, abc.MutableMapping), dict),
}
_ITERATORS = (abc.Iterator, abc.Generator)
_PROTOCOLS: dict[Any, Any] = {
    **dict.fromkeys((typing.SupportsFloat, typing.SupportsAbs, typing.SupportsRound), float),
    **dict.fromkeys((typing.SupportsInt, typing.SupportsIndex), int),
    **dict.fromkeys((numbers.Number, numbers.Real), float),
    numbers.Integral: int,
    abc.Hashable: int | float | str,
}
_WITHOUT_JSON = frozenset(
    (bytes, bytearray, memoryview, complex, type, types.ModuleType, abc.Callable, getattr(abc, "Buffer", bytes))
)
_PLAINLY_DESCRIBABLE = (types.NoneType, bool, int, float, str, list, dict, tuple, set, frozenset, Any)
"""What needs no trial."""
_QUALIFIERS = (typing.Final, typing.ClassVar, typing_extensions.Required, typing_extensions.NotRequired)


def json_type(annotation: Any) -> Any:
    """The type to describe and convert to.

    Args:
        annotation: a resolved annotation: no strings, no forward references.

    Returns:
        A type that pydantic understands; ``Any`` where the annotation says nothing.

    Raises:
        Undescribable: no JSON value can be such a thing, say a callable.
    """
    origin = get_origin(annotation)
    if origin is not None:
        return _generic(annotation, origin, get_args(annotation))
    if isinstance(annotation, typing.NewType):
        return json_type(annotation.__supertype__)
    if isinstance(annotation, typing.TypeVar):
        return _type_variable(annotation)
    if hasattr(annotation, "__value__"):  # the alias that a `type X = ...` statement makes
        return json_type(annotation.__value__)
    return _plain(annotation)


def _plain(annotation: Any) -> Any:
    """A type without arguments."""
    if annotation is None:
        return types.NoneType
    if annotation in (Any, object):
        return Any
    if annotation in _PROTOCOLS:
        return _PROTOCOLS[annotation]
    if annotation in _COLLECTIONS:
        return _COLLECTIONS[annotation]
    if annotation in _ITERATORS:
        return Annotated[list[Any], AfterValidator(iter)]
    if annotation in _WITHOUT_JSON:
        raise Undescribable(f"{type_name(annotation)} has no JSON form")
    if typing_extensions.is_typeddict(annotation):
        return _typed_dict(annotation)
    if dataclasses.is_dataclass(annotation):
        _let_pydantic_take_typed_dicts(annotation, set())
    if isinstance(annotation, type) and issubclass(annotation, tuple) and hasattr(annotation, "_field_defaults"):
        return _named_tuple(annotation)
    return annotation


def _generic(annotation: Any, origin: Any, arguments: tuple[Any, ...]) -> Any:
    """A type with arguments, such as ``list[int]``."""
    if origin is Annotated:
        inner, *metadata = arguments
        return Annotated[(json_type(inner), *metadata)]
    if origin is Literal:
        return annotation
    if origin in (Union, types.UnionType):
        return _union(arguments)
    if origin in _QUALIFIERS:
        return json_type(arguments[0])
    if origin in _WITHOUT_JSON:
        raise Undescribable(f"{type_name(annotation)} has no JSON form")
    if not isinstance(origin, type):
        return annotation
    if origin in _ITERATORS:
        return Annotated[_list_of(json_type(arguments[0])), AfterValidator(iter)]
    if origin in _PROTOCOLS:
        return _PROTOCOLS[origin]
    target: Any = _COLLECTIONS.get(origin, origin)
    if not issubclass(target, abc.Iterable):
        return annotation  # a generic class of the user's: pydantic knows it or does not
    reduced = tuple(argument if argument is ... else json_type(argument) for argument in arguments)
    try:
        return target[reduced]
    except TypeError:
        return annotation


def _list_of(item: Any) -> Any:
    collection: Any = list
    return collection[item]


def _type_variable(variable: typing.TypeVar) -> Any:
    if variable.__constraints__:
        return _union(variable.__constraints__)
    return json_type(variable.__bound__) if variable.__bound__ is not None else Any


def _union(members: Iterable[Any]) -> Any:
    """The members that have a JSON form; exact number types give way to the plain ones beside them."""
    kept: list[Any] = []
    refused: list[Undescribable] = []
    for member in members:
        try:
            kept.append(_with_json_form(member))
        except Undescribable as problem:
            refused.append(problem)
    kept = [member for member in kept if member is not Any]
    if int in kept or float in kept:
        kept = [member for member in kept if type_name(member) not in ("decimal.Decimal", "fractions.Fraction")]
    if all(member is types.NoneType for member in kept):
        if refused:
            raise refused[0]
        return Any
    return Union[tuple(kept)]  # noqa: UP007 - built at run time


def _with_json_form(member: Any) -> Any:
    """A member of a union, reduced; beside others, one that pydantic cannot describe is one that JSON cannot say.

    Raises:
        Undescribable: it is such a one.
    """
    reduced = json_type(member)
    if reduced in _PLAINLY_DESCRIBABLE:
        return reduced
    try:
        TypeAdapter(reduced).json_schema()
    except Exception as problem:  # pydantic's own, or whatever a hook of the user's class raises
        raise Undescribable(f"{type_name(member)} has no JSON form") from problem
    return reduced


def _typed_dict(annotation: Any) -> Any:
    """The same TypedDict with reduced fields, as pydantic takes it on every Python version."""
    hints = typing_extensions.get_type_hints(annotation, include_extras=True)
    make_typed_dict: Any = typing_extensions.TypedDict  # its functional form, with fields known at run time
    return make_typed_dict(annotation.__name__, {name: _field(annotation, name, hint) for name, hint in hints.items()})


def _let_pydantic_take_typed_dicts(found: Any, seen: set[int]) -> None:
    """Prepare the typed dicts inside a data class for pydantic, which before Python 3.12 refuses those of ``typing``.

    The data class itself has to stay what it is, as the function expects an instance of it. So each typed dict is
    told how pydantic is to see it: the hook is pydantic's own, and nobody else reads it.
    """
    if id(found) in seen:
        return
    seen.add(id(found))
    for argument in get_args(found):
        _let_pydantic_take_typed_dicts(argument, seen)
    if typing_extensions.is_typeddict(found) and "__get_pydantic_core_schema__" not in vars(found):
        rebuilt = _typed_dict(found)
        found.__get_pydantic_core_schema__ = classmethod(lambda _owner, _source, handler: handler(rebuilt))
    elif isinstance(found, type) and dataclasses.is_dataclass(found):
        try:
            hints = typing_extensions.get_type_hints(found, include_extras=True)
        except Exception:  # noqa: BLE001 - evaluating annotations runs code; pydantic will say what is wrong
            return
        for hint in hints.values():
            _let_pydantic_take_typed_dicts(hint, seen)


def _named_tuple(annotation: Any) -> Any:
    """A record with the same fields, whose names tell a caller more than positions, made into the named tuple."""
    hints = typing_extensions.get_type_hints(annotation, include_extras=True)
    fields: list[tuple[str, Any, Any]] = []
    for name in annotation._fields:
        default = annotation._field_defaults.get(name, dataclasses.MISSING)
        shared = isinstance(default, list | dict | set)  # which dataclasses refuse, though a named tuple shares it too
        field = dataclasses.field(default=dataclasses.MISSING if shared else default)
        if shared:
            field = dataclasses.field(default_factory=partial(_same, default))
        fields.append((name, json_type(hints.get(name, Any)), field))
    record = dataclasses.make_dataclass(annotation.__name__, fields)
    own_words = not (annotation.__doc__ or "").startswith(f"{annotation.__name__}(")
    record.__doc__ = annotation.__doc__ if own_words else None
    return Annotated[record, AfterValidator(lambda made: annotation(*(getattr(made, name) for name, *_ in fields)))]


def _same(value: Any) -> Any:
    return value


def _field(owner: Any, name: str, hint: Any) -> Any:
    origin = get_origin(hint)
    required = name in owner.__required_keys__
    if origin in (typing_extensions.Required, typing_extensions.NotRequired):
        required = origin is typing_extensions.Required  # as written; the class's own note misses quoted annotations
    marker: Any = typing_extensions.Required if required else typing_extensions.NotRequired
    return marker[json_type(hint)]


def type_name(annotation: Any) -> str:
    """How a person would write the type."""
    if isinstance(annotation, type) and get_origin(annotation) is None:
        module = annotation.__module__
        return annotation.__qualname__ if module == "builtins" else f"{module}.{annotation.__qualname__}"
    return str(annotation).replace("typing.", "").replace("collections.abc.", "")
