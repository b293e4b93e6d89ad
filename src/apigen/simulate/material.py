"""Reading a judge's prompt back into the candidate and the executions that it shows."""

import re
from collections.abc import Mapping

import msgspec

from apigen.records import Call, Candidate, Execution, Json, Reason, Tool

_BLOCK = re.compile(r"^<data-([0-9a-f]{16})-(\w+)>\n(.*?)\n?</data-\1-\2>$", re.DOTALL | re.MULTILINE)
_REASONS = {reason.value for reason in Reason}


def quoted_blocks(text: str) -> dict[str, list[Json]]:
    """The blocks of data in a prompt, as ``generate.quoting`` writes them: by name, one JSON value a line.

    Raises:
        ValueError: a line is not JSON.
    """
    return {
        name: [msgspec.json.decode(line) for line in inside.split("\n") if line]
        for _, name, inside in _BLOCK.findall(text)
    }


def shown(blocks: Mapping[str, list[Json]]) -> tuple[Candidate, tuple[Execution, ...]]:
    """What a judge is shown.

    Args:
        blocks: ``tools``, ``query``, ``calls`` and ``results``, perhaps ``context``.

    Raises:
        ValueError: a block is missing or holds something else.
    """
    try:
        tools = msgspec.convert(blocks["tools"], tuple[Tool, ...])
        calls = msgspec.convert(blocks["calls"], tuple[Call, ...])
        (query,) = msgspec.convert(blocks["query"], tuple[str, ...])
        context = msgspec.convert(blocks.get("context", []), tuple[str, ...])
    except (KeyError, msgspec.ValidationError) as error:
        raise ValueError(f"not a prompt of a judge: {error}") from None
    executions = tuple(
        _execution(entry, calls) for entry in blocks.get("results", ()) if isinstance(entry, dict) and "call" in entry
    )
    return Candidate(query, calls, tools, context=context), executions


def _execution(entry: dict[str, Json], calls: tuple[Call, ...]) -> Execution:
    """One entry of ``generate.quoting.shown_results``; of a result that was cut, its beginning."""
    number = entry["call"]
    known = isinstance(number, int) and 0 < number <= len(calls)
    call = calls[number - 1] if known else Call(str(entry.get("name", "")))
    if "failed" in entry:
        reason = Reason(entry["failed"]) if entry["failed"] in _REASONS else Reason.RUNTIME_ERROR
        return Execution(call, ok=False, reason=reason, detail=str(entry.get("detail", "")))
    return Execution(call, ok=True, result=entry.get("result", entry.get("beginning")))
