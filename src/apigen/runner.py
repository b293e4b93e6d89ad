"""One run from configuration to finished directory: assembles its parts, drives them, writes the results."""

import asyncio
from contextlib import AsyncExitStack, suppress
from typing import Any

from apigen.assembly import Tell, make_judges, open_batches, open_executor, open_store
from apigen.config import Config
from apigen.dataset.duplicates import SeenQueries
from apigen.errors import AnswersPending, ApigenError, BudgetSpent, Unavailable
from apigen.execute.base import BulkExecutor
from apigen.library.catalogue import Library
from apigen.models.base import Model
from apigen.models.prices import asked_models
from apigen.models.roles import Role
from apigen.models.spending import open_spend
from apigen.models.store import unpaid
from apigen.models.table import ModelTable, Weighted
from apigen.models.writers import Writer, Writers
from apigen.pipeline import Pipeline, recipe
from apigen.rundir import RunDir
from apigen.sampling.sampler import Sampler
from apigen.sampling.state import SamplingState
from apigen.schedule import Ending, Schedule
from apigen.session import Session, Watch, earlier_times
from apigen.stopping import on_interrupt
from apigen.verify.rules import NAME as RULES


async def run(
    directory: RunDir,
    config: Config,
    library: Library,
    watch: Watch = lambda _: None,
    tell: Tell = lambda _: None,
    *,
    wait: bool = True,
) -> dict[str, Any]:
    """Run to the end, or until Ctrl-C, and write everything.

    Args:
        directory: open and locked; closed on return.
        config: resolved.
        library: the tools and seeds.
        watch: called with the progress.
        tell: called with lines that the user should see, such as what is waited for at the end.
        wait: whether to wait for batch answers; if not, the run ends once everything that can be sent is sent.

    Returns:
        The manifest as written; its ``status`` says how the run ended.

    Raises:
        ModelUnavailable: a model gave no answer; everything so far is written, and the run can be resumed.
        JobFellShort: the disk failed.
    """
    async with AsyncExitStack() as stack:
        stack.callback(directory.close)
        executor = open_executor(directory, config, library, earlier_times(directory.path)[0], stack)
        session, schedule = _assemble(directory, config, library, executor, watch, tell, stack, wait=wait)
        session.restore_dataset()
        # Otherwise most would be prepared in vain, or long before the first answer of a batch.
        if session.wanted >= len(library.tools) and not config.batched:
            executor.prepare(library.tools)
        work = asyncio.ensure_future(schedule.run(directory.committed()))
        interrupted = on_interrupt(work, session.hurry, stack)
        session.write_manifest("running", "The run is in progress.")
        try:
            try:
                ending = await work
            finally:
                await session.drain()  # first, so that the accounts hold all that was paid for
        except asyncio.CancelledError:
            if not interrupted():
                raise
            ending = Ending.INTERRUPTED
        except BudgetSpent:
            ending = Ending.BUDGET
        except AnswersPending:
            ending = Ending.WAITING
        except Unavailable as error:
            session.finish("unavailable", f"A model was unavailable: {error}")
            raise
        except Exception as error:
            with suppress(ApigenError):  # the disk that failed may fail again
                session.write_manifest("failed", str(error))
            raise
        if ending is Ending.DONE:
            await session.abandon_batches()
        return session.finish(ending.value, session.explain(ending))


def _assemble(
    directory: RunDir,
    config: Config,
    library: Library,
    executor: BulkExecutor,
    watch: Watch,
    tell: Tell,
    stack: AsyncExitStack,
    *,
    wait: bool,
) -> tuple[Session, Schedule]:
    """Assemble the parts of a run; the stack closes them."""
    spend = open_spend(config, open_store(directory, stack, tell)) if asked_models(config) else None
    batches = open_batches(directory, config, stack, tell, wait=wait)
    table = ModelTable(
        config.concurrency,
        store=spend.store if spend else None,
        pay=spend.probed if spend else unpaid,
        batches=batches,
    )
    writing = table.models(config.models, Role.WRITER)
    judging = table.models([judge for judge in config.judges if judge.name != RULES], Role.JUDGE)

    def asked(model: Model, *roles: Role) -> list[Model]:
        """One model, in each of its roles."""
        # Answers that are free and always the same need not be kept.
        found = spend.asked(model, *roles) if spend and model.llm else [model] * len(roles)
        stack.push_async_callback(found[0].aclose)
        return found

    def writer(made: Weighted) -> Writer:
        model, mender = asked(made.model, Role.WRITER, Role.REPAIR)
        return Writer(model, made.weight, mender)

    writers = Writers([writer(made) for made in writing.values()])
    judge_models = {name: asked(made.model, Role.JUDGE)[0] for name, made in judging.items()}
    judges = make_judges(config, judge_models)
    seen = SeenQueries(seed.query for seed in library.seeds)
    models = (*writers.models, *judge_models.values())
    session = Session(
        directory, config, library, writers=writers, models=models, spend=spend, batches=batches, watch=watch
    )
    attempt = Pipeline(config, writers, recipe(config, seen, executor, judges, executor.ahead)).attempt
    schedule = Schedule(
        config,
        sampler=Sampler(library.tools, config),
        state=SamplingState(library.seeds),
        seen=seen,
        work=spend.purse.around(attempt) if spend else attempt,
        commit=session.commit,
        tally=session.tally,
        past=directory.past,
        watch=session.tell,
    )
    return session, schedule
