"""Faults of execution: tools that fail, and results that are none."""

import random

import msgspec

from apigen.faults import misbehaving
from apigen.faults.base import Apply, Faulty, Pool
from apigen.records import Candidate, Json, PythonBinding

_ERRORS: tuple[Json, ...] = (
    {"error": "not found"},
    {"status": "error", "message": "service unavailable"},
    {"success": False, "message": "invalid key"},
    {"code": 404, "message": "no such resource"},
    "Error: upstream timed out",
    {"errors": [{"detail": "quota exceeded"}]},
    "Traceback (most recent call last):\n  KeyError: 'city'",
)
"""Failures in the shape of a success."""

_QUIET_ERRORS: tuple[Json, ...] = (
    "Sorry, this location is not supported at the moment.",
    {"message": "Your free plan has ended. Please upgrade."},
    "We could not process your request, try again later.",
    {"html": "<h1>502 Bad Gateway</h1>"},
)
"""Failures that only a reader can tell from a success."""


def misbehaves(function: str) -> Apply:
    """An operator whose called tool is bound to a function of :mod:`.misbehaving`; only for tools that can run."""

    def apply(right: Candidate, rng: random.Random, pool: Pool) -> Faulty | None:
        if not right.calls:
            return None
        name = rng.choice(right.calls).name
        tool = right.tool(name)
        if tool is None or tool.binding is None:
            return None
        binding = PythonBinding(" ".join((function, *tool.properties)), misbehaving.__name__)
        tools = tuple(
            msgspec.structs.replace(other, binding=binding) if other is tool else other for other in right.tools
        )
        return Faulty(msgspec.structs.replace(right, tools=tools), f"{name} {function}")

    return apply


def error_shaped_result(right: Candidate, rng: random.Random, pool: Pool) -> Faulty | None:
    """A tool returns its failure in the shape of a success."""
    return _returning(right, rng, rng.choice(_ERRORS))


def failure_in_words(right: Candidate, rng: random.Random, pool: Pool) -> Faulty | None:
    """A tool returns a failure that no key or prefix marks."""
    return _returning(right, rng, rng.choice(_QUIET_ERRORS))


def empty_result(right: Candidate, rng: random.Random, pool: Pool) -> Faulty | None:
    """A tool returns nothing."""
    return _returning(right, rng, rng.choice((None, [], {}, "")))


def result_of_another_kind(right: Candidate, rng: random.Random, pool: Pool) -> Faulty | None:
    """A tool returns something that has nothing to do with what was asked."""
    return _returning(right, rng, {"track": "Blue in Green", "album": "Kind of Blue", "seconds": 337})


def _returning(right: Candidate, rng: random.Random, result: Json) -> Faulty | None:
    if not right.calls:
        return None
    at = rng.randrange(len(right.calls))
    results = tuple(result if index == at else {"result": "ok"} for index in range(len(right.calls)))
    return Faulty(right, f"calls[{at}] returns {result!r}"[:200], "", results)
