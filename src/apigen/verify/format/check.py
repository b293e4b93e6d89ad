"""Stage 1, for completions of a model and for rows of foreign datasets."""

from collections.abc import Iterable, Sequence

import msgspec

from apigen.records import Call, Candidate, Json, Reason, Style, Tool, Verdict
from apigen.verify.format.arguments import argument_faults
from apigen.verify.format.faults import Fault, did_you_mean, kind, listed, reject, strongest_first, verdict_on
from apigen.verify.format.schemas import Schemas
from apigen.verify.format.shape import read_calls


class FormatCheck:
    """Stage 1. Holds nothing but compiled schemas, a bounded number of them."""

    def __init__(self) -> None:
        self._schemas = Schemas()

    def read(self, value: Json, tools: Sequence[Tool], style: Style | None) -> tuple[Candidate | None, Verdict]:
        """Turn one parsed pair into a candidate and check it.

        Args:
            value: what the model wrote for one pair, parsed: an object with ``query`` and ``answers``.
            tools: the tools that were offered.
            style: what the answer should look like; ``None`` checks no number of calls.

        Returns:
            The candidate, or ``None`` where the value has not even its shape, and the verdict.
        """
        if not isinstance(value, dict):
            return None, reject(Reason.WRONG_SHAPE, f"expected an object with query and answers, got {kind(value)}")
        for field in ("query", "answers"):
            if field not in value:
                return None, reject(Reason.MISSING_FIELD, f"missing field {field!r}")
        query = value["query"]
        if not isinstance(query, str):
            return None, reject(Reason.WRONG_SHAPE, f"query is {kind(query)}, not a string")
        calls, faults = read_calls(value["answers"], "answers")
        if faults:
            return None, verdict_on(strongest_first(faults))
        candidate = Candidate(query.strip(), tuple(call for _, call in calls), tuple(tools), style)
        return candidate, verdict_on(self.faults(candidate, call_due=True))

    def read_row(
        self,
        query: str,
        calls: Json,
        tools: Sequence[Tool],
        *,
        call_due: bool | None = None,
        context: tuple[str, ...] = (),
    ) -> tuple[Candidate, tuple[Fault, ...]]:
        """Turn a row of a dataset made elsewhere into a candidate and find everything that is wrong with it.

        Args:
            query: what the user asked.
            calls: what should be a list of ``{name, arguments}``.
            tools: the tools that were offered.
            call_due: whether the right answer calls a tool; ``None`` where the row does not say.
            context: what was said and returned before.

        Returns:
            The candidate, with those calls that have a call's shape, and the faults, strongest first.
        """
        formed, faults = read_calls(calls, "calls")
        candidate = Candidate(query.strip(), tuple(call for _, call in formed), tuple(tools), None, context)
        due = call_due if not faults else None
        found = self._faults(candidate, [index for index, _ in formed], call_due=due)
        return candidate, strongest_first([*faults, *found])

    def check(self, candidate: Candidate) -> Verdict:
        """Check a candidate's calls against its tools and its style."""
        return verdict_on(self.faults(candidate, call_due=candidate.style is not None or None))

    def faults(self, candidate: Candidate, *, call_due: bool | None = None) -> tuple[Fault, ...]:
        """Everything that is wrong with a candidate, strongest first."""
        return strongest_first(self._faults(candidate, range(len(candidate.calls)), call_due=call_due))

    def _faults(self, candidate: Candidate, positions: Sequence[int], *, call_due: bool | None) -> list[Fault]:
        faults: list[Fault] = []
        if not candidate.query:
            faults.append(Fault(Reason.EMPTY_QUERY, "the query is empty"))
        if call_due and not candidate.calls:
            faults.append(Fault(Reason.EMPTY_ANSWER, "the answer makes no call, but one is expected"))
        if call_due is False and candidate.calls:
            detail = f"the row expects no call, but its answer makes {len(candidate.calls)}"
            faults.append(Fault(Reason.WRONG_CALL_COUNT, detail))
        faults += self._tool_faults(candidate.tools)
        for position, call in zip(positions, candidate.calls, strict=True):
            faults += self._call_faults(candidate, call, f"calls[{position}]")
        return faults + _repeated(candidate.calls, positions) + _against_style(candidate)

    def _tool_faults(self, tools: Sequence[Tool]) -> Iterable[Fault]:
        if len({tool.name for tool in tools}) < len(tools):
            yield from _same_names(tools)
        for number, tool in enumerate(tools):
            if not tool.name.strip():
                yield Fault(Reason.BAD_TOOL, f"tools[{number}] has no name")
            problem = self._schemas.compiled(tool.parameters).problem
            if problem:
                yield Fault(Reason.BAD_TOOL, f"the schema of the tool {tool.name!r} is not valid: {problem}")

    def _call_faults(self, candidate: Candidate, call: Call, where: str) -> list[Fault]:
        tool = candidate.tool(call.name)
        if tool is None:
            names = [tool.name for tool in candidate.tools]
            hint = did_you_mean(call.name, names) or f"; offered: {listed(names) or 'none'}"
            return [Fault(Reason.UNKNOWN_TOOL, f"{where}: the tool {call.name!r} is not offered{hint}")]
        compiled = self._schemas.compiled(tool.parameters)
        return [] if compiled.problem else argument_faults(compiled, call.arguments, where)


def _same_names(tools: Sequence[Tool]) -> Iterable[Fault]:
    first: dict[str, int] = {}
    for number, tool in enumerate(tools):
        before = first.setdefault(tool.name, number)
        if before != number:
            alike = "twice" if tools[before].offered() == tool.offered() else "twice, with different definitions"
            yield Fault(Reason.BAD_TOOL, f"the tool {tool.name!r} is offered {alike}")


def _repeated(calls: Sequence[Call], positions: Sequence[int]) -> list[Fault]:
    if len(calls) < 2:
        return []
    first: dict[bytes, int] = {}
    faults: list[Fault] = []
    for position, call in zip(positions, calls, strict=True):
        before = first.setdefault(canonical(call), position)
        if before != position:
            detail = f"calls[{position}] repeats calls[{before}]: {call.name} with the same arguments"
            faults.append(Fault(Reason.DUPLICATE_CALLS, detail))
    return faults


def canonical(call: Call) -> bytes:
    """A call as bytes that two calls share when name and arguments are the same."""
    try:
        return msgspec.json.encode((call.name, call.arguments), order="sorted")
    except (ValueError, TypeError, OverflowError):  # half a surrogate pair, a number of more than 64 bits
        return repr((call.name, call.arguments)).encode("utf-8", "backslashreplace")


def _against_style(candidate: Candidate) -> list[Fault]:
    calls, style = candidate.calls, candidate.style
    if style is None or not calls:
        return []
    if style.many_calls != (len(calls) > 1):
        wanted = "several calls" if style.many_calls else "exactly one call"
        return [Fault(Reason.WRONG_CALL_COUNT, f"{style} requires {wanted}, got {len(calls)}")]
    if style is Style.PARALLEL_MULTIPLE and len({call.name for call in calls}) < 2:
        unused = [tool.name for tool in candidate.tools if tool.name != calls[0].name]
        detail = f"{style} requires calls to at least two tools, got only {calls[0].name}; unused: {listed(unused)}"
        return [Fault(Reason.TOO_FEW_TOOLS, detail)]
    return []
