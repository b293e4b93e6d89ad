"""Numbers of every size and writing: what they are read as, and that none of them breaks or disarms grounding."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from apigen.records import Call, Candidate, Json, Tool
from apigen.verify.grounding import Reading, invented, ungrounded

WRITTEN = """
    0 1 7 12 52 1900 2024 3.5 .5 1/2 1/0 0/0 1e5 1e308 1e-308 1e999 -1e308 1,234.5 1.234,5 1'000 1.2.3 ½ 2½ 5% 5k 3m 1t
    one two ten twenty ninety hundred thousand million trillion first half third dozen and a an minus to - x 10^400 $ €
    km miles years days hours minutes weeks century kg % percent °C degrees below zero ago next from at pm 12:30 good
    2024-05-06
"""
PIECES = st.sampled_from(WRITTEN.split())
HUGE = st.sampled_from([17, 41, 310, 400]).map(lambda digits: "9" * digits)
QUERIES = st.lists(PIECES | HUGE | st.text(max_size=4), max_size=12).map(" ".join)
NUMBERS = (
    st.integers()
    | st.sampled_from([15, 41, 310, 4000]).map(lambda digits: 10**digits)
    | st.floats()
    | st.sampled_from([2024, 123456, 1e308, 5e-324, 0, -1, 4.5, 1e15])
)
TIMES = st.sampled_from(["2024-05-06", "13:30", "PT90S"])
VALUES: st.SearchStrategy[Json] = NUMBERS | NUMBERS.map(str) | QUERIES | TIMES
NAMES = st.sampled_from(["year", "total_ratio", "distance_km", "duration_days", "percent", "temperature", "rating"])
DESCRIPTIONS = QUERIES.map(lambda text: f"from 1 to {text}: code, in hours; Celsius, default is 5")


def found(query: str, name: str, value: Json, description: str = "") -> tuple[int, int]:
    """How many findings strict and lenient have."""
    schema = {"description": description, "maximum": 10**400}
    tool = Tool("tool", "", {"type": "object", "properties": {name: schema}})
    candidate = Candidate(query, (Call("tool", {name: value}),), (tool,))
    return len(ungrounded(candidate)), len(invented(candidate))


@settings(max_examples=150, deadline=None)
@given(query=QUERIES, name=NAMES, value=VALUES, description=DESCRIPTIONS)
@example(query="one hundred and " * 5000, name="s", value=123456, description="")
@example(query="1/" + "9" * 5000 + " 1.2." + "9" * 5000, name="s", value=5, description="9" * 5000 + ": nine")
@example(query="in 1e308 years", name="day", value="2024-05-06", description="")
@example(query="1e308 centuries from 2024", name="year", value=2030, description="")
@example(query="9" * 400 + "ft 3", name="percent", value=10**4000, description="")
def test_no_number_breaks_a_reader(query: str, name: str, value: Json, description: str) -> None:
    """Numbers of any size and writing, in query, value and description, give an answer at either level."""
    strict, lenient = found(query, name, value, description)
    assert 0 <= lenient <= strict <= 1


@pytest.mark.parametrize("absurd", ["9" * 400, "1e308 km", "1e999", "-1e308", "1e308 and 1e308", "1e-308", "1e308 yd"])
@pytest.mark.parametrize(("name", "value"), [("distance_km", 34567.8), ("total_ratio", 87313), ("level", 873.25)])
def test_an_absurd_number_lets_no_other_pass(absurd: str, name: str, value: float) -> None:
    """A query with a number beyond all measure still says nothing about another number."""
    assert found(f"it is {absurd} far, says Ann", name, value) == (1, 1)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("between one hundred and two hundred", [100, 200]),
        ("two thousand and three thousand", [2000, 3000]),
        ("two hundred and fifty thousand three hundred and one", [250301]),
        ("one million and twenty million", [1000000, 20000000]),
        ("nineteen hundred ninety nine", [1999]),
        ("one hundred and " * 3, [100, 100, 100]),
    ],
)
def test_scales_go_down_in_a_number(text: str, values: list[int]) -> None:
    """A hundred, thousand or million that cannot follow in a number begins another one."""
    assert [number.values[0] for number in Reading(text).numbers] == values
