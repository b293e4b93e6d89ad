"""The tools that a dataset's rows offer: each distinct one once, with its category and with those that are like it."""

from collections.abc import Iterable, Iterator

import msgspec

from apigen.clean.duplicates import near_duplicates
from apigen.dataset.own_rows import as_json, provenance_of
from apigen.dataset.read.base import Row
from apigen.library.categories.categorise import categorise
from apigen.records import Tool


class SeenTools:
    """Gathers tools in the order in which they are met; datasets repeat the same ones by the thousand.

    Two tools of one name that are described differently are both kept, since either may be the one that is nearly the
    same as a third.

    Args:
        library: tools whose category is known and that may stand beside those of the rows, such as a run's.
    """

    def __init__(self, library: Iterable[Tool] = ()) -> None:
        self._tools: dict[tuple[str, str, bytes], Tool] = {}
        self._categories: dict[str, str] = {}
        for tool in library:
            self._categories[tool.name] = tool.category
            self._take(tool)

    def add(self, row: Row, called: frozenset[str]) -> None:
        """Take in what a row offers, and what its provenance says about the category of what it calls."""
        for tool in row.tools:
            self._take(tool)
        told = provenance_of(row).get("categories")
        if isinstance(told, list) and len(told) == 1 and isinstance(told[0], str):
            for name in called:
                self._categories.setdefault(name, told[0])

    def __iter__(self) -> Iterator[Tool]:
        """Each distinct tool, with its category."""
        for tool in self._tools.values():
            yield msgspec.structs.replace(tool, category=self.category(tool.name))

    def known(self, tool: Tool) -> Tool:
        """A tool with its category; of each that was met, and is met again, the schema that is held already."""
        first = self._tools.get(_key(tool), tool)
        return msgspec.structs.replace(first, category=self.category(tool.name))

    def category(self, name: str) -> str:
        """The library's word on it, else the provenance's, else what a tool's words let guess."""
        known = self._categories.get(name)
        if known is None:
            first = next((tool for tool in self._tools.values() if tool.name == name), None)
            known = categorise(first).category if first else "Other"
            self._categories[name] = known
        return known

    def alike(self) -> dict[str, frozenset[str]]:
        """Each name with all names that are nearly the same tool, itself among them."""
        together: dict[str, set[str]] = {tool.name: {tool.name} for tool in self._tools.values()}
        for group in near_duplicates(tuple(self._tools.values())):
            for other in group.others:
                joined = together[group.first] | together[other]
                for name in joined:
                    together[name] = joined
        return {name: frozenset(names) for name, names in together.items()}

    def _take(self, tool: Tool) -> None:
        self._tools.setdefault(_key(tool), tool)


def _key(tool: Tool) -> tuple[str, str, bytes]:
    return tool.name, tool.description, as_json(tool.parameters)
