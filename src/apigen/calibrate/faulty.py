"""Cases without human labels: the seeds of a library, which are correct, and faults injected into them.

Only what a judge would be asked about is a case: faults that the format or execution stage sees never come so far.
Grounding does not count here, because people turn it off where a strong judge is at hand.
"""

import random
from collections.abc import Callable, Iterator, Sequence

import msgspec

from apigen.calibrate.cases import Case
from apigen.calibrate.execution import all_ran, executed
from apigen.execute.base import Executor
from apigen.faults import OPERATORS, Faulty, Operator, Pool, replayed
from apigen.library.catalogue import Library
from apigen.records import Candidate, Execution, Outcome, Seed, Stage, Tool
from apigen.verify.format import FormatCheck

MOST_OTHERS = 4
"""Most tools of the same category that are offered beside those that the answer calls."""

_FOR_A_JUDGE = (Stage.GROUNDING, Stage.SEMANTICS)
"""Where an operator's faults are meant to be seen, if a judge shall be asked about them."""


class _Right(msgspec.Struct, frozen=True):
    index: int
    candidate: Candidate
    executions: tuple[Execution, ...]


async def faulty_cases(
    library: Library, executor: Executor, count: int, seed: int, watch: Callable[[int], None] = lambda _: None
) -> list[Case]:
    """Half right answers, half wrong ones, spread evenly over the operators that can be used.

    Args:
        library: its seeds are taken for right; those whose calls do not run are left out.
        executor: makes the calls.
        count: cases wanted; fewer where the library has not so many seeds, or no more faults can be made of them.
        seed: decides which, together with the library.
        watch: told how many cases there are so far.

    Returns:
        The cases in a fixed order: the right ones first, then the faults by operator in turn.
    """
    rows = _rows(library, seed)
    random.Random(f"{seed}/rows").shuffle(rows)
    right: list[_Right] = []
    for index, candidate in rows:
        if len(right) >= (count + 1) // 2:
            break
        executions = await executed(candidate, executor)
        if all_ran(candidate, executions):
            right.append(_Right(index, candidate, executions))
            watch(len(right))
    cases = [Case(f"seed-{each.index}", True, each.candidate, each.executions) for each in right]
    pool = Pool([candidate for _, candidate in sorted(rows, key=lambda row: row[0])])
    makers = [_Maker(operator, right, pool, executor, seed) for operator in OPERATORS if operator.stage in _FOR_A_JUDGE]
    while makers and len(cases) < min(count, 2 * len(right)):
        for maker in list(makers):
            case = await maker.next()
            if case is None:
                makers.remove(maker)
            elif len(cases) < count:
                cases.append(case)
                watch(len(cases))
    return cases


class _Maker:
    """Makes one operator's faults of one right answer after the other."""

    def __init__(self, operator: Operator, right: Sequence[_Right], pool: Pool, executor: Executor, seed: int) -> None:
        self._operator = operator
        self._pool = pool
        self._executor = executor
        self._seed = seed
        self._format = FormatCheck()
        order = list(right)
        random.Random(f"{seed}/{operator.name}").shuffle(order)
        self._left: Iterator[_Right] = iter(order)

    async def next(self) -> Case | None:
        """The next fault that a judge would be asked about; ``None`` where no more can be made."""
        name = self._operator.name
        for right in self._left:
            rng = random.Random(f"{self._seed}/{name}/{right.index}")
            faulty = self._operator.apply(right.candidate, rng, self._pool)
            if faulty is None or faulty.text:
                continue
            executions = await self._executions(faulty)
            if executions is None or self._right_after_all(right, executions):
                continue
            return Case(f"seed-{right.index}-{name}", False, faulty.candidate, executions, name, faulty.what)
        return None

    async def _executions(self, faulty: Faulty) -> tuple[Execution, ...] | None:
        """What the calls did; ``None`` where an earlier stage would have stopped the fault."""
        if self._format.check(faulty.candidate).outcome is not Outcome.PASS:
            return None
        executions = (
            replayed(faulty) if faulty.returned is not None else await executed(faulty.candidate, self._executor)
        )
        return executions if all_ran(faulty.candidate, executions) else None

    def _right_after_all(self, right: _Right, executions: Sequence[Execution]) -> bool:
        if not self._operator.by_result:
            return False
        return [each.result for each in executions] == [each.result for each in right.executions]


def _rows(library: Library, seed: int) -> list[tuple[int, Candidate]]:
    tools = library.by_name()
    return [(index, _offered(given, tools, f"{seed}/{index}")) for index, given in enumerate(library.seeds)]


def _offered(given: Seed, tools: dict[str, Tool], stream: str) -> Candidate:
    """A seed among some tools of its category, as a request would offer them."""
    rng = random.Random(stream)
    own = [tools[name] for name in dict.fromkeys(call.name for call in given.calls)]
    others = [tool for tool in tools.values() if tool.category == own[0].category and tool not in own]
    offered = [*own, *rng.sample(others, min(len(others), rng.randint(0, MOST_OTHERS)))]
    rng.shuffle(offered)
    return Candidate(given.query, given.calls, tuple(offered))
