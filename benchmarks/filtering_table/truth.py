"""Whether a fault is one: what the pipeline says does not count here, only what the tools themselves do.

The starter library's functions are called directly, without the sandbox, so that what is measured is not its own
measure.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum

import msgspec

from apigen.execute.error_shapes import error_in
from apigen.execute.values import PreparedFunction, resolve
from apigen.models.simulated.kinds import KINDS
from apigen.models.simulated.ledger import Entry
from apigen.records import Attempt, Call, PythonBinding, Tool


class Kind(StrEnum):
    """What a pair really is."""

    RIGHT = "right"
    FAULT = "fault"
    HARMLESS = "harmless"
    """A fault that turned out right: what was read is the right answer, or its calls return the same."""
    UNFIT = "unfit"
    """No fault was put in, and the pair is wrong all the same: the offline writer asks what its tool refuses."""


class Truth:
    """Tells what pairs are.

    Args:
        tools: of the starter library, by name.
    """

    def __init__(self, tools: Mapping[str, Tool]) -> None:
        self._tools = tools
        self._prepared: dict[str, PreparedFunction] = {}

    def of(self, entry: Entry, attempt: Attempt | None) -> Kind:
        """What a pair is."""
        if not entry.kind:
            return Kind.RIGHT if self._results(entry.calls) is not None else Kind.UNFIT
        if attempt is None or not attempt.calls or attempt.query != entry.query.strip():
            return Kind.FAULT
        if _key(attempt.calls) == _key(entry.calls):
            return Kind.HARMLESS  # a fault of the text that the reader mended: these are the right query and calls
        if KINDS[entry.kind].by_result:
            wrong, right = self._results(attempt.calls), self._results(entry.calls)
            if wrong is not None and wrong == right:
                return Kind.HARMLESS
        return Kind.FAULT

    def _results(self, calls: Sequence[Call]) -> list[bytes] | None:
        """What calls return, in whatever order; ``None`` where one fails."""
        found = []
        for call in calls:
            try:
                result = self._function(call.name)(call.arguments)
            except Exception:  # noqa: BLE001 - whatever a function says of its arguments
                return None
            if error_in(result) is not None:
                return None
            found.append(msgspec.json.encode((call.name, result), order="sorted"))
        return sorted(found)

    def _function(self, name: str) -> PreparedFunction:
        if name not in self._prepared:
            binding = self._tools[name].binding
            assert isinstance(binding, PythonBinding)
            self._prepared[name] = resolve(binding)
        return self._prepared[name]


def _key(calls: Sequence[Call]) -> list[bytes]:
    return sorted(msgspec.json.encode((call.name, call.arguments), order="sorted") for call in calls)
