"""The offline model as a whole: the prompt contract, purity, styles, and traceable values."""

import asyncio
import json
import re
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apigen.errors import ModelUnavailable
from apigen.generate.prompts import generation_messages, judge_messages
from apigen.models.base import Options
from apigen.models.offline import OfflineModel
from apigen.records import Call, Candidate, Message, Request, Seed, Style, Tool, Wording


def tool(name: str, properties: dict[str, Any], required: tuple[str, ...] = (), description: str = "") -> Tool:
    parameters = {"type": "object", "properties": properties, "required": list(required or properties)}
    return Tool(name, description or name.replace("_", " "), parameters | {"additionalProperties": False})


LOAN = tool(
    "loan_monthly_payment",
    {
        "principal": {"type": "number", "exclusiveMinimum": 0},
        "annual_rate_percent": {"type": "number", "minimum": 0, "maximum": 100},
        "term_months": {"type": "integer", "minimum": 1, "maximum": 480},
    },
    description="Return the monthly payment of a loan.",
)
LENGTH = tool(
    "convert_length",
    {
        "value": {"type": "number"},
        "from_unit": {"enum": ["kilometers", "miles", "meters", "feet"]},
        "to_unit": {"enum": ["kilometers", "miles", "meters", "feet"]},
    },
    description="Convert a length from one unit to another.",
)
MEAN = tool("mean", {"data": {}}, description="Return the sample arithmetic mean of data.")
SEEDS = (
    Seed(
        "What would I pay each month on a loan of $18,500 at 4.9% over 60 months?",
        (Call("loan_monthly_payment", {"principal": 18500, "annual_rate_percent": 4.9, "term_months": 60}),),
    ),
    Seed(
        "monthly payment $245,000 mortgage 6.25% 360 months",
        (Call("loan_monthly_payment", {"principal": 245000, "annual_rate_percent": 6.25, "term_months": 360}),),
        Wording.TERSE,
    ),
    Seed(
        "Convert 42 km to miles.",
        (Call("convert_length", {"value": 42, "from_unit": "kilometers", "to_unit": "miles"}),),
    ),
    Seed(
        "How many feet are 120 meters?",
        (Call("convert_length", {"value": 120, "from_unit": "meters", "to_unit": "feet"}),),
    ),
)


def request(
    tools: tuple[Tool, ...],
    style: Style = Style.SIMPLE,
    wording: Wording = Wording.PLAIN,
    examples: tuple[Seed, ...] = SEEDS,
    pairs: int = 3,
    calls: tuple[int, int] | None = None,
    seed: int = 0,
) -> Request:
    targets = tuple(each.name for each in tools) if style is not Style.MULTIPLE else (tools[0].name,)
    calls = calls or ((2, 4) if style.many_calls else (1, 1))
    return Request(0, 0, style, wording, tools, targets, examples, pairs, calls, seed)


def write(asked: Request, *, thought: bool = False, seed: int | None = None) -> list[dict[str, Any]]:
    options = Options(seed=asked.seed if seed is None else seed)
    completion = asyncio.run(OfflineModel().complete(generation_messages(asked, thought=thought), options))
    pairs: list[dict[str, Any]] = json.loads(completion.text)
    return pairs


def text(asked: Request, seed: int) -> str:
    messages = generation_messages(asked, thought=True)
    return asyncio.run(OfflineModel().complete(messages, Options(seed=seed))).text


asked_for = st.builds(
    request,
    tools=st.just((LOAN, LENGTH, MEAN)),
    style=st.sampled_from([Style.MULTIPLE, Style.PARALLEL_MULTIPLE]),
    wording=st.sampled_from(list(Wording)),
    examples=st.sampled_from([SEEDS, SEEDS[:1], ()]),
    pairs=st.integers(1, 5),
    seed=st.integers(0, 2**32 - 1),
) | st.builds(
    request,
    tools=st.sampled_from([(LOAN,), (LENGTH,), (MEAN,)]),
    style=st.sampled_from([Style.SIMPLE, Style.PARALLEL]),
    wording=st.sampled_from(list(Wording)),
    examples=st.sampled_from([SEEDS, ()]),
    pairs=st.integers(1, 5),
    seed=st.integers(0, 2**32 - 1),
)


@settings(max_examples=30, deadline=None)
@given(asked_for)
def test_same_prompt_and_seed_give_the_same_bytes(asked: Request) -> None:
    """A completion is a function of the messages and the seed alone."""
    assert text(asked, 7) == text(asked, 7)


def test_another_seed_gives_other_text() -> None:
    """The seed decides what is drawn."""
    asked = request((LOAN,))
    assert text(asked, 1) != text(asked, 2)


@settings(max_examples=80, deadline=None)
@given(asked_for)
def test_every_pair_has_the_style_and_its_calls_fit_the_schemas(asked: Request) -> None:
    """Call counts, tools and argument schemas are respected, and no call is made twice."""
    tools = {each.name: each for each in asked.tools}
    pairs = write(asked)
    assert len(pairs) <= asked.pairs
    assert len({pair["query"] for pair in pairs}) == len(pairs)
    for pair in pairs:
        names = [call["name"] for call in pair["answers"]]
        assert asked.calls[0] <= len(names) <= asked.calls[1]
        assert len({json.dumps(call, sort_keys=True) for call in pair["answers"]}) == len(names)
        assert (len(set(names)) > 1) == (asked.style is Style.PARALLEL_MULTIPLE)
        if asked.style is Style.MULTIPLE:
            assert set(names) <= set(asked.targets)
        for call in pair["answers"]:
            assert jsonschema_rs.validator_for(tools[call["name"]].parameters).is_valid(call["arguments"])


@settings(max_examples=80, deadline=None)
@given(asked_for)
def test_every_number_of_a_call_stands_in_the_query(asked: Request) -> None:
    """Numeric arguments are written in the query in digits, list items too."""
    for pair in write(asked):
        written = {float(found.replace(",", "")) for found in re.findall(r"\d[\d,]*(?:\.\d+)?(?<!,)", pair["query"])}
        for call in pair["answers"]:
            for value in call["arguments"].values():
                numbers = value if isinstance(value, list) else [value]
                assert {float(number) for number in numbers if not isinstance(number, str)} <= written, pair


@pytest.mark.parametrize("style", [Style.SIMPLE, Style.PARALLEL])
@pytest.mark.parametrize("wording", list(Wording))
def test_every_style_and_wording_is_served(style: Style, wording: Wording) -> None:
    """With examples at hand, as many pairs come back as were asked for."""
    assert len(write(request((LENGTH,), style, wording))) == 3


def test_requests_of_one_form_share_their_words() -> None:
    """Joined requests of one tool lean on each other instead of repeating the verb."""
    queries = [
        pair["query"]
        for seed in range(12)
        for pair in write(request((LENGTH,), Style.PARALLEL, examples=SEEDS[2:3], calls=(2, 2), seed=seed), seed=seed)
    ]
    assert any(re.search(r"onvert \S+ \w+ to \w+ and \S+ \w+ to \w+", query) for query in queries)


def test_thought_is_written_only_when_asked_for() -> None:
    """The system prompt decides whether pairs carry a thought, and it names the call and its values."""
    asked = request((LOAN,))
    assert all("thought" not in pair for pair in write(asked))
    for pair in write(asked, thought=True):
        assert "One call of loan_monthly_payment" in pair["thought"]
        assert str(pair["answers"][0]["arguments"]["term_months"]) in pair["thought"]


def test_judge_prompt_is_refused() -> None:
    """The offline model cannot judge and says so in one line."""
    messages = judge_messages(Candidate(SEEDS[0].query, SEEDS[0].calls, (LOAN,)), ())
    with pytest.raises(
        ModelUnavailable, match=r"offline model only writes .* this prompt asks for something else"
    ) as caught:
        asyncio.run(OfflineModel().complete(messages, Options()))
    assert "\n" not in str(caught.value)


def test_prompt_of_another_kind_is_refused() -> None:
    """Broken blocks are a clear error too."""
    with pytest.raises(ModelUnavailable):
        asyncio.run(OfflineModel().complete([Message("user", "<tools>\n[\n</tools>\nhello")], Options()))


ODD: dict[str, dict[str, Any]] = {
    "anything": {},
    "integer_bounds": {"type": "integer", "minimum": 7, "maximum": 8},
    "exclusive": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
    "far_away": {"type": "integer", "minimum": 100000},
    "negative": {"type": "number", "maximum": -3},
    "multiple_of": {"type": "integer", "multipleOf": 25},
    "nullable": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
    "kinds": {"type": ["string", "null"]},
    "union": {"oneOf": [{"type": "array", "items": {"type": "string"}}, {"type": "string"}]},
    "choice": {"enum": ["fixed_rate", "variable_rate"]},
    "constant": {"const": 5},
    "flag": {"type": "boolean"},
    "matrix": {"type": "array", "items": {"type": "array", "items": {"type": "number"}}},
    "pairs": {"type": "array", "prefixItems": [{"type": "number"}, {"type": "string"}], "minItems": 2, "maxItems": 2},
    "table": {"type": "object", "additionalProperties": {"type": "integer"}},
    "order": {
        "type": "object",
        "properties": {"item": {"type": "string"}, "count": {"type": "integer"}},
        "required": ["item", "count"],
        "additionalProperties": False,
    },
    "lines": {"type": "array", "minItems": 2, "items": {"type": "object", "properties": {"n": {"type": "integer"}}}},
    "day": {"type": "string", "format": "date"},
    "clock": {"type": "string", "format": "time"},
    "moment": {"type": "string", "format": "date-time"},
    "short": {"type": "string", "maxLength": 3},
    "long": {"type": "string", "minLength": 30},
    "referred": {"$ref": "#/$defs/Point"},
    "nothing": {"type": "null"},
}


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("style", [Style.SIMPLE, Style.PARALLEL])
def test_tools_without_examples_get_valid_arguments(name: str, style: Style) -> None:
    """Any schema is served from the description alone, and every call validates."""
    described = tool(f"use_{name}", {name: ODD[name]}, description=f"Compute something about {name}.")
    described.parameters["$defs"] = {"Point": {"type": "object", "properties": {"x": {"type": "number"}}}}
    validator = jsonschema_rs.validator_for(described.parameters)
    for wording in Wording:
        for pair in write(request((described,), style, wording, examples=())):
            assert pair["query"]
            for call in pair["answers"]:
                assert validator.is_valid(call["arguments"]), call


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=6), lambda inner: st.lists(inner, max_size=3)
)
wild_schema = st.dictionaries(
    st.sampled_from(
        ["type", "enum", "items", "minimum", "anyOf", "examples", "properties", "default", "$ref", "format"]
    ),
    json_values | st.sampled_from(["string", "array", "object", "integer", "boolean"]),
    max_size=3,
)


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(st.text(min_size=1, max_size=8), wild_schema, max_size=3),
    st.text(max_size=60),
    st.sampled_from(Style),
)
def test_odd_schemas_never_raise(properties: dict[str, Any], description: str, style: Style) -> None:
    """Whatever a library says about its tools, the answer is a list."""
    other = tool("other_tool", {"n": {"type": "integer"}})
    tools = (tool("odd_tool", properties, description=description or "x"),) + ((other,) if style.many_tools else ())
    assert isinstance(write(request(tools, style, examples=())), list)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=80), st.dictionaries(st.sampled_from(["value", "text"]), json_values, max_size=2))
def test_odd_examples_never_raise(query: str, arguments: dict[str, Any]) -> None:
    """Examples come from users and earlier rounds; none can break the writer."""
    odd = Seed(query, (Call("convert_length", arguments),))
    assert isinstance(write(request((LENGTH,), examples=(odd,))), list)
