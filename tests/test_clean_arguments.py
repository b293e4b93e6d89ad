"""Arguments for probing, and near-duplicates: both over real tools."""

from itertools import islice
from math import log
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from apigen.clean.arguments import From, arguments_for
from apigen.clean.duplicates import _features, near_duplicates
from apigen.clean.words import words_of
from apigen.records import Call, Candidate, Outcome, RestBinding, Seed, Tool
from apigen.verify.format import FormatCheck
from apigen.verify.format.schemas import Schemas
from starter_library import starter


def tool(name: str, description: str, *names: str, **more: Any) -> Tool:
    schema = {"type": "object", "properties": {one: {"type": "string"} for one in names}, **more}
    return Tool(name, description, schema)


def test_every_starter_tool_gets_arguments_that_stage_1_accepts() -> None:
    """Without its seeds, for each tool, and the same ones each time."""
    schemas, check = Schemas(), FormatCheck()
    for one in starter().tools:
        compiled = schemas.compiled(one.parameters)
        made = list(islice(arguments_for(one, compiled), 3))
        assert made, one.name
        assert made == list(islice(arguments_for(one, compiled), 3))
        for arguments in made:
            verdict = check.check(Candidate("x", (Call(one.name, arguments.values),), (one,)))
            assert verdict.outcome is Outcome.PASS, (one.name, arguments, verdict)


def test_what_is_given_comes_before_what_is_made_up() -> None:
    """A seed's call first, then examples of the schema; a whole float is no integer here either."""
    city = {"type": "string", "examples": ["Oslo"]}
    one = tool(
        "weather", "The weather in a city.", properties={"city": city, "days": {"type": "integer", "default": 3.0}}
    )
    compiled = Schemas().compiled(one.parameters)
    seed = Seed("Weather in Rome?", (Call("weather", {"city": "Rome", "days": 2}),))
    found = list(islice(arguments_for(one, compiled, [seed]), 3))
    assert (found[0].values, found[0].source) == ({"city": "Rome", "days": 2}, From.SEED)
    assert (found[1].values, found[1].source) == ({"city": "Oslo"}, From.EXAMPLE)
    wrong = Seed("?", (Call("weather", {"city": 4}),))
    assert next(arguments_for(one, compiled, [wrong])).values == {"city": "Oslo"}


def test_near_duplicates_are_found_and_others_are_not() -> None:
    """The same API under two names; not the opposite of it, its neighbour, or another verb of the same resource."""
    boilerplate = "Needs a key of the account and answers with an error where the limit of calls per minute is reached."
    weather = "Current weather in a city, with temperature, wind and clouds, in metric units."
    tools = [
        tool("getWeather", weather, "city", "units"),
        tool("get_current_weather", f"{weather[:-1]}!", "city", "units"),
        tool("celsius_to_fahrenheit", "Converts a temperature from Celsius to Fahrenheit.", "value"),
        tool("fahrenheit_to_celsius", "Converts a temperature from Fahrenheit to Celsius.", "value"),
        tool("get_pet", f"Gets a pet. {boilerplate}", "pet_id"),
        tool("delete_pet", f"Deletes a pet. {boilerplate}", "pet_id"),
        tool("get_pet_owner", f"Gets the owner of a pet. {boilerplate}", "pet_id"),
        tool("list_cats", "Returns a list.", "limit", "offset"),
        tool("list_dogs", "Returns a list.", "limit", "offset"),
    ]
    assert [(group.first, group.others) for group in near_duplicates(tools)] == [
        ("getWeather", ("get_current_weather",))
    ]
    methods = [
        Tool("pet", "Handles one pet.", {"type": "object"}, binding=RestBinding(verb, "https://x.org", "/pet"))
        for verb in ("GET", "PUT")
    ]
    assert near_duplicates(methods) == ()
    assert near_duplicates([methods[0], methods[0]])[0].others == ("pet",)


def test_the_starter_library_has_none() -> None:
    """Functions that were written to be different."""
    assert near_duplicates(starter().tools) == ()


WORDS = st.lists(st.sampled_from(["get", "pet", "user", "all", "new", "one"]), min_size=1, max_size=3)


@settings(max_examples=60)
@given(st.lists(st.tuples(WORDS, WORDS, WORDS), min_size=2, max_size=12))
def test_no_pair_is_overlooked(drawn: list[tuple[list[str], list[str], list[str]]]) -> None:
    """The search finds the groups that comparing each tool with all before it finds."""
    tools = [tool("_".join(name), " ".join(words), *names) for name, words, names in drawn]
    sets = [set(_features(one)) for one in tools]
    weights = {feature: log(1 + len(sets) / sum(feature in other for other in sets)) for one in sets for feature in one}
    least = 0.7701  # which no two sets of this size reach exactly

    def alike(a: int, b: int) -> bool:
        mine, other = set(words_of(tools[a].name)), set(words_of(tools[b].name))
        named = len(mine & other) * 2 >= len(mine | other)
        named = named and (mine <= other or other <= mine or tools[a].description == tools[b].description)
        shared = sum(weights[feature] for feature in sets[a] & sets[b])
        return named and shared >= least * sum(weights[feature] for feature in sets[a] | sets[b])

    groups: dict[int, list[int]] = {}
    for b in range(len(tools)):
        first = next((a for a in groups if alike(a, b)), b)
        groups.setdefault(first, []).append(b)
    expected = [tuple(tools[one].name for one in group) for group in groups.values() if len(group) > 1]
    assert [(group.first, *group.others) for group in near_duplicates(tools, least)] == expected
