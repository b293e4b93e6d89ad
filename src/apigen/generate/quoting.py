"""Foreign text in a prompt, kept apart from the prompt's own words: what tools returned, what users and writers wrote.

A block stands between two lines that carry a key. The key is a hash over everything that is quoted, so whoever wrote
the text would have had to find one that holds its own hash. Inside, everything is JSON in ASCII where it matters: line
breaks, control and invisible characters, and the signs with which chat templates and markup begin, are escapes, so no
quoted text can look like a line, a tag or a turn of the conversation. A JSON reader gets back exactly what was there.
"""

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence

from apigen.records import Execution, Json, Reason

KEY_DIGITS = 16

RESULT_CHARS = 2_000
"""Most characters of one result that are shown."""
RESULTS_CHARS = 12_000
"""Most characters of all results together."""
LEAST_CHARS = 160
"""A result is not cut below this; where there are too many for that, those in the middle are left out whole."""
_AROUND_CHARS = 80
"""What stands around a result, about: its number, its tool, the mark of what was left out."""

_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"})
"""Categories of characters that a reader does not see, or that turn the text around them (Unicode, table 4-4)."""
_SUSPECT = re.compile(r"[^\x20-\x7e]|<|\[(?=/?[A-Z_]+\])|`(?=``)")
"""What may need an escape: all beyond ASCII, and the beginnings of tags, of tokens such as [INST], and of fences."""
_COMPACT = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_HALF_ESCAPE = re.compile(r"(?<!\\)(?:\\\\)*(\\(?:u[0-9a-fA-F]{0,3})?)\Z")


def as_data(value: Json) -> str:
    """A value as one line of compact JSON in which nothing is invisible and nothing looks like markup."""
    return _SUSPECT.sub(_visible, _COMPACT.encode(value))


def _visible(found: "re.Match[str]") -> str:
    character = found[0]
    if character >= "\x7f" and not _hides(character):
        return character
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at] << 8 | units[at + 1]:04x}" for at in range(0, len(units), 2))


def _hides(character: str) -> bool:
    """Whether a character is not seen; variation selectors can carry a hidden message as well."""
    selector = "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"
    return selector or unicodedata.category(character) in _INVISIBLE


def blocks(quoted: Mapping[str, str]) -> dict[str, str]:
    """Fence texts that consist of :func:`as_data` lines.

    Args:
        quoted: each block's name and text.

    Returns:
        By the same names, the blocks between their lines: ``<data-KEY-NAME>`` and ``</data-KEY-NAME>``.
    """
    whole = "\n".join(f"{name}\n{text}" for name, text in quoted.items())
    key, number = "", 0
    while not key or key in whole:
        key = hashlib.sha256(f"{number}\n{whole}".encode()).hexdigest()[:KEY_DIGITS]
        number += 1
    return {name: f"<data-{key}-{name}>\n{text}\n</data-{key}-{name}>" for name, text in quoted.items()}


def shown_results(
    executions: Sequence[Execution], most: int = RESULT_CHARS, in_total: int = RESULTS_CHARS
) -> list[dict[str, Json]]:
    """What each call returned, long ones cut, as objects that say so themselves.

    Args:
        executions: in the order of the calls.
        most: characters of one result.
        in_total: characters of all results together; short ones leave their share to the long ones.

    Returns:
        ``{call, name, result}``, from 1. A failed call has ``failed`` and ``detail`` in the place of ``result``; a
        result that is too long has ``left_out_characters``, ``beginning`` and ``end``; where there are too many to show
        each, one entry ``{left_out_results}`` stands for those in the middle.
    """
    shown = [(number, execution, _text(execution)) for number, execution in enumerate(executions, 1)]
    fitting = max(2, in_total // (LEAST_CHARS + _AROUND_CHARS))
    needed = sum(min(len(text), LEAST_CHARS) + _AROUND_CHARS for _, _, text in shown)
    left_out = max(0, len(shown) - fitting) if needed > in_total else 0
    if left_out:
        shown = shown[: fitting // 2] + shown[len(shown) - (fitting - fitting // 2) :]
    share = _share([len(text) for _, _, text in shown], most, in_total - _AROUND_CHARS * len(shown))
    entries = [
        {"call": number, "name": execution.call.name, **_entry(execution, text, share)}
        for number, execution, text in shown
    ]
    if left_out:
        entries.insert(fitting // 2, {"left_out_results": left_out})
    return entries


def _text(execution: Execution) -> str:
    if not execution.ok:
        return execution.detail
    result = execution.result
    return result if isinstance(result, str) else json.dumps(result, ensure_ascii=False, separators=(",", ":"))


def _entry(execution: Execution, text: str, most: int) -> dict[str, Json]:
    if not execution.ok:
        beginning, left_out, _ = cut(text, most)
        reason = execution.reason or Reason.RUNTIME_ERROR
        return {"failed": reason.value, "detail": beginning + ("..." if left_out else "")}
    if len(text) <= most:
        return {"result": execution.result}
    beginning, left_out, end = cut(text, most)
    return {"left_out_characters": left_out, "beginning": beginning, "end": end}


def _share(lengths: Sequence[int], most: int, in_total: int) -> int:
    """The longest that each may be so that all together fit: what short ones do not need goes to the long ones."""
    left = in_total
    for position, length in enumerate(sorted(lengths)):
        share = left // (len(lengths) - position)
        if length > share:
            return max(min(most, share), LEAST_CHARS)
        left -= length
    return most


def cut(text: str, most: int) -> tuple[str, int, str]:
    """Keep the beginning and the end of a text.

    Cuts fall neither into an escape of JSON nor between a letter and its accents.

    Returns:
        The beginning (two thirds), how many characters were left out, and the end; all of it and 0 where it fits.
    """
    if len(text) <= most:
        return text, 0, ""
    first = max(1, most * 2 // 3)
    last = len(text) - max(1, most - first)
    while first > 1 and _joins(text, first):
        first -= 1
    while last < len(text) and _joins(text, last):
        last += 1
    return text[:first], last - first, text[last:]


def _joins(text: str, at: int) -> bool:
    """Whether a cut before this position would tear something apart."""
    following = text[at]
    if unicodedata.combining(following) or _hides(following) or text[at - 1] == "\u200d":
        return True
    return _HALF_ESCAPE.search(text, max(0, at - 12), at) is not None
