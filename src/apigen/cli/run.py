"""``apigen run``: resolve what the user asked for, show progress, end with a summary."""

import asyncio
import os
import shlex
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from rich.console import Console
from stamina.instrumentation import set_on_retry_hooks

from apigen import rundir
from apigen.cli.batches import batch_lines, under_way_line, waves_lines
from apigen.cli.interrupt import EXIT_INTERRUPTED
from apigen.cli.progress import LiveProgress
from apigen.config import Config, load_config
from apigen.errors import ApigenError, Unavailable, UserError
from apigen.execute.grants import Grants, read_grants, unenforced
from apigen.execute.python import probe_isolation, require_isolation
from apigen.execute.table import recordings_file
from apigen.generate.prompts import generation_messages
from apigen.library.catalogue import Library, load_library
from apigen.report.summary import summary
from apigen.rundir import RunDir
from apigen.runner import run
from apigen.sampling.sampler import Sampler
from apigen.sampling.state import SamplingState
from apigen.schedule import Ending
from apigen.verify.seeds import require_fitting

RUNS = Path("runs")
_NAMED = 8
"""Tools that are named in a line about grants."""


class RunOptions(NamedTuple):
    """What the command line said."""

    config: Path | None
    overrides: Mapping[str, Any]
    base_url: str | None
    out: Path | None
    resume: bool
    dry_run: bool
    as_json: bool
    batch: bool
    no_wait: bool


def run_command(options: RunOptions) -> int:
    """Carry out ``apigen run``; returns the exit code."""
    console = Console(stderr=True)
    set_on_retry_hooks(())  # its log lines tell a user nothing; a model that stays away is told in one line
    out = _directory(options)
    config = _resumed_config(out, options) if options.resume else _new_config(options)
    if not options.resume and not options.dry_run and out.exists() and rundir.is_run(out):
        raise UserError(f"{out}: exists already; add --resume to go on with it, or choose another --out")
    if options.no_wait and not config.batched:
        raise UserError("--no-wait: no model is asked in batches; add --batch, or `batch` to a model")
    if config.isolation.require != "limits":  # which every machine gives
        require_isolation(config.isolation.require)
    grants = read_grants(config.grants, os.environ)
    library = load_library(config.library, config.seeds, grants, may_write=config.remote.may_write, executable=True)
    require_fitting(library.seeds, library.by_name())
    if options.dry_run:
        _show_plan(config, library, grants, console, as_json=options.as_json)
        return 0
    if config.execution.recordings != "live":  # also said before there is a directory
        recordings_file(config.execution, out)
    Sampler(library.tools, config)  # an impossible style mix is said before a directory is made
    opened = RunDir.resume if options.resume else RunDir.create
    directory = opened(out, config, library)
    try:
        _announce(config, library, grants, out, console, resume=options.resume)
        with LiveProgress(console, config.count) as progress:
            manifest = asyncio.run(run(directory, config, library, progress.update, wait=not options.no_wait))
    except Unavailable as error:
        raise ApigenError(f"{error}. Nothing that was answered is lost. {_resume_line(out)}") from error
    except KeyboardInterrupt:  # before the run had begun to listen for it
        console.print(f"Interrupted. {_resume_line(out)}", soft_wrap=True, highlight=False)
        return EXIT_INTERRUPTED
    return _end(manifest, out, console, as_json=options.as_json)


def _end(manifest: Mapping[str, Any], out: Path, console: Console, *, as_json: bool) -> int:
    """Tell what happened; returns the exit code."""
    if as_json:
        sys.stdout.write(msgspec.json.encode({"out": str(out), **manifest}).decode() + "\n")
    console.print()
    console.print(summary(manifest))
    console.print(f"\n{_files(out)}", soft_wrap=True, highlight=False)
    if manifest["status"] == Ending.DONE:
        return 0
    if manifest["status"] == Ending.INTERRUPTED:
        console.print(f"Interrupted. {_resume_line(out)}", soft_wrap=True, highlight=False)
        return EXIT_INTERRUPTED
    console.print(f"apigen: {manifest['ending']}", soft_wrap=True, highlight=False, style="bold")
    if manifest["status"] == Ending.WAITING:
        console.print(_resume_line(out), soft_wrap=True, highlight=False)
    return 1


def _directory(options: RunOptions) -> Path:
    if options.out is not None:
        return options.out
    if options.resume:
        return _latest_unfinished()
    return RUNS / datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")


def _latest_unfinished() -> Path:
    candidates = sorted((path for path in RUNS.glob("*") if rundir.is_run(path)), reverse=True)
    for path in candidates:
        try:
            if rundir.read_manifest(path)["status"] != Ending.DONE:
                return path
        except UserError:  # killed before its first manifest
            return path
    raise UserError(f"--resume: no unfinished run under {RUNS.resolve()}; name one with --out")


def _new_config(options: RunOptions) -> Config:
    overrides = {key: value for key, value in options.overrides.items() if value is not None}
    config = load_config(options.config, overrides)
    if options.base_url is not None:
        # The same check as for an address in the file, so that a slip is named before anything is asked.
        load_config(None, {"model": {"name": "openai/check", "base_url": options.base_url}})
    return config.resolved(base_url=options.base_url, batch=options.batch)


def _resumed_config(out: Path, options: RunOptions) -> Config:
    """The configuration that the run was started with, with what may change laid over it.

    A configuration file or option that says anything else is compared by ``RunDir.resume``, which names the keys.
    """
    before = rundir.read_config(out)
    given = {key: value for key, value in options.overrides.items() if value is not None}
    if options.config is not None:
        written = load_config(options.config, given).model_dump(mode="json", exclude_unset=True)
        given = {**written, **given}
    merged = _laid_over(
        before.model_dump(mode="json"), load_config(None, given).model_dump(mode="json", exclude_unset=True)
    )
    if options.base_url is not None:
        for model in (*merged["models"], *merged["judges"]):
            if model["name"].startswith("openai/"):
                model["base_url"] = options.base_url
    config = load_config(None, merged).resolved(base_url=options.base_url, batch=options.batch)
    if config.count < before.count:
        raise UserError(
            f"{out}: --count {config.count} is below the {before.count} it was started with; it can only grow"
        )
    return config


def _laid_over(base: dict[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Nested settings with some of them replaced; a model that is only named keeps its address."""
    merged = dict(base)
    for key, value in over.items():
        below = merged.get(key)
        if isinstance(below, dict) and isinstance(value, Mapping):
            merged[key] = _laid_over(below, value)
        elif isinstance(below, list) and isinstance(value, list | tuple) and len(below) == len(value):
            merged[key] = [
                _laid_over(was, now) if isinstance(was, dict) and isinstance(now, Mapping) else now
                for was, now in zip(below, value, strict=True)
            ]
        else:
            merged[key] = value
    return merged


def _announce(config: Config, library: Library, grants: Grants, out: Path, console: Console, *, resume: bool) -> None:
    seeds = f"{len(library.seeds):,} seed examples" if library.seeds else "no seed examples"
    judges = " and ".join(judge.name for judge in config.judges)
    judges += f" ({config.judging.rule})" if sum(judge.name != "rules" for judge in config.judges) > 1 else ""
    judges += ", rejected ones sent back once" if config.repair else ""
    doing = "Going on with" if resume else "Writing"
    what = f"{doing} {config.count:,} verified samples: {len(library.tools)} tools, {seeds}"
    lines = [f"{what}, {_writers(config)}, judged by {judges}", f"into {out}", probe_isolation().summary]
    lines += _granted_lines(library, grants)
    if library.skipped:
        lines.append(f"{len(library.skipped)} functions were left out; `apigen library list` says why")
    lines += batch_lines(config, out)
    if config.models[0].name.startswith("openai/") and not config.batched and config.concurrency > config.window:
        lines.append(
            f"concurrency {config.concurrency} cannot be reached: rounds allow {config.window} requests at once; "
            "raise rounds.requests or rounds.lag"
        )
    for line in lines:
        console.print(line, soft_wrap=True, highlight=False, markup=False)


def _writers(config: Config) -> str:
    if len(config.models) == 1:
        return f"writer {config.models[0].name}"
    total = sum(model.weight for model in config.models)
    shares = ", ".join(f"{model.name} {model.weight / total:.0%}" for model in config.models)
    return f"writers {shares}"


def _granted_lines(library: Library, grants: Grants) -> list[str]:
    """What some tools may do beyond the walls, a line for each distinct grant."""
    granted = grants.granted(library.by_name())
    lines = []
    for entry in granted:
        some = ", ".join(entry.tools[:_NAMED]) + (
            f" and {len(entry.tools) - _NAMED} more" * (len(entry.tools) > _NAMED)
        )
        lines.append(f"granted to {some}: {grants.of(entry.tools[0]).sentence()}")
    warning = unenforced(granted, probe_isolation()) if granted else ""
    return [*lines, warning] if warning else lines


def _show_plan(config: Config, library: Library, grants: Grants, console: Console, *, as_json: bool) -> None:
    sampler = Sampler(library.tools, config)
    first = sampler.round(0, 0, SamplingState(library.seeds))[0]
    prompt = generation_messages(first, thought=config.generation.thought)
    styles = {style.value: round(share * config.count) for style, share in sampler.shares.items()}
    if as_json:
        plan = {
            "config": config.model_dump(mode="json"),
            "tools": len(library.tools),
            "seeds": len(library.seeds),
            "skipped": len(library.skipped),
            "styles": styles,
            "grants": msgspec.to_builtins(grants.granted(library.by_name())),
            "requests_if_all_pass": config.requests_if_all_pass,
            "first_prompt": prompt,
        }
        sys.stdout.write(msgspec.json.encode(plan).decode() + "\n")
        return
    console.print(config.to_yaml(), highlight=False)
    tools = f"{len(library.tools)} tools, {len(library.seeds)} seeds, {len(library.skipped)} left out"
    shares = ", ".join(f"{count} {style}" for style, count in styles.items())
    needed = f"at least {config.requests_if_all_pass} requests to {' and '.join(model.name for model in config.models)}"
    console.print(f"{tools}. Samples: {shares}; {needed}. Nothing was written.\n", highlight=False, soft_wrap=True)
    for line in (*_granted_lines(library, grants), *waves_lines(config)):
        console.print(line, soft_wrap=True, highlight=False, markup=False)
    console.rule("first prompt")
    for message in prompt:
        console.print(f"[{message.role}]\n{message.content}\n", markup=False, highlight=False, soft_wrap=True)


def _resume_line(out: Path) -> str:
    going_on = f"{line}. " if (line := under_way_line(out)) else ""
    return f"{going_on}Go on with: apigen run --resume --out {shlex.quote(str(out))}"


def _files(out: Path) -> str:
    rows = [
        (rundir.DATASET, "the samples"),
        (rundir.XLAM, "the same in the shape of xlam-function-calling-60k"),
        (rundir.REPORT, "what happened, to look at"),
        (rundir.ATTEMPTS, "every candidate with its verdicts"),
    ]
    return "\n".join(f"{out / name}  {what}" for name, what in rows)
