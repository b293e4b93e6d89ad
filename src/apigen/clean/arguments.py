"""Generates valid arguments for a tool from its description alone.

They come from its seeds, from the examples and defaults of its schema, and where there are none, from what the names of
its parameters say and what its schema allows. Stage 1 has accepted every one of them.
"""

import hashlib
import itertools
from collections.abc import Iterable, Iterator
from enum import StrEnum
from random import Random
from typing import Any

import msgspec

from apigen.clean.making.choices import in_turn
from apigen.clean.making.maker import Invent, Maker, Optional
from apigen.models.offline.invent import invent
from apigen.records import Json, Seed, Tool
from apigen.verify.format.arguments import argument_faults
from apigen.verify.format.schemas import Compiled

_TRIED = 64
"""Objects that are held to the tool's schema before it is given up."""
_INVENTED = 3
"""Plausible values for one parameter, before plain ones."""
_SEEDS = 2
"""Seed calls that are tried before anything is made up."""


class From(StrEnum):
    """Where arguments come from."""

    SEED = "seed"
    """A hand-written example calls the tool so."""
    EXAMPLE = "example"
    """Every value stands in the schema, as an example, a default or the only choice."""
    MADE = "made"
    """Some values were made up from the schema."""


class Arguments(msgspec.Struct, frozen=True):
    """Arguments that fit a tool's schema."""

    values: dict[str, Json]
    source: From


def arguments_for(tool: Tool, compiled: Compiled, seeds: Iterable[Seed] = ()) -> Iterator[Arguments]:
    """Arguments for a tool, each once, those that are most likely to mean something first; always the same.

    Args:
        tool: the tool.
        compiled: its schema, without a problem.
        seeds: examples; those that do not call it are passed over.
    """
    seen: set[bytes] = set()
    for values, source in _candidates(tool, compiled, seeds):
        key = msgspec.json.encode(values, order="sorted")
        if key not in seen and not argument_faults(compiled, values, tool.name):
            seen.add(key)
            yield Arguments(values, source)


def _candidates(tool: Tool, compiled: Compiled, seeds: Iterable[Seed]) -> Iterator[tuple[dict[str, Json], From]]:
    calls = [call for seed in seeds for call in seed.calls if call.name == tool.name]
    for call in calls[:_SEEDS]:
        yield call.arguments, From.SEED
    invented = _inventing(tool)
    makers = [
        Maker(compiled.schema, invented, optional=which) for which in (Optional.EXAMPLES, Optional.NONE, Optional.ALL)
    ]
    for values in itertools.islice(in_turn([maker.values() for maker in makers]), _TRIED):
        if isinstance(values, dict):
            given = all(_is_given(value, tool.properties.get(name)) for name, value in values.items())
            yield values, From.EXAMPLE if given else From.MADE


def _inventing(tool: Tool) -> Invent:
    """Plausible values by the name and description of a parameter, the same ones for the same tool."""

    def invented(name: str, schema: dict[str, Any]) -> Iterator[Json]:
        rng = Random(hashlib.sha256(f"{tool.name}/{name}".encode()).digest())
        for _ in range(_INVENTED):
            yield invent(rng, name, schema, tool.parameters, 3).value

    return invented


def _is_given(value: Json, schema: Json) -> bool:
    """Whether a value stands in its schema."""
    if not isinstance(schema, dict):
        return False
    given = [*(schema.get("examples") or ()), *(schema.get("enum") or ())]
    given += [schema[key] for key in ("example", "default", "const") if key in schema]
    return value in given
