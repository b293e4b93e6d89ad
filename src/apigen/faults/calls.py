"""Faults of calls: dropped, doubled, hallucinated, or with each other's values."""

import random

from apigen.faults.base import Faulty, Pool
from apigen.faults.editing import key, short, with_calls
from apigen.faults.names import filled
from apigen.records import Call, Candidate, Json


def call_dropped(right: Candidate, rng: random.Random, pool: Pool) -> Faulty | None:
    """One of several calls is missing."""
    if len(right.calls) < 2:
        return None
    at = rng.randrange(len(right.calls))
    rest = [call for index, call in enumerate(right.calls) if index != at]
    return Faulty(with_calls(right, rest), f"calls[{at}] removed ({right.calls[at].name})")


def call_doubled(right: Candidate, rng: random.Random, pool: Pool) -> Faulty | None:
    """The same call twice."""
    if not right.calls:
        return None
    at = rng.randrange(len(right.calls))
    return Faulty(with_calls(right, [*right.calls, right.calls[at]]), f"calls[{at}] duplicated")


def all_calls_dropped(right: Candidate, rng: random.Random, pool: Pool) -> Faulty | None:
    """No call at all."""
    return Faulty(with_calls(right, ()), "all calls removed") if right.calls else None


def call_to_another_tool_added(right: Candidate, rng: random.Random, pool: Pool) -> Faulty | None:
    """A call of another offered tool, with the right answer's values, that nobody asked for."""
    called = {call.name for call in right.calls}
    values = {name: value for call in right.calls for name, value in call.arguments.items()}
    idle = [tool for tool in right.tools if tool.name not in called]
    rng.shuffle(idle)
    for tool in idle:
        extra = filled(tool, values, rng)
        if extra is not None:
            return Faulty(with_calls(right, [*right.calls, extra]), f"{tool.name} called additionally")
    return None


def call_with_other_values_added(right: Candidate, rng: random.Random, pool: Pool) -> Faulty | None:
    """One more call of a tool that was called, with the values of another row."""
    if not right.calls:
        return None
    call = rng.choice(right.calls)
    others = [other for row in pool.calling(call.name) for other in row.calls if other.name == call.name]
    others = [other for other in others if other not in right.calls]
    if not others:
        return None
    extra = rng.choice(others)
    return Faulty(
        with_calls(right, [*right.calls, extra]), f"{extra.name} called additionally with {short(extra.arguments)}"
    )


def values_exchanged_between_calls(right: Candidate, rng: random.Random, pool: Pool) -> Faulty | None:
    """An argument of two calls of one tool, each with the other's value."""
    found: list[tuple[int, int, str]] = []
    for one, call in enumerate(right.calls):
        for two in range(one + 1, len(right.calls)):
            other = right.calls[two]
            if call.name == other.name:
                shared = [name for name in call.arguments if name in other.arguments]
                found += [(one, two, name) for name in shared if call.arguments[name] != other.arguments[name]]
    rng.shuffle(found)
    for one, two, name in found:
        calls = list(right.calls)
        values: list[Json] = [calls[index].arguments[name] for index in (one, two)]
        calls[one] = Call(calls[one].name, {**calls[one].arguments, name: values[1]})
        calls[two] = Call(calls[two].name, {**calls[two].arguments, name: values[0]})
        if key(calls) != key(right.calls):
            return Faulty(with_calls(right, calls), f"{name} of calls {one} and {two} swapped")
    return None
