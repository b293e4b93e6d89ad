"""Datasets made elsewhere for the tests of the audit, and running it on them."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from apigen.audit.grounding import grounding
from apigen.audit.rows import RowCheck
from apigen.audit.run import Audit, Outputs, audit
from apigen.dataset.read.formats import format_of, read

WEATHER = {
    "name": "weather",
    "description": "Tell the weather.",
    "parameters": {
        "city": {"type": "str", "description": "The city."},
        "days": {"type": "int, optional", "description": "Days ahead.", "default": 1},
        "exact": {"type": "bool, optional", "description": "Exactly."},
        "hours": {"type": "List[int], optional", "description": "Hours of the day."},
        "factor": {"type": "float, optional", "description": "Factor."},
    },
}
HOTEL = {
    "type": "function",
    "function": {
        "name": "book_hotel",
        "description": "Book a hotel.",
        "parameters": {
            "type": "object",
            "properties": {
                "city": {"type": "string"},
                "room": {"type": "string", "enum": ["single", "double room", "Suite"]},
                "nights": {"anyOf": [{"type": "integer", "minimum": 1, "maximum": 30}, {"type": "null"}]},
                "guest": {"type": "object", "properties": {"name": {"type": "string"}, "age": {"type": "integer"}}},
            },
            "required": ["city", "room"],
        },
    },
}


def call(name: str = "weather", **arguments: Any) -> dict[str, Any]:
    return {"name": name, "arguments": arguments}


def xlam(query: str, *calls: Any, tools: Sequence[Any] = (WEATHER, HOTEL), **fields: Any) -> dict[str, Any]:
    """A row in the shape of xlam-function-calling-60k."""
    return {"id": 0, "query": query, "tools": json.dumps(list(tools)), "answers": json.dumps(list(calls)), **fields}


def write(path: Path, rows: Sequence[Any], *, as_list: bool = False) -> Path:
    """Rows numbered from 0 as JSON Lines or a JSON list; what is text is written as it is."""
    texts = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path.write_text("[" + ",\n".join(texts) + "]" if as_list else "".join(f"{text}\n" for text in texts))
    return path


def checked(path: Path, *, level: str = "off", rejects: Path | None = None, fix: Path | None = None) -> Audit:
    """Audit a file in this process."""
    return asyncio.run(
        audit(
            read(path),
            RowCheck(grounding(level)),
            (),
            Outputs(rejects, fix),
            dataset=path,
            format_name=format_of(path).name,
        )
    )
