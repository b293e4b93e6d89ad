"""Exact duplicates: a query that was accepted before, or that is one of the hand-written seeds."""

import hashlib
import re
from collections.abc import Iterable, Sequence

import msgspec

from apigen.records import Attempt, Outcome, Reason, Stage, Verdict
from apigen.verify.stages import Examined

_PUNCTUATION = re.compile(r"[\s.,;:!?\u2026'\"\u201c\u201d\u2018\u2019`]+")


def fingerprint(query: str) -> int:
    """Eight bytes that two queries share when they differ in case, spacing and punctuation at most.

    Signs, decimal points and symbols are kept: ``-5`` and ``5``, ``1.5`` and ``15``, ``C++`` and ``C`` stay different.
    """
    kept = re.sub(r"(?<=\d)\.(?=\d)", "point", query)
    words = _PUNCTUATION.sub(" ", kept.casefold()).strip()
    return int.from_bytes(hashlib.blake2b(words.encode(), digest_size=8).digest(), "big")


class SeenQueries:
    """The queries that a new one must not repeat, as fingerprints: some 70 bytes a query.

    A duplicate is found twice. ``stage`` finds it before anything is executed or judged, as far as earlier requests
    are already committed; ``settle``, called in request order, has the last word, so that the outcome does not depend
    on which of two equal queries happened to be checked first.
    """

    def __init__(self, queries: Iterable[str] = ()) -> None:
        self._seen = {fingerprint(query) for query in queries}

    def __contains__(self, query: str) -> bool:
        return fingerprint(query) in self._seen

    async def stage(self, examined: Examined) -> Examined:
        """The check as a stage of the pipeline."""
        return examined.found(_REPEATED if examined.candidate.query in self else _NEW)

    def settled(self, attempts: Sequence[Attempt]) -> tuple[Attempt, ...]:
        """Settle one request's attempts, in order.

        Where a pair turns out to be a duplicate only now, its repair is taken away: had it been found in time, the pair
        would not have been sent back, and the bytes must not depend on when it was found.
        """
        kept: list[Attempt] = []
        repeated: set[str] = set()
        for attempt in attempts:
            if attempt.repair_of in repeated:
                continue
            kept.append(self.settle(attempt))
            if kept[-1].verdicts[-1].reason is Reason.DUPLICATE_QUERY:
                repeated.add(attempt.id)
        return numbered(kept)

    def settle(self, attempt: Attempt) -> Attempt:
        """Decide for good, in request order, and remember the query if it is accepted."""
        formed = bool(attempt.verdicts) and attempt.verdicts[0].outcome is Outcome.PASS
        if not formed:
            return attempt
        mark = fingerprint(attempt.query)
        if mark in self._seen:
            return _as_duplicate(attempt)
        if attempt.outcome is Outcome.PASS:
            self._seen.add(mark)
        return attempt


def numbered(attempts: Sequence[Attempt]) -> tuple[Attempt, ...]:
    """A request's attempts numbered from 0, after some were taken away."""
    return tuple(
        msgspec.structs.replace(attempt, id=f"{attempt.request}.{pair}", pair=pair, last=pair == len(attempts) - 1)
        for pair, attempt in enumerate(attempts)
    )


_NEW = Verdict(Stage.DUPLICATE, Outcome.PASS)
_REPEATED = Verdict(
    Stage.DUPLICATE, Outcome.REJECT, Reason.DUPLICATE_QUERY, "the same query was accepted before, or is a seed"
)


def _as_duplicate(attempt: Attempt) -> Attempt:
    """The attempt as if it had been found out before it was executed."""
    verdicts = (attempt.verdicts[0], _REPEATED)
    return msgspec.structs.replace(attempt, outcome=Outcome.REJECT, verdicts=verdicts, executions=())
