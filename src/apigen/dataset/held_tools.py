"""Which tools are held out: so many that about a given share of the rows calls one of them, of all categories."""

from collections.abc import Iterable, Mapping
from random import Random

import msgspec

from apigen.dataset.own_rows import calls_of
from apigen.dataset.read.base import Row
from apigen.dataset.seen_tools import SeenTools
from apigen.errors import UserError
from apigen.records import Tool


class HeldTool(msgspec.Struct, frozen=True):
    """A tool that is held out."""

    name: str
    category: str
    rows: int
    """Rows that call it."""
    alike: tuple[str, ...]
    """Tools that are held out with it because they are nearly the same."""


class Choice(msgspec.Struct, frozen=True):
    """What is held out, and of how much that is."""

    tools: tuple[HeldTool, ...]
    kept: int
    """Names of tools that are not held out."""
    rows: int
    """Rows that can be read."""
    calling: int
    """Those of them that call a tool."""

    @property
    def names(self) -> frozenset[str]:
        """The held-out tools by name."""
        return frozenset(tool.name for tool in self.tools)


def choose(rows: Iterable[Row], share: float, seed: int, library: Iterable[Tool] = ()) -> Choice:
    """Choose tools until about that share of the rows that call anything calls one of them.

    The categories are gone through by how much each still lacks of its share, so that each gives its part; within one,
    chance decides. A tool is passed over where it would bring in more rows too many than are lacking.

    Args:
        rows: the dataset.
        share: of the rows that call something, above 0 and below 1.
        seed: decides chance.
        library: tools whose category is known.

    Raises:
        UserError: nothing is called, every tool is called by too many rows to be held out at that share, or no row that
            calls something would be left.
    """
    seen = SeenTools(library)
    readable = 0
    calling: list[frozenset[str]] = []
    for row in rows:
        calls = calls_of(row)
        if calls is None:
            continue
        readable += 1
        called = frozenset(call.name for call in calls)
        seen.add(row, called)
        if called:
            calling.append(called)
    if not calling:
        raise UserError("no row of the dataset calls a tool, so no tool can be held out")
    alike = seen.alike()
    by_tool: dict[str, set[int]] = {}
    for index, called in enumerate(calling):
        for name in called:
            by_tool.setdefault(name, set()).add(index)
    groups = {min(group): group for group in (alike.get(name, frozenset((name,))) for name in by_tool)}
    units = {
        first: frozenset(index for name in group for index in by_tool.get(name, ())) for first, group in groups.items()
    }
    chosen = _draw(units, {first: seen.category(first) for first in units}, share * len(calling), len(calling), seed)
    if len(frozenset().union(*(units[first] for first in chosen))) == len(calling) and chosen:
        raise UserError(
            f"--held-out {share:g}: every row that calls a tool would be held out; lower it, or use a dataset with "
            "more tools"
        )
    if not chosen:
        raise UserError(
            f"--held-out {share:g}: no tool can be held out, because each is called by too many of the "
            f"{len(calling):,} rows with calls; raise it, or use a dataset with more tools"
        )
    held = [
        HeldTool(name, seen.category(name), len(by_tool.get(name, ())), tuple(sorted(groups[first] - {name})))
        for first in chosen
        for name in sorted(groups[first])
    ]
    names = {tool.name for tool in held}
    kept = len({*alike, *by_tool} - names)
    return Choice(tuple(sorted(held, key=lambda tool: tool.name)), kept, readable, len(calling))


def _draw(
    units: Mapping[str, frozenset[int]], category: Mapping[str, str], wanted: float, rows: int, seed: int
) -> list[str]:
    """The units to hold out, each a set of rows that goes with it."""
    random = Random(f"split/{seed}")
    queues: dict[str, list[str]] = {}
    for first in sorted(units):
        queues.setdefault(category[first], []).append(first)
    for queue in queues.values():
        random.shuffle(queue)
    of_category = {name: frozenset().union(*(units[first] for first in queue)) for name, queue in queues.items()}
    covered: frozenset[int] = frozenset()
    chosen: list[str] = []

    rank = {name: random.random() for name in queues}

    def lacks(name: str) -> tuple[float, float]:
        return wanted / rows * len(of_category[name]) - len(covered & of_category[name]), rank[name]

    while len(covered) < wanted and (left := [name for name, queue in queues.items() if queue]):
        first = queues[max(left, key=lacks)].pop()
        joined = covered | units[first]
        if len(joined) - wanted <= wanted - len(covered):
            covered = joined
            chosen.append(first)
    return chosen
