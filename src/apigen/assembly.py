"""The parts of a run, each made from its configuration and closed by a stack."""

import os
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from datetime import datetime

from apigen import rundir
from apigen.config import Config
from apigen.execute.base import BulkExecutor
from apigen.execute.grants import read_grants
from apigen.execute.table import make_executor
from apigen.library.catalogue import Library
from apigen.model_config import model_names
from apigen.models.base import Model
from apigen.models.batch.book import BatchBook
from apigen.models.store import CompletionStore
from apigen.models.under_way import UnderWay
from apigen.rundir import RunDir
from apigen.verify.base import Judge
from apigen.verify.llm_judge import Asking, LLMJudge
from apigen.verify.rules import NAME as RULES
from apigen.verify.rules import RuleJudge

Tell = Callable[[str], None]
"""Called with lines that the user should see."""


def open_executor(
    directory: RunDir, config: Config, library: Library, started: datetime, stack: AsyncExitStack
) -> BulkExecutor:
    """The executor of calls; nothing is started before it is needed.

    Args:
        directory: where recordings are kept.
        config: resolved.
        library: whose tools are called.
        started: when the run was first started.
        stack: closes it.
    """
    executor = make_executor(
        config.execution,
        config.remote,
        read_grants(config.grants, os.environ),
        tools=library.tools,
        folder=directory.path,
        since=started,
    )
    stack.push_async_callback(executor.aclose)
    return executor


def open_store(directory: RunDir, stack: AsyncExitStack, tell: Tell) -> CompletionStore:
    """The store of language models' answers, created if missing.

    Args:
        directory: of the run.
        stack: closes it, once answers in flight have had their time.
        tell: called if there are some.
    """

    def waiting(seconds: float, answers: int) -> None:
        some = f"{answers:,} answers" if answers > 1 else "1 answer"
        tell(f"waiting up to {seconds:g} s for {some} in flight; Ctrl-C ends the wait")

    store = CompletionStore(directory.path / rundir.COMPLETIONS, UnderWay(tell=waiting))
    stack.callback(store.close)
    return store


def open_batches(
    directory: RunDir, config: Config, stack: AsyncExitStack, tell: Tell, *, wait: bool
) -> BatchBook | None:
    """The record of a run's batches; ``None`` where no model is used in batches.

    Args:
        directory: of the run.
        config: resolved.
        stack: closes it.
        tell: called with what is odd about a batch, or that its provider is unreachable.
        wait: whether to wait for answers.
    """
    if not config.batched:
        return None
    batches = BatchBook(directory.path / rundir.BATCHES, wait=wait, warn=tell)
    stack.callback(batches.close)
    return batches


def make_judges(config: Config, models: Mapping[str, Model]) -> list[Judge]:
    """The judges of a configuration, in its order.

    Args:
        config: resolved.
        models: those behind the judges that are language models, by name.
    """
    asking = Asking(**config.judging.model_dump(exclude={"rule"}))
    names = model_names(config.judges)
    return [RuleJudge() if name == RULES else LLMJudge(models[name], asking) for name in names]
