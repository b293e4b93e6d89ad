"""Conversational rows for TRL's SFTTrainer (https://huggingface.co/docs/trl/dataset_formats#tool-calling).

``messages`` and ``tools``; arguments stay objects. Load the file with ``load_dataset("json", ...)`` of datasets 5 or
newer: ``Dataset.from_list`` pads tool schemas and arguments with null keys, and datasets 3 cannot load rows whose
tools differ.
"""

from collections.abc import Iterable, Iterator

from apigen.records import Json, Sample


def rows(samples: Iterable[Sample]) -> Iterator[dict[str, Json]]:
    """Each sample as a user message, an assistant message with tool calls, and the tools."""
    for sample in samples:
        calls = [
            {"type": "function", "function": {"name": call.name, "arguments": call.arguments}} for call in sample.calls
        ]
        yield {
            "messages": [{"role": "user", "content": sample.query}, {"role": "assistant", "tool_calls": calls}],
            "tools": [{"type": "function", "function": tool} for tool in sample.tools],
        }
