"""Describes all state that functions can reach, so that two descriptions are equal only where nothing has changed.

What can be reached are a function's variables, defaults and attributes, those of the functions, classes and modules
that it names, and all values in them. Of what comes with Python or is installed, only what the user's code holds is
looked into: modules, functions and classes themselves count by identity.

Nothing is called that the user's code defines. Where the state of something cannot be seen without that, there is no
description at all.
"""

import contextlib
import copyreg
import functools
import logging
import marshal
import struct
import sys
import sysconfig
import threading
import weakref
from abc import ABC
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from types import (
    BuiltinFunctionType,
    CellType,
    ClassMethodDescriptorType,
    CodeType,
    FunctionType,
    GetSetDescriptorType,
    MappingProxyType,
    MemberDescriptorType,
    MethodDescriptorType,
    MethodType,
    MethodWrapperType,
    ModuleType,
    WrapperDescriptorType,
)
from typing import Any

_MOST = 5000
"""Values looked into for each function; who holds more is not described, since that would take longer than it saves."""
_PLAIN = frozenset((dict, list, tuple, set, frozenset, str, bytes, bytearray, int, float, complex, bool, type(None)))
_PLAIN_FORMAT = 0
"""The format of ``marshal`` in which neither sharing nor interning shows."""
_SCALARS: dict[type, Callable[[Any], object]] = {
    str: str.__str__,
    int: int.__int__,
    float: float.__float__,
    bytes: lambda value: bytes.__add__(value, b""),
}
_FULLY_SEEN = frozenset((dict, list, tuple, set, frozenset, OrderedDict, defaultdict, *_SCALARS, object))
"""Kinds whose instances hold nothing beyond what iterating over them and their attributes show."""
_POINTER = struct.calcsize("P")
_PICKLING = ("__reduce_ex__", "__reduce__", "__getstate__", "__getnewargs_ex__", "__getnewargs__")
_NEVER_CHANGING = (
    CodeType,
    GetSetDescriptorType,
    MemberDescriptorType,
    MethodDescriptorType,
    WrapperDescriptorType,
    ClassMethodDescriptorType,
    type(Ellipsis),
    type(NotImplemented),
)
_NOBODYS_STATE = (weakref.ref, type(vars(ABC)["_abc_impl"]), logging.Logger, logging.Handler)
"""What changes without changing any result: memories of classes, and what is logged."""
_BY_IDENTITY = (*_NEVER_CHANGING, *_NOBODYS_STATE)
_OF_ANNOTATIONS = frozenset(("typing", "typing_extensions", "annotated_types", "pydantic_core"))
"""Modules whose objects only say what a parameter or field may be."""
_PARTS: dict[type, Callable[[Any], tuple[object, ...]]] = {
    staticmethod: lambda method: (method.__func__,),
    classmethod: lambda method: (method.__func__,),
    MethodType: lambda method: (method.__func__, method.__self__),
    property: lambda found: (found.fget, found.fset, found.fdel),
    MappingProxyType: lambda mapping: (dict(mapping),),
    ContextVar: lambda variable: (variable.get(None),),
    type(functools.lru_cache(int)): lambda cached: (*cached.cache_info(), cached.__wrapped__, vars(cached)),
    type(threading.Lock()): lambda lock: (repr(lock),),
    type(threading.RLock()): lambda lock: (repr(lock),),
}
"""What to look at of kinds that tell it in their own way."""
_OF_THE_IMPORT_SYSTEM = frozenset(("__builtins__", "__spec__", "__loader__", "__cached__", "__warningregistry__"))
_INSTALLED = tuple(sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib"))


class Opaque(Exception):  # noqa: N818 - a property of the value
    """The state of something cannot be seen, such as of an iterator or an open file; the message names its type."""


def state_of(*functions: Callable[..., Any]) -> list[object]:
    """Describe all state that some functions can reach.

    Raises:
        Opaque: that cannot be done.
        Exception: whatever hostile values raise that look like others.
    """
    walk = _Walk({_top_of(getattr(function, "__module__", "")) for function in functions}, _MOST * len(functions))
    walk.values(functions)
    return walk.said


class _Walk:
    """One look at values, each once.

    Attributes:
        said: the description.
    """

    def __init__(self, tops: Iterable[str], most: int) -> None:
        self.said: list[object] = []
        self._most = most
        self._own: dict[str, bool] = dict.fromkeys(tops, True)
        self._numbers: dict[int, int] = {}
        self._kept: list[object] = []
        """All that has a number, so that nothing made meanwhile is taken for it."""
        self._looks: dict[type, Callable[[Any], None]] = {}
        """How values are described, by kind, as far as that was asked."""

    def value(self, value: Any) -> None:
        """Describe a value, unless that was done."""
        kind = type(value)
        if kind in _PLAIN and self._plainly(value):
            return
        number = self._numbers.get(id(value))
        if number is not None:
            self.said.append(number)
            return
        if len(self._kept) >= self._most:
            raise Opaque("too much to look at")
        self._numbers[id(value)] = len(self._kept)
        self._kept.append(value)
        self.said.append(id(kind))
        if (look := self._looks.get(kind)) is None:
            look = self._looks[kind] = self._look_at(kind)
        look(value)

    def _plainly(self, value: Any) -> bool:
        """Describe plain data at once; false where something in it is none."""
        try:
            self.said.append(marshal.dumps(value, _PLAIN_FORMAT))
        except ValueError:
            return False
        return True

    def values(self, values: Iterable[Any]) -> None:
        for value in values:
            self.value(value)

    def entries(self, variables: Mapping[str, Any]) -> None:
        for name, value in list(variables.items()):
            if name not in _OF_THE_IMPORT_SYSTEM:
                self.said.append(name)
                self.value(value)

    def _look_at(self, kind: type) -> Callable[[Any], None]:
        """How to describe values of a kind, most special first."""
        if issubclass(kind, _BY_IDENTITY) or _top(kind) in _OF_ANNOTATIONS:
            return lambda value: self.said.append(id(value))
        if kind is ModuleType:
            return self._module
        if kind is FunctionType:
            return self._function
        if issubclass(kind, type):
            return self._class
        if kind in (BuiltinFunctionType, MethodWrapperType):
            return self._builtin
        if kind is CellType:
            return self._cell
        if parts := _PARTS.get(kind):
            return lambda value: self.values(parts(value))
        return _Objects(self, kind).describe

    def _builtin(self, value: Any) -> None:
        self.said.append(value.__name__)
        self.value(None if isinstance(value.__self__, ModuleType) else value.__self__)

    def _cell(self, cell: CellType) -> None:
        with contextlib.suppress(ValueError):  # still empty
            self.value(cell.cell_contents)

    def _module(self, module: ModuleType) -> None:
        if self._is_own(module.__name__):
            self._variables(vars(module))
        else:
            self.said.append(tuple(map(id, vars(module).values())))

    def _variables(self, variables: dict[str, Any]) -> None:
        """What a module keeps, however it was come by."""
        if id(variables) not in self._numbers:
            self._numbers[id(variables)] = len(self._kept)
            self._kept.append(variables)
            self.entries(variables)

    def _function(self, function: FunctionType) -> None:
        self.said.append(id(function.__code__))
        module = str(function.__globals__.get("__name__", ""))
        if self._is_own(module):
            self._variables(function.__globals__)
        elif getattr(sys.modules.get(module), function.__name__, None) is function:
            return  # one of those that its module offers, not one made for the user's code
        parts = (function.__defaults__, function.__kwdefaults__, function.__dict__, function.__closure__)
        if not self._plainly(parts):
            self.values(parts)

    def _class(self, found: type) -> None:
        self.said.append(id(found))
        if self._is_own(str(found.__module__)):
            self.values(found.__mro__[1:])
            self.entries(vars(found))

    def _is_own(self, module: str) -> bool:
        """Whether a module is the user's own code, to be looked into."""
        top = module.partition(".")[0]
        if (known := self._own.get(top)) is None:
            file = getattr(sys.modules.get(top), "__file__", None) or ""
            installed = top in sys.stdlib_module_names or file.startswith(_INSTALLED)
            known = self._own[top] = not installed
        return known


class _Objects:
    """How a walk describes instances of a kind: what they contain, their attributes, and what C code keeps in them."""

    def __init__(self, walk: _Walk, kind: type) -> None:
        self._walk = walk
        self._kind = kind
        self._solid: type = next(base for base in kind.__mro__ if base in _FULLY_SEEN)
        self._members = [
            member
            for base in kind.__mro__
            for member in vars(base).values()
            if isinstance(member, MemberDescriptorType)
        ]
        self._hides_something = _hides_something(kind, self._solid)

    def describe(self, value: Any) -> None:
        walk, kind, solid = self._walk, self._kind, self._solid
        walk.value(kind)
        if issubclass(solid, dict):
            walk.values(dict.keys(value))
            walk.values(dict.values(value))
            if solid is defaultdict:
                walk.value(value.default_factory)
        elif issubclass(solid, list | tuple | set | frozenset):
            walk.values(solid.__iter__(value))
        elif solid in _SCALARS:
            walk.said.append(_SCALARS[solid](value))
        for member in self._members:
            with contextlib.suppress(AttributeError):  # is not set
                walk.value(member.__get__(value, kind))
        if kind.__dictoffset__:
            walk.entries(object.__getattribute__(value, "__dict__"))
        if self._hides_something:
            walk.values(_as_pickled(value, kind))  # as pickling would


def _top_of(module: object) -> str:
    """The package that a module belongs to."""
    return str(module).partition(".")[0]


def _top(kind: type) -> str:
    return str(kind.__module__).partition(".")[0].removeprefix("_") if isinstance(kind.__module__, str) else ""


def _hides_something(kind: type, solid: type) -> bool:
    """Whether instances are larger than a kind that is fully seen and what Python adds: then C code uses the rest."""
    slots = sum(
        isinstance(member, MemberDescriptorType)
        for base in kind.__mro__
        if "__slots__" in vars(base)
        for member in vars(base).values()
    )
    added = slots + bool(kind.__weakrefoffset__ and not solid.__weakrefoffset__)
    added += bool(kind.__dictoffset__ and not solid.__dictoffset__)
    return kind.__basicsize__ > solid.__basicsize__ + added * _POINTER


def _as_pickled(value: Any, kind: type) -> list[Any]:
    """What would be written of a value whose kind is of C code, or of Python's own modules.

    Raises:
        Opaque: it cannot be pickled, or not without changing it or calling the user's code.
    """
    if hasattr(kind, "__next__"):  # pickling some of them takes their items
        raise Opaque(kind.__name__)
    how = [vars(base)[name] for name in _PICKLING for base in kind.__mro__ if name in vars(base)]
    if special := copyreg.dispatch_table.get(kind):
        how = [special]
    if not all(_is_harmless(each) for each in how):
        raise Opaque(kind.__name__)
    try:
        written = special(value) if special else value.__reduce_ex__(4)
    except Exception:  # noqa: BLE001 - C code raises what it likes
        raise Opaque(kind.__name__) from None
    if isinstance(written, str):
        return [written]
    parts, items = list(written[:3]), written[3:]
    return [*parts, *(list(each) for each in items[:2] if each is not None)]


def _is_harmless(method: object) -> bool:
    """Whether it is written in C or belongs to Python."""
    if isinstance(method, staticmethod | classmethod):
        method = method.__func__
    if isinstance(method, FunctionType):
        return str(method.__globals__.get("__name__", "")).partition(".")[0] in sys.stdlib_module_names
    return isinstance(
        method, BuiltinFunctionType | MethodDescriptorType | WrapperDescriptorType | ClassMethodDescriptorType
    )
