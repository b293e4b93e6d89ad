"""How a focus changes what is drawn: weights of styles, tools, categories and types, mixed with the usual sampling."""

from collections.abc import Mapping, Sequence
from statistics import fmean

from apigen.config import FocusConfig
from apigen.records import Style, Tool

MOST = 4.0
"""A tool's weights together count for at most that, and for at least its inverse."""


def focused_shares(shares: Mapping[Style, float], focus: FocusConfig) -> dict[Style, float]:
    """Each style's share, once a part as large as the focus is strong is shared out by weight.

    Args:
        shares: the usual ones; they add up to 1, and so does what is returned.
        focus: the weights.
    """
    weighted = {style: share * focus.styles.get(style, 1.0) for style, share in shares.items()}
    total = sum(weighted.values())
    strength = focus.strength
    return {style: (1 - strength) * share + strength * weighted[style] / total for style, share in shares.items()}


def tool_weights(tools: Sequence[Tool], focus: FocusConfig) -> dict[str, float]:
    """How much more often than usual each tool is to come up, by name; nothing where no tool differs from another.

    A tool's own weight, that of its category and the mean of those of its parameters' types are multiplied, held within
    bounds, and scaled to a mean of 1 over the library; then they are mixed with the usual weight, which is 1.
    """
    if not focus.strength or not (focus.tools or focus.categories or focus.types):
        return {}
    weights = {tool.name: min(MOST, max(1 / MOST, _weight(tool, focus))) for tool in tools}
    mean = fmean(weights.values())
    return {name: 1 - focus.strength + focus.strength * weight / mean for name, weight in weights.items()}


def _weight(tool: Tool, focus: FocusConfig) -> float:
    of_types = [focus.types.get(kind, 1.0) for kind in parameter_types(tool)]
    own = focus.tools.get(tool.name, 1.0) * focus.categories.get(tool.category, 1.0)
    return own * (fmean(of_types) if of_types else 1.0)


def parameter_types(tool: Tool) -> tuple[str, ...]:
    """The JSON types of a tool's parameters, each once, as far as their schemas name them."""
    found: dict[str, None] = {}
    for schema in tool.properties.values():
        kind = schema.get("type") if isinstance(schema, Mapping) else None
        for one in kind if isinstance(kind, list) else [kind]:
            if isinstance(one, str):
                found[one] = None
    return tuple(sorted(found))
