"""Sends each call to the executor that its tool's binding asks for."""

from collections.abc import Mapping, Sequence

from apigen.concurrency import together
from apigen.errors import ExecutorUnavailable
from apigen.execute.base import BulkExecutor, Ran, side_by_side
from apigen.records import Call, Execution, Reason, Tool


class RoutedExecutor:
    """Runs Python functions in the sandbox, REST operations over HTTP, and MCP tools on their servers.

    Args:
        by_binding: the executor for each kind of binding.
    """

    def __init__(self, by_binding: Mapping[type, BulkExecutor]) -> None:
        self._by_binding = dict(by_binding)

    async def execute(self, tool: Tool, call: Call) -> Execution:
        """Run one call.

        Raises:
            ExecutorUnavailable: the machinery or the service behind the tool does not answer.
        """
        executor = self._by_binding.get(type(tool.binding))
        if executor is None:
            only = (
                "the tool has a description only"
                if tool.binding is None
                else "no executor of this run handles this kind of tool"
            )
            return Execution(call, ok=False, reason=Reason.NOT_EXECUTABLE, detail=only)
        return await executor.execute(tool, call)

    def ahead(self, tool: Tool) -> bool:
        """Whether calls may be made ahead, as the executor for the tool's binding says."""
        executor = self._by_binding.get(type(tool.binding))
        return executor is not None and executor.ahead(tool)

    def prepare(self, tools: Sequence[Tool]) -> None:
        """Make every executor ready for its kind of binding."""
        for kind, executor in self._by_binding.items():
            executor.prepare([tool for tool in tools if type(tool.binding) is kind])

    async def execute_many(self, pairs: Sequence[tuple[Tool, Call]]) -> list[Ran]:
        """Run many calls, each kind in the way that is fastest for it; what breaks of one kind costs no other."""
        by_kind: dict[type, list[int]] = {}
        for index, (tool, _) in enumerate(pairs):
            by_kind.setdefault(type(tool.binding), []).append(index)
        found: dict[int, Ran] = {}

        async def run(kind: type, indices: Sequence[int]) -> None:
            chosen = [pairs[index] for index in indices]
            executor = self._by_binding.get(kind)
            try:
                ran = await (side_by_side(self, chosen) if executor is None else executor.execute_many(chosen))
            except ExecutorUnavailable as problem:
                ran = [problem] * len(chosen)
            found.update(zip(indices, ran, strict=True))

        await together(run(kind, indices) for kind, indices in by_kind.items())
        return [found[index] for index in range(len(pairs))]

    async def aclose(self) -> None:
        """Stop every process and connection."""
        for executor in self._by_binding.values():
            await executor.aclose()
