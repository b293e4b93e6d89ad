"""Rows for OpenAI's supervised fine-tuning (https://platform.openai.com/docs/guides/supervised-fine-tuning).

Arguments are JSON text, each call has an id, and ``parallel_tool_calls`` says whether several may be made.
"""

from collections.abc import Iterable, Iterator

import msgspec

from apigen.records import Json, Sample


def rows(samples: Iterable[Sample]) -> Iterator[dict[str, Json]]:
    """Each sample as one training example."""
    for sample in samples:
        calls = [
            {
                "id": f"call_{sample.id}_{number}",
                "type": "function",
                "function": {"name": call.name, "arguments": msgspec.json.encode(call.arguments).decode()},
            }
            for number, call in enumerate(sample.calls)
        ]
        yield {
            "messages": [{"role": "user", "content": sample.query}, {"role": "assistant", "tool_calls": calls}],
            "tools": [{"type": "function", "function": tool} for tool in sample.tools],
            "parallel_tool_calls": len(calls) > 1,
        }
