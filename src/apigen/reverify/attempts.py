"""Re-verifying, with other settings, candidates that a writer was already paid for.

Each candidate goes through the stages once more, in the order of the run, and nothing is requested from the writer.
Recorded results are reused: those of calls, where the settings that affect them are the same, and the answers of judges
to the same question. So a survey can be made first that sends no request and makes no call; if it finds everything on
record, it is the result.
"""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing

import msgspec

from apigen.concurrency import in_order, together
from apigen.dataset.duplicates import SeenQueries, numbered
from apigen.errors import JobFellShort, NotKept, NotRecorded, UserError
from apigen.execute.base import Executor
from apigen.records import Attempt, Call, Candidate, Execution, Outcome, Reason, Stage, Tool
from apigen.schedule import STALL_ERRORS
from apigen.verify.stages import Examined, NamedStage, through

Recipe = Callable[[Executor], Sequence[NamedStage]]
"""The stages of a candidate whose calls go to an executor."""
Examine = Callable[[Attempt], Awaitable[Attempt]]


class KeptExecutions:
    """Answers the calls of one candidate, made in order, from their recorded results.

    Args:
        kept: the results of its first calls.
        live: makes the others; ``None`` where none may be made.
        made: called for each call that is made.
    """

    def __init__(self, kept: Iterable[Execution], live: Executor | None, made: Callable[[], None]) -> None:
        self._kept = iter(kept)
        self._live = live
        self._made = made

    async def execute(self, tool: Tool, call: Call) -> Execution:
        """Answer one call.

        Raises:
            NotRecorded: it would have to be made, and none may be.
            ExecutorUnavailable: it had to be made and could not be.
        """
        execution = next(self._kept, None)
        if execution is not None and execution.call == call:
            return execution
        if self._live is None:
            raise NotRecorded(f"what this call of {tool.name} does is not on record")
        self._made()
        return await self._live.execute(tool, call)

    async def aclose(self) -> None:
        """The executor behind is closed by its owner."""


class Reverifier:
    """Re-verifies the attempts of a run, request by request, and counts the outcomes.

    Args:
        tools: of the run, by name.
        recipe: the stages, with the current settings.
        seen: finds duplicates; knows the seeds, and shared with ``recipe``.
        executor: makes calls that are not on record; ``None`` surveys: candidates with calls to execute, or questions
            to a judge, are counted and stay unchanged.
        keep_executions: whether earlier results of calls still count.
        concurrency: requests verified at once.
    """

    def __init__(
        self,
        tools: Mapping[str, Tool],
        recipe: Recipe,
        seen: SeenQueries,
        executor: Executor | None,
        *,
        keep_executions: bool,
        concurrency: int,
    ) -> None:
        self.requests = 0
        self.candidates = 0
        """Candidates that could be read; the others stay unchanged."""
        self.kept_executions = 0
        self.executed = 0
        """Calls that were made again."""
        self.unexecuted = 0
        """Candidates with calls that would have to be made."""
        self.accepted = 0
        self.repairs_dropped = 0
        """Repairs of candidates that need none any more."""
        self.changed: Counter[tuple[Outcome, Outcome]] = Counter()
        """Candidates by their outcomes before and now, where these differ."""
        self._tools = tools
        self._recipe = recipe
        self._seen = seen
        self._executor = executor
        self._keep_executions = keep_executions
        self._concurrency = concurrency
        self._errors_in_a_row = 0
        self._decided = 0
        self._error = ""

    async def verify(self, requests: Iterable[tuple[Attempt, ...]]) -> AsyncIterator[tuple[Attempt, ...]]:
        """Re-verify the attempts of each request.

        Yields:
            The attempts of each request as they are now, in order.

        Raises:
            UserError: an attempt names a tool that does not exist.
            ModelUnavailable: a judge gives no answer at all.
            JobFellShort: many requests in a row bring only errors, so the candidates are not to blame.
        """
        async with aclosing(in_order(requests, self._first_look, self._concurrency)) as looked_at:
            async for pairs in looked_at:
                attempts = await self._settled(pairs)
                self.requests += 1
                self._require_answers(attempts)
                yield attempts

    async def _first_look(self, attempts: tuple[Attempt, ...]) -> list[tuple[Attempt, Attempt]]:
        """Each attempt as it was and as it is now, but for what earlier requests decide: see :meth:`_settled`."""
        originals = [attempt for attempt in attempts if not attempt.repair_of]
        now = await together(map(self._unless_repeated, originals))
        passed = {attempt.id for attempt in now if attempt.outcome is Outcome.PASS}
        repairs = [attempt for attempt in attempts if attempt.repair_of and attempt.repair_of not in passed]
        now += await together(map(self._unless_repeated, repairs))
        by_id = {attempt.id: attempt for attempt in now}
        return [(attempt, by_id.get(attempt.id, attempt)) for attempt in attempts]

    async def _unless_repeated(self, attempt: Attempt) -> Attempt:
        """Verify all but duplicates: these wait until it is known whether what they repeat still passes."""
        return attempt if _repeats(attempt) else await self._examine(attempt)

    async def _settled(self, pairs: Sequence[tuple[Attempt, Attempt]]) -> tuple[Attempt, ...]:
        """Decide on duplicates, in the order of the run, and on the repairs that are no longer needed."""
        kept: list[Attempt] = []
        unneeded: set[str] = set()
        for before, looked_at in pairs:
            if before.repair_of in unneeded:
                self.repairs_dropped += 1
                continue
            revived = _repeats(before) and before.query not in self._seen
            now = self._seen.settle(await self._examine(before) if revived else looked_at)
            if self._keep_executions and len(now.executions) < len(before.executions):
                # It falls before its calls are due; what they did is kept for when it does not.
                now = msgspec.structs.replace(now, executions=before.executions)
            if now.outcome is Outcome.PASS or _repeats(now):
                unneeded.add(before.id)
            self._count(before, now)
            kept.append(now)
        return numbered(kept)

    async def _examine(self, attempt: Attempt) -> Attempt:
        """Lead one attempt's candidate through the stages; one that could never be read stays as it is."""
        if not _formed(attempt):
            return attempt
        unknown = next((name for name in attempt.offered if name not in self._tools), None)
        if unknown is not None:
            raise UserError(
                f"attempts.jsonl: attempt {attempt.id} names the tool {unknown!r}, which is not in library.jsonl; "
                "the file was edited, so start a new run with another --out"
            )
        tools = tuple(self._tools[name] for name in attempt.offered)
        executor = KeptExecutions(attempt.executions if self._keep_executions else (), self._executor, self._made)
        candidate = Candidate(attempt.query, attempt.calls, tools, attempt.style)
        try:
            found = await through(self._recipe(executor), Examined(candidate, attempt.verdicts[:1]))
        except NotKept:  # the judge's model has counted it
            return attempt
        if self._executor is None and found.verdicts[-1].reason is Reason.NOT_RECORDED:
            self.unexecuted += 1
            return attempt
        return msgspec.structs.replace(
            attempt, verdicts=found.verdicts, executions=found.executions, outcome=found.outcome
        )

    def _made(self) -> None:
        self.executed += 1

    def _count(self, before: Attempt, now: Attempt) -> None:
        if _formed(before):
            self.candidates += 1
            self.kept_executions += len(before.executions) if self._keep_executions else 0
        self.accepted += now.outcome is Outcome.PASS
        if before.outcome is not now.outcome:
            self.changed[before.outcome, now.outcome] += 1

    def _require_answers(self, attempts: Sequence[Attempt]) -> None:
        """Stop where checks bring nothing but errors; what was rejected before a judge says nothing about judges."""
        decided = [attempt for attempt in attempts if _formed(attempt) and _reached_judges(attempt)]
        if not decided:
            return
        errors = [attempt for attempt in decided if attempt.outcome is Outcome.ERROR]
        self._decided += len(decided) - len(errors)
        if errors:
            self._error = errors[-1].verdicts[-1].detail
        self._errors_in_a_row = self._errors_in_a_row + 1 if len(errors) == len(decided) else 0
        if self._errors_in_a_row >= STALL_ERRORS and self._executor is not None:
            raise JobFellShort(
                f"the candidates could not be re-verified: {STALL_ERRORS} consecutive requests ended in errors "
                f"({self._error}); the data is unchanged"
            )

    def require_some_answer(self) -> None:
        """Refuse a result in which every candidate that came as far as the judges ended in an error.

        Raises:
            JobFellShort: it is one; nothing was changed yet.
        """
        if self._error and not self._decided:
            raise JobFellShort(
                f"the candidates could not be re-verified: every one ended in an error ({self._error}); the data is "
                "unchanged"
            )


def _reached_judges(attempt: Attempt) -> bool:
    """Whether a candidate was judged, or a check of it could not be made."""
    return attempt.outcome is not Outcome.REJECT or attempt.verdicts[-1].stage is Stage.SEMANTICS


def _formed(attempt: Attempt) -> bool:
    """Whether a candidate could be read."""
    return attempt.verdicts[0].stage is Stage.FORMAT and attempt.verdicts[0].outcome is Outcome.PASS


def _repeats(attempt: Attempt) -> bool:
    return attempt.verdicts[-1].reason is Reason.DUPLICATE_QUERY
