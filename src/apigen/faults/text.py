"""Faults of the text: JSON that is cut off, or has another shape than a list of calls."""

import random
from collections.abc import Callable

import msgspec

from apigen.faults.base import Faulty, Pool
from apigen.faults.editing import as_text, completion_text, pair
from apigen.records import Candidate, Json


def truncated_json(right: Candidate, rng: random.Random, pool: Pool) -> Faulty | None:
    """The completion ends in the middle of the pair."""
    text = as_text(right)
    kept = rng.randint(len(text) // 3, len(text) - 3)
    return Faulty(right, f"cut off after {kept} of {len(text)} characters", text[:kept])


def arguments_as_string(right: Candidate, rng: random.Random, pool: Pool) -> Faulty | None:
    """A call's arguments are a text that holds JSON."""
    return _answers(
        right,
        "arguments as text",
        lambda answer: {**answer, "arguments": msgspec.json.encode(answer["arguments"]).decode()},
    )


def arguments_by_position(right: Candidate, rng: random.Random, pool: Pool) -> Faulty | None:
    """A call's arguments are a list."""
    return _answers(
        right, "arguments as a list", lambda answer: {**answer, "arguments": list(answer["arguments"].values())}
    )


def call_without_arguments(right: Candidate, rng: random.Random, pool: Pool) -> Faulty | None:
    """A call has no field ``arguments``: they stand beside its name."""
    return _answers(right, "arguments next to the name", lambda answer: {**answer["arguments"], "name": answer["name"]})


def calls_as_code(right: Candidate, rng: random.Random, pool: Pool) -> Faulty | None:
    """The answer is a line of code."""
    if not right.calls:
        return None
    code = "; ".join(
        f"{call.name}({', '.join(f'{name}={value!r}' for name, value in call.arguments.items())})"
        for call in right.calls
    )
    return Faulty(right, "calls as code", completion_text({"query": right.query, "answers": code}))


def prose_for_calls(right: Candidate, rng: random.Random, pool: Pool) -> Faulty | None:
    """The model answers the query in words."""
    return (
        Faulty(right, "prose instead of JSON", f"Sure! For this I would call {right.calls[0].name}.")
        if right.calls
        else None
    )


def query_missing(right: Candidate, rng: random.Random, pool: Pool) -> Faulty | None:
    """The pair has calls and no query."""
    value = {"answers": pair(right)["answers"]}
    return Faulty(right, "no query", completion_text(value))


def _answers(right: Candidate, what: str, change: Callable[[dict[str, Json]], Json]) -> Faulty | None:
    """The pair with each of its answers changed."""
    if not right.calls or not right.calls[0].arguments:
        return None
    value = pair(right)
    return Faulty(right, what, completion_text({**value, "answers": [change(answer) for answer in value["answers"]]}))
