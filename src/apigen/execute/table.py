"""Which executor runs which kind of binding, put together from a run's configuration."""

import os
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

from apigen.config import ExecutionConfig, RemoteConfig
from apigen.errors import UserError
from apigen.execute.base import BulkExecutor
from apigen.execute.granted import GrantedExecutor
from apigen.execute.grants import NO_GRANTS, Grants
from apigen.execute.recorded import RecordedExecutor, Recordings
from apigen.execute.routed import RoutedExecutor
from apigen.execute.sandbox.limits import Limits
from apigen.records import McpBinding, PythonBinding, RestBinding, Tool

RECORDINGS = "recordings.sqlite"
"""The file of recordings in a run directory."""


def make_executor(
    execution: ExecutionConfig,
    remote: RemoteConfig,
    grants: Grants = NO_GRANTS,
    *,
    tools: Iterable[Tool],
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    since: datetime | None = None,
) -> BulkExecutor:
    """Everything that can run a call; nothing is started before it is needed.

    Args:
        execution: bounds of one call.
        remote: how services are reached.
        grants: what Python tools may do beyond the walls of the sandbox.
        tools: of the library; no other service than those that they name is ever reached.
        environment: where credentials of services come from; that of this process where none is given.
        folder: where recordings are kept if the configuration names no file.
        since: when the run began, for recordings; by default now.

    Raises:
        UserError: calls are to be replayed, and the recordings are not there.
        JobFellShort: the recordings cannot be opened.
    """
    environment = os.environ if environment is None else environment
    limits = Limits(wall_s=execution.wall_s, memory_mb=execution.memory_mb, output_kb=execution.result_kb)
    tools = tuple(tools)
    kinds = {type(tool.binding) for tool in tools}
    executors: dict[type, BulkExecutor] = {
        PythonBinding: GrantedExecutor(limits, twice=execution.twice, gather=execution.together, grants=grants),
    }
    # Imported where there is something for them: a run over functions need not wait for aiohttp and the like.
    if RestBinding in kinds:
        from apigen.execute.rest.executor import RestExecutor  # noqa: PLC0415
        from apigen.execute.rest.guard import named_places  # noqa: PLC0415

        hosts = named_places(tools)
        executors[RestBinding] = RestExecutor(remote, environment, hosts=hosts, result_kb=execution.result_kb)
    if McpBinding in kinds:
        from apigen.execute.mcp.executor import McpExecutor  # noqa: PLC0415

        executors[McpBinding] = McpExecutor(remote, environ=environment, result_kb=execution.result_kb)
    live = RoutedExecutor(executors)
    if execution.recordings == "live":
        return live
    return RecordedExecutor(live, Recordings(recordings_file(execution, folder)), execution.recordings, since)


def recordings_file(execution: ExecutionConfig, folder: Path | None) -> Path:
    """Where a run's recordings are, once it is known that they can be used; a named file's folder is made for them.

    Args:
        execution: of the configuration, with recordings.
        folder: the run directory.

    Raises:
        UserError: calls are to be replayed and there are no recordings, or the file's folder cannot be made.
    """
    path = Path(execution.recordings_file) if execution.recordings_file else (folder or Path()) / RECORDINGS
    if execution.recordings == "replay" and not path.is_file():
        raise UserError(
            f"{path}: no such recordings file; run with `execution.recordings: record` first, "
            "or name the file that has them"
        )
    if execution.recordings_file:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(
                f"execution.recordings_file: {path.parent}: {error.strerror}; choose another file"
            ) from error
    return path
