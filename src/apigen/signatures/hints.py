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

from apigen.signatures.expressions import Unresolved, parse_type


def resolve_hint(function: Callable[..., Any], annotation: Any) -> Any:
    """What an annotation means in the module of its function.

    Args:
        function: the annotated function; a decorated one is unwrapped.
        annotation: as :func:`inspect.signature` gives it, possibly a string.

    Raises:
        Unresolved: it names something that is not there at run time and is not imported for type checkers either.
    """
    inner = inspect.unwrap(function)
    names = getattr(inner, "__globals__", {})
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
    inner = inspect.unwrap(function)
    names = getattr(inner, "__globals__", {})
    module = getattr(inner, "__module__", None) or ""
    return lambda name: _look_up(name, names, module)


def _look_up(name: str, names: dict[str, Any], module: str) -> Any:
    """A name among the module's globals, the imports it makes for type checkers only, and the builtins."""
    if name in names:
        return names[name]
    if (place := _checker_imports(module).get(name)) is not None:
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
def _checker_imports(module: str) -> dict[str, tuple[str, str]]:
    """The names that a module imports under ``if TYPE_CHECKING:``, with the module and name they come from."""
    try:
        tree = ast.parse(inspect.getsource(sys.modules[module]))
    except (KeyError, OSError, TypeError, SyntaxError):
        return {}
    imports: dict[str, tuple[str, str]] = {}
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
    return imports


def _absolute(node: ast.ImportFrom, module: str) -> str:
    """The module that a ``from ... import`` names, with its leading dots resolved."""
    if not node.level:
        return node.module or ""
    package = sys.modules[module].__package__ or ""
    parents = package.split(".")
    base = ".".join(parents[: len(parents) - node.level + 1])
    return f"{base}.{node.module}" if node.module else base
