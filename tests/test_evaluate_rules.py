"""BFCL's rules for one argument and for the calls of an answer. That they are BFCL's own is held by the slow tests."""

from collections.abc import Sequence
from typing import Any

import pytest

from apigen.evaluate.base import Answer, ErrorType, Score
from apigen.evaluate.calls import AnyCallDue, CallsDue, DueCall, due_arguments
from apigen.evaluate.values import Argument
from apigen.records import Call, Json

TEXT = (str, ["New York", ""])
WHOLE = (int, [5])
FLOAT = (float, [5.0, 2.5])
FLAG = (bool, [True])
OPEN = (int, [None, 5])
VARIABLE = (list, ["my_list"])
OBJECT = (dict, [{"size": ["Large", "XL"], "n": [2, ""], "deep": [["A"], ""]}])


def scored(argument: Argument, value: Json) -> ErrorType | None:
    return argument.score("x", value).error_type


@pytest.mark.parametrize(
    ("wanted", "value", "error_type"),
    [
        (TEXT, "new-york*", None),
        (TEXT, "N.e_w/ ^York,", None),
        (TEXT, "", None),
        (TEXT, "New\tYork", ErrorType.WRONG_VALUE),
        (TEXT, "Boston", ErrorType.WRONG_VALUE),
        (TEXT, 5, ErrorType.WRONG_TYPE),
        (TEXT, None, ErrorType.WRONG_TYPE),
        ((str, ["it's"]), 'IT"S', None),
        (WHOLE, 5, None),
        (WHOLE, 6, ErrorType.WRONG_VALUE),
        (WHOLE, 5.0, ErrorType.WRONG_TYPE),
        (WHOLE, "5", ErrorType.WRONG_TYPE),
        ((int, [1]), True, ErrorType.WRONG_TYPE),
        (FLOAT, 2.5, None),
        (FLOAT, 5.0, None),
        ((float, [5]), 5.0, None),
        (FLAG, True, None),
        (FLAG, 1, ErrorType.WRONG_TYPE),
        (FLAG, False, ErrorType.WRONG_VALUE),
        (OPEN, None, None),
        (OPEN, 5, None),
        (VARIABLE, "my_list", None),
        (VARIABLE, "My_List", ErrorType.WRONG_VALUE),
        (OBJECT, {"size": "x-l", "n": 2}, None),
        (OBJECT, {"size": "large"}, None),
        (OBJECT, {"n": 2}, ErrorType.WRONG_VALUE),
        (OBJECT, {"size": "XL", "colour": "red"}, ErrorType.WRONG_VALUE),
        (OBJECT, {"size": "XL", "n": 2.0}, None),
        (OBJECT, {"size": "XL", "deep": ["A"]}, None),
        (OBJECT, {"size": "XL", "deep": ["a"]}, ErrorType.WRONG_VALUE),
        (OBJECT, [], ErrorType.WRONG_TYPE),
    ],
)
def test_types_are_exact_and_texts_are_standardised(
    wanted: tuple[type[Any], Sequence[Json]], value: Json, error_type: ErrorType | None
) -> None:
    """A type is met exactly; texts are compared without case and ``,./-_*^``, as far down as one level of a dict."""
    assert scored(Argument(*wanted), value) is error_type


def test_a_whole_number_is_a_float_at_the_top_level_alone() -> None:
    """``5`` for a float parameter passes, ``true`` and a number that no float holds do not, nor ``5`` in its list."""
    top = Argument(float, [5.0], also=int)
    assert [scored(top, value) for value in (5, True, 10**400)] == [None, ErrorType.WRONG_TYPE, ErrorType.WRONG_VALUE]
    assert scored(Argument(list, [[5.0]], item=float), [5]) is ErrorType.WRONG_TYPE


@pytest.mark.parametrize(
    ("values", "item", "value", "error_type"),
    [
        ([["a b", "c"]], str, ["AB", "c."], None),
        ([["a", "b"]], str, ["b", "a"], ErrorType.WRONG_VALUE),
        ([["a", "b"]], str, ["a"], ErrorType.WRONG_VALUE),
        ([["a"]], str, [1], ErrorType.WRONG_TYPE),
        ([[1, 2]], int, [1, 2], None),
        ([[1, 2]], int, [True, 2], ErrorType.WRONG_TYPE),
        ([[1, 2], ""], int, [True, 2.0], None),
        ([[1, 2], ""], int, [], None),
        ([[1, 2]], int, [], ErrorType.WRONG_VALUE),
        ([[1.5, 2.5]], int, [1.5, 2.5], None),
        ([[["a"]]], list, [["a"]], None),
        ([[["a"]]], list, [["A"]], ErrorType.WRONG_VALUE),
        ([[{"k": ["a", "b"]}, {"k": [1]}]], dict, [{"k": "B"}, {"k": 1}], None),
        ([[{"k": ["a"]}]], dict, [{"k": "a"}, {"k": "a"}], ErrorType.WRONG_VALUE),
        ([[{"k": ["a"]}], ""], dict, ["a"], ErrorType.WRONG_VALUE),
        ([[{"k": ["a"]}], ""], dict, [], None),
    ],
)
def test_lists_are_ordered(values: Sequence[Json], item: type[Any], value: Json, error_type: ErrorType | None) -> None:
    """Items in order, of the type asked for; where the list may be left out their types are not asked."""
    assert scored(Argument(list, values, item=item), value) is error_type


def test_a_tuple_is_a_list_where_the_tool_asks_for_a_tuple() -> None:
    """And nowhere else; Python text can hold one."""
    assert scored(Argument(list, [[1, 2]], int, also=tuple), (1, 2)) is None
    assert scored(Argument(list, [[1, 2]], int), (1, 2)) is ErrorType.WRONG_TYPE


def due(name: str, required: Sequence[str] = (), **acceptable: list[Json]) -> DueCall:
    kinds = {one: type(next(value for value in values if value != "")) for one, values in acceptable.items()}
    arguments = {one: Argument(kinds[one], values) for one, values in acceptable.items()}
    return DueCall(name, arguments, due_arguments(required, acceptable))


def score(truth: CallsDue | AnyCallDue, *calls: Call) -> Score:
    return truth.score(Answer(calls))


WALK = CallsDue((due("walk", ["to"], to=["park"], pace=[2, ""], dogs=[3]),))


@pytest.mark.parametrize(
    ("arguments", "error_type"),
    [
        ({"to": "park", "dogs": 3}, None),
        ({"to": "park", "dogs": 3, "pace": 2}, None),
        ({"to": "park", "pace": 2}, ErrorType.MISSING_ARGUMENT),
        ({"dogs": 3}, ErrorType.MISSING_ARGUMENT),
        ({"to": "park", "dogs": 3, "back": True}, ErrorType.UNKNOWN_ARGUMENT),
        ({"to": "park", "dogs": 4}, ErrorType.WRONG_VALUE),
        ({"to": ["park"], "dogs": 3}, ErrorType.WRONG_TYPE),
    ],
)
def test_an_argument_may_be_left_out_where_the_answer_says_so(
    arguments: dict[str, Json], error_type: ErrorType | None
) -> None:
    """Also an optional one needs ``""`` among its acceptable values; one that the answer does not have is wrong."""
    assert score(WALK, Call("walk", arguments)).error_type is error_type


def test_a_wrong_answer_says_where_and_what() -> None:
    """In one line that names the call and the argument."""
    assert score(WALK, Call("walk", {"to": "zoo", "dogs": 3})).detail == "walk: to: 'zoo' is not one of ['park']"
    assert score(WALK, Call("walk", {"to": [[9] * 99], "dogs": 3})).detail.endswith("… is a list, not a string")


def test_the_number_of_calls_counts() -> None:
    """None, too few, too many."""
    call = Call("walk", {"to": "park", "dogs": 3})
    both = CallsDue(WALK.calls * 2)
    assert score(WALK).error_type is ErrorType.NO_CALL
    assert score(both, call).error_type is ErrorType.MISSING_CALL
    assert score(WALK, call, call).error_type is ErrorType.EXTRA_CALL
    assert score(both, call, call).correct
    assert score(WALK, Call("Walk", call.arguments)).error_type is ErrorType.WRONG_NAME


def test_several_calls_match_in_any_order_and_greedily() -> None:
    """A loose call that comes first takes the answer that only the strict one after it could not do without."""
    loose, strict = due("f", a=[1, 2]), due("f", a=[1])
    one, two = Call("f", {"a": 1}), Call("f", {"a": 2})
    assert score(CallsDue((strict, loose)), two, one).correct
    assert score(CallsDue((loose, strict)), two, one).correct
    assert score(CallsDue((loose, strict)), one, two).error_type is ErrorType.WRONG_VALUE


def test_what_matched_is_used_up_by_its_place_not_by_its_value() -> None:
    """``True`` equals ``1`` for Python; the call that is left is still the one with ``1``."""
    truth = CallsDue((due("f", a=[True]), due("f", a=[1])))
    assert score(truth, Call("f", {"a": 1}), Call("f", {"a": True})).correct


def test_the_nearest_call_gives_the_reason() -> None:
    """A call of the right name says more than one of another."""
    truth = CallsDue((due("g", b=[1]), due("f", a=[1])))
    assert score(truth, Call("f", {"a": 1}), Call("g", {"b": 2})).error_type is ErrorType.WRONG_VALUE
    assert score(truth, Call("f", {"a": 1}), Call("h", {})).error_type is ErrorType.WRONG_NAME


def test_relevance_looks_at_nothing_but_whether_a_call_was_made() -> None:
    """What cannot be read is no call: right where none is due."""
    broken = Answer(undecodable="no calls")
    anything = Call("no_such_tool", {})
    assert score(AnyCallDue(wanted=True), anything).correct
    assert score(AnyCallDue(wanted=False)).correct
    assert score(AnyCallDue(wanted=True)).error_type is ErrorType.NO_CALL
    assert score(AnyCallDue(wanted=False), anything).error_type is ErrorType.CALLED_NEEDLESSLY
    assert AnyCallDue(wanted=False).score(broken).correct
    assert AnyCallDue(wanted=True).score(broken) == Score(ErrorType.UNDECODABLE, "no calls")
    assert WALK.score(broken).error_type is ErrorType.UNDECODABLE
