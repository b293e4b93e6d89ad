"""Parses completions into query/answer pairs, tolerant of how models actually write JSON.

Every pair of a completion is used, one malformed pair does not void the others, and whatever had to be mended before
the text could be read is named, so that a dataset can be cut to untouched answers.
"""

import json
import math
import re
from typing import Any, NoReturn

import json_repair
import msgspec

from apigen.records import Completion, Json, Reason

ASKED_KEY = "pairs"
"""Key under which the list is asked for; a bare list is read as well, and needs no mending either."""
LIST_KEYS = ("queries", "data", "items", "results", "examples", "list", "output", "response")
"""Other keys under which models put it."""

CUT_OFF = "the completion was cut off here"

MAX_DEPTH = 32
"""Deepest nesting that is read. Real arguments stay far below; what is deeper is there to break a reader."""

MENDABLE_DEPTH = 200
"""Deepest nesting in which broken JSON is mended; the mending takes time that grows with its square."""

_THINKING = re.compile(r"\A\s*<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL | re.IGNORECASE)
_START = re.compile(r"\[\s*\{|\{\s*\"|\[\s*\[|\[\s*\]")
"""Where a list of pairs or a pair can begin; a bracket inside prose, as in "see [1]", is none."""
_OPENED = re.compile(rf'({{\s*"{ASKED_KEY}"\s*:\s*)?\[')
"""How a list of pairs begins, with the object around it that was asked for or without."""
_GAP = re.compile(r"[\s,]*")
_FENCE = re.compile(r"```[a-zA-Z0-9_-]*")
_NUMBERING = re.compile(r"^[\s,;]*(?:(?:\d+[.):]|[-*])[\s]*)*$")
"""What may stand between several JSON values without being prose: commas, list numbers, bullets."""


class Draft(msgspec.Struct, frozen=True):
    """One item of a completion, not yet checked."""

    value: Json
    """The parsed item; ``None`` where nothing could be read."""
    text: str = ""
    """What the model wrote, where nothing could be read."""
    repaired: tuple[str, ...] = ()
    problem: str = ""
    """Why nothing could be read."""
    reason: Reason = Reason.NOT_JSON
    """The same as a reason, where there is a problem."""


def parse_pairs(completion: Completion) -> tuple[Draft, ...]:
    """Read the pairs out of a completion.

    Returns:
        One draft per pair, in the order written; a completion in which nothing can be read gives a single draft with
        a ``problem``, so that it is accounted for.
    """
    text, repaired = _strip_thinking(completion.text)
    if not text.strip():
        return (Draft(None, completion.text, (), completion.missing or "the completion is empty"),)
    value, repairs = _read_json(text)
    repaired += repairs
    cut_off = completion.finish_reason == "length" or "cut_off" in repaired
    if value is _NOTHING:
        problem = CUT_OFF if cut_off else "no JSON list found"
        return (Draft(None, completion.text, repaired, problem),)
    items, unwrapped = _items(value)
    repaired += unwrapped
    if not items:
        return (Draft(None, completion.text, repaired, "the list is empty", Reason.NO_PAIRS),)
    drafts = [_draft(item, repaired) for item in items]
    if cut_off and {"broken_json", "cut_off"} & set(repaired):
        # The repair closed brackets that the model never wrote: the last item is half a pair, and a value in it
        # may be half a value (12 of 1250).
        drafts[-1] = Draft(None, _shown(items[-1]), repaired, CUT_OFF)
    return tuple(drafts)


def _draft(item: Json, repaired: tuple[str, ...]) -> Draft:
    problem = _unwritable(item)
    return Draft(None, _shown(item), repaired, problem) if problem else Draft(item, "", repaired)


def _unwritable(value: Json) -> str:
    """Why a parsed value cannot be written again as JSON text; empty where it can."""
    left: list[tuple[Any, int]] = [(value, 0)]
    while left:
        item, depth = left.pop()
        if depth > MAX_DEPTH:
            return f"nested deeper than {MAX_DEPTH} levels"
        if isinstance(item, dict):
            left += [(part, depth + 1) for pair in item.items() for part in pair]
        elif isinstance(item, list):
            left += [(part, depth + 1) for part in item]
        elif isinstance(item, float) and not math.isfinite(item):
            return "contains a number that is not valid JSON"
        elif isinstance(item, int) and not -(2**63) <= item < 2**64:
            return "contains a number of more than 64 bits"
        elif isinstance(item, str) and not _is_text(item):
            return "contains a lone surrogate, which is not valid Unicode"
    return ""


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _shown(value: Json) -> str:
    """A value for people to see, whatever it holds."""
    return repr(value)[:2000].encode("utf-8", "backslashreplace").decode()


_NOTHING = object()


def _strip_thinking(text: str) -> tuple[str, tuple[str, ...]]:
    if text.lstrip().startswith(("[", "{", "```")):
        return text, ()  # the answer itself; a tag in it belongs to a query
    stripped = _THINKING.sub("", text)
    if stripped == text and "</think>" in text:
        # The opening tag belongs to the chat template and was not returned.
        stripped = text.partition("</think>")[2]
    return stripped, (("thinking_block",) if stripped != text else ())


def _read_json(text: str) -> tuple[Any, tuple[str, ...]]:
    """All JSON in the text that can be pairs, with what stands around it passed over."""
    value = _strict(text)
    if value is not _NOTHING:
        return value, ()
    values: list[Any] = []
    around, end = "", 0
    while found := _START.search(text, end):
        value, after = _prefix(text, found.start())
        if value is _NOTHING:
            break
        values.append(value)
        around += f"{text[end : found.start()]}\n"
        end = after
    rest = text[end:]
    repaired: tuple[str, ...] = ()
    broken = _START.search(rest)
    if broken:  # there is more, which is no JSON as it stands
        mended, repaired, behind = _mend(rest[broken.start() :])
        if mended is not _NOTHING:
            values.append(mended)
            around += f"{rest[: broken.start()]}\n"
            rest = behind
    around += rest
    repaired = _around(around) + repaired
    if not values:
        return _NOTHING, repaired
    return _together(values, repaired)


def _around(text: str) -> tuple[str, ...]:
    """What stood around the JSON."""
    bare = _FENCE.sub("", text)
    prose = any(not _NUMBERING.match(line) for line in bare.splitlines())
    return (("code_fence",) if bare != text else ()) + (("prose",) if prose else ())


def _together(values: list[Any], repaired: tuple[str, ...]) -> tuple[Any, tuple[str, ...]]:
    """Several JSON values as one: those that look like pairs, where some do and others do not."""
    if len(values) == 1:
        return values[0], repaired
    likely = [value for value in values if _holds_pairs(value)] or values[:1]
    if len(likely) == 1:
        return likely[0], repaired
    items = [item for value in likely for item in _items(value)[0]]
    return items, (*repaired, "several_lists")


def _holds_pairs(value: Any) -> bool:
    items, _ = _items(value)
    return any(isinstance(item, dict) and "query" in item for item in items)


def _mend(text: str) -> tuple[Any, tuple[str, ...], str]:
    """JSON that begins well and goes wrong: trailing commas, missing quotes, or the end is missing.

    Returns:
        The value, what was mended, and the text behind it.
    """
    items, rest = _whole_items(text)
    if items:
        return _mended_list(items, rest, wrapped=text.startswith("{"))
    end, depth, deepest = _closing(text)
    if deepest > MENDABLE_DEPTH:
        return _NOTHING, (), text
    try:
        value: Any = json_repair.loads(text[:end])
    except (RecursionError, ValueError):
        return _NOTHING, (), text
    if not isinstance(value, dict | list) or not value:
        return _NOTHING, (), text
    if end is not None:
        return value, ("broken_json",), text[end:]
    # A list whose last pair is whole lacks nothing but its end; anything else ends in the middle of a pair.
    return value, ("unclosed_list" if _whole(text.rstrip().rstrip(","), depth) else "cut_off",), ""


def _whole_items(text: str) -> tuple[list[Any], str]:
    """The items of a list that are JSON as they stand, up to the first that is not, and the text behind them.

    They are taken as they are: whoever mends a whole text, for a fault at its end, may spoil what is right before it.
    """
    items: list[Any] = []
    opened = _OPENED.match(text)
    start = opened.end() if opened else 0
    while opened:
        start = _GAP.match(text, start).end()  # type: ignore[union-attr]  # it matches nothing as well
        value, end = _prefix(text, start)
        if value is _NOTHING:
            break
        items.append(value)
        start = end
    return items, text[start:]


def _mended_list(items: list[Any], rest: str, *, wrapped: bool) -> tuple[Any, tuple[str, ...], str]:
    """A list whose first items are whole, with what can be mended behind them.

    Args:
        items: those that are whole.
        rest: the text behind them.
        wrapped: whether an object is around the list.
    """
    if rest.startswith("]"):
        behind = rest[1:].lstrip(" \t\r\n,") if wrapped else rest[1:]
        closed = behind.startswith("}") or not wrapped
        return items, ("broken_json" if closed else "unclosed_list",), behind.removeprefix("}") if wrapped else behind
    if not rest:
        return items, ("unclosed_list",), ""
    value, repaired, behind = _mend(f"[{rest}")
    if value is _NOTHING:
        return [*items, None], ("cut_off",), ""
    behind = behind.removeprefix("}") if wrapped else behind
    return [*items, *(value if isinstance(value, list) else [value])], repaired, behind


def _whole(text: str, depth: int) -> bool:
    """Whether text with so many brackets still open ends behind a pair, or behind the list of them."""
    opened = _OPENED.match(text)
    if opened is None:
        return False
    in_list = 2 if opened[1] else 1
    return (depth == in_list and text.endswith("}")) or (depth == in_list - 1 and text.endswith("]"))


def _closing(text: str) -> tuple[int | None, int, int]:
    """Where the bracket that opens the text is closed, if it is; brackets open at the end; the deepest nesting."""
    depth, deepest, quoted, escaped = 0, 0, False, False
    for position, character in enumerate(text):
        if escaped:
            escaped = False
        elif quoted:
            escaped = character == "\\"
            quoted = character != '"'
        elif character == '"':
            quoted = True
        elif character in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in "]}":
            depth -= 1
            if depth <= 0:
                return position + 1, 0, deepest
    return None, depth, deepest


def _strict(text: str) -> Any:
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return _NOTHING
    return value if isinstance(value, dict | list) else _NOTHING


def _prefix(text: str, start: int) -> tuple[Any, int]:
    """JSON at a place in a text that goes on; raw control characters inside strings are let through."""

    def refuse(constant: str) -> NoReturn:
        raise ValueError(constant)

    try:
        value, end = json.JSONDecoder(strict=False, parse_constant=refuse).raw_decode(text, start)
    except (ValueError, RecursionError):
        return _NOTHING, start
    return value, end


def _items(value: Any) -> tuple[list[Any], tuple[str, ...]]:
    """The list of pairs inside what was read: the list itself, a wrapped one, or a single pair."""
    if isinstance(value, list):
        if len(value) == 1 and isinstance(value[0], list):
            return value[0], ("wrapped",)
        return value, ()
    if "query" in value:
        return [value], ("single_object",)
    if isinstance(value.get(ASKED_KEY), list):
        return value[ASKED_KEY], ()
    for key in LIST_KEYS:
        if isinstance(value.get(key), list):
            return value[key], ("wrapped",)
    lists = [item for item in value.values() if isinstance(item, list)]
    if len(lists) == 1 and all(isinstance(item, dict) for item in lists[0]):
        return lists[0], ("wrapped",)
    return [value], ("single_object",)
