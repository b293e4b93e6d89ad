"""From a completion's text to query/answer pairs, tolerant of how models really write JSON.

Every pair of a completion is used, one malformed pair does not void the others, and whatever had to be mended before
the text could be read is named, so that a dataset can be cut to untouched answers.
"""

import json
import re
from typing import Any, NoReturn

import json_repair
import msgspec

from apigen.records import Completion, Json

LIST_KEYS = ("pairs", "queries", "data", "items", "results", "examples", "list", "output", "response")
"""Keys under which models put the list when they, or a server's JSON mode, insist on an object."""

CUT_OFF = "the completion was cut off here"

_THINKING = re.compile(r"<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL | re.IGNORECASE)
_START = re.compile(r"\[\s*\{|\{\s*\"|\[\s*\]")
_FENCE = re.compile(r"```[a-zA-Z0-9_-]*[ \t]*\r?\n?(.*?)(?:```|\Z)", re.DOTALL)


class Draft(msgspec.Struct, frozen=True):
    """One item of a completion, not yet checked."""

    value: Json
    """The parsed item; ``None`` where nothing could be read."""
    text: str = ""
    """What the model wrote, where nothing could be read."""
    repaired: tuple[str, ...] = ()
    problem: str = ""
    """Why nothing could be read."""


def parse_pairs(completion: Completion) -> tuple[Draft, ...]:
    """Read the pairs out of a completion.

    Returns:
        One draft per pair, in the order written; a completion in which nothing can be read gives a single draft with
        a ``problem``, so that it is accounted for.
    """
    text, repaired = _strip_thinking(completion.text)
    if not text.strip():
        return (Draft(None, completion.text, (), "the completion is empty"),)
    value, repairs = _read_json(text)
    repaired += repairs
    cut_off = completion.finish_reason == "length" or "cut_off" in repaired
    if value is _NOTHING:
        problem = CUT_OFF if cut_off else "no JSON list found"
        return (Draft(None, completion.text, repaired, problem),)
    items, unwrapped = _items(value)
    repaired += unwrapped
    if not items:
        return (Draft(None, completion.text, repaired, "the list is empty"),)
    drafts = [Draft(item, "", repaired) for item in items]
    if cut_off and {"broken_json", "cut_off"} & set(repaired):
        # The repair closed brackets that the model never wrote: the last item is half a pair, and a value in it
        # may be half a value (12 of 1250).
        drafts[-1] = Draft(None, msgspec.json.encode(items[-1]).decode(), repaired, CUT_OFF)
    return tuple(drafts)


def parse_object(text: str) -> tuple[dict[str, Any] | None, tuple[str, ...]]:
    """Read one JSON object, such as a judge's answer; ``None`` where there is none."""
    text, repaired = _strip_thinking(text)
    value, repairs = _read_json(text)
    if isinstance(value, list) and len(value) == 1:
        value, repairs = value[0], (*repairs, "wrapped")
    return (value if isinstance(value, dict) else None), repaired + repairs


_NOTHING = object()


def _strip_thinking(text: str) -> tuple[str, tuple[str, ...]]:
    stripped = _THINKING.sub("", text)
    if "</think>" in stripped:  # the opening tag belongs to the chat template and was not returned
        stripped = stripped.rpartition("</think>")[2]
    return stripped, (("thinking_block",) if stripped != text else ())


def _read_json(text: str) -> tuple[Any, tuple[str, ...]]:
    """The first readable JSON list or object in the text, trying the gentlest reading first."""
    value = _strict(text)
    if value is not _NOTHING:
        return value, ()
    repaired: tuple[str, ...] = ()
    fence = _FENCE.search(text)
    if fence:
        repaired = ("code_fence",)
        text = fence.group(1)
        value = _strict(text)
        if value is not _NOTHING:
            return value, repaired
    found = _START.search(text)  # "I have [1] idea: [{...}]": a bracket inside the prose is no list of pairs
    if not found:
        return _NOTHING, repaired
    start = found.start()
    if text[:start].strip():
        repaired += ("prose",)
    value, rest = _prefix(text[start:])
    if value is not _NOTHING:
        if rest.strip() and "prose" not in repaired:
            repaired += ("prose",)
        return value, repaired
    value = json_repair.loads(text[start:])
    if isinstance(value, dict | list) and value and _finite(value):
        closed = text.rstrip()[-1:] in ("]", "}")
        return value, (*repaired, "broken_json" if closed else "cut_off")
    return _NOTHING, repaired


def _strict(text: str) -> Any:
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return _NOTHING
    return value if isinstance(value, dict | list) else _NOTHING


def _prefix(text: str) -> tuple[Any, str]:
    """JSON at the start of a text that goes on; raw control characters inside strings are let through."""

    def refuse(constant: str) -> NoReturn:
        raise ValueError(constant)

    try:
        value, end = json.JSONDecoder(strict=False, parse_constant=refuse).raw_decode(text)
    except (ValueError, RecursionError):
        return _NOTHING, text
    return value, text[end:]


def _finite(value: Any) -> bool:
    try:
        json.dumps(value, allow_nan=False)
    except (ValueError, RecursionError):
        return False
    return True


def _items(value: Any) -> tuple[list[Any], tuple[str, ...]]:
    """The list of pairs inside what was read: the list itself, a wrapped one, or a single pair."""
    if isinstance(value, list):
        if len(value) == 1 and isinstance(value[0], list):
            return value[0], ("wrapped",)
        return value, ()
    if "query" in value:
        return [value], ("single_object",)
    for key in LIST_KEYS:
        if isinstance(value.get(key), list):
            return value[key], ("wrapped",)
    lists = [item for item in value.values() if isinstance(item, list)]
    if len(lists) == 1 and all(isinstance(item, dict) for item in lists[0]):
        return lists[0], ("wrapped",)
    return [value], ("single_object",)
