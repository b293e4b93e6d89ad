"""What a language model as judge says of right and wrong answers, for a column of its own."""

from collections.abc import Sequence

import msgspec

from apigen.agreement import Interval, wilson
from apigen.faults import Faulty
from apigen.records import Outcome
from apigen.verify.base import Judge
from apigen.verify.judges.committee import asked
from benchmarks.verification.checks import Checks


class Judged(msgspec.Struct, frozen=True):
    """What the judge said."""

    answers: int
    """Of which it said something; errors are left out."""
    rejected: int
    errors: int

    @property
    def share(self) -> Interval:
        """The share that it rejected."""
        return wilson(self.rejected, self.answers)


class Panel:
    """One judge, asked about a few answers of each kind, whatever the stages before it say.

    Args:
        judge: is asked.
        most: answers of each kind.
    """

    def __init__(self, judge: Judge, most: int) -> None:
        self._judge = judge
        self._most = most

    @property
    def name(self) -> str:
        """The judge's."""
        return self._judge.name

    async def judged(self, faults: Sequence[Faulty], checks: Checks) -> Judged:
        """Ask about the first of some answers that can be read; a fault of the text never comes to a judge."""
        chosen = [faulty for faulty in faults if not faulty.text and faulty.candidate.calls][: self._most]
        verdicts = [await asked(self._judge, faulty.candidate, await checks.executions(faulty)) for faulty in chosen]
        errors = sum(verdict.outcome is Outcome.ERROR for verdict in verdicts)
        rejected = sum(verdict.outcome is Outcome.REJECT for verdict in verdicts)
        return Judged(len(verdicts) - errors, rejected, errors)
