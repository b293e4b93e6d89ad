"""The public functions of a module or package, and for each other public name the reason why it is not a tool."""

import dataclasses
import enum
import inspect
import typing
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import pydantic
from typing_extensions import is_typeddict

from apigen.library.introspect.imports import Imported


@dataclass(frozen=True)
class Offer:
    """Something public, with its reason where it cannot be called as a tool."""

    name: str
    """As a tool; for what is none, as a person would write it."""
    found: Any
    """What is called, or would be."""
    imported: Imported
    """Where it is imported from."""
    qualname: str = ""
    factory: str = ""
    """As the binding has them."""
    reason: str = ""
    """Why it is no tool; empty where it may be one."""


def functions(modules: Sequence[Imported]) -> Iterator[Offer]:
    """The public functions of some modules, each once, in order of definition.

    Args:
        modules: one, or a package with its submodules. A function that several of them offer is taken from where it
            is defined if it is public there, else from the one nearest to the package.
    """
    homes: dict[int, Imported] = {}
    public = {id(imported): list(public_names(imported.module)) for imported in modules}
    for imported in modules:
        for _, found in public[id(imported)]:
            home = homes.get(id(found))
            if home is None or _remoteness(found, imported) < _remoteness(found, home):
                homes[id(found)] = imported
    together = {imported.module.__name__ for imported in modules}
    for imported in modules:
        seen: dict[int, str] = {}
        for name, found in public[id(imported)]:
            is_one_of_them = inspect.ismodule(found) and found.__name__ in together
            is_from_elsewhere = callable(found) and homes[id(found)] is not imported
            if is_one_of_them or is_from_elsewhere:
                continue
            yield Offer(name, found, imported, name, reason=_why_no_function(found, seen))
            seen[id(found)] = name


def public_names(module: ModuleType) -> Iterator[tuple[str, Any]]:
    """What a module offers: what its ``__all__`` lists, else the callables without underscore that it defines.

    Of a package without ``__all__``, those count too that it has from its own submodules.
    """
    listed = getattr(module, "__all__", None)
    if listed is not None:
        for name in dict.fromkeys(listed):
            if hasattr(module, name) and not (name.startswith("__") and name.endswith("__")):
                yield name, getattr(module, name)
        return
    own = (module.__name__, f"_{module.__name__}")  # such as bisect, whose functions are those of _bisect
    below = f"{module.__name__}." if hasattr(module, "__path__") else None
    for name, value in list(vars(module).items()):
        if name.startswith("_") or inspect.ismodule(value) or not callable(value):
            continue
        place = getattr(value, "__module__", None)
        is_own = place in own or (below is not None and isinstance(place, str) and place.startswith(below))
        if is_own and not is_kind_of_value(value) and not _is_type_alias(value):
            yield name, value


def is_kind_of_value(found: Any) -> bool:
    """Whether a class only gives parameters, results or errors their form: nobody would expect a tool of it."""
    if not isinstance(found, type):
        return False
    forms = (enum.Enum, BaseException, pydantic.BaseModel)
    is_named_tuple = issubclass(found, tuple) and hasattr(found, "_fields")
    return issubclass(found, forms) or dataclasses.is_dataclass(found) or is_typeddict(found) or is_named_tuple


def _is_type_alias(found: Any) -> bool:
    """Whether it is a name for a type, such as ``list[int]``, which can be called but is no function."""
    return typing.get_origin(found) is not None or isinstance(found, typing.NewType | typing.TypeVar)


def _remoteness(found: Any, imported: Imported) -> tuple[bool, int]:
    """How far a module is from being the one to take something from."""
    name = imported.module.__name__
    return getattr(found, "__module__", None) != name, name.count(".")


def _why_no_function(found: Any, seen: dict[int, str]) -> str:
    if inspect.ismodule(found):
        return f"a module; load it as python:{found.__name__}"
    if isinstance(found, type):
        return f"a class; its methods become tools with #class={found.__name__}"
    if _is_type_alias(found):
        return "a name for a type"
    if not callable(found):
        return f"not a function but a value of type {type(found).__name__}"
    if inspect.isasyncgenfunction(found):
        return "an asynchronous generator; a tool must return a single result"
    return f"the same function as {seen[id(found)]}" if id(found) in seen else ""
