"""The interface between the pipeline and semantic judges."""

from collections.abc import Sequence
from typing import Protocol

from apigen.records import Candidate, Execution, Verdict


class Judge(Protocol):
    """Decides whether the calls, which ran, serve what the query asked."""

    @property
    def name(self) -> str:
        """``rules`` or the locator of the model that judges."""
        ...

    async def judge(self, candidate: Candidate, executions: Sequence[Execution]) -> Verdict:
        """Judge one candidate; a judge that cannot answer says ``error``, never ``reject``."""
        ...
