"""What a fault operator is: a seeded program that makes one kind of wrong answer from a right one."""

import random
from collections.abc import Callable, Sequence
from enum import StrEnum

import msgspec

from apigen.records import Candidate, Json, Stage


class Visible(StrEnum):
    """Who can see a fault in principle."""

    RULES = "rules"
    """A check without a model can: the evidence is in the shape, the schema, the words or the execution."""
    JUDGE = "judge"
    """Only a judge that understands the query and the results; what rules catch of it is luck."""


class Faulty(msgspec.Struct, frozen=True):
    """A wrong answer: what the writer would have written, or what the tools would have returned."""

    candidate: Candidate
    """The wrong answer; for a fault of the text, the right one that the text spoils."""
    what: str
    """What was done, in one line, such as ``calls[0].city: 'Paris' -> 'Rome'``."""
    text: str = ""
    """A whole completion, where the fault is in the text; empty where the candidate says it all."""
    returned: tuple[Json, ...] | None = None
    """What the calls return in place of what they do, one result a call; ``None`` where they really run."""


class Pool:
    """The other rows of a corpus, from which a fault may borrow values, calls and queries.

    Args:
        rows: right answers, in a fixed order; the row that is made wrong may be among them.
    """

    def __init__(self, rows: Sequence[Candidate]) -> None:
        self.rows = tuple(rows)
        self._by_tool: dict[str, list[Candidate]] = {}
        self._tools: dict[str, None] = {}
        for row in self.rows:
            for name in {call.name for call in row.calls}:
                self._by_tool.setdefault(name, []).append(row)
            self._tools.update(dict.fromkeys(tool.name for tool in row.tools))

    def calling(self, name: str) -> Sequence[Candidate]:
        """The rows that call a tool."""
        return self._by_tool.get(name, ())

    @property
    def tool_names(self) -> Sequence[str]:
        """Every tool that is offered anywhere."""
        return tuple(self._tools)

    def values(self, tool: str, argument: str) -> list[Json]:
        """What an argument is given in the rows that call its tool, in their order."""
        return [
            call.arguments[argument]
            for row in self.calling(tool)
            for call in row.calls
            if call.name == tool and argument in call.arguments
        ]


Apply = Callable[[Candidate, random.Random, Pool], Faulty | None]
"""Makes a right answer wrong; ``None`` where this fault cannot be made of it. Draws from ``random`` alone."""


class Operator(msgspec.Struct, frozen=True):
    """One kind of fault."""

    name: str
    """Such as ``number_invented``."""
    description: str
    """What is wrong, in one line."""
    stage: Stage
    """The stage that should see it; an earlier one may."""
    apply: Apply
    visible: Visible = Visible.RULES
    hangs: bool = False
    """Whether an execution takes until the sandbox ends it, so that a benchmark makes only a few."""
    by_result: bool = False
    """Whether the answer is right after all where its calls return the same: exchanged arguments of a sum."""
