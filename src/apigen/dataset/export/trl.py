"""Conversational rows for TRL's SFTTrainer (https://huggingface.co/docs/trl/dataset_formats#tool-calling).

``messages`` and ``tools``; arguments stay objects. Load the file with ``load_dataset("json", ...)`` of datasets 5 or
newer: ``Dataset.from_list`` pads tool schemas and arguments with null keys, and datasets 3 cannot load rows whose
tools differ.
"""

from collections.abc import Iterable, Iterator

from apigen.dataset.functions import offered
from apigen.dialogue.native import native_calls
from apigen.records import Json, Sample


def rows(samples: Iterable[Sample]) -> Iterator[dict[str, Json]]:
    """Each sample as a user message, an assistant message with tool calls, and the tools.

    Raises:
        UserError: two tools of a sample would have the same name without their dots.
    """
    for sample in samples:
        calls = native_calls(sample.calls)
        yield {
            "messages": [{"role": "user", "content": sample.query}, {"role": "assistant", "tool_calls": calls}],
            "tools": offered(sample.tools, str(sample.id)),
        }
