"""Reads a type written as code without running it: a stub's annotation, or one that cannot be evaluated."""

import ast
from collections.abc import Callable, Iterable
from typing import Any, Literal, Union

_SCALARS = (int, float, str, bytes)


class Unresolved(Exception):  # noqa: N818 - a property of the text
    """The text does not name a type that can be found here."""


def parse_type(text: str, lookup: Callable[[str], Any]) -> Any:
    """The type that an expression such as ``list[int] | None`` stands for.

    Args:
        text: the expression.
        lookup: gives the object that a bare name stands for.

    Raises:
        Unresolved: it is no type expression, or a name in it is not known.
    """
    try:
        return read_type(ast.parse(text.strip(), mode="eval").body, lookup)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise Unresolved(f"{text!r} is not a type") from None


def read_type(node: ast.expr, lookup: Callable[[str], Any]) -> Any:
    """The type that a parsed expression stands for.

    Raises:
        Unresolved: it is no type expression, or a name in it is not known.
    """
    match node:
        case ast.Name(id=name):
            return lookup(name)
        case ast.Constant(value=None):
            return None
        case ast.Constant(value=str(text)):
            return parse_type(text, lookup)
        case ast.Attribute(value=owner, attr=name):
            try:
                return getattr(read_type(owner, lookup), name)
            except AttributeError:
                raise Unresolved(f"{ast.unparse(node)} is not known") from None
        case ast.BinOp(op=ast.BitOr(), left=left, right=right):
            return union_of((read_type(left, lookup), read_type(right, lookup)))
        case ast.Subscript(value=generic, slice=inside):
            return _subscripted(read_type(generic, lookup), inside, lookup)
    raise Unresolved(f"{ast.unparse(node)} is not a type")


def union_of(members: Iterable[Any]) -> Any:
    """The union of some types.

    Raises:
        Unresolved: one of them is no type.
    """
    try:
        return Union[tuple(members)]  # noqa: UP007 - built at run time
    except TypeError as problem:
        raise Unresolved(str(problem)) from None


def _subscripted(generic: Any, inside: ast.expr, lookup: Callable[[str], Any]) -> Any:
    several = isinstance(inside, ast.Tuple)
    items = inside.elts if isinstance(inside, ast.Tuple) else [inside]
    if generic is Literal:
        return Literal[tuple(_literal(item) for item in items)]
    if getattr(generic, "__name__", "") == "Annotated":
        return read_type(items[0], lookup)  # the rest is code, which is not run here
    if generic in _SCALARS:  # a generic protocol that a plain type stands in for
        return generic
    try:
        arguments = tuple(_argument(item, lookup) for item in items)
        return generic[arguments if several else arguments[0]]
    except TypeError:
        raise Unresolved(f"{generic} takes no type arguments") from None


def _argument(node: ast.expr, lookup: Callable[[str], Any]) -> Any:
    if isinstance(node, ast.Constant) and node.value is ...:
        return ...
    if isinstance(node, ast.List):  # the parameters of a Callable
        return [_argument(item, lookup) for item in node.elts]
    return read_type(node, lookup)


def _literal(node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except ValueError:
        raise Unresolved(f"{ast.unparse(node)} is not a literal") from None
