"""``apigen simulate``, with its options and help."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer()


@app.command()
def simulate(
    port: Annotated[int, typer.Option(metavar="N", min=0, max=65535, help="Port; 0 for any free one.")] = 8000,
    host: Annotated[str, typer.Option(metavar="ADDRESS", help="Address to listen on.")] = "127.0.0.1",
    profile: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Model to simulate (default: the one named in each request)."),
    ] = None,
    latency_ms: Annotated[float, typer.Option(metavar="MS", min=0, help="Minimum latency of an answer.")] = 0.0,
    seed: Annotated[int, typer.Option(metavar="N", help="Same seed and request, same answer.")] = 0,
    fault: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KIND=RATE",
            help="429, 429-silent, 500, reset, hang, drip, truncated, not-utf8, html or content-type; may be repeated.",
        ),
    ] = None,
    ledger: Annotated[
        Path | None,
        typer.Option(metavar="FILE.jsonl", help="Record each pair and the fault injected into it, if any."),
    ] = None,
    memo: Annotated[bool, typer.Option("--memo", help="Answer repeated requests from memory.")] = False,
    batch_s: Annotated[
        float, typer.Option(metavar="S", min=0, help="Seconds from creating a batch to its first answer.")
    ] = 0.0,
) -> None:
    """Serve a simulated language model that makes errors at published rates, for tests and benchmarks."""
    from apigen.cli.simulate import SimulateOptions, simulate_command

    simulate_command(SimulateOptions(host, port, profile, latency_ms, seed, fault or (), ledger, memo, batch_s))
