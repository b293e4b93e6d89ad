"""``apigen library check``: clean a library, and tell what each step found."""

import asyncio
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from rich.console import Console
from stamina.instrumentation import set_on_retry_hooks

from apigen.clean.base import KEEPABLE, Fall
from apigen.clean.journal import Journal
from apigen.clean.probe import Prober
from apigen.clean.run import Cleaned, Hooks, Plan, clean
from apigen.cli.interrupt import EXIT_INTERRUPTED, on_interrupt
from apigen.cli.kinds import counted
from apigen.cli.library_import import as_loaded, require_writable
from apigen.cli.step_progress import StepProgress
from apigen.cli.targets import require_not_of_run
from apigen.cli.terminal import Terminal
from apigen.config import BudgetConfig, Config, load_config
from apigen.errors import ApigenError, Unavailable, UserError
from apigen.execute.grants import read_grants
from apigen.execute.python import require_isolation
from apigen.execute.table import make_executor
from apigen.files import replacing
from apigen.library.base import Loaded
from apigen.library.catalogue import load_library
from apigen.library.file_writing import write_library
from apigen.locators import absolute
from apigen.models.base import Model
from apigen.models.roles import Role
from apigen.models.spending import open_spend
from apigen.models.store import CompletionStore, unpaid
from apigen.models.table import ModelTable
from apigen.report.cleaning import cleaning_page, figures, tables


class CheckOptions(NamedTuple):
    """What the command line said."""

    sources: tuple[str, ...]
    out: Path | None
    probe: bool
    keep: tuple[str, ...]
    drop_duplicates: bool
    model: str | None
    base_url: str | None
    allow_writes: tuple[str, ...]
    allow_private: tuple[str, ...]
    concurrency: int
    config: Path | None
    report: Path | None
    as_json: bool


def check_command(options: CheckOptions) -> int:
    """Carry out ``apigen library check``; returns the exit code."""
    set_on_retry_hooks(())  # a model that stays away is told in one line
    plan = _plan(options)
    config = _config(options)
    sources = tuple(absolute(source) for source in options.sources)
    library = as_loaded(load_library(sources, grants=read_grants(config.grants, os.environ)))
    console = Terminal(stderr=True, markup=False)
    journal = Journal(_beside(options.out, "probes.jsonl")) if options.out else None
    try:
        with on_interrupt() as stopped, StepProgress(console) as progress:
            hooks = Hooks(progress.update, journal.keep if journal else lambda tool, probe: None, stopped)
            cleaned, requests = asyncio.run(_clean(options, config, plan, library, journal, hooks))
    except Unavailable as error:
        kept = "probes and completions so far are kept; run the same command again" if options.out else "try again"
        raise ApigenError(f"{error}; {kept}") from error
    if journal:
        journal.close(done=not cleaned.interrupted)
    found = {"library": list(options.sources), "out": str(options.out) if options.out else None}
    found |= figures(cleaned, counted(entry.reason for entry in cleaned.library.skipped)) | {"requests": requests}
    if options.out and not cleaned.interrupted:
        write_library(options.out, cleaned.library, sources)
    if options.report:
        with replacing(options.report) as file:
            file.write(cleaning_page(found).encode("utf-8", "backslashreplace"))
    return _end(options, found, console)


async def _clean(
    options: CheckOptions, config: Config, plan: Plan, library: Loaded, journal: Journal | None, hooks: Hooks
) -> tuple[Cleaned, list[dict[str, Any]]]:
    async with AsyncExitStack() as stack:
        prober = None
        if options.probe:
            grants = read_grants(config.grants, os.environ)
            executor = make_executor(config.execution, config.remote, grants, tools=library.tools)
            stack.push_async_callback(executor.aclose)
            prober = Prober(executor, library.seeds, config.remote.may_write)
        model: Model | None = None
        store: CompletionStore | None = None
        if options.model:
            if options.out:
                store = CompletionStore(_beside(options.out, "completions.sqlite"))
                stack.callback(store.close)
            # The budget of a configuration is that of a run.
            spend = open_spend(config.model_copy(update={"budget": BudgetConfig()}), store) if store else None
            table = ModelTable(plan.concurrency, store, spend.probed if spend else unpaid)
            model = table.models(config.models)[options.model].model
            stack.push_async_callback(model.aclose)
            if spend:
                (model,) = spend.asked(model, Role.WRITER)
        known = journal.known({tool.name: tool for tool in library.tools}) if journal else {}
        cleaned = await clean(library, plan, prober, model, known, hooks)
        return cleaned, store.usage() if store else []


def _plan(options: CheckOptions) -> Plan:
    """What is asked, once it is known to make sense.

    Raises:
        UserError: an option is wrong, or a file would be written where it must not.
    """
    for name in options.keep:
        if name not in KEEPABLE:
            raise UserError(f"--keep {name}: no such kind; choose from {', '.join(KEEPABLE)}")
    if options.out:
        require_writable(options.out)
    if options.report and not options.report.parent.is_dir():
        raise UserError(f"--report: {options.report.parent}: no such folder to write {options.report.name} to")
    if options.report:
        require_not_of_run("--report", options.report)
    if options.model and not options.model.startswith("openai/"):
        raise UserError(f"--model {options.model}: only a language model can rewrite descriptions; write openai/NAME")
    if options.base_url and not options.model:
        raise UserError("--base-url: has no effect without --model; add --model openai/NAME or drop it")
    return Plan(frozenset(map(Fall, options.keep)), options.drop_duplicates, options.concurrency)


def _config(options: CheckOptions) -> Config:
    """Grants, limits and remote access, and the model."""
    config = load_config(options.config)
    if options.model:
        named = [model.model_dump(exclude_unset=True) for model in config.models if model.name == options.model]
        config = load_config(options.config, {"models": named or [{"name": options.model}]})
    remote = config.remote.model_dump()
    remote["writes"] = (*config.remote.writes, *options.allow_writes)
    remote["private"] = (*config.remote.private, *options.allow_private)
    checked = load_config(None, {"remote": remote})
    config = config.model_copy(update={"remote": checked.remote}).resolved(base_url=options.base_url)
    if config.isolation.require != "limits":  # which every machine gives
        require_isolation(config.isolation.require)
    return config


def _beside(out: Path, ending: str) -> Path:
    return out.with_name(f"{out.stem}.{ending}")


def _end(options: CheckOptions, found: Mapping[str, Any], console: Console) -> int:
    if options.as_json:
        sys.stdout.write(msgspec.json.encode(found).decode() + "\n")
    else:
        shown = Terminal(markup=False)
        shown.print(tables(found))
        written = options.out if found["status"] == "done" else None
        say: Callable[[str], None] = lambda line: shown.print(line, highlight=False, soft_wrap=True)  # noqa: E731
        if written or options.report:
            say("")
        if written:
            say(f"{written}  the cleaned library; it also lists the removed tools with reasons")
        if options.report:
            say(f"{options.report}  the report")
    if found["status"] == "interrupted":
        again = (
            "Run the same command again to resume."
            if options.out
            else "With -o FILE, the next run could resume from here."
        )
        console.print(f"Interrupted; only the probe results were saved. {again}", highlight=False, soft_wrap=True)
        return EXIT_INTERRUPTED
    problem = _problem(found)
    if problem:
        console.print(f"apigen: {problem}", highlight=False, soft_wrap=True, style="bold")
    return 1 if problem else 0


def _problem(found: Mapping[str, Any]) -> str:
    """Why the job fell short, if it did."""
    if not found["tools"]:
        return "no tool remains"
    unknown = (found["probe"] or {}).get("unprobed_because", {}).get("executor_unavailable", 0)
    return f"{unknown:,} tools could not be probed: the sandbox failed" if unknown else ""
