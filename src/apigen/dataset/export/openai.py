"""Rows for OpenAI's supervised fine-tuning (https://platform.openai.com/docs/guides/supervised-fine-tuning).

Arguments are JSON text, each call has an id, and ``parallel_tool_calls`` says whether several may be made.
"""

from collections.abc import Iterable, Iterator

import msgspec

from apigen.dataset.functions import offered
from apigen.dialogue.native import native_calls
from apigen.records import Json, Sample


def rows(samples: Iterable[Sample]) -> Iterator[dict[str, Json]]:
    """Each sample as one training example.

    Raises:
        UserError: two tools of a sample would have the same name without their dots.
    """
    for sample in samples:
        calls = [
            {"id": f"call_{sample.id}_{number}", **_with_text(call)}
            for number, call in enumerate(native_calls(sample.calls))
        ]
        yield {
            "messages": [{"role": "user", "content": sample.query}, {"role": "assistant", "tool_calls": calls}],
            "tools": offered(sample.tools, str(sample.id)),
            "parallel_tool_calls": len(calls) > 1,
        }


def _with_text(call: dict[str, Json]) -> dict[str, Json]:
    """A call with its arguments as JSON text."""
    function = call["function"]
    return {**call, "function": {**function, "arguments": msgspec.json.encode(function["arguments"]).decode()}}
