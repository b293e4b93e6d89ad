"""What a judge was shown, for telling its own words from those that it copied."""

import json
import re
from collections.abc import Sequence

from apigen.records import Candidate, Execution, Tool
from apigen.toolspecs.remembering import once_for_each

_COMPACT = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_CODE = re.compile(r"\\u([0-9a-fA-F]{4})")
_ESCAPES_AND_DOTS = re.compile(r"\\[nrtbf]?|\.\.\.")
_QUOTES_AND_DOTS = "\"'`\u2018\u2019\u201c\u201d\u2026"


class Material:
    """The words of one candidate and its executions, compared without case, spacing, quotes and escapes."""

    def __init__(self, candidate: Candidate, executions: Sequence[Execution]) -> None:
        shown = [
            [*candidate.context, candidate.query],
            [[call.name, call.arguments] for call in candidate.calls],
            [execution.result if execution.ok else execution.detail for execution in executions],
        ]
        # What is squeezed out never reaches from one value into the next, so each tool can be squeezed by itself.
        self._words = f"[{','.join(map(_squeezed_tool, candidate.tools))}]{squeezed(_COMPACT.encode(shown))}"

    def holds(self, text: str) -> bool:
        """Whether a text stands there, so that a judge that writes it may have copied it."""
        words = squeezed(text)
        return bool(words) and words in self._words

    def holds_parts(self, quote: str) -> bool:
        """Whether each part of a quotation stands there, where dots of omission divide it."""
        parts = [part for part in re.split(r"\.\.\.|\u2026", quote) if squeezed(part)]
        return all(self.holds(part) for part in parts)


@once_for_each
def _squeezed_tool(tool: Tool) -> str:
    return squeezed(_COMPACT.encode(tool.offered()))


def squeezed(text: str) -> str:
    """A text without what changes when it is copied: case, spacing, quotes, escapes, dots of omission."""
    plain = _ESCAPES_AND_DOTS.sub("", _CODE.sub(lambda code: chr(int(code[1], 16)), text))
    plain = "".join(plain.split())  # several times as fast as one pattern for all
    for sign in _QUOTES_AND_DOTS:
        plain = plain.replace(sign, "")
    return plain.casefold()
