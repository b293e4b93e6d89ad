"""Rows for OpenAI's supervised fine-tuning (https://platform.openai.com/docs/guides/supervised-fine-tuning).

Arguments are JSON text, each call has an id, and ``parallel_tool_calls`` says whether several may be made.
"""

from collections.abc import Iterable, Iterator

import msgspec

from apigen.dataset.functions import made, offered
from apigen.records import Json, Sample


def rows(samples: Iterable[Sample]) -> Iterator[dict[str, Json]]:
    """Each sample as one training example.

    Raises:
        UserError: two tools of a sample would have the same name without their dots.
    """
    for sample in samples:
        calls = [
            {
                "id": f"call_{sample.id}_{number}",
                "type": "function",
                "function": function | {"arguments": msgspec.json.encode(function["arguments"]).decode()},
            }
            for number, function in enumerate(made(sample.calls))
        ]
        yield {
            "messages": [{"role": "user", "content": sample.query}, {"role": "assistant", "tool_calls": calls}],
            "tools": offered(sample.tools, str(sample.id)),
            "parallel_tool_calls": len(calls) > 1,
        }
