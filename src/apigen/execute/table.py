"""Which executor runs which kind of binding, put together from a run's configuration."""

from apigen.config import ExecutionConfig, RemoteConfig
from apigen.execute.granted import GrantedExecutor
from apigen.execute.grants import NO_GRANTS, Grants
from apigen.execute.mcp.executor import McpExecutor
from apigen.execute.routed import BulkExecutor, RoutedExecutor
from apigen.execute.sandbox.limits import Limits
from apigen.records import McpBinding, PythonBinding


def make_executor(execution: ExecutionConfig, remote: RemoteConfig, grants: Grants = NO_GRANTS) -> RoutedExecutor:
    """Everything that can run a call; nothing is started before it is needed.

    Args:
        execution: bounds of one call.
        remote: how services are reached.
        grants: what Python tools may do beyond the walls of the sandbox.
    """
    limits = Limits(wall_s=execution.wall_s, memory_mb=execution.memory_mb, output_kb=execution.result_kb)
    executors: dict[type, BulkExecutor] = {
        PythonBinding: GrantedExecutor(limits, twice=execution.twice, grants=grants),
        McpBinding: McpExecutor(remote, result_kb=execution.result_kb),
    }
    return RoutedExecutor(executors)
