"""Asks a model for the category of tools that have none."""

from collections.abc import Callable, Mapping, Sequence

import msgspec

from apigen.concurrency import several
from apigen.library.categories.ask import ask_category
from apigen.library.categories.categorise import OTHER, Categorised
from apigen.models.base import Model
from apigen.records import Tool

_NOBODY = Categorised(OTHER, "nobody", 0.0)
_BY_HAND = "starter"
"""The origin whose tools are ``Other`` because somebody looked at them."""


def uncategorised(tools: Sequence[Tool]) -> list[Tool]:
    """Those that are under ``Other`` because neither a label nor the classifier said more."""
    return [tool for tool in tools if tool.category == OTHER and tool.origin.partition(":")[0] != _BY_HAND]


async def asked(
    tools: Sequence[Tool],
    model: Model,
    concurrency: int,
    watch: Callable[[], None] = lambda: None,
    stopped: Callable[[], bool] = lambda: False,
) -> dict[str, str]:
    """Ask for the category of each tool that has none.

    Args:
        tools: all of them; those that have one are not asked about.
        model: who is asked.
        concurrency: prompts under way at once.
        watch: told of each answer.
        stopped: whether no more should be asked.

    Returns:
        By the name of each tool that was asked about, one of the 21, or nothing where the answer named none or the
        model refused.

    Raises:
        ModelUnavailable: the model cannot be reached.
    """
    found: dict[str, str] = {}

    async def work(tool: Tool) -> None:
        said = await ask_category(tool, _NOBODY, model)
        found[tool.name] = said.category if said.by == "model" else ""
        watch()

    await several(uncategorised(tools), work, concurrency, stopped)
    return found


def categorised(tools: Sequence[Tool], found: Mapping[str, str]) -> list[Tool]:
    """The tools with the categories that were found."""
    return [
        msgspec.structs.replace(tool, category=category) if (category := found.get(tool.name)) else tool
        for tool in tools
    ]
