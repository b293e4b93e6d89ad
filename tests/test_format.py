"""Stage 1: everything that can be wrong has its own reason."""

from typing import Any

import pytest

from apigen.records import Outcome, Reason, Style, Tool
from apigen.verify.format import FormatCheck

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "city": {"type": "string"},
        "days": {"type": "integer", "minimum": 1, "maximum": 14},
        "unit": {"enum": ["celsius", "fahrenheit"]},
        "factor": {"type": "number"},
        "exact": {"type": "boolean"},
        "date": {"type": "string", "format": "date"},
        "pick": {"anyOf": [{"type": "string", "enum": ["a", "b"]}, {"type": "null"}]},
        "at": {"type": "string", "format": "time"},
        "code": {"type": "string", "pattern": "^[A-Z]{3}$"},
        "stops": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"km": {"anyOf": [{"type": "integer"}, {"type": "null"}]}},
                "required": ["km"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["city"],
    "additionalProperties": False,
}
FORECAST = Tool("forecast", "Forecast.", SCHEMA)
CLOCK = Tool("clock", "Tell the time.", {"type": "object", "properties": {}, "additionalProperties": False})


def verdict(answers: Any, style: Style | None = None, query: Any = "how is it in Rome") -> tuple[Reason | None, str]:
    _, found = FormatCheck().read({"query": query, "answers": answers}, (FORECAST, CLOCK), style)
    assert (found.outcome is Outcome.PASS) == (found.reason is None)
    return found.reason, found.detail


def call(**arguments: Any) -> dict[str, Any]:
    return {"name": "forecast", "arguments": {"city": "Rome"} | arguments}


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"days": 3},
        {"factor": 2},
        {"factor": 2.0},
        {"unit": "celsius", "exact": True},
        {"date": "2024-02-29"},
        {"at": "15:30"},
        {"at": "15:30:00+02:00"},
        {"stops": [{"km": 3}, {"km": None}]},
    ],
)
def test_what_fits_the_schema_passes(arguments: dict[str, Any]) -> None:
    """An integer is a number too; nested values and nulls are fine where the schema says so."""
    assert verdict([call(**arguments)]) == (None, "")


@pytest.mark.parametrize(
    ("arguments", "reason", "where"),
    [
        ({"days": 3.0}, Reason.WRONG_TYPE, "days"),
        ({"days": "3"}, Reason.WRONG_TYPE, "days"),
        ({"days": True}, Reason.WRONG_TYPE, "days"),
        ({"factor": True}, Reason.WRONG_TYPE, "factor"),
        ({"exact": 1}, Reason.WRONG_TYPE, "exact"),
        ({"exact": "true"}, Reason.WRONG_TYPE, "exact"),
        ({"city": None}, Reason.WRONG_TYPE, "city"),
        ({"date": "2023-02-29"}, Reason.WRONG_TYPE, "date"),
        ({"at": "3pm"}, Reason.WRONG_TYPE, "at"),
        ({"stops": [{"km": 3}, {"km": 1.0}]}, Reason.WRONG_TYPE, "stops[1].km"),
        ({"stops": [{"km": "3"}]}, Reason.WRONG_TYPE, "stops[0].km"),
        ({"pick": "c"}, Reason.NOT_IN_ENUM, "pick"),
        ({"pick": True}, Reason.WRONG_TYPE, "pick"),
        ({"days": 0}, Reason.OUT_OF_BOUNDS, "days"),
        ({"days": 15}, Reason.OUT_OF_BOUNDS, "days"),
        ({"unit": "kelvin"}, Reason.NOT_IN_ENUM, "unit"),
        ({"code": "rom"}, Reason.WRONG_PATTERN, "code"),
        ({"town": "Rome"}, Reason.UNKNOWN_ARGUMENT, "town"),
        ({"stops": [{}]}, Reason.MISSING_ARGUMENT, "stops[0]"),
        ({"town": "Rome", "days": 0}, Reason.UNKNOWN_ARGUMENT, "town"),
    ],
)
def test_each_fault_of_an_argument_has_its_reason_and_path(
    arguments: dict[str, Any], reason: Reason, where: str
) -> None:
    """Integer, number and boolean are told apart, and the detail leads to the value."""
    found, detail = verdict([call(**arguments)])
    assert found is reason
    assert where in detail


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ([], Reason.WRONG_SHAPE),
        ("text", Reason.WRONG_SHAPE),
        (None, Reason.WRONG_SHAPE),
        ({"answers": []}, Reason.MISSING_FIELD),
        ({"query": "q"}, Reason.MISSING_FIELD),
        ({"query": 3, "answers": []}, Reason.WRONG_SHAPE),
        ({"query": "q", "answers": {}}, Reason.WRONG_SHAPE),
        ({"query": "q", "answers": ["forecast"]}, Reason.WRONG_SHAPE),
        ({"query": "q", "answers": [{"name": "forecast"}]}, Reason.MISSING_FIELD),
        ({"query": "q", "answers": [{"arguments": {}}]}, Reason.MISSING_FIELD),
        ({"query": "q", "answers": [{"name": 1, "arguments": {}}]}, Reason.WRONG_SHAPE),
        ({"query": "q", "answers": [{"name": "forecast", "arguments": '{"city": "Rome"}'}]}, Reason.WRONG_SHAPE),
        ({"query": "  ", "answers": [{"name": "clock", "arguments": {}}]}, Reason.EMPTY_QUERY),
        ({"query": "q", "answers": []}, Reason.EMPTY_ANSWER),
        ({"query": "q", "answers": [{"name": "forecasts", "arguments": {"city": "Rome"}}]}, Reason.UNKNOWN_TOOL),
        ({"query": "q", "answers": [{"name": "forecast", "arguments": {}}]}, Reason.MISSING_ARGUMENT),
    ],
)
def test_each_fault_of_the_structure_has_its_reason(value: Any, reason: Reason) -> None:
    """Whatever a model puts in place of a pair, the verdict says what is wrong with it."""
    _, found = FormatCheck().read(value, (FORECAST, CLOCK), None)
    assert found.reason is reason


def test_the_number_of_calls_must_fit_the_style() -> None:
    """Simple and multiple need one call, parallel several, parallel multiple several tools, and none the same twice."""
    one, two, clock = call(), call(days=2), {"name": "clock", "arguments": {}}
    for style in (Style.SIMPLE, Style.MULTIPLE):
        assert verdict([one], style)[0] is None
        assert verdict([one, two], style)[0] is Reason.WRONG_CALL_COUNT
    assert verdict([one], Style.PARALLEL)[0] is Reason.WRONG_CALL_COUNT
    assert verdict([one, two], Style.PARALLEL)[0] is None
    assert verdict([one, two], Style.PARALLEL_MULTIPLE)[0] is Reason.TOO_FEW_TOOLS
    assert verdict([one, clock], Style.PARALLEL_MULTIPLE)[0] is None
    assert verdict([one, one], Style.PARALLEL)[0] is Reason.DUPLICATE_CALLS
    assert verdict([one, two, clock])[0] is None, "rows made elsewhere have no style to hold them to"


def test_tools_of_one_name_are_not_mixed_up() -> None:
    """A validator is kept per tool, not per name: a data set may offer two tools of one name in two rows."""
    check = FormatCheck()
    other = Tool("forecast", "Other.", {"type": "object", "properties": {"city": {"type": "integer"}}})
    value = {"query": "q", "answers": [call()]}
    assert check.read(value, (FORECAST,), None)[1].outcome is Outcome.PASS
    assert check.read(value, (other,), None)[1].reason is Reason.WRONG_TYPE
    assert check.read(value, (FORECAST,), None)[1].outcome is Outcome.PASS
