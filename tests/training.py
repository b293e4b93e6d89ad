"""Small data to train on, for the tests of training."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

ADD: dict[str, Any] = {
    "name": "add",
    "description": "Add two numbers.",
    "parameters": {
        "type": "object",
        "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
        "required": ["a", "b"],
    },
}


def sum_row(number: int) -> dict[str, Any]:
    """A row that asks for one call."""
    call = {"name": "add", "arguments": {"a": number, "b": 2 * number}}
    return {"id": number, "query": f"What is {number} plus {2 * number}?", "tools": [ADD], "calls": [call]}


def song_row(number: int, **more: Any) -> dict[str, Any]:
    """A row whose right answer makes no call."""
    return {"id": number, "query": f"Sing me song {number}!", "tools": [ADD], "calls": [], **more}


def pair_row(number: int) -> dict[str, Any]:
    """A preference pair: the right sum, and one that is off by one."""

    def message(b: int) -> list[dict[str, Any]]:
        call = {"name": "add", "arguments": {"a": number, "b": b}}
        return [{"role": "assistant", "tool_calls": [{"type": "function", "function": call}]}]

    return {
        "prompt": [{"role": "user", "content": f"What is {number} plus {2 * number}?"}],
        "chosen": message(2 * number),
        "rejected": message(2 * number + 1),
        "tools": [{"type": "function", "function": ADD}],
    }


def write_rows(path: Path, rows: Iterable[Any]) -> Path:
    """JSON Lines; a row that is text is written as it is."""
    path.write_text("".join(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in rows))
    return path


def mixed_rows(count: int = 40) -> list[dict[str, Any]]:
    """Nine sums, then a song, and so on."""
    return [song_row(number) if number % 10 == 9 else sum_row(number) for number in range(count)]
