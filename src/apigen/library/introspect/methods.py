"""The public methods of classes and of objects that factories make.

An object is made once here, behind the walls, to see what it is and that it can be made at all; each call then makes
its own. Attributes are looked up without running properties.
"""

import asyncio
import difflib
import fnmatch
import functools
import inspect
from collections.abc import Callable, Coroutine, Iterator, Sequence
from types import GetSetDescriptorType, MemberDescriptorType, ModuleType
from typing import Any

from apigen.library.introspect.imports import Imported
from apigen.library.introspect.public import Offer, is_kind_of_value, public_names
from apigen.signatures.problems import ImportFailed
from apigen.toolspecs.names import snake_case

_PATTERN = frozenset("*?[")
_PROPERTIES = (property, functools.cached_property)
_OF_CLASSES = (staticmethod, classmethod)
_SLOTS = (MemberDescriptorType, GetSetDescriptorType)
"""Plain data, kept otherwise."""

Announce = Callable[[str], None]
"""Called before foreign code makes an object, with what is being done."""


def methods_of_classes(modules: Sequence[Imported], patterns: Sequence[str], announce: Announce) -> Iterator[Offer]:
    """The methods of chosen classes.

    Args:
        modules: where to look.
        patterns: names of classes, also of nested ones (``Outer.Inner``), or patterns for public classes.
        announce: see :data:`Announce`.

    Raises:
        ImportFailed: a name is that of no class.
    """
    done: set[int] = set()
    for pattern in patterns:
        for imported, name, found in _classes(modules, pattern):
            if id(found) not in done:
                done.add(id(found))
                yield from _of_class(imported, name, found, announce)


def methods_of_factory(modules: Sequence[Imported], name: str, announce: Announce) -> Iterator[Offer]:
    """The methods of what a factory makes.

    Raises:
        ImportFailed: there is no such function, or it makes nothing.
    """
    imported, factory = _named(modules, name, "function", callable)
    if isinstance(factory, type):
        raise ImportFailed(f"{name} is a class; write #class={name}")
    if needed := _needed(factory):
        raise ImportFailed(f"{name}() needs {needed}; a factory makes its object without arguments")
    made = _make(name, factory, announce)
    if made is None or isinstance(made, ModuleType | type):
        raise ImportFailed(
            f"{name}() returned "
            f"{'None' if made is None else 'a ' + type(made).__name__ + ', not an object with methods'}"
        )
    kind = type(made)
    for method, written in _attributes(kind):
        yield _offer(made, kind.__name__, method, written, imported, (method, name))


def _of_class(imported: Imported, name: str, found: type, announce: Announce) -> Iterator[Offer]:
    """The methods of one class, those of its instances only if it can be made without arguments."""
    target: Any = found
    why = ""
    if needed := _needed(found):
        why = f"{name}() needs {needed}; write a function that makes one and load it with #factory=FUNCTION"
    else:
        try:
            target = _make(name, found, announce)
        except ImportFailed as problem:
            why = str(problem)
    offered = False
    for method, written in _attributes(found):
        if isinstance(written, _OF_CLASSES):
            yield _offer(found, name, method, written, imported, (f"{name}.{method}", ""))
        elif why and not _why_no_method(written):
            continue
        else:
            yield _offer(target, name, method, written, imported, (method, name))
        offered = True
    if why or not offered:
        yield Offer(name, found, imported, reason=why or "a class that defines no public methods")


def _offer(target: Any, name: str, method: str, written: Any, imported: Imported, place: tuple[str, str]) -> Offer:
    """A method of an object or class, or why it is no tool.

    Args:
        target: the object or class that it is called of.
        name: of the class, for people and for the tool.
        method: the method's name.
        written: the method as the class has it.
        imported: where the class or the factory is.
        place: the binding's ``qualname`` and ``factory``.
    """
    reason = _why_no_method(written)
    if not reason:
        try:
            return Offer(f"{snake_case(name)}_{method}", getattr(target, method), imported, *place)
        except Exception as error:  # noqa: BLE001 - it may be looked up by foreign code
            reason = f"inspecting it raised {type(error).__name__}"
    return Offer(f"{name}.{method}", None, imported, reason=reason)


def _attributes(found: type) -> Iterator[tuple[str, Any]]:
    """Public attributes of a class as they are written, without those of classes that come from another package."""
    package = found.__module__.partition(".")[0]
    seen: set[str] = set()
    for base in type.mro(found):
        if base is object or (base is not found and base.__module__.partition(".")[0] != package):
            continue
        for name, value in list(_written_in(base).items()):
            is_data = isinstance(value, _SLOTS) or not (callable(value) or hasattr(type(value), "__get__"))
            if name.startswith("_") or name in seen or is_data:
                continue
            seen.add(name)
            yield name, value


def _written_in(found: type) -> dict[str, Any]:
    """What a class itself has, whatever its metaclass says."""
    return dict(type.__dict__["__dict__"].__get__(found))


def _why_no_method(kind: Any) -> str:
    if isinstance(kind, type):
        return "a class nested in another class"
    function = kind.__func__ if isinstance(kind, _OF_CLASSES) else kind
    if inspect.isasyncgenfunction(function):
        return "an asynchronous generator; a tool must return a single result"
    if isinstance(kind, _PROPERTIES) or inspect.isdatadescriptor(kind) or not callable(function):
        return "a property, which takes no arguments"
    return ""


def _classes(modules: Sequence[Imported], pattern: str) -> Iterator[tuple[Imported, str, type]]:
    """The classes that a name or pattern stands for, each where it is defined if it is public there.

    Raises:
        ImportFailed: a name is that of no class.
    """
    if not _PATTERN & set(pattern):
        imported, found = _named(modules, pattern, "class", lambda found: isinstance(found, type))
        yield imported, pattern, found
        return
    ordered = sorted(modules, key=lambda imported: imported.module.__name__.count("."), reverse=True)
    for imported in ordered if len(modules) > 1 else modules:
        for name, found in (*public_names(imported.module), *_records(imported.module)):
            if isinstance(found, type) and fnmatch.fnmatchcase(name, pattern):
                yield imported, name, found


def _records(module: ModuleType) -> Iterator[tuple[str, Any]]:
    """Data classes that a module defines: what they do besides holding values are methods like any other."""
    for name, value in list(vars(module).items()):
        is_own = getattr(value, "__module__", None) == module.__name__ and not name.startswith("_")
        if is_own and is_kind_of_value(value) and hasattr(value, "__dataclass_fields__"):
            yield name, value


def _named(modules: Sequence[Imported], name: str, what: str, fits: Callable[[Any], bool]) -> tuple[Imported, Any]:
    """The thing of that name, from the first module that has it.

    Raises:
        ImportFailed: none has it.
    """
    known: list[str] = []
    for imported in modules:
        found: Any = imported.module
        for part in name.split("."):
            found = inspect.getattr_static(found, part, None) if isinstance(found, type) else getattr(found, part, None)
        if found is not None:
            if not fits(found):
                raise ImportFailed(f"{name} is a value of type {type(found).__name__}, not a {what}")
            return imported, found
        known += [other for other, value in vars(imported.module).items() if fits(value) and other[0] != "_"]
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    raise ImportFailed(f"no such {what} {name!r}{hint}")


def _needed(factory: Callable[..., Any]) -> str:
    """The arguments that making an object needs, for people; empty where it needs none, or nobody says."""
    try:
        parameters = inspect.signature(factory).parameters.values()
    except (ValueError, TypeError):
        return ""
    variadic = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    needed = [each.name for each in parameters if each.default is each.empty and each.kind not in variadic]
    return " and ".join(map(repr, needed))


def _make(name: str, factory: Callable[..., Any], announce: Announce) -> Any:
    """Make an object.

    Raises:
        ImportFailed: whatever the factory raises.
    """
    announce(f"creating an object with {name}()")
    try:
        made = factory()
        return asyncio.run(made) if isinstance(made, Coroutine) else made
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # SystemExit included: foreign code may raise anything
        text = " ".join(str(error).split())[:300] or "no message"
        raise ImportFailed(f"{name}() raised {type(error).__name__}: {text}") from error
