"""The text of Python calls, ``[f(a=1), g.h(b="x")]``, read from its syntax tree. Nothing is evaluated."""

import ast
import operator
import warnings
from collections.abc import Callable
from typing import Any

from apigen.evaluate.base import short
from apigen.records import Json
from apigen.toolspecs.text import MAX_LITERAL

_ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_BROKEN = (SyntaxError, ValueError, TypeError, ArithmeticError, MemoryError, RecursionError)
_LARGEST_BASE = 1_000_000
_LARGEST_EXPONENT = 64


class NoCalls(Exception):  # noqa: N818 - a property of the answer
    """The answer is not a list of calls; the message says why."""


def python_calls(text: str) -> list[tuple[str, dict[str, Json]]]:
    """Each call's name and arguments.

    Raises:
        NoCalls: it cannot be read as calls; the message says why.
    """
    if len(text) > MAX_LITERAL:
        raise NoCalls(f"a text of {len(text):,} characters is too long to be read as calls")
    try:
        return [_call(one) for one in _elements(text)]
    except (NoCalls, *_BROKEN) as problem:
        said = problem.msg if isinstance(problem, SyntaxError) else str(problem) or type(problem).__name__
        raise NoCalls(f"{short(text)} cannot be read as calls: {said}") from None


def _elements(text: str) -> list[ast.expr]:
    bare = text.strip("`\n ")
    whole = ("" if bare.startswith("[") else "[") + bare + ("" if bare.endswith("]") else "]")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # invalid escapes in the model's strings
        tree = ast.parse(whole, mode="eval").body
    if not isinstance(tree, ast.List):
        raise NoCalls("not a list of calls")
    return tree.elts


def _call(node: ast.expr) -> tuple[str, dict[str, Json]]:
    if not isinstance(node, ast.Call):
        raise NoCalls(f"{ast.unparse(node)[:60]} is not a call")
    parts: list[str] = []
    named = node.func
    while isinstance(named, ast.Attribute):
        parts.append(named.attr)
        named = named.value
    if isinstance(named, ast.Name):
        parts.append(named.id)
    # `**` is not an argument's name, so what is unpacked there counts as an argument that no tool has.
    return ".".join(reversed(parts)), {one.arg or "**": _value(one.value) for one in node.keywords}


def _value(node: ast.expr | None) -> Any:
    match node:
        case ast.Constant(value=value):
            return "..." if value is ... else value
        case ast.UnaryOp(operand=ast.Constant()) | ast.BinOp():
            return _number(node)
        case ast.List(elts=items):
            return [_value(item) for item in items]
        case ast.Tuple(elts=items):
            return tuple(_value(item) for item in items)
        case ast.Dict(keys=keys, values=values):
            return {_value(key): _value(value) for key, value in zip(keys, values, strict=True)}
        case ast.Name(id=name):
            return name
        case ast.Call(keywords=[]) | ast.Subscript():
            return ast.unparse(node)
        case ast.Call():
            name, arguments = _call(node)
            return {name: arguments}
    raise NoCalls(f"{ast.unparse(node)[:60] if node else '**'} is not a literal")


def _number(node: ast.expr) -> Any:
    """What a sum of numbers, or of strings, comes to."""
    match node:
        case ast.Constant(value=int() | float() | complex() | str() as value):
            return value
        case ast.UnaryOp(op=ast.USub() | ast.UAdd() as sign, operand=operand):
            number = _number(operand)
            return -number if isinstance(sign, ast.USub) else +number
        case ast.BinOp(left=left, op=operation, right=right) if type(operation) in _ARITHMETIC:
            return _operated(_number(left), operation, _number(right))
    raise NoCalls(f"{ast.unparse(node)[:60]} is not a number")


def _operated(left: Any, operation: ast.operator, right: Any) -> Any:
    if isinstance(left, str) or isinstance(right, str):
        if not isinstance(operation, ast.Add):
            raise NoCalls("strings can only be joined")
    elif isinstance(operation, ast.Pow) and (abs(left) > _LARGEST_BASE or abs(right) > _LARGEST_EXPONENT):
        raise NoCalls("a power that is too large")
    return _ARITHMETIC[type(operation)](left, right)
