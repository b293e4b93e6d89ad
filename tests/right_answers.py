"""Right answers, and wrong ones made of them: the starter library's seeds with what is offered beside their tools."""

import random
from functools import cache

from apigen.faults import BY_NAME, Faulty, Pool
from apigen.records import Candidate
from starter_library import starter, starter_tools


@cache
def seeds() -> tuple[Candidate, ...]:
    """Every starter seed with its own tools and up to five others of its category."""
    loaded, tools = starter(), starter_tools()
    rng = random.Random(20240618)
    rows = []
    for seed in loaded.seeds:
        own = [tools[name] for name in dict.fromkeys(call.name for call in seed.calls)]
        others = [entry for entry in loaded.tools if entry.category == own[0].category and entry not in own]
        offered = [*own, *rng.sample(others, min(len(others), rng.randint(0, 5)))]
        rng.shuffle(offered)
        rows.append(Candidate(seed.query, seed.calls, tuple(offered)))
    return tuple(rows)


@cache
def pool() -> Pool:
    """All of them."""
    return Pool(seeds())


@cache
def made(name: str, most: int) -> tuple[tuple[Candidate, Faulty], ...]:
    """Wrong answers of one operator, each with the right one, from seeds in a fixed random order."""
    rows = list(enumerate(seeds()))
    random.Random(name).shuffle(rows)
    found: list[tuple[Candidate, Faulty]] = []
    for index, row in rows:
        faulty = BY_NAME[name].apply(row, random.Random(f"{name}/{index}"), pool())
        if faulty is not None:
            found.append((row, faulty))
        if len(found) == most:
            break
    return tuple(found)
