"""An estimate as people read it: a line before a run, a table before a decision."""

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from apigen.estimate.figures import Amount, Estimate
from apigen.report.money import tokens, usd
from apigen.report.words import duration


def line(found: Estimate) -> str:
    """The whole estimate in one sentence."""
    total = found.total
    parts = [f"{total.requests:,} requests", f"{tokens(total.tokens)} tokens", _cost(found), _time(found)]
    return f"Expected: about {', '.join(parts)}; `apigen estimate` says from what"


def table(found: Estimate) -> RenderableType:
    """The estimate by model and role, its range, and what it rests on."""
    rows = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("model", "role"):
        rows.add_column(column, overflow="fold")
    for column in ("requests", "prompt tokens", "completion tokens", "cost"):
        rows.add_column(column, justify="right", no_wrap=True)
    for row in found.rows:
        name = Text(row.model)
        rows.add_row(name, row.role, *_cells(row.requests, row.prompt_tokens, row.completion_tokens, row.cost_usd))
    total = found.total
    cells = _cells(total.requests, total.prompt_tokens, total.completion_tokens, total.cost_usd)
    rows.add_row("all", "", *cells, style="bold")
    assumptions = Table(box=None, pad_edge=False, show_header=False)
    for one in found.assumptions:
        assumptions.add_row(one.what, one.value, Text(one.source, style="dim"))
    title = f"{found.samples:,} verified samples, from about {found.candidates:,} candidates:"
    return Group(Text(title), rows, Text(), *(Text(said) for said in _said(found)), Text(), assumptions)


def _said(found: Estimate) -> list[str]:
    lines = []
    if found.least != found.most:
        lines.append(f"Between {_whole(found.least)} and {_whole(found.most)}, by the pass rate. {_time(found)}.")
    else:
        lines.append(f"{_time(found)}.")
    for name, price in found.prices.items():
        if price is None:
            lines.append(f"{name}: no price is known, or it has several; give `price:` or --prices, see docs/costs.md.")
        else:
            figures = f"{usd(price.prompt)} and {usd(price.completion)} per million tokens of prompts and answers"
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
        return "as long as the provider takes for batches, mostly hours"
    return f"about {duration(found.seconds)} at the limits given"
