"""The accessibility probe: every tool is called with arguments that fit its schema, and what it does is classified.

A tool that may change something is not called unless it is allowed by name, and one that is only described cannot be.
Such tools stay, with a note: nothing is known against them.
"""

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum

import msgspec

from apigen.clean.arguments import Arguments, From, arguments_for
from apigen.concurrency import several
from apigen.errors import ExecutorUnavailable, NotRecorded, ServiceUnavailable
from apigen.execute.base import Executor
from apigen.records import Call, Execution, Json, PythonBinding, Reason, Seed, Tool
from apigen.verify.format.schemas import Schemas

_TRIES_LOCAL = 8
"""Calls of a Python function at most, which cost nothing but time."""
_TRIES_REMOTE = 3
"""Calls of a web service or MCP server at most, which somebody else answers."""

_REFUSALS = frozenset(
    {Reason.ARGUMENT_TYPE, Reason.INVALID_ARGUMENT, Reason.NOT_FOUND, Reason.ERROR_RESULT, Reason.RUNTIME_ERROR}
)
"""What other arguments may mend."""
_ABOUT_VALUES = _REFUSALS - {Reason.RUNTIME_ERROR}
"""What speaks against made-up values rather than against the tool."""


class State(StrEnum):
    """What a probe found."""

    ANSWERED = "answered"
    FAILED = "failed"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    UNPROBED = "unprobed"
    """It was not called, or the machinery that calls it broke: nothing is known."""


class Probe(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one tool did."""

    tool: str
    state: State
    reason: Reason | None = None
    detail: str = ""
    arguments: dict[str, Json] = {}
    """Of the call that the state is about."""
    source: From | None = None
    calls: int = 0
    varies: bool = False
    """Whether the call that it answered gave two results when it was run twice."""


class Prober:
    """Calls tools.

    Args:
        executor: what calls are run by.
        seeds: hand-written calls, which are tried first.
        may_write: whether a tool of that name may be called though it changes something.
    """

    def __init__(
        self, executor: Executor, seeds: Iterable[Seed] = (), may_write: Callable[[str], bool] = lambda name: False
    ) -> None:
        self._executor = executor
        self._may_write = may_write
        self._schemas = Schemas()
        self._seeds: dict[str, list[Seed]] = {}
        for seed in seeds:
            for name in seed.tool_names:
                self._seeds.setdefault(name, []).append(seed)

    async def probe(self, tool: Tool) -> Probe:
        """Call a tool until a call succeeds, or it is clear that none will."""
        if tool.binding is None:
            return Probe(tool.name, State.UNPROBED, detail="it is only described: there is nothing to call")
        if getattr(tool.binding, "writes", False) and not self._may_write(tool.name):
            detail = "a call may change something; `--allow-writes NAME` allows it"
            return Probe(tool.name, State.UNPROBED, detail=detail)
        compiled = self._schemas.compiled(tool.parameters)
        most = _TRIES_LOCAL if isinstance(tool.binding, PythonBinding) else _TRIES_REMOTE
        failed: list[tuple[Arguments, Execution]] = []
        for arguments in itertools.islice(arguments_for(tool, compiled, self._seeds.get(tool.name, ())), most):
            call = Call(tool.name, arguments.values)
            calls = len(failed) + 1
            try:
                execution = await self._executor.execute(tool, call)
            except ServiceUnavailable as problem:
                return _unable(tool, State.UNREACHABLE, Reason.SERVICE_UNAVAILABLE, problem, arguments, calls)
            except NotRecorded as problem:
                return _unable(tool, State.UNPROBED, Reason.NOT_RECORDED, problem, arguments, calls)
            except ExecutorUnavailable as problem:
                return _unable(tool, State.UNPROBED, Reason.EXECUTOR_UNAVAILABLE, problem, arguments, calls)
            if execution.ok:
                return Probe(
                    tool.name,
                    State.ANSWERED,
                    arguments=arguments.values,
                    source=arguments.source,
                    calls=calls,
                    varies=execution.varies,
                )
            failed.append((arguments, execution))
            if execution.reason not in _REFUSALS:
                break
        return _judged(tool, failed)


def _unable(tool: Tool, state: State, reason: Reason, problem: Exception, arguments: Arguments, calls: int) -> Probe:
    return Probe(tool.name, state, reason, str(problem), arguments.values, arguments.source, calls)


def _judged(tool: Tool, failed: Sequence[tuple[Arguments, Execution]]) -> Probe:
    """What calls say that all failed: the last one, if it ended the matter, or else the first."""
    if not failed:
        detail = "no arguments that fit its schema could be made; provide examples with `--seeds` on import"
        return Probe(tool.name, State.UNPROBED, detail=detail)
    arguments, execution = failed[-1] if failed[-1][1].reason not in _REFUSALS else failed[0]
    made_up = all(one.source is From.MADE for one, _ in failed)
    refused = made_up and all(one.reason in _ABOUT_VALUES for _, one in failed)
    state = State.REFUSED if refused else State.FAILED
    reason = execution.reason or Reason.RUNTIME_ERROR
    return Probe(tool.name, state, reason, execution.detail, arguments.values, arguments.source, len(failed))


async def probe_all(
    tools: Sequence[Tool],
    prober: Prober,
    concurrency: int,
    known: Mapping[str, Probe],
    watch: Callable[[Probe], None] = lambda probe: None,
    stopped: Callable[[], bool] = lambda: False,
) -> dict[str, Probe]:
    """Probe tools, several at a time.

    Args:
        tools: each is probed once.
        prober: calls them.
        concurrency: tools under way at once.
        known: probes that were made before, by name.
        watch: told of each probe as it is made.
        stopped: whether no more should be begun; those under way are awaited.

    Returns:
        The probes by name; some are missing where it was stopped.
    """
    found = {tool.name: known[tool.name] for tool in tools if tool.name in known}

    async def work(tool: Tool) -> None:
        found[tool.name] = await prober.probe(tool)
        watch(found[tool.name])

    await several([tool for tool in tools if tool.name not in known], work, concurrency, stopped)
    return found
