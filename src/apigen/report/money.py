"""The words in which reports speak of money and tokens."""

from collections.abc import Mapping
from typing import Any

from apigen.costs import ACCEPTED
from apigen.models.purse import Spending
from apigen.records import Stage
from apigen.report.words import STAGE_TEXT

UNKNOWN = "unknown"
_ROLES = {"writer": "writing", "repair": "mending", "judge": "judging", "probe": "probing"}


def usd(amount: float | None) -> str:
    """Dollars: ``$5``, ``$12.30``, and two digits that count of what is less than one: ``$0.42``, ``$0.0011``."""
    if amount is None:
        return UNKNOWN
    if amount == round(amount):
        return f"${amount:,.0f}"
    if amount >= 1:
        return f"${amount:,.2f}"
    digits = f"{float(f'{amount:.2g}'):.9f}".rstrip("0")
    return f"${digits}" if len(digits) > len("0.1") else f"${amount:.2f}"


def tokens(number: float | None) -> str:
    """Tokens: ``940``, ``12,345``, ``640 k``, ``1.2 M``."""
    if number is None:
        return "-"
    if number < 100_000:
        return f"{round(number):,}"
    return f"{number / 1e3:,.0f} k" if number < 999_500 else f"{number / 1e6:,.1f} M"


def spent(spending: Spending) -> str:
    """What was spent and may be: ``$0.42 of $5, 1.2 M tokens``."""
    of_tokens = f"{tokens(spending.tokens)} tokens" + (
        f" of {tokens(spending.most_tokens)}" if spending.most_tokens is not None else ""
    )
    most = f" of {usd(spending.most_usd)}" if spending.most_usd is not None else ""
    if spending.unpriced and not spending.usd:
        return f"{of_tokens} (cost unknown{most})"
    more = f" plus {spending.unpriced:,} requests of unknown cost" if spending.unpriced else ""
    return f"{usd(spending.usd)}{most}{more}, {of_tokens}"


def more_options(spending: Spending) -> str:
    """The options that let a run that stopped go on."""
    money = ["--max-cost MORE"] if spending.most_usd is not None else []
    return " ".join([*money, *(["--max-tokens MORE"] if spending.most_tokens is not None else [])])


def cost_lines(manifest: Mapping[str, Any]) -> list[str]:
    """What a run cost, in a few sentences; none where no paid model was asked, or an earlier version made it."""
    costs = manifest.get("costs")
    if not costs or not costs["tokens"]:
        return []
    each, fell = costs["per_sample"], _fallen(costs)
    lines = [f"Models used {tokens(costs['tokens'])} tokens; {_of_price(costs)}."]
    if each["tokens"] is not None:
        cost = f"{usd(each['cost_usd'])} and " if each["cost_usd"] is not None else ""
        lines[0] += f" Per verified sample: {cost}{tokens(each['tokens'])} tokens."
    if fell:
        lines.append(f"Spent on dropped candidates: {fell}.")
    if len(costs["writers"]) > 1:
        lines += [f"{name}: {_writer(row)}." for name, row in costs["writers"].items()]
    return lines


def role_rows(costs: Mapping[str, Any]) -> list[tuple[str, str, str, str, str]]:
    """What was spent by role: role, requests, prompt tokens, completion tokens, cost."""
    return [
        (
            _ROLES[role],
            f"{row['requests']:,}",
            tokens(row["prompt_tokens"]),
            tokens(row["completion_tokens"]),
            usd(row["cost_usd"]),
        )
        for role, row in costs["roles"].items()
    ]


def end_rows(costs: Mapping[str, Any]) -> list[tuple[str, str, str, str]]:
    """What was spent on candidates by where they ended: end, candidates, tokens, cost."""
    names = {stage.value: f"dropped at {STAGE_TEXT[stage]}" for stage in Stage} | {ACCEPTED: ACCEPTED}
    return [
        (names[end], f"{row['candidates']:,}", tokens(row["tokens"]), usd(row["cost_usd"]))
        for end, row in costs["ends"].items()
    ]


def writer_rows(costs: Mapping[str, Any]) -> list[tuple[str, str, str, str, str, str]]:
    """What each writer's candidates cost: writer, candidates, accepted, cost, and cost and tokens of each accepted."""
    return [
        (
            name,
            f"{row['candidates']:,}",
            f"{row['accepted']:,}",
            usd(row["cost_usd"]),
            usd(row["per_accepted"]["cost_usd"]) if row["accepted"] else "-",
            tokens(row["per_accepted"]["tokens"]),
        )
        for name, row in costs["writers"].items()
    ]


def _of_price(costs: Mapping[str, Any]) -> str:
    if costs["cost_usd"] is not None:
        return f"cost: {usd(costs['cost_usd'])}"
    unknown = " and ".join(name for name, price in costs["prices"].items() if price is None)
    return f"cost unknown, since {unknown or 'some completion'} has no known price, or more than one"


def _fallen(costs: Mapping[str, Any]) -> str:
    fell = {end: row for end, row in costs["ends"].items() if end != ACCEPTED and row["tokens"]}
    if not fell:
        return ""
    cost = [row["cost_usd"] for row in fell.values()]
    whole = "" if None in cost else f"{usd(sum(cost))}, "
    parts = ", ".join(f"{STAGE_TEXT[Stage(end)]} {tokens(row['tokens'])}" for end, row in fell.items())
    return f"{whole}{tokens(sum(row['tokens'] for row in fell.values()))} tokens ({parts})"


def _writer(row: Mapping[str, Any]) -> str:
    each = row["per_accepted"]
    if not row["accepted"]:
        return f"none of {row['candidates']:,} candidates accepted, {tokens(row['tokens'])} tokens"
    return (
        f"{row['accepted']:,} of {row['candidates']:,} candidates accepted, "
        f"at {usd(each['cost_usd'])} and {tokens(each['tokens'])} tokens each".replace(f"at {UNKNOWN} and", "at")
    )
