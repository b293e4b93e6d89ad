"""Which executor runs which kind of binding, put together from a run's configuration."""

import os
from collections.abc import Iterable, Mapping

from apigen.config import ExecutionConfig, RemoteConfig
from apigen.execute.granted import GrantedExecutor
from apigen.execute.grants import NO_GRANTS, Grants
from apigen.execute.rest.executor import RestExecutor
from apigen.execute.rest.guard import named_places
from apigen.execute.routed import BulkExecutor, RoutedExecutor
from apigen.execute.sandbox.limits import Limits
from apigen.records import PythonBinding, RestBinding, Tool


def make_executor(
    execution: ExecutionConfig,
    remote: RemoteConfig,
    grants: Grants = NO_GRANTS,
    *,
    tools: Iterable[Tool] = (),
    environment: Mapping[str, str] | None = None,
) -> RoutedExecutor:
    """Everything that can run a call; nothing is started before it is needed.

    Args:
        execution: bounds of one call.
        remote: how services are reached.
        grants: what Python tools may do beyond the walls of the sandbox.
        tools: of the library; no other service than those that they name is ever reached.
        environment: where credentials of services come from; that of this process where none is given.
    """
    environment = os.environ if environment is None else environment
    limits = Limits(wall_s=execution.wall_s, memory_mb=execution.memory_mb, output_kb=execution.result_kb)
    executors: dict[type, BulkExecutor] = {
        PythonBinding: GrantedExecutor(limits, twice=execution.twice, grants=grants),
        RestBinding: RestExecutor(remote, environment, hosts=named_places(tools), result_kb=execution.result_kb),
    }
    return RoutedExecutor(executors)
