"""``--focus``: the weights that it adds to a run, and how they are shown."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.table import Table

from apigen.config import Config, FocusConfig
from apigen.errors import UserError
from apigen.records import Tool
from apigen.sampling.failures import focus_on, strongest
from apigen.sampling.sampler import Sampler

_SHOWN = 6
"""Names of a kind that are shown."""


def focused(config: Config, tools: Sequence[Tool], folder: Path | None) -> Config:
    """The configuration with the weights of an evaluation, if one is named.

    Raises:
        UserError: the folder is not an evaluation, or a strength was given without weights.
    """
    focus = config.focus
    if folder is not None:
        focus = focus_on(folder, tools, focus.strength)
    elif not (focus.has_weights or focus.source) and focus.strength != FocusConfig().strength:
        raise UserError("focus.strength: no weights to apply it to; add --focus DIR, or weights under `focus`")
    return config.model_copy(update={"focus": focus})


def focus_table(config: Config, tools: Sequence[Tool]) -> Table | None:
    """What is sampled more often, in a few lines; ``None`` without a focus."""
    focus = config.focus
    if not focus.strength or not (focus.has_weights or focus.source):
        return None
    if not focus.has_weights:
        return _nothing_to_aim_at(focus)
    usual = Sampler(tools, config.model_copy(update={"focus": FocusConfig()})).shares
    now = Sampler(tools, config).shares
    table = Table(box=None, pad_edge=False, show_header=False, title=_title(config), title_justify="left")
    table.add_column()
    table.add_column()
    table.add_row("styles", ", ".join(f"{style} {usual[style]:.0%} to {share:.0%}" for style, share in now.items()))
    kinds = {"categories": focus.categories, "tools": focus.tools, "argument types": focus.types}
    for name, weights in kinds.items():
        if weights:
            table.add_row(name, _listed(weights))
    if focus.source and not focus.tools:
        table.add_row("tools", "unchanged: the library has none of the tools in the evaluation")
    return table


def _nothing_to_aim_at(focus: FocusConfig) -> Table:
    table = Table.grid()
    table.add_row(
        f"Focus without effect: all {focus.answers:,} answers in {focus.source} are wrong, so no style, tool or type "
        "is failed at more than others; sampling is as usual"
    )
    return table


def _title(config: Config) -> str:
    focus = config.focus
    made = f": {focus.wrong:,} of {focus.answers:,} answers are wrong in {focus.source}" if focus.source else ""
    return f"Focus with strength {focus.strength:g}{made}; sampled more often:"


def _listed(weights: Mapping[str, float]) -> str:
    above = strongest(weights, len(weights))
    more = f" and {len(above) - _SHOWN} more" if len(above) > _SHOWN else ""
    return (", ".join(f"{name} x{weight:.2f}" for name, weight in above[:_SHOWN]) or "unchanged") + more
