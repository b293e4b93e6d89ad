"""``apigen simulate``: a local server that stands in for a language model."""

import asyncio
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import typer

from apigen.errors import UserError
from apigen.models.simulated.ledger import LedgerFile
from apigen.models.simulated.profiles import PROFILES, profile_named
from apigen.simulate.app import application
from apigen.simulate.network import read_rates
from apigen.simulate.serving import serve
from apigen.simulate.simulator import Simulator


class SimulateOptions(NamedTuple):
    """What the command line said."""

    host: str
    port: int
    profile: str | None
    latency_ms: float
    seed: int
    faults: Sequence[str]
    ledger: Path | None
    memo: bool
    batch_s: float


def simulate_command(options: SimulateOptions) -> None:
    """Carry out ``apigen simulate``."""
    rates = read_rates(_rates(options.faults))
    profile = profile_named(options.profile) if options.profile else None
    with ExitStack() as stack:
        ledger = LedgerFile(options.ledger) if options.ledger else None
        if ledger is not None:
            stack.callback(ledger.close)
        simulator = Simulator(profile, options.seed, ledger.keep if ledger else lambda entries: None)
        app = application(
            simulator,
            latency_s=options.latency_ms / 1000,
            faults=rates,
            seed=options.seed,
            memo=options.memo,
            batch_s=options.batch_s,
        )
        asyncio.run(serve(app, options.host, options.port, lambda url: _announce(url, options.profile)))
    typer.echo("Stopped.")


def _announce(url: str, profile: str | None) -> None:
    typer.echo(f"Simulating a language model at {url}; press Ctrl-C to stop.")
    typer.echo("This is a simulation: no language model writes this data, and faults are injected on purpose.")
    if profile is None:
        typer.echo(f"Models: {', '.join(PROFILES)}")
    typer.echo(f"apigen run --model openai/{profile or 'PROFILE'} --base-url {url}")


def _rates(given: Sequence[str]) -> dict[str, float]:
    rates: dict[str, float] = {}
    for text in given:
        kind, _, rate = text.partition("=")
        try:
            rates[kind] = rates.get(kind, 0.0) + float(rate)
        except ValueError:
            raise UserError(f"--fault {text}: write KIND=RATE, such as 429=0.1") from None
    return rates
