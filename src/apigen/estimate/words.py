"""An estimate for people: a line before a run, a table before a decision."""

import re

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from apigen.estimate.figures import TOKENS_PER_SECOND, Amount, Estimate
from apigen.report.money import tokens, usd
from apigen.report.words import duration


def line(found: Estimate) -> str:
    """The whole estimate in one sentence."""
    total = found.total
    parts = [f"{total.requests:,} requests", f"{tokens(total.tokens)} tokens", _cost(found), _time(found)]
    return f"Expected: about {', '.join(parts)}; `apigen estimate` lists the assumptions"


def table(found: Estimate) -> RenderableType:
    """The estimate by model and role, its range, and its assumptions."""
    rows = Table(box=None, pad_edge=False, header_style="bold")
    rows.add_column("model")
    rows.add_column("role", no_wrap=True)
    for column in ("requests", "prompt\ntokens", "completion\ntokens", "cost"):
        rows.add_column(column, justify="right", no_wrap=True)
    for row in found.rows:
        name = _Name(row.model)
        rows.add_row(name, row.role, *_cells(row.requests, row.prompt_tokens, row.completion_tokens, row.cost_usd))
    total = found.total
    cells = _cells(total.requests, total.prompt_tokens, total.completion_tokens, total.cost_usd)
    rows.add_row("all", "", *cells, style="bold")
    assumptions = Table(box=None, pad_edge=False, show_header=False)
    for one in found.assumptions:
        assumptions.add_row(one.what, one.value, Text(one.source, style="dim"))
    title = f"{found.samples:,} verified samples, from about {found.candidates:,} candidates:"
    return Group(Text(title), rows, Text(), *(Text(said) for said in _said(found)), Text(), assumptions)


class _Name:
    """A model's name, which wraps only after a slash, a hyphen, an underscore or a colon."""

    def __init__(self, name: str) -> None:
        self._pieces = re.findall(r"[^/_:-]*[/_:-]|[^/_:-]+", name)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        lines = [""]
        for piece in self._pieces:
            if lines[-1] and len(lines[-1]) + len(piece) > options.max_width:
                lines.append("")
            lines[-1] += piece
        yield Text("\n".join(lines), overflow="fold")

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        return Measurement(max(map(len, self._pieces)), sum(map(len, self._pieces))).with_maximum(options.max_width)


def _said(found: Estimate) -> list[str]:
    lines = []
    if found.least != found.most:
        lines.append(f"Between {_whole(found.least)} and {_whole(found.most)}, depending on the pass rate.")
    lines.append(f"Time: {_time(found)}.")
    for name, price in found.prices.items():
        if price is None:
            lines.append(f"{name}: price unknown or ambiguous; set `price:` or --prices, see docs/costs.md.")
        else:
            figures = f"{usd(price.prompt)} and {usd(price.completion)} per million prompt and completion tokens"
            figures += f", {price.batch:.0%} of that in batches" if price.batch != 1 else ""
            told = ", ".join(part for part in (price.source, price.as_of) if part)
            lines.append(f"{name}: {figures} ({told}).")
    return lines


def _cells(requests: int, prompt: int, completion: int, cost: float | None) -> tuple[str, ...]:
    return (f"{requests:,}", tokens(prompt), tokens(completion), usd(cost))


def _whole(total: Amount) -> str:
    cost = f" and {usd(total.cost_usd)}" if total.cost_usd is not None else ""
    return f"{tokens(total.tokens)} tokens{cost}"


def _cost(found: Estimate) -> str:
    cost, least, most = found.total.cost_usd, found.least.cost_usd, found.most.cost_usd
    if cost is None or least is None or most is None:
        return "cost unknown"
    return usd(cost) if least == most else f"{usd(cost)} ({usd(least)} to {usd(most)})"


def _time(found: Estimate) -> str:
    if found.seconds is None:
        return "as long as the provider takes for batches, often hours"
    return f"{duration(found.seconds)} if answers come at {TOKENS_PER_SECOND:g} tokens/s each"
