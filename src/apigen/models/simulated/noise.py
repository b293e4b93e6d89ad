"""Untidiness that a reader mends: no fault, and no reason to reject anything."""

from collections.abc import Callable, Sequence

import msgspec


def _listed(pairs: Sequence[str]) -> str:
    return f"[{','.join(pairs)}]"


def code_fence(pairs: Sequence[str]) -> str:
    """The list in a fence of Markdown."""
    return f"```json\n{_listed(pairs)}\n```"


def prose_around(pairs: Sequence[str]) -> str:
    """Words before and after the list."""
    return f"Sure! Here are the pairs you asked for:\n\n{_listed(pairs)}\n\nLet me know if you would like more of them."


def trailing_comma(pairs: Sequence[str]) -> str:
    """A comma behind the last pair."""
    return f"[{','.join(pairs)},]"


def wrapped(pairs: Sequence[str]) -> str:
    """An object around the list, as JSON modes of servers want it."""
    return f'{{"pairs":{_listed(pairs)}}}'


def thinking_block(pairs: Sequence[str]) -> str:
    """The model's thoughts before its answer."""
    return f"<think>\nThe tools are clear. I write natural queries with all values in them.\n</think>\n{_listed(pairs)}"


def indented(pairs: Sequence[str]) -> str:
    """The list with line breaks and indentation."""
    return msgspec.json.format(_listed(pairs), indent=2)


def numbered(pairs: Sequence[str]) -> str:
    """Each pair by itself, with a number."""
    return "\n".join(f"{number}. {pair}" for number, pair in enumerate(pairs, 1))


def unclosed(pairs: Sequence[str]) -> str:
    """The list's last bracket is missing; the pairs are whole."""
    return f"[{','.join(pairs)}"


NOISE: dict[str, Callable[[Sequence[str]], str]] = {
    noise.__name__: noise
    for noise in (code_fence, prose_around, trailing_comma, wrapped, thinking_block, indented, numbered, unclosed)
}
"""By name: each writes a completion of pairs that are JSON already."""
