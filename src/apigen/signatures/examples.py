"""Types from the examples in a docstring: ``>>> slugify('First post')`` shows that a text is taken."""

import ast
import importlib
import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from apigen.signatures.expressions import union_of

_QUOTED = re.compile(r"``?([\w.]+\([^`\n]+\))``?")
"""A call that stands in the text as code."""


def shown_types(function: Callable[..., Any], signature: inspect.Signature) -> Mapping[str, Any]:
    """The types of the literal arguments in a function's doctests, by parameter name.

    Args:
        function: its docstring is read, and nothing in it is run.
        signature: tells which parameter a positional argument is for.
    """
    seen: dict[str, list[Any]] = {}
    for call in _calls(function):
        with suppress(TypeError):  # an example of a wrong call
            keywords = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
            for name, given in signature.bind_partial(*call.args, **keywords).arguments.items():
                for node in given if isinstance(given, tuple) else (given,):  # several for *values
                    with suppress(ValueError, TypeError):  # not a literal
                        value = ast.literal_eval(node)
                        if value is not None:
                            seen.setdefault(name, []).append(_type_of(value))
    return {name: union_of(types) for name, types in seen.items()}


def _calls(function: Callable[..., Any]) -> Iterator[ast.Call]:
    """The calls of the function, or method, among its examples, also as ``module.function(...)``."""
    own = getattr(function, "__name__", None)
    text = inspect.getdoc(function) or ""
    sources = _QUOTED.findall(text)
    with suppress(ValueError):  # a doctest that is malformed
        sources += _doctests(text)
    for source in sources:
        with suppress(SyntaxError, ValueError):
            for node in ast.walk(ast.parse(source)):
                if isinstance(node, ast.Call) and _called(node.func) == own:
                    yield node


def _doctests(text: str) -> list[str]:
    """The examples that begin with ``>>>``.

    Raises:
        ValueError: one of them is malformed.
    """
    if ">>>" not in text:
        return []
    doctest = importlib.import_module("doctest")  # brings the debugger with it, which most texts do without
    return [example.source for example in doctest.DocTestParser().get_examples(text)]


def _called(what: ast.expr) -> str:
    """The last part of a dotted name; empty for what is none, such as a method of a literal."""
    dotted = ast.unparse(what)
    return dotted.rpartition(".")[2] if all(part.isidentifier() for part in dotted.split(".")) else ""


def _type_of(value: Any) -> Any:
    """The type that a literal shows; collections by what they hold."""
    collection: Any = type(value)
    if isinstance(value, dict) and value:
        return collection[union_of(map(_type_of, value)), union_of(map(_type_of, value.values()))]
    if isinstance(value, list | tuple | set) and value:
        inner = union_of(map(_type_of, value))
        return collection[inner, ...] if isinstance(value, tuple) else collection[inner]
    return collection
