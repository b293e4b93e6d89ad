"""Grounding: which values a query accounts for, and which were invented."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from apigen.records import Call, Candidate, Tool
from apigen.verify.grounding import Finding, ungrounded

FORMS = [
    json.loads(line) for line in (Path(__file__).parent / "data/grounding_forms.jsonl").read_text("utf-8").splitlines()
]


def candidate(query: str, arguments: dict[str, Any], properties: dict[str, Any], *, description: str = "") -> Candidate:
    tool = Tool("tool", description, {"type": "object", "properties": properties, "additionalProperties": False})
    return Candidate(query, (Call("tool", arguments),), (tool,))


def paths(checked: Candidate) -> list[str]:
    return [finding.path for finding in ungrounded(checked)]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: f"{form['query']} -> {form['value']}")
def test_forms(form: dict[str, Any]) -> None:
    """Each form in the table is seen as it is labelled."""
    checked = candidate(form["query"], {"value": form["value"]}, {"value": form["schema"]})
    assert (not ungrounded(checked)) == form["grounded"]


def test_finding_says_where() -> None:
    """A finding gives the call's index, the path, the value and why."""
    schema = {"type": "array", "items": {"type": "object", "properties": {"city": {"type": "string"}}}}
    checked = candidate("from Oslo to Bergen", {"stops": [{"city": "Oslo"}, {"city": "Narvik"}]}, {"stops": schema})
    (finding,) = ungrounded(checked)
    assert finding == Finding(0, "stops[1].city", "Narvik", finding.why)
    assert finding.why


def test_free_keys_are_traced() -> None:
    """A property name that the schema leaves free must be in the query as well."""
    schema = {"scores": {"type": "object", "additionalProperties": {"type": "integer"}}}
    assert paths(candidate("Ann has 5", {"scores": {"Ann": 5}}, schema)) == []
    assert paths(candidate("Ann has 5", {"scores": {"Bob": 5}}, schema)) == ["scores.Bob"]


def test_references_are_followed() -> None:
    """An enum behind ``$ref`` and ``anyOf`` is known as an enum."""
    tool = Tool(
        "convert",
        "",
        {
            "type": "object",
            "properties": {"unit": {"anyOf": [{"$ref": "#/$defs/Unit"}, {"type": "null"}], "default": None}},
            "$defs": {"Unit": {"enum": ["kilograms", "pounds"], "type": "string"}},
        },
    )
    assert ungrounded(Candidate("12 kg", (Call("convert", {"unit": "kilograms"}),), (tool,))) == ()
    assert len(ungrounded(Candidate("12 kg", (Call("convert", {"unit": "pounds"}),), (tool,)))) == 1


@pytest.mark.parametrize(
    ("query", "value", "grounded"),
    [
        ("include the tax", True, True),
        ("just the price", True, False),
        ("without tax", False, True),
        ("don't add tax", False, True),
        ("just the price", False, True),
        ("the price with tax", False, False),
        ("no tax, please", False, True),
    ],
)
def test_flags(query: str, value: bool, grounded: bool) -> None:
    """A yes needs a word of the flag's name; a no needs a negation of it, or that the query does not mention it."""
    checked = candidate(
        query, {"include_tax": value}, {"include_tax": {"type": "boolean"}}, description="Price of a cart"
    )
    assert (not ungrounded(checked)) == grounded


def test_default_stated_in_words() -> None:
    """A default that only the description states is a default."""
    schema = {"gravity": {"type": "number", "description": "In m/s^2. Default is 9.81."}}
    assert ungrounded(candidate("a fall of 5 s", {"gravity": 9.81}, schema)) == ()
    assert len(ungrounded(candidate("a fall of 5 s", {"gravity": 9.8}, schema))) == 1


def test_unknown_tool_is_read_without_schema() -> None:
    """A call to a tool that is not offered is still traced."""
    assert len(ungrounded(Candidate("add 2", (Call("gone", {"a": 2, "b": 3}),), ()))) == 1


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=150, deadline=None)
@given(query=st.text(max_size=80), value=VALUES)
@example(query="½ ² 1.2.3.4 0/0 1/0 9e999 " + "9" * 5000, value="½ 1.2.3")
@example(query="İİİİ °c 31.31.2024 13/13/2024", value="2024-13-41T25:61")
@example(query="at 24:00 on 0000-00-00", value="0000-00-00")
@example(query="-", value=10**400)
def test_never_raises(query: str, value: Any) -> None:
    """Any query and any JSON value give an answer."""
    for schema in ({}, {"enum": [value]}, {"enum": [value, "a", 1], "description": "a: b (c) default is 3"}, True):
        ungrounded(candidate(query, {"value": value}, {"value": schema}))


@given(number=st.integers(-(10**9), 10**9))
def test_digits_ground_their_number(number: int) -> None:
    """A number in digits, plain or with thousands separators, grounds itself and not its neighbour."""
    for text in (f"take {number} now", f"take {number:,} now"):
        assert ungrounded(candidate(text, {"n": number}, {"n": {"type": "integer"}})) == ()
        assert ungrounded(candidate(text, {"n": number + 1000003}, {"n": {"type": "integer"}})) != ()


@given(day=st.dates())
def test_written_dates_ground_their_day(day: Any) -> None:
    """A date with its month's name grounds its ISO form and not the day after a fortnight."""
    for form in ("%B {d}, {y}", "{d} %b {y}", "the {d}th of %B {y}"):
        text = day.strftime(form.replace("{d}", str(day.day)).replace("{y}", f"{day.year:04}"))
        assert ungrounded(candidate(text, {"day": day.isoformat()}, {"day": {"type": "string"}})) == ()
        other = day.replace(day=(day.day + 13) % 28 + 1)
        assert (
            other == day or ungrounded(candidate(text, {"day": other.isoformat()}, {"day": {"type": "string"}})) != ()
        )
