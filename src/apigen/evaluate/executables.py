"""What executes the calls of held-out rows: the library given, or that of the run whose rows they are."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from apigen import rundir
from apigen.config import Config, load_config
from apigen.errors import UserError
from apigen.evaluate.executed import Tools
from apigen.execute.base import BulkExecutor
from apigen.execute.grants import read_grants
from apigen.execute.python import require_isolation
from apigen.execute.table import make_executor
from apigen.library.catalogue import load_library
from apigen.records import Tool


class Executables(NamedTuple):
    """Tools that can be executed, and how."""

    tools: tuple[Tool, ...]
    config: Config
    source: str
    """Where they are from, for reports."""

    def by_name(self) -> Tools:
        """The tools by the names under which they are offered."""
        return Tools(self.tools)

    def executor(self, environment: Mapping[str, str] = os.environ) -> BulkExecutor:
        """What makes the calls, each twice, so that results that vary are known."""
        live = self.config.execution.model_copy(update={"recordings": "live", "twice": True})
        return make_executor(live, self.config.remote, read_grants(self.config.grants, environment), tools=self.tools)


def executables(rows: Path, libraries: Sequence[str], config: Path | None) -> Executables:
    """Find the tools behind some rows.

    Args:
        rows: the held-out rows, in a run's folder or not.
        libraries: locators that were named; the run's own library where none is.
        config: a configuration with grants, limits and remote access, for libraries that are named.

    Raises:
        UserError: no library is given and the rows are not in a run, or it cannot be loaded, or the machine cannot
            isolate its tools as required.
    """
    if libraries:
        chosen = load_config(config, {"library": list(libraries)})
        require_isolation(chosen.isolation.require)
        loaded = load_library(chosen.library, may_write=chosen.remote.may_write)
        return Executables(loaded.tools, chosen, ", ".join(libraries))
    folder = rows if rows.is_dir() else rows.parent
    if not rundir.is_run(folder):
        raise UserError(
            f"--execute: {rows} is not in a run's folder; name the library that executes its calls with --library SRC"
        )
    chosen = rundir.read_config(folder)
    require_isolation(chosen.isolation.require)
    return Executables(tuple(rundir.read_library(folder)), chosen, str(folder / rundir.LIBRARY))
