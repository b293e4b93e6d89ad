"""What query and schema imply together: each rule grounds one value and not another one like it."""

import json
from pathlib import Path
from typing import Any

import pytest

from apigen.records import Call, Candidate, Json, Tool
from apigen.verify.grounding import invented, ungrounded
from apigen.verify.grounding.reading import Reading
from apigen.verify.grounding.related import suggestions

ROWS = [
    json.loads(line)
    for line in (Path(__file__).parent / "data/grounding_implied.jsonl").read_text("utf-8").splitlines()
]
FOOD = {"type": "string", "enum": ["salad", "steak"]}
TEXT = {"type": "string"}
FLAG = {"type": "boolean"}


def paths(
    query: str, arguments: dict[str, Json], properties: dict[str, Any], required: tuple[str, ...] = ()
) -> list[str]:
    tool = Tool("serve_dinner", "", {"type": "object", "properties": properties, "required": list(required)})
    return [finding.path for finding in ungrounded(Candidate(query, (Call("serve_dinner", arguments),), (tool,)))]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['why']}: {row['value']}")
def test_implied(row: dict[str, Any]) -> None:
    """Each line of the table is seen as it is labelled."""
    found = paths(row["query"], {row["name"]: row["value"]}, {row["name"]: row["schema"]})
    assert (not found) == row["grounded"]


@pytest.mark.parametrize(
    ("query", "dish", "required", "grounded"),
    [
        ("a light dinner for Ada", "salad", ("dish",), True),
        ("something light for Ada", "salad", ("dish",), False),
        ("a light dinner for Ada", "salad", (), False),
        ("a steak for Ada", "salad", ("dish",), False),
        ("a steak for Ada", "steak", ("dish",), True),
    ],
)
def test_a_choice_that_the_tool_demands(query: str, dish: str, required: tuple[str, ...], grounded: bool) -> None:
    """Where a choice has to be made and the query speaks for none, any will do; where it names one, only that."""
    found = paths(query, {"guest": "Ada", "dish": dish}, {"guest": TEXT, "dish": FOOD}, required)
    assert ("dish" not in found) == grounded


def test_a_demanded_choice_needs_a_call_that_is_asked_for() -> None:
    """A call of which the query says nothing at all is not grounded by its demanded choices."""
    assert paths("what time is it", {"dish": "salad"}, {"dish": FOOD}, ("dish",)) == ["dish"]
    assert paths("dinner for Ada", {"guest": "Ada", "hot": True}, {"guest": TEXT, "hot": FLAG}, ("hot",)) == []
    assert paths("what time is it", {"hot": True}, {"hot": FLAG}, ("hot",)) == ["hot"]


def test_an_empty_value_that_the_tool_insists_on() -> None:
    """An empty text or list claims nothing where the tool requires the argument."""
    assert paths("fly to Oslo", {"origin": ""}, {"origin": TEXT}, ("origin",)) == []
    assert paths("fly to Oslo", {"origin": ""}, {"origin": TEXT}) == ["origin"]


def test_the_tools_own_word_for_whatever() -> None:
    """A word for "whatever" passes where it is the default of another parameter, or the argument is required."""
    properties = {"album": {"type": "string", "default": "any"}, "track": TEXT}
    assert paths("play Abba", {"track": "any"}, properties) == []
    assert paths("play Abba", {"track": "any"}, {"track": TEXT}) == ["track"]
    assert paths("play Abba", {"track": "any"}, {"track": TEXT}, ("track",)) == []


def test_a_quotation_is_not_cut() -> None:
    """Words out of the middle of a quotation are no paraphrase of it."""
    assert paths('file the note "buy oats and milk today" for me', {"text": "buy oats milk"}, {"text": TEXT}) == []
    assert paths('file the note "buy oats and milk today" for me', {"text": "oats and milk"}, {"text": TEXT}) == [
        "text"
    ]


def test_two_words_of_a_flags_description() -> None:
    """A flag may be spoken of in words that its tool's description shares, if there are two of them."""
    flag = {"type": "boolean", "description": "Adds pollen counts and dust."}
    tool = Tool("air", "Pollen counts and dust at a place.", {"type": "object", "properties": {"details": flag}})
    for query, findings in (("pollen and dust in Graz", 0), ("the pollen in Graz", 1)):
        assert len(ungrounded(Candidate(query, (Call("air", {"details": True}),), (tool,)))) == findings


def test_a_nested_flag_is_named_by_what_holds_it() -> None:
    """ "include" says nothing by itself; the object that holds it does."""
    inner = {"type": "object", "properties": {"include": FLAG}}
    assert paths("prices and sentiment", {"sentiment": {"include": True}}, {"sentiment": inner}) == []
    assert paths("prices and volumes", {"sentiment": {"include": True}}, {"sentiment": inner}) == ["sentiment.include"]


def test_a_value_that_is_turned_down_is_not_implied() -> None:
    """What the query turns down stays ungrounded, however it might be implied."""
    assert paths("the Lions, not the Golden Bay Gulls", {"team": "Golden Bay Gulls"}, {"team": TEXT}) == ["team"]


@pytest.mark.parametrize(
    ("query", "name", "value", "near"),
    [
        ("the distance to the harbour", "distance", 35, True),
        ("the distance to the harbour, 12 of them", "distance", 35, False),
        ("the league table", "year", 2024, True),
        ("the league table of 2019", "year", 2024, False),
        ("a lap of 400 m", "feet", 1312.34, True),
        ("a lap of 400 m", "feet", 1812.34, False),
        ("how strong is the field", "constant", 8.99e9, True),
        ("the Louvre", "country", "France", True),
        ("a ticket on March 3, 2024", "day", "2024-03-05", False),
        ("a ticket, please", "day", "2024-03-05", True),
        ("¿qué tiempo hace mañana en Lima?", "topic", "weather", True),
        ("the weather in Lima", "topic", "football", False),
    ],
)
def test_what_lenient_leaves(query: str, name: str, value: Json, near: bool) -> None:
    """Lenient names no value that may be known, rounded, converted or read in another language."""
    tool = Tool("serve_dinner", "", {"type": "object", "properties": {name: {}}})
    assert (not invented(Candidate(query, (Call("tool", {name: value}),), (tool,)))) == near


def test_tables_have_no_twins() -> None:
    """Words of a line suggest each other but not themselves."""
    reading = Reading("a quick brown fox")
    assert suggestions(reading, "fast")
    assert not suggestions(reading, "quick")
