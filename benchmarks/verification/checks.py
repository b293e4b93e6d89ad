"""The real stages, led through by one fault after another."""

from collections.abc import Iterable, Sequence
from functools import partial

import msgspec

from apigen.execute.python import PythonExecutor
from apigen.faults import Faulty, Replay, as_text, replayed
from apigen.generate.parse import parse_pairs
from apigen.records import Call, Candidate, Completion, Execution, Outcome, Stage, Tool, Verdict
from apigen.verify.format import FormatCheck
from apigen.verify.grounding import Level
from apigen.verify.rules import RuleJudge
from apigen.verify.stages import Examined, NamedStage, execution, grounding, semantics, through


class Remembering:
    """An executor that runs each different call once; tools here give the same result every time."""

    def __init__(self, executor: PythonExecutor) -> None:
        self._executor = executor
        self._known: dict[bytes, Execution] = {}

    async def execute(self, tool: Tool, call: Call) -> Execution:
        """Run one call, or say what it did before."""
        key = _key(tool, call)
        if key not in self._known:
            self._known[key] = await self._executor.execute(tool, call)
        return self._known[key]

    async def prepare(self, candidates: Iterable[Candidate]) -> None:
        """Run all calls of some answers in bulk; those that do not fit their tools are left to the stages."""
        wanted = {}
        for candidate in candidates:
            for call in candidate.calls:
                tool = candidate.tool(call.name)
                if tool is not None and (key := _key(tool, call)) not in self._known:
                    wanted[key] = (tool, call)
        ran = await self._executor.execute_many(list(wanted.values()))
        self._known.update(zip(wanted, ran, strict=True))

    async def aclose(self) -> None:
        """Stop what runs the calls."""
        await self._executor.aclose()


def _key(tool: Tool, call: Call) -> bytes:
    return msgspec.json.encode((tool.binding, call), order="sorted")


class Checks:
    """The stages of one grounding mode, without the search for duplicates.

    Args:
        mode: ``strict`` or ``lenient``.
        executor: what runs the calls; ``None`` for tools that are only described.
    """

    def __init__(self, mode: Level, executor: Remembering | None) -> None:
        self._executor = executor
        self._format = FormatCheck()
        self._grounding = partial(grounding, level=mode)
        self._judge = RuleJudge(mode)

    async def first(self, faulty: Faulty) -> Verdict | None:
        """The verdict that rejects an answer; ``None`` where all stages pass it.

        Raises:
            SystemExit: a check could not be made.
        """
        draft = parse_pairs(Completion(faulty.text or as_text(faulty.candidate), "faults"))[0]
        if draft.problem:
            return Verdict(Stage.FORMAT, Outcome.REJECT, draft.reason, draft.problem)
        candidate, verdict = self._format.read(draft.value, faulty.candidate.tools, None)
        if candidate is None or verdict.outcome is not Outcome.PASS:
            return verdict
        candidate = msgspec.structs.replace(candidate, context=faulty.candidate.context)
        examined = await through(self._stages(faulty), Examined(candidate, (verdict,)))
        last = examined.verdicts[-1]
        if last.outcome is Outcome.ERROR:
            raise SystemExit(f"nothing measured: the {last.stage} check could not be made: {last.detail}")
        return None if last.outcome is Outcome.PASS else last

    async def prepare(self, faults: Iterable[Faulty]) -> None:
        """Run in bulk what the stages will want to know of well-formed answers."""
        if self._executor is not None:
            candidates = [faulty.candidate for faulty in faults if not faulty.text and faulty.returned is None]
            await self._executor.prepare(
                one for one in candidates if self._format.check(one).outcome is Outcome.PASS and one.calls
            )

    def _stages(self, faulty: Faulty) -> Sequence[NamedStage]:
        executor = Replay(replayed(faulty)) if faulty.returned is not None else self._executor
        stages: list[NamedStage] = [(Stage.GROUNDING, self._grounding)]
        if executor is not None:
            stages.append((Stage.EXECUTION, execution(executor)))
        return [*stages, (Stage.SEMANTICS, semantics(self._judge))]

    async def executions(self, faulty: Faulty) -> tuple[Execution, ...]:
        """What the calls did: recorded, run, or nothing for tools that cannot run or do not fit."""
        candidate = faulty.candidate
        if faulty.returned is not None:
            return replayed(faulty)
        if self._executor is None or self._format.check(candidate).outcome is not Outcome.PASS:
            return ()
        tools = [candidate.tool(call.name) for call in candidate.calls]
        return tuple(
            [
                await self._executor.execute(tool, call)
                for tool, call in zip(tools, candidate.calls, strict=True)
                if tool is not None
            ]
        )

    async def same_results(self, one: Candidate, other: Candidate) -> bool:
        """Whether two answers' calls return the same, in whatever order; false where they cannot run."""
        if self._executor is None:
            return False
        results = [await self._results(candidate) for candidate in (one, other)]
        return results[0] == results[1] and bool(results[0])

    async def _results(self, candidate: Candidate) -> list[bytes]:
        assert self._executor is not None
        found = []
        for call in candidate.calls:
            tool = candidate.tool(call.name)
            ran = await self._executor.execute(tool, call) if tool else None
            if ran is None or not ran.ok:
                return []
            found.append(msgspec.json.encode((call.name, ran.result), order="sorted"))
        return sorted(found)
