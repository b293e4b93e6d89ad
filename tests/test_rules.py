"""The rule judge: right answers pass, wrong ones fall for the right reason."""

import asyncio
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apigen.records import Call, Candidate, Execution, Outcome, Reason, Stage, Tool, Verdict
from apigen.verify.rules import RuleJudge
from right_answers import made, seeds


def judge(candidate: Candidate, *executions: Execution) -> Verdict:
    return asyncio.run(RuleJudge().judge(candidate, executions))


def tool(name: str, description: str, required: str = "", **properties: Any) -> Tool:
    return Tool(name, description, {"type": "object", "properties": properties, "required": required.split()})


NUMBER = {"type": "number"}
WEATHER = tool("city_weather", "Weather of a city on a day.", "city", city={"type": "string"}, day={"type": "string"})
RUN = tool("running_pace", "Average pace of a run.", "distance_km", distance_km=NUMBER, minutes=NUMBER)
LOAN = tool(
    "loan_payment",
    "Monthly payment of a loan.",
    "principal rate_percent years",
    principal={"type": "number", "description": "Amount borrowed."},
    rate_percent={"type": "number", "description": "Annual interest rate in percent."},
    years={"type": "integer", "description": "Duration in years."},
)
BMI = tool("body_mass_index", "Body mass index from weight and height.", "", weight_kg=NUMBER, height_cm=NUMBER)


def calls(name: str, *arguments: dict[str, Any]) -> tuple[Call, ...]:
    return tuple(Call(name, given_arguments) for given_arguments in arguments)


PARIS = {"city": "Paris"}
ROME = {"city": "Rome"}
LOAN_30_YEARS = {"principal": 20000, "rate_percent": 5, "years": 30}
LOAN_5_YEARS = {"principal": 20000, "rate_percent": 30, "years": 5}
TWO_DAYS = "Paris on Monday and Rome on Tuesday, what's the weather?"
SPELL = tool("spell_word", "Spell letters.", word={"type": "string"})

RIGHT = [
    ("weather in Paris and Rome", calls("city_weather", PARIS, ROME), (WEATHER, BMI)),
    (
        "I have 2 kids and since 2019 we run. Pace for 5 km in 31 minutes?",
        calls("running_pace", {"distance_km": 5, "minutes": 31}),
        (RUN,),
    ),
    ("monthly payment for $20,000 at 5% for 30 years", calls("loan_payment", LOAN_30_YEARS), (LOAN,)),
    (TWO_DAYS, calls("city_weather", PARIS | {"day": "Monday"}, ROME | {"day": "Tuesday"}), (WEATHER,)),
]

WRONG = [
    ("weather in Paris and Rome", calls("city_weather", PARIS), (WEATHER,), Reason.UNANSWERED_REQUEST, "Rome"),
    (
        "pace for 5 km, 12 km and 30 km",
        calls("running_pace", {"distance_km": 5}, {"distance_km": 12}),
        (RUN,),
        Reason.UNANSWERED_REQUEST,
        "30",
    ),
    ("weather in Paris", calls("city_weather", {"city": "Oslo"}), (WEATHER,), Reason.UNGROUNDED, "city is 'Oslo'"),
    ("weather in Paris", calls("city_weather", PARIS, PARIS), (WEATHER,), Reason.UNREQUESTED_CALL, "same"),
    (
        "payment for $20,000 at 5% for 30 years",
        calls("loan_payment", LOAN_5_YEARS),
        (LOAN,),
        Reason.UNGROUNDED,
        "rate_percent and years",
    ),
    (
        TWO_DAYS,
        calls("city_weather", PARIS | {"day": "Tuesday"}, ROME | {"day": "Monday"}),
        (WEATHER,),
        Reason.UNGROUNDED,
        "swapped",
    ),
    (
        "weather in Paris and its body",
        (*calls("city_weather", PARIS), *calls("spell_word", {"word": "Paris"})),
        (WEATHER, SPELL),
        Reason.UNREQUESTED_CALL,
        "spell_word",
    ),
    (
        "body mass index with weight 70 and height 180",
        calls("running_pace", {"distance_km": 70, "minutes": 180}),
        (RUN, BMI, WEATHER, LOAN),
        Reason.TOOL_MISMATCH,
        "body_mass_index",
    ),
]


@pytest.mark.parametrize(("query", "answer", "tools"), RIGHT)
def test_right_answers_pass(query: str, answer: tuple[Call, ...], tools: tuple[Tool, ...]) -> None:
    """A right answer passes, whatever else the query mentions."""
    assert judge(Candidate(query, answer, tools)) == Verdict(Stage.SEMANTICS, Outcome.PASS, by="rules")


@pytest.mark.parametrize(("query", "answer", "tools", "reason", "detail"), WRONG)
def test_wrong_answers_fall(
    query: str, answer: tuple[Call, ...], tools: tuple[Tool, ...], reason: Reason, detail: str
) -> None:
    """A wrong answer falls for its reason, and the detail names what is wrong."""
    verdict = judge(Candidate(query, answer, tools))
    assert (verdict.outcome, verdict.reason, verdict.by) == (Outcome.REJECT, reason, "rules")
    assert detail in verdict.detail
    assert "\n" not in verdict.detail


def test_failed_execution_is_wrong() -> None:
    """A call that did not succeed is never right; an empty result may be."""
    answer = calls("city_weather", {"city": "Paris"})
    candidate = Candidate("weather in Paris", answer, (WEATHER,))
    assert judge(candidate, Execution(answer[0], ok=False, reason=Reason.TIMEOUT)).reason == Reason.JUDGED_WRONG
    assert judge(candidate, Execution(answer[0], ok=True, result=None)).outcome == Outcome.PASS


def test_starter_seeds_pass() -> None:
    """At most one hand-written seed in two hundred is rejected."""
    rejected = [
        (seed.query, verdict.detail) for seed in seeds() if (verdict := judge_now(seed)).outcome != Outcome.PASS
    ]
    assert len(rejected) <= len(seeds()) // 200, rejected


CAUGHT = {
    "number_invented": 0.95,
    "text_invented": 0.97,
    "choice_replaced": 0.9,
    "correction_ignored": 0.8,
    "query_in_another_unit": 0.85,
    "flag_flipped": 0.9,
    "optional_argument_dropped": 0.7,
    "option_at_default": 0.7,
    "item_dropped": 0.35,
    "numbers_exchanged": 0.4,
    "number_copied": 0.6,
    "texts_exchanged": 0.15,
    "values_exchanged_between_calls": 0.65,
    "near_duplicate_tool": 0.7,
    "call_doubled": 1.0,
    "call_dropped": 0.6,
    "call_to_another_tool_added": 0.85,
    "second_request_for_same_tool": 0.65,
    "second_request_for_another_tool": 0.7,
}
"""The least share of each kind of wrong answer that the rules catch alone; some no rule can see."""


@pytest.mark.parametrize("name", CAUGHT)
def test_wrong_seeds_fall(name: str) -> None:
    """Of answers made wrong by a program, at least the stated share of each kind is caught."""
    wrong = [faulty.candidate for _, faulty in made(name, 100)]
    caught = sum(judge_now(candidate).outcome == Outcome.REJECT for candidate in wrong)
    assert len(wrong) >= 25
    assert caught >= CAUGHT[name] * len(wrong), f"{caught} of {len(wrong)}"


def judge_now(candidate: Candidate) -> Verdict:
    """The verdict without an event loop, which the rules never wait in."""
    try:
        RuleJudge().judge(candidate, ()).send(None)
    except StopIteration as done:
        verdict: Verdict = done.value
        return verdict
    raise AssertionError("the rule judge waited for something")


@settings(max_examples=100, deadline=None)
@given(
    query=st.text(max_size=60),
    values=st.lists(st.text(max_size=8) | st.integers() | st.booleans() | st.none(), min_size=1, max_size=4),
)
def test_always_answers_the_same(query: str, values: list[Any]) -> None:
    """Any query and any calls give a verdict, the same one each time."""
    answer = tuple(Call("city_weather", {"city": value}) for value in values)
    candidate = Candidate(query, answer, (WEATHER, BMI))
    assert judge_now(candidate) == judge_now(candidate)
