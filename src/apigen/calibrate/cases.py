"""A case: an answer that is known to be correct or wrong."""

import msgspec

from apigen.records import Candidate, Execution


class Case(msgspec.Struct, frozen=True):
    """A candidate with its executions and the truth about it."""

    id: str
    right: bool
    candidate: Candidate
    executions: tuple[Execution, ...] | None = None
    """What the calls did; ``None`` where they have not been made."""
    fault: str = ""
    """The operator that made it wrong; empty for what people labelled and for what is right."""
    what: str = ""
    """What that operator did, in one line."""
