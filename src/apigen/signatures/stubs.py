"""Types from stub files: typeshed's for the standard library, and those that installed packages bring.

Stubs are read as syntax, never run. Their names are followed through imports and aliases to real types; protocols and
aliases that exist only in typeshed are replaced by the plain type that a JSON value would have.
"""

import ast
import builtins
import importlib
import inspect
import sys
from collections.abc import Callable, Container
from contextlib import suppress
from functools import cache
from typing import Any, get_origin

from typeshed_client import (
    ImportedInfo,
    ImportedName,
    InvalidStub,
    ModulePath,
    NameInfo,
    OverloadedName,
)

from apigen.signatures.expressions import Unresolved, read_type, union_of
from apigen.signatures.stubfiles import stub_files

_TYPESHED_ONLY: dict[str, Any] = {
    **dict.fromkeys(("SupportsRichComparison", "SupportsDunderLT", "SupportsDunderGT"), int | float | str),
    **dict.fromkeys(("SupportsDunderLE", "SupportsDunderGE", "SupportsAllComparisons"), int | float | str),
    **dict.fromkeys(("ReadableBuffer", "WriteableBuffer", "SizedBuffer", "Buffer"), bytes),
    **dict.fromkeys(("StrPath", "StrOrBytesPath", "FileDescriptorOrPath", "PathLike"), str),
    **dict.fromkeys(("SupportsAdd", "SupportsSub", "SupportsMul", "_SupportsCeil", "_SupportsFloor"), float),
    **dict.fromkeys(("_SupportsTrunc", "SupportsTrunc", "_SupportsFloatOrIndex"), float),
    **dict.fromkeys(("ConvertibleToFloat", "_SupportsSumWithNoDefaultGiven"), float),
    **dict.fromkeys(("ConvertibleToInt", "_PositiveInteger", "_NegativeInteger", "_LiteralInteger"), int),
    **dict.fromkeys(("SupportsLenAndGetItem", "SupportsGetItem", "SupportsIter", "SupportsNext"), list),
    **dict.fromkeys(("SupportsKeysAndGetItem", "SupportsItems"), dict),
    "AnyStr": str,
}
"""What a JSON value passed for a name that only typeshed knows is, as a Python type."""
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


class StubModule:
    """The names of one module's stub, as attributes that are real types."""

    def __init__(self, path: ModulePath) -> None:
        self._path = path

    def __getattr__(self, name: str) -> Any:
        try:
            return _look_up(self._path, name)
        except Unresolved as problem:
            raise AttributeError(str(problem)) from None


def stub_types(function: Callable[..., Any], module: str | None, known: Container[str] = ()) -> dict[str | int, Any]:
    """The types that stubs give a function's parameters; overloads are merged.

    Args:
        function: a function of an imported module.
        module: the module it was found in, where its own ``__module__`` has no stub.
        known: names of its parameters; others in the stub are for parameters that have another name in truth.

    Returns:
        Types by parameter name and, for those that have no name for callers or another one, by position from 0; only
        those that can be resolved. Empty where there is no stub.
    """
    merged: dict[str | int, list[Any]] = {}
    definitions, path = _definitions(function, module)
    for arguments in definitions:
        positional = [*arguments.posonlyargs, *arguments.args]
        variadic = [arguments.vararg] if arguments.vararg else []
        for position, argument in enumerate((*positional, *arguments.kwonlyargs, *variadic)):
            if argument.annotation is None:
                continue
            name = argument.arg.removeprefix("__")
            with suppress(Unresolved, RecursionError):  # the latter from aliases that refer to themselves
                found = read_type(argument.annotation, lambda name: _look_up(path, name))
                merged.setdefault(name, []).append(found)
                if argument in arguments.posonlyargs or (argument in arguments.args and name not in known):
                    merged.setdefault(position, []).append(found)
    return {key: union_of(types) for key, types in merged.items()}


def stub_signature(function: Callable[..., Any], module: str | None) -> inspect.Signature | None:
    """The parameters, without types, that a stub gives a function that has no signature of its own.

    Of several overloads the first that takes the most is used. ``Ellipsis`` stands for a default that is not known.
    """
    definitions, _ = _definitions(function, module)
    signatures = [_signature(arguments) for arguments in definitions]
    return max(signatures, key=lambda signature: len(signature.parameters), default=None)


def _signature(arguments: ast.arguments) -> inspect.Signature:
    parameters: list[inspect.Parameter] = []
    positional = [*arguments.posonlyargs, *arguments.args]
    without_default = len(positional) - len(arguments.defaults)
    for index, argument in enumerate(positional):
        old_style = argument.arg.startswith("__")  # how stubs marked positional-only parameters before "/"
        only = index < len(arguments.posonlyargs) or old_style
        kind = inspect.Parameter.POSITIONAL_ONLY if only else inspect.Parameter.POSITIONAL_OR_KEYWORD
        default = _default(arguments.defaults[index - without_default]) if index >= without_default else inspect._empty
        parameters.append(inspect.Parameter(argument.arg.removeprefix("__"), kind, default=default))
    if arguments.vararg is not None:
        parameters.append(inspect.Parameter(arguments.vararg.arg, inspect.Parameter.VAR_POSITIONAL))
    for argument, written in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        default = inspect._empty if written is None else _default(written)
        parameters.append(inspect.Parameter(argument.arg, inspect.Parameter.KEYWORD_ONLY, default=default))
    return inspect.Signature(parameters)


def _default(written: ast.expr) -> Any:
    try:
        return ast.literal_eval(written)
    except ValueError:
        return ...


def _definitions(function: Any, module: str | None) -> tuple[list[ast.arguments], ModulePath]:
    """What a caller gives a function according to a stub, several where it is overloaded, and the stub's module."""
    owner, _, name = (getattr(function, "__qualname__", None) or "").rpartition(".")
    name = name or getattr(function, "__name__", "")
    for place in dict.fromkeys((getattr(function, "__module__", None), module)):
        if not place or not name:
            continue
        path = ModulePath(tuple(place.split(".")))
        try:
            found = stub_files().get_name(path, owner.partition(".")[0] or name)
        except (InvalidStub, SyntaxError, OSError, ValueError):
            continue
        if isinstance(found, ImportedInfo):
            path, found = found.source_module, found.info
        for part in [*owner.split(".")[1:], name] if owner else []:
            found = (found.child_nodes or {}).get(part) if isinstance(found, NameInfo) else None
        if isinstance(found, NameInfo):
            nodes = found.ast.definitions if isinstance(found.ast, OverloadedName) else [found.ast]
            definitions = [node.args for node in nodes if isinstance(node, _FUNCTIONS)]
            if definitions:
                bound = _is_bound(function)
                return [_without_first(each) if bound else each for each in definitions], path
    return [], ModulePath(())


def _is_bound(function: Any) -> bool:
    """Whether it is a method with its object or class, which callers do not give."""
    owner = getattr(function, "__self__", None)
    return inspect.ismethod(function) or (
        inspect.isbuiltin(function) and not (owner is None or inspect.ismodule(owner))
    )


def _without_first(arguments: ast.arguments) -> ast.arguments:
    """The arguments that remain of a method's."""
    rest = [*arguments.posonlyargs, *arguments.args][1:]
    only = max(len(arguments.posonlyargs) - 1, 0)
    return ast.arguments(
        rest[:only],
        rest[only:],
        arguments.vararg,
        arguments.kwonlyargs,
        arguments.kw_defaults,
        arguments.kwarg,
        arguments.defaults[-len(rest) :] if rest else [],
    )


@cache
def _look_up(path: ModulePath, name: str) -> Any:
    """The type, or the module, that a bare name means inside a stub."""
    if name in _TYPESHED_ONLY:
        return _TYPESHED_ONLY[name]
    found = stub_files().get_name(path, name)
    if found is None:
        try:
            return getattr(builtins, name)
        except AttributeError:
            raise Unresolved(f"{name} is not defined in the stub of {'.'.join(path)}") from None
    if isinstance(found, ImportedInfo):
        path, found = found.source_module, found.info
    if not isinstance(found, NameInfo):
        return StubModule(found)
    if (real := _runtime(path, name)) is not None:
        return real
    return _from_stub(path, found)


def _runtime(path: ModulePath, name: str) -> Any:
    """The real object, where its module is loaded or belongs to the standard library."""
    module = ".".join(path)
    if module not in sys.modules and path[0] in sys.stdlib_module_names:
        with suppress(ImportError):
            importlib.import_module(module)
    found = getattr(sys.modules.get(module), name, None)
    is_type_variable = hasattr(found, "__constraints__")  # its bound may be a string; the stub has it as syntax
    return None if is_type_variable else found


def _from_stub(path: ModulePath, info: NameInfo) -> Any:
    """What a name that exists only in a stub stands for: an alias, a type variable or a protocol."""
    node = info.ast
    match node:
        case ast.AnnAssign(value=ast.expr() as value) | ast.Assign(value=value):
            return _type_variable(path, value) if _is_type_variable(value) else _read(path, value)
        case ast.ClassDef(bases=bases):
            for base in bases:
                written = base.value if isinstance(base, ast.Subscript) else base
                with suppress(Unresolved):
                    meant = _read(path, written)
                    return get_origin(meant) or meant
        case ImportedName():
            pass
    raise Unresolved(f"{info.name} exists only in the stub of {'.'.join(path)}")


def _read(path: ModulePath, node: ast.expr) -> Any:
    return read_type(node, lambda name: _look_up(path, name))


def _is_type_variable(value: ast.expr) -> bool:
    return isinstance(value, ast.Call) and ast.unparse(value.func).endswith("TypeVar")


def _type_variable(path: ModulePath, value: ast.expr) -> Any:
    """What a type variable may be: one of its constraints, its bound, or anything."""
    if not isinstance(value, ast.Call):
        return Any
    if constraints := [_read(path, constraint) for constraint in value.args[1:]]:
        return union_of(constraints)
    bound = next((keyword.value for keyword in value.keywords if keyword.arg == "bound"), None)
    return Any if bound is None else _read(path, bound)
