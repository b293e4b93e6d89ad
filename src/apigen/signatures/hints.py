"""The annotations of a function, resolved one by one, so that one that cannot be does not lose the others."""

import ast
import importlib
import inspect
import sys
import typing
from collections.abc import Callable
from functools import cache
from types import SimpleNamespace
from typing import Any

from apigen.signatures.expressions import Unresolved, parse_type, read_type


def resolve_hint(function: Callable[..., Any], annotation: Any) -> Any:
    """What an annotation means in the module of its function.

    Args:
        function: the annotated function; a decorated one is unwrapped.
        annotation: as :func:`inspect.signature` gives it, possibly a string.

    Raises:
        Unresolved: it names something that is not there at run time and is not imported for type checkers either.
    """
    names = _globals_of(function)
    holder = SimpleNamespace(__annotations__={"hint": annotation})
    try:
        return typing.get_type_hints(holder, globalns=names, include_extras=True)["hint"]
    except Exception as problem:  # noqa: BLE001 - evaluating an annotation runs code of its module
        if not isinstance(annotation, str):
            raise Unresolved(f"{annotation}: {problem}") from None
        return parse_type(annotation, name_in_module_of(function))


def name_in_module_of(function: Callable[..., Any]) -> Callable[[str], Any]:
    """A look-up of the names that the module of a function knows, for types that are written as text.

    The look-up raises ``Unresolved`` for a name that stands for nothing.
    """
    names = _globals_of(function)
    module = names.get("__name__") or getattr(function, "__module__", None) or ""
    return lambda name: _look_up(name, names, module)


def _globals_of(function: Callable[..., Any]) -> dict[str, Any]:
    """The names of the module that a function was written in; of an object that can be called, of its class's."""
    inner = inspect.unwrap(function)
    for written in (inner, getattr(inner, "func", None), inspect.getattr_static(type(inner), "__call__", None)):
        names = getattr(inspect.unwrap(written), "__globals__", None) if callable(written) else None
        if isinstance(names, dict):
            return names
    return {}


def _look_up(name: str, names: dict[str, Any], module: str) -> Any:
    """A name among the module's globals, what it imports or defines for type checkers only, and the builtins."""
    if name in names:
        return names[name]
    if (alias := _checker_names(module)[1].get(name)) is not None:
        return read_type(alias, lambda other: _look_up(other, names, module))
    if (place := _checker_names(module)[0].get(name)) is not None:
        origin, attribute = place
        try:
            loaded = importlib.import_module(origin)
            return getattr(loaded, attribute) if attribute else loaded
        except Exception as problem:  # noqa: BLE001 - importing runs code
            raise Unresolved(f"{name} cannot be imported from {origin}: {problem}") from None
    builtins = vars(sys.modules["builtins"])
    if name in builtins:
        return builtins[name]
    raise Unresolved(f"the name {name!r} is not defined")


@cache
def _checker_names(module: str) -> tuple[dict[str, tuple[str, str]], dict[str, ast.expr]]:
    """What a module has under ``if TYPE_CHECKING:``.

    Returns:
        Imported names, each with the module and name it comes from; and aliases, each with what it stands for.
    """
    imports: dict[str, tuple[str, str]] = {}
    aliases: dict[str, ast.expr] = {}
    try:
        tree = ast.parse(inspect.getsource(sys.modules[module]))
    except (KeyError, OSError, TypeError, SyntaxError):
        return imports, aliases
    for statement in tree.body:
        if not (isinstance(statement, ast.If) and ast.unparse(statement.test).endswith("TYPE_CHECKING")):
            continue
        for node in statement.body:
            if isinstance(node, ast.Import):
                for alias in node.names:
                    top = alias.name if alias.asname else alias.name.partition(".")[0]
                    imports[alias.asname or top] = (top, "")
            elif isinstance(node, ast.ImportFrom):
                origin = _absolute(node, module)
                imports |= {alias.asname or alias.name: (origin, alias.name) for alias in node.names}
            elif isinstance(node, ast.AnnAssign | ast.Assign) and node.value is not None:
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                aliases |= {target.id: node.value for target in targets if isinstance(target, ast.Name)}
    return imports, aliases


def _absolute(node: ast.ImportFrom, module: str) -> str:
    """The module that a ``from ... import`` names, with its leading dots resolved."""
    if not node.level:
        return node.module or ""
    package = sys.modules[module].__package__ or ""
    parents = package.split(".")
    base = ".".join(parents[: len(parents) - node.level + 1])
    return f"{base}.{node.module}" if node.module else base
