"""Could a tool serve what another was called for? A negative in which one can teaches a model to refuse its work.

Each check errs on the side of yes: a tool that is refused costs nothing, since there are others. Words weigh more the
fewer tools use them, so that "calculate" or "the number of" make no two tools alike.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping

import msgspec

from apigen.dataset.negatives.base import Refusal, Verified
from apigen.records import Call, Json, Tool
from apigen.verify.format.arguments import argument_faults
from apigen.verify.format.schemas import Schemas
from apigen.verify.grounding.synonyms import synonyms
from apigen.verify.grounding.words import content_stems

SIMILAR_NAME = 0.5
"""Share of the weight of two names' words that is common."""
SIMILAR_DESCRIPTION = 0.25
"""The same of names and descriptions together."""
RELATED = 0.12
"""The same, from which on it is enough that the types and bounds of its parameters take the values."""
RELATED_PARAMETER = 0.25
"""The same of what two parameters are called and said to be."""
FITS_QUERY = 0.6
"""How well the query's words may speak of another tool, as a share of how well they speak of the called one."""


class Serving:
    """Answers the question for one set of tools.

    Args:
        tools: all that may be shown or called, by which words are weighed.
        alike: each name with those that are nearly the same tool.
    """

    def __init__(self, tools: Iterable[Tool], alike: Mapping[str, frozenset[str]]) -> None:
        self._alike = alike
        self._schemas = Schemas()
        self._words: dict[tuple[str, str, int], _Words] = {}
        counts: Counter[str] = Counter()
        known = tuple(tools)
        total = max(1, len(known))
        for tool in known:
            counts.update(self._of(tool).all)
        self._weights = {word: math.log(1 + total / count) for word, count in counts.items()}
        self._rare = math.log(1 + total)

    def refusal(self, tool: Tool, row: Verified) -> Refusal | None:
        """Why a tool must not stand in a negative that is made from a row; ``None`` where it surely cannot serve it."""
        asked = frozenset(word for stem in content_stems(row.query) for word in _meant(stem))
        for called in row.called:
            calls = [call for call in row.calls if call.name == called.name]
            found = self._refusal(tool, called, calls, asked)
            if found is not None:
                return found
        return None

    def takes(self, tool: Tool, parameter: str, value: Json) -> bool:
        """Whether the schema of a parameter takes a value."""
        compiled = self._schemas.compiled(self._of(tool).open_schema)
        return not compiled.problem and not argument_faults(compiled, {parameter: value}, "")

    def _refusal(self, tool: Tool, called: Tool, calls: Iterable[Call], asked: frozenset[str]) -> Refusal | None:
        if tool.name == called.name or tool.name in self._alike.get(called.name, ()):
            return Refusal.NEAR_DUPLICATE
        mine, theirs = self._of(tool), self._of(called)
        if self._shared(mine.name, theirs.name) >= SIMILAR_NAME or mine.name <= theirs.name or theirs.name <= mine.name:
            return Refusal.SIMILAR_NAME
        similar = self._shared(mine.text, theirs.text)
        if similar >= SIMILAR_DESCRIPTION:
            return Refusal.SIMILAR_DESCRIPTION
        if any(self._takes_all(tool, called, call, by_type=similar >= RELATED) for call in calls):
            return Refusal.TAKES_VALUES
        if self._weight(asked & mine.all) >= FITS_QUERY * max(self._rare, self._weight(asked & theirs.all)):
            return Refusal.FITS_QUERY
        return None

    def _takes_all(self, tool: Tool, called: Tool, call: Call, *, by_type: bool) -> bool:
        """Whether each value of a call finds a parameter, and each parameter that must be given finds a value."""
        places = {
            name: {other for other in tool.properties if by_type or self._related(tool, other, called, name)}
            for name in call.arguments
        }
        places = {
            name: {other for other in others if self.takes(tool, other, call.arguments[name])}
            for name, others in places.items()
        }
        filled = set().union(*places.values()) if places else set()
        return bool(tool.properties) and all(places.values()) and set(tool.required) <= filled

    def _related(self, tool: Tool, parameter: str, called: Tool, name: str) -> bool:
        """Whether two parameters are called alike, or said to be alike."""
        mine, theirs = (
            frozenset(content_stems(f"{one} {_told(of.properties[one])}")) if one in of.properties else frozenset()
            for of, one in ((tool, parameter), (called, name))
        )
        names = frozenset(content_stems(parameter)) & frozenset(content_stems(name))
        return bool(names) or self._shared(mine, theirs) >= RELATED_PARAMETER

    def _shared(self, mine: frozenset[str], theirs: frozenset[str]) -> float:
        return self._weight(mine & theirs) / (self._weight(mine | theirs) or 1.0)

    def _weight(self, words: Iterable[str]) -> float:
        return sum(self._weights.get(word, self._rare) for word in sorted(words))

    def _of(self, tool: Tool) -> "_Words":
        key = (tool.name, tool.description, id(tool.parameters))  # what is kept holds them, so the id is not used again
        known = self._words.get(key)
        if known is None:
            known = self._words[key] = _words(tool)
        return known


class _Words(msgspec.Struct, frozen=True):
    """The words of a tool, and its schema without what must be given."""

    name: frozenset[str]
    text: frozenset[str]
    """Of name and description."""
    all: frozenset[str]
    """Of the names of its parameters as well."""
    open_schema: dict[str, Json]
    parameters: dict[str, Json]
    """As the tool has them."""


def _words(tool: Tool) -> _Words:
    name = frozenset(content_stems(tool.name))
    text = name | frozenset(content_stems(tool.description))
    parameters = frozenset(stem for parameter in tool.properties for stem in content_stems(parameter))
    return _Words(name, text, text | parameters, {**tool.parameters, "required": []}, tool.parameters)


def _told(schema: Json) -> str:
    return str(schema.get("description", "")) if isinstance(schema, Mapping) else ""


def _meant(stem: str) -> tuple[str, ...]:
    """A word of the query and the single words that mean the same."""
    return (stem, *(one.stems[0] for one in synonyms(stem) if len(one.stems) == 1 and not one.after_number))
