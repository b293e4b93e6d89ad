"""BFCL's single-turn rows with their answers."""

from pathlib import Path

import pytest

from apigen.dataset.read.base import Row
from apigen.dataset.read.bfcl import MOST_VALUES, acceptable, whole_values
from apigen.dataset.read.formats import read
from apigen.errors import UserError
from apigen.records import Reason

DATA = Path(__file__).parent / "data" / "datasets" / "bfcl"


def rows(name: str) -> list[Row]:
    return list(read(DATA / f"BFCL_v4_{name}.json"))


def test_the_answer_takes_the_first_acceptable_value() -> None:
    """Also inside a dict; what may be left out first is left out, unless the tool requires it."""
    first, second, _ = rows("simple_python")
    assert first.calls == [
        {
            "name": "kitchen.brew",
            "arguments": {"leaf": "green", "pots": 2, "minutes": 3.0, "options": {"strength": "strong"}},
        }
    ]
    assert first.call_due is True
    assert second.calls == [{"name": "brew", "arguments": {"leaf": ""}}]
    assert (second.query, second.context) == ("Tea, please.", ("The kettle is blue.",))


def test_all_acceptable_values_are_given() -> None:
    """Whole values by parameter, and which parameters may be left out."""
    (told,) = acceptable(rows("simple_python")[0].raw)
    assert told.name == "kitchen.brew"
    assert told.arguments["leaf"] == ("green", "green tea")
    assert told.arguments["sizes"] == ([1, 2],)
    assert told.arguments["options"] == (
        {"strength": "strong"},
        {"strength": "strong", "milk": False},
        {"strength": "extra strong"},
        {"strength": "extra strong", "milk": False},
    )
    assert told.may_omit == {"sizes", "extras"}


def test_the_values_of_many_keys_are_bounded() -> None:
    """Each key of a dict multiplies them."""
    truth = [{"f": {"a": [{str(key): [1, 2] for key in range(40)}]}}]
    assert len(acceptable(truth)[0].arguments["a"]) == MOST_VALUES


def test_a_list_of_dicts_has_choices_inside_and_deeper_values_are_plain() -> None:
    """As in BFCL's own checker, which looks one level down."""
    assert list(whole_values([[{"a": [1, 2]}, {"b": [[3]]}], "", "x"])) == [
        [{"a": 1}, {"b": [3]}],
        [{"a": 2}, {"b": [3]}],
        "x",
    ]
    assert list(whole_values([{"a": [{"b": 1}]}])) == [{"a": {"b": 1}}]


def test_the_types_of_bfcl_are_read() -> None:
    """Python's, Java's and JavaScript's."""
    properties = rows("simple_python")[0].tools[0].properties
    assert properties["options"]["type"] == "object"
    assert properties["minutes"]["type"] == "number"
    assert properties["sizes"] == {"type": "array", "items": {"type": "integer"}}
    assert properties["extras"]["items"] == {"type": "string", "enum": ["lemon", "honey"]}
    assert properties["note"] == {}
    java = rows("simple_java")[0].tools[0].properties
    assert [java[name].get("type") for name in ("rows", "index", "limit", "mode", "source")] == [
        *("array", "object", "integer", "string", None)
    ]


def test_irrelevance_rows_are_due_no_call() -> None:
    """They have no answers."""
    (row,) = rows("irrelevance")
    assert (row.call_due, row.calls, row.problem) == (False, [], None)


def test_what_is_not_read_says_so() -> None:
    """Multi-turn rows, and rows whose answer is missing."""
    (multi,) = rows("multi_turn_base")
    missing = rows("simple_python")[2]
    assert multi.problem
    assert "multi-turn" in multi.problem.detail
    assert missing.problem
    assert missing.problem.reason is Reason.MISSING_FIELD
    assert "possible_answer" in missing.problem.detail


def test_answers_that_are_no_answers_stop_the_reading(tmp_path: Path) -> None:
    """With the file and the line."""
    rows_path = tmp_path / "BFCL_v4_x.json"
    rows_path.write_bytes((DATA / "BFCL_v4_simple_python.json").read_bytes())
    (tmp_path / "BFCL_v4_x_answer.json").write_text('{"id": "x"}\n')
    with pytest.raises(UserError, match=r"BFCL_v4_x_answer\.json:1: no \{id, ground_truth\}"):
        list(read(rows_path))
