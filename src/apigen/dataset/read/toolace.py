"""ToolACE rows (https://huggingface.co/datasets/Team-ACE/ToolACE).

``{system, conversations: [{from, value}]}``. The system prompt holds prose and, in it, a JSON list of the functions. An
answer that calls tools is the text ``[func(a=1, b="x"), Other Func(c=true)]``: names may hold spaces and dots, values
are Python or JSON literals. The text is split and its literals are parsed; nothing is ever evaluated.
"""

import ast
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from apigen.dataset.read.base import Item, Problem, ReadItem, Row, unreadable
from apigen.dataset.read.tools import Tools, read_tools
from apigen.dataset.read.turns import Speaker, Turn, Unreadable, listed, rows_of, speaker, text_of
from apigen.records import Json, Reason
from apigen.toolspecs.text import parse_text

name = "toolace"
keys = "system with a list of functions, conversations (from, value)"

_LIST = re.compile(r"\[\s*\{")
_ANSWER = re.compile(r"\s*\[\s*[^\[\]{}()'\"=,]+\(")
_ARGUMENT = re.compile(r"\s*(?P<name>[^=\s'\"\[\]{}(),][^='\"\[\]{}(),]*?)\s*=(?!=)")
_DECODER = json.JSONDecoder()
_CLOSES = {"(": ")", "[": "]", "{": "}"}


def fits(item: Json) -> bool:
    """Whether a row is a conversation whose system prompt lists functions in prose."""
    if not isinstance(item, dict) or item.get("tools") is not None or not isinstance(item.get("conversations"), list):
        return False
    system = item.get("system")
    return isinstance(system, str) and "<tools>" not in system and _functions(system)[0] >= 0


def reader(path: Path) -> ReadItem:
    """What reads the rows of a file."""
    return _read


def _read(item: Item) -> Sequence[Row]:
    row = item.value
    if not isinstance(row, dict):
        return unreadable(item, Reason.WRONG_SHAPE, f"a row is an object, not {type(row).__name__}")
    if "conversations" not in row:
        return unreadable(item, Reason.MISSING_FIELD, "no field 'conversations'")
    try:
        turns = [
            _turn(one, f"conversations[{index}]")
            for index, one in enumerate(listed(row["conversations"], "conversations"))
        ]
    except Unreadable as problem:
        return unreadable(item, problem.reason, problem.detail)
    system = row.get("system")
    if not isinstance(system, str):
        return rows_of(item, turns, Tools())
    start, end = _functions(system)
    if start < 0:
        return rows_of(item, [Turn(Speaker.SYSTEM, system), *turns], Tools())
    prose = f"{system[:start].rstrip()} {system[end:].lstrip(' .')}"
    return rows_of(item, [Turn(Speaker.SYSTEM, prose), *turns], read_tools(system[start:end]))


@lru_cache(maxsize=1024)
def _functions(system: str) -> tuple[int, int]:
    """Where the list of functions begins and ends; from its bracket to the last one where it is not JSON; else -1."""
    for match in _LIST.finditer(system):
        try:
            return match.start(), _DECODER.raw_decode(system, match.start())[1]
        except (ValueError, RecursionError):
            continue
    first = _LIST.search(system)
    return (-1, -1) if first is None else (first.start(), system.rfind("]") + 1)


def _turn(one: Mapping[str, Any], where: str) -> Turn:
    for key in ("from", "value"):
        if key not in one:
            raise Unreadable(Reason.MISSING_FIELD, f"{where} has no {key!r}")
    who, text = speaker(one["from"], f"{where}.from"), text_of(one["value"])
    if who is not Speaker.ASSISTANT or not _ANSWER.match(text):
        return Turn(who, text)
    try:
        return Turn(who, calls=read_calls(text))
    except ValueError as problem:
        return Turn(who, problem=Problem(Reason.WRONG_SHAPE, f"{where}.value: {problem}"))


def read_calls(text: str) -> list[Json]:
    """The calls of ``[func(a=1), Other Func(b="x")]`` as ``{name, arguments}``.

    Raises:
        ValueError: it is not such a text; the message says where.
    """
    stripped = text.strip()
    if not stripped.endswith("]"):
        raise ValueError(f"the list of calls does not end in ']' but in {stripped[-20:]!r}")
    return [_call(part) for part in _parts(stripped[1:-1])]


def _call(text: str) -> dict[str, Json]:
    called, bracket, rest = text.strip().partition("(")
    if not bracket or not rest.endswith(")"):
        raise ValueError(f"{_short(text)} is not a call with brackets")
    arguments: dict[str, Json] = {}
    for part in _parts(rest[:-1]):
        match = _ARGUMENT.match(part)
        if match is None:
            raise ValueError(f"{called.strip()}: the argument {_short(part)} has no name")
        if match["name"] in arguments:
            raise ValueError(f"{called.strip()}: the argument {match['name']!r} is given twice")
        arguments[match["name"]] = _value(part[match.end() :].strip(), called.strip(), match["name"])
    return {"name": called.strip(), "arguments": arguments}


def _value(text: str, called: str, argument: str) -> Json:
    parsed = parse_text(text)
    if not parsed.problem:
        return parsed.value
    try:  # a literal of Python with JSON's true, false and null in it
        return _plain(ast.parse(text, mode="eval").body)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        raise ValueError(f"{called}: {argument}={_short(text)} is not a literal") from None


def _plain(node: ast.expr) -> Json:
    match node:
        case ast.Constant(value=bool() | int() | float() | str() | None as value):
            return value
        case ast.Name(id="true" | "false" | "null" as word):
            return {"true": True, "false": False, "null": None}[word]
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
            return -value
        case ast.List(elts=items) | ast.Tuple(elts=items):
            return [_plain(item) for item in items]
        case ast.Dict(keys=named, values=values):
            return {_key(key): _plain(value) for key, value in zip(named, values, strict=True)}
    raise ValueError("no literal")


def _key(node: ast.expr | None) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    raise ValueError("a key that is not text")


def _parts(text: str) -> Iterator[str]:
    """What stands between the commas that are not inside brackets or quotes.

    Raises:
        ValueError: a bracket or a quote is not closed.
    """
    if not text.strip():
        return
    open_: list[str] = []
    start, index, quote = 0, 0, ""
    while index < len(text):
        character = text[index]
        if quote:
            if character == "\\":
                index += 1
            elif character == quote:
                quote = ""
        elif character in "'\"" and (open_ or "=" in text[start:index] or not text[start:index].strip()):
            quote = character  # an apostrophe in a name is a letter
        elif character in _CLOSES:
            open_.append(_CLOSES[character])
        elif character in ")]}":
            if not open_ or open_.pop() != character:
                raise ValueError(f"{character!r} closes nothing in {_short(text)}")
        elif character == "," and not open_:
            yield text[start:index].strip()
            start = index + 1
        index += 1
    if quote or open_:
        raise ValueError(f"{_short(text)} ends before {quote or open_[-1]!r}")
    if text[start:].strip():
        yield text[start:].strip()


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:57]}...")
