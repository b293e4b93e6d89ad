"""``apigen check``: audit a dataset made elsewhere."""

import asyncio
import itertools
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from rich.console import Console
from stamina.instrumentation import set_on_retry_hooks

from apigen.audit.fix import mended_file
from apigen.audit.grounding import LEVELS, grounding
from apigen.audit.later import LaterCheck, execution, judged
from apigen.audit.page import page
from apigen.audit.rows import RowCheck
from apigen.audit.run import Audit, Outputs, audit
from apigen.audit.summary import summary
from apigen.audit.tally import AuditTally
from apigen.cli.interrupt import EXIT_INTERRUPTED, on_interrupt
from apigen.cli.row_progress import RowProgress
from apigen.cli.targets import ANEW, require_not_input, require_target
from apigen.cli.terminal import Terminal
from apigen.config import ExecutionConfig, RemoteConfig, load_config
from apigen.dataset.read.formats import AUTO, FORMATS, format_of, read
from apigen.errors import UserError
from apigen.execute.python import Level, probe_isolation, require_isolation
from apigen.execute.table import make_executor
from apigen.files import replacing
from apigen.library.catalogue import load_library
from apigen.model_config import ModelConfig
from apigen.models.table import make_model
from apigen.records import Tool
from apigen.report.words import counted
from apigen.verify.llm_judge import LLMJudge
from apigen.verify.rules import RuleJudge


class CheckOptions(NamedTuple):
    """The command line."""

    dataset: Path
    format_name: str
    libraries: tuple[str, ...]
    grounding: str
    judges: tuple[str, ...]
    base_url: str | None
    require_isolation: str | None
    writes: tuple[str, ...]
    private: tuple[str, ...]
    rejects: Path | None
    fix: Path | None
    report: Path | None
    force: bool
    limit: int | None
    fail_on_reject: bool
    as_json: bool


def check_command(options: CheckOptions) -> int:
    """Carry out ``apigen check``; returns the exit code."""
    _require_sound(options)
    if options.format_name == AUTO:
        options = options._replace(format_name=format_of(options.dataset).name)
    tools = _executable(options)
    judges = _judge_configs(options)
    set_on_retry_hooks(())  # an unreachable service or judge is reported in one line
    console = Terminal(stderr=True, markup=False)
    began = time.monotonic()
    with on_interrupt() as interrupted, RowProgress(console) as progress:

        def watch(tally: AuditTally) -> None:
            fared = f"{tally.passed:,} pass, {tally.rejected:,} rejected"
            progress.update(tally.rows, f"{fared}, {tally.errors:,} errors" if tally.errors else fared)

        done = asyncio.run(_audit(options, tools, judges, watch, interrupted))
    found = _found(options, done, time.monotonic() - began)
    if options.report:
        with replacing(options.report, ANEW) as file:
            file.write(page(found, done.tally).encode("utf-8", "backslashreplace"))
    return _end(options, found, done, console)


async def _audit(
    options: CheckOptions,
    tools: Mapping[str, Tool],
    judges: list[ModelConfig],
    watch: Callable[[AuditTally], None],
    stopped: Callable[[], bool],
) -> Audit:
    rows = read(options.dataset, options.format_name)
    async with AsyncExitStack() as stack:
        later: list[LaterCheck] = []
        if options.libraries:
            executor = make_executor(ExecutionConfig(twice=False), _remote(options), tools=tools.values())
            stack.push_async_callback(executor.aclose)
            later.append(execution(executor, tools))
        for config in judges:
            if config.name == "rules":
                later.append(judged(RuleJudge()))
            else:
                model = make_model(config, concurrency=32)
                stack.push_async_callback(model.aclose)
                later.append(judged(LLMJudge(model)))
        return await audit(
            itertools.islice(rows, options.limit),
            RowCheck(grounding(options.grounding)),
            later,
            Outputs(options.rejects, options.fix),
            dataset=options.dataset,
            format_name=options.format_name,
            watch=watch,
            stopped=stopped,
        )


def _require_sound(options: CheckOptions) -> None:
    """Check the options before an hour of work.

    Raises:
        UserError: an option is wrong, or an output file must not be written.
    """
    if options.grounding not in LEVELS:
        raise UserError(f"--grounding {options.grounding}: no such level; choose from {', '.join(LEVELS)}")
    if options.format_name != AUTO and options.format_name not in FORMATS:
        raise UserError(f"--format {options.format_name}: no such format; choose from {', '.join(FORMATS)}")
    if not options.dataset.exists():
        raise UserError(f"{options.dataset}: no such file or directory")
    if options.fix and options.dataset.is_dir():
        raise UserError(f"--fix: {options.dataset} is a directory; name the file in it that is to be fixed")
    targets = {"--rejects": options.rejects, "--fix": options.fix, "--report": options.report}
    if options.fix:
        targets["the list of fixes that --fix writes"] = mended_file(options.fix)
    taken: dict[Path, str] = {}
    for name, path in targets.items():
        if path is None:
            continue
        require_not_input(name, path, options.dataset)
        other = taken.setdefault(path.resolve(), name)
        if other != name:
            raise UserError(f"{name} {path}: is also {other}; not overwriting; name another file")
        require_target(name, path, force=options.force)


def _executable(options: CheckOptions) -> dict[str, Tool]:
    """The library's executable tools, once the machine is known to isolate them as required."""
    if options.require_isolation:
        config = load_config(None, {"isolation": {"require": options.require_isolation}})
        require_isolation(Level(config.isolation.require))
    if not options.libraries:
        return {}
    tools = load_library(options.libraries, may_write=_remote(options).may_write).by_name().items()
    return {name: tool for name, tool in tools if tool.binding is not None}


def _remote(options: CheckOptions) -> RemoteConfig:
    return load_config(None, {"remote": {"writes": list(options.writes), "private": list(options.private)}}).remote


def _judge_configs(options: CheckOptions) -> list[ModelConfig]:
    if not options.judges:
        return []
    config = load_config(None, {"judges": list(options.judges)}).resolved(base_url=options.base_url)
    if not options.libraries and any(judge.name != "rules" for judge in config.judges):
        raise UserError("--judge: a language model needs the results of the calls; add --library, or use --judge rules")
    return list(config.judges)


def _found(options: CheckOptions, done: Audit, seconds: float) -> dict[str, Any]:
    fixed = {"path": str(options.fix), **done.fixed} if done.fixed is not None else None
    return {
        "dataset": str(options.dataset),
        "format": options.format_name,
        "status": "interrupted" if done.interrupted else "done",
        **done.tally.summary(),
        "grounding": options.grounding,
        "library": list(options.libraries),
        "isolation": str(probe_isolation().level) if options.libraries else None,
        "judges": list(options.judges),
        "limit": options.limit,
        "fixed": fixed,
        "seconds": round(seconds, 3),
    }


def _end(options: CheckOptions, found: Mapping[str, Any], done: Audit, console: Console) -> int:
    if options.as_json:
        sys.stdout.write(msgspec.json.encode(found).decode() + "\n")
    else:
        Terminal(markup=False).print(summary(found, done.tally))
        for path, what in ((options.rejects, "rejected rows"), (options.report, "the report")):
            if path:
                Terminal(markup=False).print(f"{path}  {what}", highlight=False, soft_wrap=True)
    if done.interrupted:
        reached = f"Interrupted after {found['rows']:,} rows; the summary and output files cover these rows only."
        console.print(reached, highlight=False, soft_wrap=True)
        return EXIT_INTERRUPTED
    if found["errors"]:
        line = f"apigen: {counted(found['errors'], 'row')} could not be fully checked; see the reasons above"
        console.print(line, highlight=False, soft_wrap=True, style="bold")
        return 1
    return 1 if options.fail_on_reject and found["rejected"] else 0
