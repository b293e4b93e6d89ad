"""``apigen estimate``: what a run would need, before anything is spent."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from apigen import rundir
from apigen.cli.resume import resumed_config
from apigen.cli.terminal import Terminal
from apigen.config import Config, load_config
from apigen.errors import UserError
from apigen.estimate.run import Earlier, estimate_run
from apigen.estimate.words import table
from apigen.execute.grants import read_grants
from apigen.library.catalogue import load_library
from apigen.models.prices import asked_models


class EstimateOptions(NamedTuple):
    """The options of the command line."""

    config: Path | None
    overrides: Mapping[str, Any]
    base_url: str | None
    pass_rate: float | None
    measured: Path | None
    """A run to learn from."""
    resume: bool
    out: Path | None
    batch: bool
    as_json: bool


def estimate_command(options: EstimateOptions) -> None:
    """Carry out ``apigen estimate``."""
    if options.pass_rate is not None and not 0 < options.pass_rate <= 1:
        raise UserError(f"--pass-rate {options.pass_rate:g}: must be above 0 and at most 1, such as 0.7")
    config, earlier, made = _going_on(options) if options.resume else _anew(options)
    if not asked_models(config):
        raise UserError(
            "no language model is used, so nothing would be spent; add --model openai/NAME or --judge openai/NAME"
        )
    grants = read_grants(config.grants, os.environ)
    library = load_library(config.library, config.seeds, grants, may_write=config.remote.may_write, executable=True)
    found = estimate_run(config, library, pass_rate=options.pass_rate, earlier=earlier, made=made)
    if options.as_json:
        sys.stdout.write(msgspec.json.encode(found).decode() + "\n")
    else:
        console = Terminal(markup=False)
        console.print(table(found), highlight=False)
        console.print("\nNothing was sent, executed or written.", highlight=False)


def _anew(options: EstimateOptions) -> tuple[Config, Earlier | None, int]:
    if options.out is not None:
        raise UserError("--out: only used with --resume, to name the run; an estimate writes nothing")
    config = load_config(options.config, options.overrides).resolved(base_url=options.base_url, batch=options.batch)
    return config, _earlier(options.measured) if options.measured else None, 0


def _going_on(options: EstimateOptions) -> tuple[Config, Earlier | None, int]:
    """The rest of a run, based on what it measured so far."""
    if options.out is None:
        raise UserError("--resume: name the run with --out DIR")
    config = resumed_config(options.out, options.config, options.overrides, options.base_url, batch=options.batch)
    manifest = rundir.read_manifest(options.out)
    source = _earlier(options.measured) if options.measured else Earlier(str(options.out), manifest)
    return config, source if source.manifest["counts"]["candidates"] else None, manifest["samples"]


def _earlier(path: Path) -> Earlier:
    return Earlier(str(path), rundir.read_manifest(path))
