"""Binding JSON arguments to Python functions, and turning results into JSON."""

import array
import collections
import dataclasses
import datetime
import enum
import fractions
import itertools
import json
import numbers
import types
import uuid
from collections.abc import AsyncIterator, Callable, Coroutine
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from apigen.errors import ExecutorUnavailable
from apigen.execute.values import BadArguments, PreparedFunction, ResultNotJson, resolve
from apigen.records import Json, PythonBinding
from apigen.signatures.functions import read_signature
from apigen.signatures.jsonable import to_json

DATA = Path(__file__).parent / "data" / "python_source"


def prepared(file: str, name: str) -> PreparedFunction:
    return resolve(PythonBinding(name, file=str(DATA / f"{file}.py")))


def prepare(function: Any) -> PreparedFunction:
    return PreparedFunction(function, read_signature(function))


EVERYTHING: dict[str, Json] = {
    "unit": "mile",
    "level": "low",
    "when": "2024-03-03",
    "moment": "2024-03-03T10:00:00",
    "clock": "15:30:00",
    "span": "P1DT2H",
    "amount": 0.1,
    "ident": "12345678-1234-5678-1234-567812345678",
    "path": "a/b",
    "user": 7,
    "share": 0.5,
    "count": 3,
    "item": {"name": "nut", "price": 2.5, "bought": "2024-05-06"},
    "items": [{"name": "nut", "price": 1.5, "bought": "2024-01-01"}],
    "address": {"street": "High Street"},
    "place": {"lat": 1.5, "lon": 2.5},
    "person": {"name": "Ann", "age": None},
    "pair": [1, "a"],
    "many": [1.5, 2.5],
    "unique": ["a", "b"],
    "table": {"a": [1, 2]},
    "ratio": 1.5,
    "number": 4,
    "flag": True,
    "either": "x",
    "maybe": None,
    "extra": {"any": [1, {"thing": None}]},
}

EVERYTHING_FUNCTION = prepared("annotated", "everything")


def test_every_kind_of_argument_goes_there_and_back() -> None:
    """Converted to Python types, called, and converted back, all values are the same JSON again."""
    assert EVERYTHING_FUNCTION(EVERYTHING) == EVERYTHING


def test_arguments_arrive_as_the_annotated_types() -> None:
    """Strings become dates and enum members, objects become dataclasses, models and named tuples."""
    _, by_name = EVERYTHING_FUNCTION.bind(EVERYTHING)
    kinds = {name: type(value).__name__ for name, value in by_name.items()}
    expected = {"unit": "Unit", "when": "date", "moment": "datetime", "clock": "time", "span": "timedelta"}
    expected |= {"amount": "Decimal", "ident": "UUID", "path": "PosixPath", "item": "Item", "place": "Place"}
    expected |= {"person": "Person", "pair": "tuple", "unique": "set", "address": "dict", "number": "int"}
    assert {name: kinds[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("unit", "yard"),
        ("unit", "MILE"),
        ("level", "middle"),
        ("when", "3 March 2024"),
        ("when", 20240303),
        ("moment", "2024-03-03T25:00:00"),
        ("user", "7"),
        ("user", True),
        ("user", 7.5),
        ("share", 1.5),
        ("share", "0.5"),
        ("count", 0),
        ("flag", 1),
        ("flag", "true"),
        ("item", {"name": "nut"}),
        ("item", {"name": "nut", "price": 2.5, "colour": "red"}),
        ("address", {"street": "High Street", "town": "York"}),
        ("place", {"lat": "north"}),
        ("person", {"name": ""}),
        ("pair", [1]),
        ("many", "1.5"),
        ("table", {"a": ["x"]}),
        ("either", 1.5),
        ("maybe", 3),
        ("ratio", None),
        ("ratio", float("nan")),
        ("path", "\ud800"),
    ],
)
def test_a_value_of_the_wrong_type_is_refused_by_name(name: str, value: Json) -> None:
    """Conversion is strict, and the message names the parameter on one line."""
    with pytest.raises(BadArguments, match=f"^argument '{name}': ") as refusal:
        EVERYTHING_FUNCTION({**EVERYTHING, name: value})
    assert "\n" not in str(refusal.value)


def test_a_whole_float_is_an_integer() -> None:
    """JSON Schema calls 7.0 an integer, so a call that passed the schema check does not fall here."""
    assert prepared("annotated", "cached")({"number": 7.0}) == 14


def test_unknown_and_missing_arguments_are_named() -> None:
    """Nothing is passed on that the function does not know, and nothing that it needs is left out."""
    function = prepared("annotated", "defaults")
    with pytest.raises(BadArguments, match="unknown argument 'colour'; the function takes name, unit"):
        function({"name": "a", "colour": "red"})
    with pytest.raises(BadArguments, match="missing argument 'name'"):
        function({})
    with pytest.raises(BadArguments, match="unknown argument 'callback'"):
        function({"name": "a", "callback": "print"})


def test_arguments_left_out_take_their_defaults() -> None:
    """The function's own defaults apply, as in Python."""
    assert prepared("annotated", "defaults")({"name": "a"}) == "a MILE 2024 None () {}"


def test_positional_only_parameters_are_bound_by_their_names() -> None:
    """A later one can be given without an earlier one that has a default."""
    function = prepared("annotated", "by_position")
    assert function({"third": 9, "first": 1}) == [1, 2, 9]
    assert resolve(PythonBinding("sqrt", module="math"))({"x": 9}) == 3.0


def test_any_number_of_values_is_passed_one_by_one() -> None:
    """With whatever stands before them, which then has to be passed by position too."""

    def spread(first: int, second: int = 2, *rest: int, last: int = 9) -> list[int]:
        return [first, second, *rest, last]

    function = prepare(spread)
    assert function({"first": 1, "rest": [3, 4]}) == [1, 2, 3, 4, 9]
    assert function({"first": 1, "rest": [], "last": 5}) == [1, 2, 5]
    assert function({"first": 1}) == [1, 2, 9]
    assert resolve(PythonBinding("gcd", module="math"))({"integers": [12, 18]}) == 6
    with pytest.raises(BadArguments, match="argument 'rest'"):
        function({"first": 1, "rest": ["x"]})


def test_coroutines_are_run_to_their_end() -> None:
    """Also of a plain function that returns one; an asynchronous generator is no result."""

    async def later(number: int) -> int:
        return 2 * number

    async def endless(number: int) -> AsyncIterator[int]:
        yield number

    def passing(number: int) -> Coroutine[Any, Any, int]:
        return later(number)

    assert [prepare(function)({"number": 4}) for function in (later, passing)] == [8, 8]
    with pytest.raises(ResultNotJson, match="async_generator"):
        prepare(endless)({"number": 4})


def test_streams_can_be_read() -> None:
    """An Iterable arrives as a list and an Iterator as an iterator."""
    assert prepared("annotated", "consumed")({"numbers": [1, 2.5], "rest": [3]}) == [1.0, 2.5, 3]


def test_docstring_types_convert_too() -> None:
    """The type that a docstring gives is the type that the argument is converted to."""
    assert prepared("numpy_style", "span")({"first": "2024-02-28", "last": "2024-03-01"}) == 2
    assert prepared("sphinx_style", "repeat")({"text": "ab", "separator": "-"}) == "ab-ab"
    assert prepared("sphinx_style", "lazily")({"count": 3}) == [0, 1, 2]


def test_functions_of_real_packages_run() -> None:
    """What the source describes, the executor calls."""
    calls: list[tuple[str, str, dict[str, Json], Json]] = [
        ("statistics", "mean", {"data": [1, 2, 3, 4]}, 2.5),
        ("statistics", "quantiles", {"data": [1, 2, 3, 4, 5], "method": "inclusive"}, [2.0, 3.0, 4.0]),
        ("statistics", "correlation", {"x": [1, 2, 3], "y": [2, 4, 6]}, 1.0),
        ("statistics", "linear_regression", {"x": [1, 2], "y": [2, 4]}, {"slope": 2.0, "intercept": 0.0}),
        ("statistics", "multimode", {"data": ["a", "b", "a"]}, ["a"]),
        ("math", "comb", {"n": 5, "k": 2}, 10),
        ("humanize", "naturalsize", {"value": 3000000}, "3.0 MB"),
        ("humanize", "precisedelta", {"value": "PT3661S"}, "1 hour, 1 minute and 1 second"),
        ("boltons.strutils", "parse_int_list", {"range_string": "1,3-5"}, [1, 3, 4, 5]),
        ("boltons.mathutils", "clamp", {"x": 9, "lower": 1, "upper": 3}, 3),
    ]
    for module, name, arguments, expected in calls:
        assert resolve(PythonBinding(name, module=module))(arguments) == expected


def test_what_the_function_raises_is_passed_on_untouched() -> None:
    """Even a TypeError from inside is not mistaken for bad arguments."""

    def fails(number: int) -> str:
        return "a" + number  # type: ignore[operator, no-any-return]  # on purpose

    with pytest.raises(TypeError, match="can only concatenate str"):
        prepare(fails)({"number": 1})
    with pytest.raises(ZeroDivisionError):
        prepare(lazy_failure)({"number": 0})


def lazy_failure(number: int) -> Any:
    yield 1
    yield 1 // number


def test_a_binding_that_leads_nowhere_is_no_fault_of_the_call() -> None:
    """A library that changed is an unavailable executor, not a bad candidate."""
    with pytest.raises(ExecutorUnavailable, match="has no 'gone' any more"):
        resolve(PythonBinding("gone", module="statistics"))
    with pytest.raises(ExecutorUnavailable, match="nosuchmodule0"):
        resolve(PythonBinding("f", module="nosuchmodule0"))


def test_a_field_as_default_means_its_default() -> None:
    """Where a parameter has a pydantic field for its default, the function receives the field's default instead."""

    def order(  # type: ignore[no-untyped-def]  # a type can come from the default
        dish: str = Field(min_length=2),
        count: int = Field(5, ge=1, le=9, description="How many."),
        sides: list[str] = Field(default_factory=list),  # noqa: B008 - what is tested
        note: Annotated[str | None, Field(max_length=9)] = Field(None),
        spice=Field(0.5),  # noqa: B008 - what is tested
    ) -> list[Any]:
        """Order a dish."""
        sides.append("salt")
        return [dish, count, sides, note, spice]

    function = prepare(order)
    parameters = {parameter.name: parameter for parameter in read_signature(order).parameters}
    assert [name for name, parameter in parameters.items() if parameter.required] == ["dish"]
    assert parameters["dish"].schema == {"type": "string", "minLength": 2}
    assert parameters["count"].schema == {
        "type": "integer",
        "minimum": 1,
        "maximum": 9,
        "default": 5,
        "description": "How many.",
    }
    assert parameters["sides"].schema["default"] == []
    assert parameters["spice"].schema == {"type": "number", "default": 0.5}
    assert function({"dish": "soup"}) == ["soup", 5, ["salt"], None, 0.5]
    assert function({"dish": "soup", "count": 2}) == ["soup", 2, ["salt"], None, 0.5]
    for wrong in ({}, {"dish": "soup", "count": 0}, {"dish": "s"}):
        with pytest.raises(BadArguments):
            function(wrong)


def test_a_field_as_default_is_passed_by_position_too() -> None:
    """Also where the parameters have no names for a caller, and only some of them a field."""

    def add(first: int = Field(1), second: int = 2, third: int = Field(3), /) -> list[int]:
        """List three numbers."""
        return [first, second, third]

    assert prepare(add)({}) == [1, 2, 3]
    assert prepare(add)({"first": 5}) == [5, 2, 3]
    assert prepare(add)({"second": 5}) == [1, 5, 3]


@numbers.Real.register
class Exact:
    """A number as other packages have them."""

    def __init__(self, text: str) -> None:
        self.value = fractions.Fraction(text)

    def __float__(self) -> float:
        return float(self.value)

    def __str__(self) -> str:
        return str(self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Exact) and other.value == self.value

    def __hash__(self) -> int:
        return hash(self.value)


@numbers.Integral.register
class Whole:
    def __int__(self) -> int:
        return 7


class Colour(enum.Enum):
    RED = "red"


class Rank(enum.IntEnum):
    FIRST = 1


class Point(NamedTuple):
    x: int
    y: float


@dataclasses.dataclass
class Box:
    corner: Point
    colour: Colour


class Model(BaseModel):
    box: Box
    when: datetime.date


class Big(int):
    """A subclass of int, which a range would search for by counting."""


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Box(Point(1, 2.5), Colour.RED), {"corner": {"x": 1, "y": 2.5}, "colour": "red"}),
        (
            Model(box=Box(Point(1, 2.5), Colour.RED), when=datetime.date(2024, 2, 29)),
            {"box": {"corner": {"x": 1, "y": 2.5}, "colour": "red"}, "when": "2024-02-29"},
        ),
        (Decimal("0.1"), 0.1),
        (Decimal("0.1000000000000000055511151231257827"), "0.1000000000000000055511151231257827"),
        (fractions.Fraction(1, 4), 0.25),
        (fractions.Fraction(1, 3), "1/3"),
        (Exact("2.5"), 2.5),
        (Exact("1/3"), "1/3"),
        (Whole(), 7),
        (Decimal("1e400"), "1E+400"),
        (2**64 - 1, 18446744073709551615),
        (2**64, "18446744073709551616"),
        (Big(2**70), "1180591620717411303424"),
        (Rank.FIRST, 1),
        (datetime.timedelta(days=1, hours=2), "P1DT2H"),
        (datetime.datetime(2024, 1, 2, tzinfo=datetime.UTC), "2024-01-02T00:00:00+00:00"),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        ({3, 1, 10, 2}, [1, 2, 3, 10]),
        (frozenset({"b", "a", 2}), [2, "a", "b"]),
        ({1: "a", Colour.RED: (1, 2)}, {"1": "a", "red": [1, 2]}),
        ({"a": 1}.items(), [["a", 1]]),
        (collections.deque([1, 2]), [1, 2]),
        (types.MappingProxyType({"a": range(3)}), {"a": [0, 1, 2]}),
        (map(str, [1, 2]), ["1", "2"]),
        (array.array("d", [1.5]), [1.5]),
    ],
)
def test_results_become_json(value: Any, expected: Json) -> None:
    """Each kind of Python value has one JSON form."""
    converted = to_json(value)
    assert converted == expected
    assert json.loads(json.dumps(converted)) == converted


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


cyclic: list[Any] = [1]
cyclic.append({"self": cyclic})


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"a": [1.0, float("nan")]}, r"nan at \$\.a\[1\] \(float\)"),
        (Decimal("Infinity"), r"Infinity at \$ \(Decimal\)"),
        ([b"x"], r"at \$\[0\] is of type bytes"),
        (1j, "type complex"),
        (len, "type builtin_function_or_method"),
        (Path, "type type"),
        (object(), "type object"),
        (cyclic, r"contains itself at \$\[1\]\.self"),
        (nested(500), "nested more than 200 levels"),
        (itertools.count(), "more than 10,000 items"),
        ({1: 1, "1": 2}, "two keys that are both '1'"),
        ({(1, 2): 3}, "key of type tuple"),
        ("\ud800", "lone surrogate"),
    ],
)
def test_what_json_cannot_say_is_refused_with_its_place(value: Any, message: str) -> None:
    """The message gives the path inside the result and the type found there."""
    with pytest.raises(ResultNotJson, match=message):
        to_json(value)


@pytest.mark.parametrize(
    ("make", "place"),
    [
        (lambda: 10**5000, r"\$ "),
        (lambda: {"a": [-(7**9000)]}, r"\$\.a\[0\] "),
        (lambda: [fractions.Fraction(1, 3**10000)], r"\$\[0\] "),
        (lambda: fractions.Fraction(10**5000, 3), r"\$ "),
        (lambda: {10**5000: 1}, r"\$ "),
    ],
    ids=["integer", "inside", "fraction", "large fraction", "key"],
)
def test_numbers_too_long_to_write_have_no_json_form(make: Callable[[], Any], place: str) -> None:
    """Python refuses to write thousands of digits; that is a property of the result, not of an argument."""
    with pytest.raises(ResultNotJson, match=rf"at {place}is a number of thousands of digits"):
        to_json(make())


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(json_values)
def test_json_is_its_own_json_form(value: Json) -> None:
    """Converting what is JSON already changes nothing."""
    assert to_json(value) == value


@given(st.sampled_from(sorted(EVERYTHING)), json_values)
def test_no_json_value_breaks_the_conversion(name: str, value: Json) -> None:
    """Whatever a model writes as an argument is converted or refused, never an exception of another kind."""
    try:
        EVERYTHING_FUNCTION.bind({**EVERYTHING, name: value})
    except BadArguments as refusal:
        assert f"argument {name!r}" in str(refusal)  # noqa: PT017 - most values are refused, which is fine
