"""Stage 1: everything that can be wrong has its own reason."""

from typing import Any

import pytest

from apigen.records import Call, Candidate, Outcome, Reason, Style, Tool
from apigen.verify.format import FormatCheck, verdict_on
from apigen.verify.format.schemas import Schemas

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
        (
            {"query": "q", "answers": [{"name": "forecast", "arguments": '{"city": "Rome"}'}]},
            Reason.ARGUMENTS_AS_STRING,
        ),
        ({"query": "q", "answers": [{"name": "forecast", "arguments": '{"city": '}]}, Reason.NOT_JSON),
        ({"query": "q", "answers": [{"name": "forecast", "arguments": "3"}]}, Reason.WRONG_SHAPE),
        ({"query": "q", "answers": [{"name": "forecast", "arguments": None}]}, Reason.WRONG_SHAPE),
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


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"town": "Rome"}, "calls[0] has no argument 'town'"),
        ({"City": "Rome"}, "did you mean 'city'?"),
        ({"days": "3"}, 'calls[0].days is a string, "3", but an integer is expected'),
        ({"days": 3.0}, "calls[0].days is 3.0, a float, but an integer is expected"),
        ({"days": 15}, "calls[0].days is 15, which is above the maximum of 14"),
        ({"unit": "Celsius"}, "did you mean 'celsius'?"),
        ({"unit": "K"}, 'allowed: "celsius", "fahrenheit"'),
        ({"code": "rom"}, '"^[A-Z]{3}$"'),
        ({"date": "29 Feb"}, 'calls[0].date is "29 Feb", which is not a valid date'),
        ({"pick": 3}, "calls[0].pick is an integer, 3, but a string or null is expected"),
        ({"pick": "c"}, 'calls[0].pick is "c"; allowed: "a", "b"'),
        ({"stops": [{"km": "3"}]}, "calls[0].stops[0].km is a string"),
        ({"stops": [{"km": 3, "kms": 4}]}, "calls[0].stops[0] has no argument 'kms'; did you mean 'km'?"),
        ({"stops": [{}]}, "calls[0].stops[0].km is required but missing"),
        ({"city": ["x" * 1000]}, "x…, but a string is expected"),
    ],
)
def test_a_detail_tells_the_place_the_value_and_what_was_allowed(arguments: dict[str, Any], told: str) -> None:
    """Whoever reads a reject can mend it without opening the schema; long values are cut."""
    assert told in verdict([call(**arguments)])[1]


def test_every_fault_of_a_row_is_found_and_the_strongest_is_the_reason() -> None:
    """A wrong name explains more than a wrong bound, whichever comes first; the verdict names all arguments."""
    answers = [call(days=99, unit="kelvin"), {"name": "forcast", "arguments": {}}, call(town=1), call(town=1)]
    reasons = [fault.reason for fault in FormatCheck().read_row("q", answers, (FORECAST, CLOCK))[1]]
    assert reasons[0] is Reason.UNKNOWN_TOOL
    assert reasons[1:3] == [Reason.UNKNOWN_ARGUMENT, Reason.UNKNOWN_ARGUMENT]
    assert set(reasons[3:]) == {Reason.OUT_OF_BOUNDS, Reason.NOT_IN_ENUM, Reason.DUPLICATE_CALLS}
    _, found = FormatCheck().read({"query": "q", "answers": answers[:1]}, (FORECAST,), None)
    assert set(found.arguments) == {"calls[0].days", "calls[0].unit"}
    assert "did you mean 'forecast'?" in verdict(answers)[1]


def test_calls_of_a_calls_shape_are_checked_beside_broken_ones() -> None:
    """One unreadable call hides nothing in the others, and positions are those of the row."""
    calls = ["clock", {"name": "clock", "arguments": {"zone": "CET"}}]
    candidate, faults = FormatCheck().read_row("q", calls, (CLOCK,))
    assert [fault.reason for fault in faults] == [Reason.WRONG_SHAPE, Reason.UNKNOWN_ARGUMENT]
    assert faults[1].argument == "calls[1].zone"
    assert [call.name for call in candidate.calls] == ["clock"]


def test_rows_made_elsewhere_need_a_call_only_where_they_say_so() -> None:
    """An answer without calls may be right; one with calls is wrong where none is due."""
    check = FormatCheck()

    def reasons(calls: list[Any], due: bool | None) -> list[Reason]:
        return [fault.reason for fault in check.read_row("q", calls, (CLOCK,), call_due=due)[1]]

    clock = {"name": "clock", "arguments": {}}
    assert reasons([], None) == reasons([], False) == reasons([clock], None) == reasons([clock], True) == []
    assert reasons([], True) == [Reason.EMPTY_ANSWER]
    assert reasons([clock], False) == [Reason.WRONG_CALL_COUNT]
    assert check.check(Candidate("q", (), (CLOCK,))).outcome is Outcome.PASS
    assert check.check(Candidate("q", (), (CLOCK,), Style.SIMPLE)).reason is Reason.EMPTY_ANSWER


@pytest.mark.parametrize(
    ("tools", "told"),
    [
        ((Tool("", "d", {"type": "object"}),), "tools[0] has no name"),
        ((CLOCK, CLOCK), "the tool 'clock' is offered twice"),
        ((CLOCK, Tool("clock", "other", {})), "with different definitions"),
        ((CLOCK, Tool("a", "d", {"properties": {"x": {"type": "strin"}}})), 'properties.x.type is "strin", which'),
        ((CLOCK, Tool("a", "d", {"properties": {"x": {"pattern": "("}}})), "properties.x.pattern"),
        ((CLOCK, Tool("a", "d", {"properties": ["x"]})), "properties"),
        ((CLOCK, Tool("a", "d", {"properties": {"x": {}}, "required": ["y"]})), "requires 'y', which it does not"),
        ((CLOCK, Tool("a", "d", {"properties": {"x": {"$ref": "https://example.com/x.json"}}})), "cannot fetch"),
        ((CLOCK, Tool("a", "d", {"properties": {"x": {"$ref": "file:///etc/hostname"}}})), "cannot fetch"),
    ],
)
def test_a_tool_that_nothing_can_be_checked_against_is_named(tools: tuple[Tool, ...], told: str) -> None:
    """Also where it is not called; what lies outside the row is neither fetched nor read."""
    candidate, faults = FormatCheck().read_row("q", [{"name": "clock", "arguments": {}}], tools)
    assert faults[0].reason is Reason.BAD_TOOL
    assert told in faults[0].detail
    assert candidate.tools == tools


def faults_against(schema: dict[str, Any], arguments: dict[str, Any]) -> list[Reason]:
    tool = Tool("t", "d", schema)
    return [f.reason for f in FormatCheck().read_row("q", [{"name": "t", "arguments": arguments}], (tool,))[1]]


def test_schemas_as_datasets_write_them_are_understood() -> None:
    """OpenAPI's nullable, older drafts, and schemas that leave open what they mean to close."""
    x = {"x": {"type": "string", "nullable": True, "enum": ["a"]}}
    assert faults_against({"properties": x}, {"x": None}) == []
    assert faults_against({"properties": x}, {"x": 3}) == [Reason.WRONG_TYPE], "and not told twice"
    older = {"properties": {"x": {"type": "number", "minimum": 0, "exclusiveMinimum": True}}}
    assert faults_against(older, {"x": 1}) == []
    assert faults_against(older, {"x": 0}) == [Reason.OUT_OF_BOUNDS]
    assert faults_against({"properties": {"x": {}}}, {"x": 1, "y": 2}) == [Reason.UNKNOWN_ARGUMENT]
    assert faults_against({"properties": {"x": {}}, "additionalProperties": True}, {"y": 2}) == []
    nested = {"properties": {"x": {"type": "object", "properties": {"k": {"type": "integer"}}}}}
    assert faults_against(nested, {"x": {"k": 1, "other": 2}}) == []


def test_floats_are_told_from_integers_inside_alternatives() -> None:
    """1.0 is no integer there either, and a number where a number may stand."""
    either = {"properties": {"x": {"anyOf": [{"type": "integer"}, {"type": "null"}]}}}
    assert faults_against(either, {"x": 1.0}) == [Reason.WRONG_TYPE]
    assert faults_against(either, {"x": 1}) == faults_against(either, {"x": None}) == []
    number = {
        "properties": {"x": {"anyOf": [{"type": "number", "maximum": 1}, {"type": "string"}]}, "n": {"type": "integer"}}
    }
    assert faults_against(number, {"x": 1.0}) == []
    nearest = {"properties": {"x": {"oneOf": [{"type": "array", "items": {"type": "integer"}}, {"type": "string"}]}}}
    assert faults_against(nearest, {"x": [1, "2"]}) == [Reason.WRONG_TYPE]


def test_compiled_schemas_are_kept_by_content_and_not_for_ever() -> None:
    """A dataset repeats its tools in new objects, and may bring a new tool with every row."""
    schemas = Schemas(most=3)
    first = schemas.compiled({"properties": {"a": {}}})
    assert schemas.compiled({"properties": {"a": {}}}) is first
    for number in range(10):
        assert not schemas.compiled({"properties": {f"p{number}": {}}}).problem
    assert schemas.compiled({"properties": {"a": {}}}) is not first


@pytest.mark.parametrize("value", ["\ud800", 10**400, float("inf"), "x" * 10**6])
def test_odd_values_are_faults_not_failures(value: Any) -> None:
    """Half characters, huge and infinite numbers get a verdict whose detail can be written."""
    for arguments in ({"city": value}, {"days": value}, {"unit": value}, {value: 1} if isinstance(value, str) else {}):
        row = [{"name": "forecast", "arguments": arguments}] * 2
        found = verdict_on(FormatCheck().read_row("q", row, (FORECAST,))[1])
        assert len(found.detail.encode()) < 1000
        assert found.outcome is Outcome.REJECT
        assert FormatCheck().check(Candidate("q", (Call("forecast", arguments),) * 2, (FORECAST,))) == found
