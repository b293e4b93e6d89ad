"""The rule judge on what a call must not be blamed for, and on requests that are easily passed over."""

import asyncio
from typing import Any

import pytest

from apigen.records import Call, Candidate, Outcome, Reason, Tool, Verdict
from apigen.verify.rules import RuleJudge
from starter_library import starter_tools

DATE = {"type": "string", "format": "date"}


def tool(name: str, description: str, required: str, **properties: Any) -> Tool:
    return Tool(name, description, {"type": "object", "properties": properties, "required": required.split()})


ZONE = {"type": "string", "enum": ["domestic", "europe", "world"], "default": "domestic"}
POSTAGE = tool("parcel_postage", "Postage of a parcel.", "weight_kg", weight_kg={"type": "number"}, zone=ZONE)
DAYS = tool("count_days", "Days of a period.", "start_date end_date", start_date=DATE, end_date=DATE)
BMI = starter_tools()["body_mass_index"]
GENERATION = starter_tools()["generation_of_birth_year"]


def judge(query: str, used: Tool, **arguments: Any) -> Verdict:
    return asyncio.run(RuleJudge().judge(Candidate(query, (Call(used.name, arguments),), (used,)), ()))


def check(verdict: Verdict, reason: Reason | None) -> None:
    assert (verdict.outcome, verdict.reason) == (Outcome.REJECT if reason else Outcome.PASS, reason), verdict.detail


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("Would you tell me the postage of a 3 kg parcel?", None),
        ("postage of a 3 kg parcel, and would it be cheap?", None),
        ("postage of a 3 kg parcel, worls", None),
        ("postage of a 3 kg parcel, world", Reason.UNANSWERED_REQUEST),
        ("postage of a 3 kg parcel within Europe", Reason.UNANSWERED_REQUEST),
    ],
)
def test_option_left_out_is_named_without_a_slip(query: str, reason: Reason | None) -> None:
    """Only the exact word blames a call for an option that it leaves out: "Would" is no slip of ``world``."""
    check(judge(query, POSTAGE, weight_kg=3), reason)


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("I was born in 1971, what generation am I, and my sister in 1990", Reason.UNANSWERED_REQUEST),
        ("born in 1971: which generation is that and what about my sister in 1990?", Reason.UNANSWERED_REQUEST),
        ("I was born in 1971 and my sister in 1990. What generation am I?", None),
        ("Born in 1971, and my sister in 1990, what generation am I?", None),
        ("I was born in 1971, what generation am I? I moved house in 1990", None),
    ],
)
def test_same_question_for_another_person_is_a_request(query: str, reason: Reason | None) -> None:
    """A like value for somebody else counts after the question, not before it."""
    check(judge(query, GENERATION, birth_year=1971), reason)


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("Don't compute my BMI: 64 kg, 184 cm", Reason.UNREQUESTED_CALL),
        ("Do not calculate the body mass index, 64 kg, 184 cm", Reason.UNREQUESTED_CALL),
        ("Don't tell me you can't compute my BMI: 64 kg, 184 cm", None),
        ("Don't compute the energy: 64 kg, 184 cm, bmi", None),
        ("Don't compute my BMI, just look at it: 64 kg, 184 cm. What's the body mass index?", None),
        ("Don't give me a BMI lecture. 64 kg, 184 cm, what is my body mass index?", None),
    ],
)
def test_refused_request_wants_no_call(query: str, reason: Reason | None) -> None:
    """A query that only turns the thing down wants no call; one that goes on to ask does."""
    check(judge(query, BMI, weight_kg=64, height_cm=184), reason)


@pytest.mark.parametrize(
    ("query", "swapped", "reason"),
    [
        ("days between 1 March 2024 and 5 April 2024", True, Reason.UNGROUNDED),
        ("days from 2024-03-01 to 2024-04-05", True, Reason.UNGROUNDED),
        ("days between 1 March 2024 and 5 April 2024", False, None),
        ("days between 5 April 2024 and 1 March 2024", False, None),
        ("days from 5 April 2024 to 1 March 2024", True, None),
    ],
)
def test_period_runs_as_stated(query: str, swapped: bool, reason: Reason | None) -> None:
    """Start and end of "between A and B" must not be exchanged, but "between" may name the later date first."""
    dates = ("2024-03-01", "2024-04-05")
    start, end = reversed(dates) if swapped else dates
    check(judge(query, DAYS, start_date=start, end_date=end), reason)


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("bmi for 64 kg and 184 cm, and the weather in Paris tomorrow?", Reason.UNANSWERED_REQUEST),
        ("bmi for 64 kg and 184 cm and the forecast for Friday", Reason.UNANSWERED_REQUEST),
        ("bmi for 64 kg and 184 cm, and the weather is fine", None),
        ("I love Paris and the weather. bmi for 64 kg and 184 cm?", None),
        ("bmi for 64 kg and 184 cm, never mind the sun and the weather in Paris", None),
    ],
)
def test_topic_added_at_the_end_is_a_request(query: str, reason: Reason | None) -> None:
    """A topic with its place or day right after the used values asks for something."""
    check(judge(query, BMI, weight_kg=64, height_cm=184), reason)


@pytest.mark.parametrize(
    ("second", "reason"),
    [
        ({"name": "vase", "unit_price": 39.6}, None),
        ({"name": "vase", "unit_price": 39.6, "quantity": 1}, None),
    ],
)
def test_a_nested_default_that_the_query_states_is_no_open_request(
    second: dict[str, Any], reason: Reason | None
) -> None:
    """ "1 vase" is served by an item that leaves its quantity at 1; "4 vases" is not."""
    first = {"name": "candles", "unit_price": 9.6, "quantity": 7}
    cart = starter_tools()["shopping_cart_total"]
    check(judge("total for 7 candles a 9.60, 1 vase a 39.60", cart, items=[first, second]), reason)
    assert judge("total for 7 candles a 9.60, 4 vase a 39.60", cart, items=[first, second]).outcome is Outcome.REJECT
