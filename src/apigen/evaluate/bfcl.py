"""The single-turn categories of the Berkeley Function-Calling Leaderboard, by the rules of its AST checker."""

from collections.abc import Iterator, Sequence
from typing import Any

from msgspec.structs import replace

from apigen.dataset.read.tools import read_tools
from apigen.dialogue.native import underscored
from apigen.errors import UserError
from apigen.evaluate.base import UNDERSCORED, GroundTruth, Question
from apigen.evaluate.bfcl_data import CATEGORIES, BfclData
from apigen.evaluate.calls import AnyCallDue, CallsDue, DueCall, due_arguments
from apigen.evaluate.values import Argument
from apigen.records import Json, Message, Tool

SHORT_NAMES = {"simple": "simple_python"}
"""Names that categories go by beside the one of their file."""

_KINDS: dict[str, type[Any]] = {
    "string": str,
    "any": str,
    "integer": int,
    "float": float,
    "boolean": bool,
    "array": list,
    "tuple": list,
    "dict": dict,
}
_ALSO: dict[str, type[Any]] = {"float": int, "tuple": tuple}
_BROKEN = (KeyError, IndexError, TypeError, AttributeError, ValueError)


class Bfcl:
    """A suite of BFCL's categories.

    Args:
        data: its files.
        categories: as in ``CATEGORIES``; all where none is named.
        underscores: whether tools are offered, and must be called, with ``_`` for each dot in their names, because a
            model's server allows no dots.

    Raises:
        UserError: there is no such category.
    """

    def __init__(self, data: BfclData, categories: Sequence[str] = (), *, underscores: bool = False) -> None:
        chosen = [SHORT_NAMES.get(one, one) for one in categories]
        for one in chosen:
            if one not in CATEGORIES:
                raise UserError(f"--suite bfcl: no such category {one!r}; choose from {', '.join(CATEGORIES)}")
        self._data = data
        self._categories = tuple(dict.fromkeys(chosen)) or CATEGORIES
        self._underscores = underscores

    @property
    def name(self) -> str:
        """``bfcl``, with its categories where they are not all."""
        return "bfcl" if self._categories == CATEGORIES else f"bfcl:{','.join(self._categories)}"

    @property
    def version(self) -> str:
        """The package's version; that dots are underscores is part of it."""
        return self._data.version() + (UNDERSCORED if self._underscores else "")

    def questions(self) -> Iterator[Question]:
        """Every question of the categories.

        Raises:
            UserError: a file is missing, or a row is none of BFCL's.
        """
        for category in self._categories:
            for place, row, truth in self._data.rows(category):
                try:
                    yield self._question(category, row, truth)
                except _BROKEN as problem:
                    told = f"{type(problem).__name__}: {problem}"
                    raise UserError(
                        f"{place}: not a row of BFCL's {category} ({told}); download the data again"
                    ) from None

    def _question(self, category: str, row: Json, truth: Json) -> Question:
        (turn,) = row["question"]
        tools = read_tools(row["function"]).tools
        return Question(
            id=row["id"],
            category=category,
            messages=tuple(Message(said["role"], said["content"]) for said in turn),
            tools=tuple(self._named(tool) for tool in tools),
            ground_truth=self._ground_truth(category, row["function"], truth),
        )

    def _named(self, tool: Tool) -> Tool:
        return tool if self._name(tool.name) == tool.name else replace(tool, name=self._name(tool.name))

    def _name(self, name: str) -> str:
        return underscored(name) if self._underscores else name

    def _ground_truth(self, category: str, functions: Sequence[Json], truth: Json) -> GroundTruth:
        if category.endswith("relevance"):
            return AnyCallDue("irrelevance" not in category)
        told = {function["name"]: function["parameters"] for function in reversed(functions)}
        return CallsDue(
            tuple(_due(self._name(name), told[name], arguments) for call in truth for name, arguments in call.items())
        )


def _due(name: str, parameters: Json, acceptable: Json) -> DueCall:
    properties = parameters["properties"]
    known = {one: values for one, values in acceptable.items() if one in properties}
    return DueCall(
        name,
        {one: _argument(properties[one], values) for one, values in known.items()},
        due_arguments(parameters["required"], acceptable),
    )


def _argument(schema: Json, values: Sequence[Json]) -> Argument:
    declared = schema["type"]
    item = _KINDS[schema["items"]["type"]] if declared in ("array", "tuple") else None
    return Argument(_KINDS[declared], values, item, _ALSO.get(declared))
