"""Mending without guessing: what is certain is mended and told, what is not stays out."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from apigen.records import Reason
from checking import HOTEL, WEATHER, call, checked, write, xlam
from runs import lines

SUITE = call("book_hotel", city="Rome", room="Suite")


def hotel(**arguments: Any) -> dict[str, Any]:
    return call("book_hotel", **({"city": "Rome", "room": "Suite"} | arguments))


@pytest.mark.parametrize(
    ("given", "mended", "name"),
    [
        (call(city="Rome", days="5"), call(city="Rome", days=5), "number_from_text"),
        (call(city="Rome", factor="-2.5e3"), call(city="Rome", factor=-2500.0), "number_from_text"),
        (call(city="Rome", days=5.0), call(city="Rome", days=5), "integer_from_float"),
        (call(city="Rome", exact="true"), call(city="Rome", exact=True), "boolean_from_text"),
        (call(city="Rome", hours="[1, 2]"), call(city="Rome", hours=[1, 2]), "value_from_text"),
        (call(city="Rome", hours=[1, "2"]), call(city="Rome", hours=[1, 2]), "number_from_text"),
        (call(City="Rome"), call(city="Rome"), "argument_name"),
        (call("Weather", city="Rome"), call(city="Rome"), "tool_name"),
        (call("Book Hotel", city="Rome", room="Suite"), SUITE, "tool_name"),
        (hotel(room="suite"), SUITE, "choice_spelling"),
        (hotel(room="Double_Room"), hotel(room="double room"), "choice_spelling"),
        (call(city="Rome", days=None), call(city="Rome"), "null_left_out"),
        (hotel(nights="3"), hotel(nights=3), "number_from_text"),
        (hotel(guest={"name": "Ann", "age": "41"}), hotel(guest={"name": "Ann", "age": 41}), "number_from_text"),
        ({"name": "weather", "arguments": '{"city": "Rome"}'}, call(city="Rome"), "arguments_from_text"),
    ],
)
def test_what_leaves_one_reading_is_mended_and_told(
    tmp_path: Path, given: dict[str, Any], mended: dict[str, Any], name: str
) -> None:
    """The row is counted as it is, and its mended copy is written, checked again and told."""
    row = xlam("q", given, id="r1")
    path, fixed = write(tmp_path / "rows.jsonl", [row]), tmp_path / "fixed.jsonl"
    found = checked(path, fix=fixed)
    assert (found.tally.rejected, found.tally.passed) == (1, 0)
    assert found.fixed is not None
    assert found.fixed["mends"] == {name: 1}
    assert lines(fixed) == [row | {"answers": lines(fixed)[0]["answers"]}], "nothing else is touched"
    assert json.loads(lines(fixed)[0]["answers"]) == [mended]
    assert repr(json.loads(lines(fixed)[0]["answers"])) == repr([mended]), "1 is no 1.0"
    told = lines(tmp_path / "fixed.jsonl.mended.jsonl")
    assert [(line["id"], [mend["name"] for mend in line["mends"]]) for line in told] == [("r1", [name])]
    assert path.read_text() == json.dumps(row) + "\n"
    assert checked(fixed).tally.passed == 1


@pytest.mark.parametrize(
    "given",
    [
        call(city=5),
        call(city="Rome", days="about 5"),
        call(city="Rome", days="05"),
        call(city="Rome", days=" 5"),
        call(city="Rome", days="1e2"),
        call(city="Rome", days=5.5),
        call(city="Rome", days=True),
        call(city="Rome", exact="yes"),
        call(city="Rome", exact=1),
        call(city="Rome", factor="1,5"),
        call(city="Rome", factor="nan"),
        call(city="Rome", town="Rome"),
        call(city="Rome", City="Oslo"),
        call(city=None),
        call("weathr", city="Rome"),
        hotel(room="double"),
        hotel(room="cave"),
        hotel(nights="99"),
        {"name": "weather", "arguments": '{"city": "Ro'},
        {"name": "weather", "arguments": "Rome"},
    ],
)
def test_what_would_be_a_guess_is_left_out(tmp_path: Path, given: dict[str, Any]) -> None:
    """An answer that says something else than its tool asks for is no training example."""
    fixed = tmp_path / "fixed.jsonl"
    found = checked(write(tmp_path / "rows.jsonl", [xlam("q", given), xlam("p", SUITE)]), fix=fixed)
    assert found.fixed is not None
    assert (found.fixed["written"], found.fixed["left_out"], found.fixed["mends"]) == (1, 1, {})
    assert [row["query"] for row in lines(fixed)] == ["p"]


def test_the_same_call_twice_is_not_mended(tmp_path: Path) -> None:
    """Whether the query wants it once or twice ("roll a die twice") nobody knows but who wrote it."""
    path = write(tmp_path / "rows.jsonl", [xlam("q", SUITE, SUITE)])
    found = checked(path, fix=tmp_path / "fixed.jsonl")
    assert found.fixed is not None
    assert found.fixed["written"] == 0


def test_a_mended_row_must_pass_everything_and_repeat_nothing(tmp_path: Path) -> None:
    """Grounding looks at the mended values; of two rows that ask the same, the first that can be written is."""
    rows = [
        xlam("weather in Rome for 5 days", call(city="Rome", days="5"), id="a"),
        xlam("weather in Rome for 5 days", call(city="Rome", days=5), id="b"),
        xlam("weather in Oslo", call(city="Oslo", days="70000"), id="c"),
    ]
    found = checked(write(tmp_path / "rows.jsonl", rows), level="strict", fix=tmp_path / "fixed.jsonl")
    assert [row["id"] for row in lines(tmp_path / "fixed.jsonl")] == ["a"]
    assert (found.tally.passed, found.tally.rejected) == (1, 2)


def openai_row(given: Any) -> dict[str, Any]:
    return {
        "messages": [
            {"role": "user", "content": "q"},
            {
                "role": "assistant",
                "tool_calls": [
                    {
                        "id": "c1",
                        "type": "function",
                        "function": {"name": given["name"], "arguments": json.dumps(given["arguments"])},
                    }
                ],
            },
            {"role": "tool", "tool_call_id": "c1", "content": "ok"},
        ],
        "tools": [HOTEL],
        "extra": {"kept": [1.0, "x"]},
    }


def trl_row(given: Any) -> dict[str, Any]:
    row = openai_row(given)
    row["messages"][1]["tool_calls"][0]["function"]["arguments"] = given["arguments"]
    return row


def sharegpt_row(given: Any) -> dict[str, Any]:
    turns = [("human", "q"), ("function_call", json.dumps(given)), ("observation", "ok"), ("gpt", "done")]
    return {
        "conversations": [{"from": who, "value": text} for who, text in turns],
        "tools": json.dumps([HOTEL["function"]]),
    }


def hermes_row(given: Any) -> dict[str, Any]:
    system = f"You call functions. <tools>{json.dumps([HOTEL])}</tools>"
    answer = f"Well.\n<tool_call>\n{json.dumps(given)}\n</tool_call>"
    turns = [("system", system), ("human", "q"), ("gpt", answer)]
    return {"conversations": [{"from": who, "value": text} for who, text in turns]}


def own_row(given: Any) -> dict[str, Any]:
    return {"id": 3, "query": "q", "tools": [HOTEL["function"]], "calls": [given], "results": [None]}


@pytest.mark.parametrize("shape", [openai_row, trl_row, sharegpt_row, hermes_row, own_row])
@pytest.mark.parametrize("as_list", [True, False])
def test_each_format_is_mended_in_its_own_shape(tmp_path: Path, shape: Any, as_list: bool) -> None:
    """The same row comes out as if its writer had made no mistake: text stays text, objects stay objects."""
    path = write(tmp_path / "rows.json", [shape(hotel(nights="3"))], as_list=as_list)
    checked(path, fix=tmp_path / "fixed.json")
    text = (tmp_path / "fixed.json").read_text()
    fixed = json.loads(text) if as_list else lines(tmp_path / "fixed.json")
    assert _compact(fixed) == _compact([shape(hotel(nights=3))])


def _compact(value: Any) -> str:
    return json.dumps(value).replace(" ", "").replace("\\\\\\", "\\")


def test_a_literal_between_hermes_tags_is_written_as_json(tmp_path: Path) -> None:
    """What reads such text reads JSON there."""
    row = hermes_row(hotel())
    literal = hermes_row("CALL")
    for turn in literal["conversations"]:
        turn["value"] = turn["value"].replace('"CALL"', repr(hotel())).replace(json.dumps([HOTEL]), repr([HOTEL]))
    found = checked(write(tmp_path / "rows.jsonl", [literal]), fix=tmp_path / "fixed.jsonl")
    assert lines(tmp_path / "fixed.jsonl") == [row]
    assert found.fixed is not None
    assert found.fixed["mends"] == {"json_from_literal": 1}


@pytest.mark.parametrize("number", ["1e400", "-1e400"])
def test_a_number_that_json_cannot_hold_is_not_lost(tmp_path: Path, number: str) -> None:
    """The row falls; nothing is written in its place."""
    answers = json.dumps([hotel(nights=0)]).replace("0", number)
    row = {"id": 1, "query": "q", "tools": json.dumps([HOTEL["function"]]), "answers": answers}
    found = checked(write(tmp_path / "rows.json", [row]), fix=tmp_path / "fixed.json")
    assert dict(found.tally.reasons) == {Reason.NOT_JSON: 1}
    assert (tmp_path / "fixed.json").read_text() == ""


@pytest.mark.parametrize("text", ["1e999", "12345678901234567.5", "3.14159265358979323846", "123456789012345678e300"])
def test_a_number_that_would_change_is_not_mended(tmp_path: Path, text: str) -> None:
    """What a float cannot hold exactly stays out; the rows beside it are written."""
    rows = [xlam("p", call(city="Rome", factor=text)), xlam("q", call(city="Oslo", factor="2.5"))]
    found = checked(write(tmp_path / "rows.jsonl", rows), fix=tmp_path / "fixed.jsonl")
    assert found.fixed is not None
    assert (found.fixed["written"], found.fixed["left_out"]) == (1, 1)


def test_a_key_that_stands_twice_loses_no_value_silently(tmp_path: Path) -> None:
    """In JSON text the row falls and says which key it is."""
    row = xlam("q", call(city="Rome"))
    row["answers"] = json.dumps([call(city="Rome")]).replace('{"city"', '{"city": "Oslo", "city"')
    found = checked(write(tmp_path / "rows.jsonl", [row]), fix=tmp_path / "f.jsonl")
    assert dict(found.tally.reasons) == {Reason.NOT_JSON: 1}
    assert "the key 'city' appears more than once" in found.tally.examples[Reason.NOT_JSON][0].detail


def test_a_format_that_cannot_be_written_leaves_the_row_out_and_says_so(tmp_path: Path) -> None:
    """ToolACE's answers are text of calls; rows that need no mend are written as they are."""
    system = "Functions: " + json.dumps([WEATHER | {"parameters": {"properties": {"days": {"type": "integer"}}}}])
    rows = [
        {"system": system, "conversations": [{"from": "user", "value": query}, {"from": "assistant", "value": said}]}
        for query, said in (("q", "[weather(days=3)]"), ("p", "[weather(days='3')]"))
    ]
    found = checked(write(tmp_path / "rows.jsonl", rows), fix=tmp_path / "fixed.jsonl")
    assert lines(tmp_path / "fixed.jsonl") == rows[:1]
    assert found.fixed is not None
    assert found.fixed["mended_but_not_writable"] == 1


def test_a_conversation_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    """One wrong answer among its turns leaves it out; a mend in one turn changes that turn alone."""

    def talk(*nights: Any) -> dict[str, Any]:
        row = openai_row(hotel(nights=nights[0]))
        for number, more in enumerate(nights[1:]):
            second = openai_row(hotel(nights=more))["messages"]
            second[0]["content"] = f"again {number}"
            row["messages"] += second
        return row

    rows = [talk(1, "2", 3), talk(1, 99), talk(4, 5)]
    for number, row in enumerate(rows):
        row["messages"][0]["content"] += str(number)
    found = checked(write(tmp_path / "rows.jsonl", rows), fix=tmp_path / "fixed.jsonl")
    expected = talk(1, 2, 3)
    expected["messages"][0]["content"] += "0"
    assert _compact(lines(tmp_path / "fixed.jsonl")) == _compact([expected, rows[2]])
    assert found.fixed is not None
    assert (found.fixed["written"], found.fixed["left_out"], found.fixed["mended_rows"]) == (2, 1, 1)


def test_literals_become_json_in_the_fixed_copy(tmp_path: Path) -> None:
    """What was read as a Python literal is written as the JSON that the format has."""
    row = xlam("q", SUITE)
    row |= {"tools": str(json.loads(row["tools"])), "answers": str(json.loads(row["answers"]))}
    checked(write(tmp_path / "rows.jsonl", [row]), fix=tmp_path / "fixed.jsonl")
    fixed = lines(tmp_path / "fixed.jsonl")[0]
    assert json.loads(fixed["answers"]) == [SUITE]
    assert json.loads(fixed["tools"]) == [WEATHER, HOTEL]
    assert lines(tmp_path / "fixed.jsonl.mended.jsonl")[0]["mends"][0]["name"] == "json_from_literal"


def test_a_compressed_list_comes_out_as_one(tmp_path: Path) -> None:
    """The shape of the file is that of the dataset; its name says whether it is compressed."""
    path = tmp_path / "rows.json.gz"
    path.write_bytes(gzip.compress(json.dumps([xlam("q", SUITE), xlam("p", call(city=1))]).encode()))
    checked(path, fix=tmp_path / "fixed.json.gz")
    assert json.loads(gzip.decompress((tmp_path / "fixed.json.gz").read_bytes())) == [xlam("q", SUITE)]
    checked(path, fix=tmp_path / "fixed.json")
    assert json.loads((tmp_path / "fixed.json").read_text()) == [xlam("q", SUITE)]
