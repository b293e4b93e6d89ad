"""The audit finds what is wrong with rows made elsewhere, names it rightly, and cries no wolf."""

import asyncio
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from apigen.audit.rows import RowCheck
from apigen.audit.run import CHUNK, Outputs, audit
from apigen.audit.seen import SeenRows
from apigen.dataset.read.base import Row
from apigen.dataset.read.formats import read
from apigen.records import Candidate, Outcome, Stage, Tool, Verdict
from checking import HOTEL, WEATHER, call, checked, write, xlam
from runs import lines

ROME = call(city="Rome")

FAULTS: list[tuple[str, Any, str]] = [
    ("an unknown function", xlam("q", call("wether", city="Rome")), "unknown_tool"),
    ("a function of another row", xlam("q", call("book_hotel", city="Rome"), tools=[WEATHER]), "unknown_tool"),
    ("a missing argument", xlam("q", call(days=2)), "missing_argument"),
    ("no arguments at all", xlam("q", {"name": "weather"}), "missing_field"),
    ("an invented argument", xlam("q", call(city="Rome", unit="C")), "unknown_argument"),
    ("a number as text", xlam("q", call(city="Rome", days="2")), "wrong_type"),
    ("text as a number", xlam("q", call(city=5)), "wrong_type"),
    ("a default as text, copied", xlam("q", call(city="Rome", days="1")), "wrong_type"),
    ("a float for an integer", xlam("q", call(city="Rome", days=2.0)), "wrong_type"),
    ("true for a number", xlam("q", call(city="Rome", factor=True)), "wrong_type"),
    ("text in a list of numbers", xlam("q", call(city="Rome", hours=[1, "2"])), "wrong_type"),
    ("outside an enum", xlam("q", call("book_hotel", city="Rome", room="cave")), "not_in_enum"),
    ("outside the bounds", xlam("q", call("book_hotel", city="R", room="Suite", nights=99)), "out_of_bounds"),
    ("arguments as text", xlam("q", {"name": "weather", "arguments": '{"city": "Rome"}'}), "arguments_as_string"),
    ("the same call twice", xlam("q", ROME, ROME), "duplicate_calls"),
    ("an empty query", xlam("  ", ROME), "empty_query"),
    ("an answer that is cut off", xlam("q", ROME) | {"answers": '[{"name": "weather", "argum'}, "not_json"),
    ("answers that are no list", xlam("q", ROME) | {"answers": '"weather"'}, "wrong_shape"),
    ("a missing field", {"id": 1, "query": "q", "tools": "[]"}, "missing_field"),
    ("a line that is no JSON", '{"id": 1, "query": "q", "to', "not_json"),
    ("a tool twice", xlam("q", ROME, tools=[WEATHER, WEATHER]), "bad_tool"),
    ("a tool without a name", xlam("q", ROME, tools=[WEATHER, {"description": "d", "parameters": {}}]), "bad_tool"),
]


def test_each_seeded_fault_is_found_once_and_nothing_else_is(tmp_path: Path) -> None:
    """Whatever is wrong has its reason; the rows between are passed; counts, lines and ids agree."""
    rows: list[Any] = []
    for number, (_, row, _) in enumerate(FAULTS):
        bad = row if isinstance(row, str) else row | {"id": f"bad{number}", **_asked(row, number)}
        rows += [xlam(f"weather in Rome, please, {number}", ROME, id=f"good{number}"), bad]
    path = write(tmp_path / "rows.jsonl", rows)
    found = checked(path, rejects=tmp_path / "rejects.jsonl").tally
    fallen = {line["row"]: line for line in lines(tmp_path / "rejects.jsonl")}
    for number, (what, _, reason) in enumerate(FAULTS):
        assert fallen[2 * number + 2]["reason"] == reason, what
    assert len(fallen) == len(FAULTS)
    assert (found.rows, found.passed, found.rejected, found.errors) == (2 * len(FAULTS), len(FAULTS), len(FAULTS), 0)
    assert found.reasons == Counter(reason for _, _, reason in FAULTS)
    assert sum(found.stages.values()) == found.rejected
    assert found.summary()["examples"]["bad_tool"] == ["bad20", "bad21"]


def _asked(row: dict[str, Any], number: int) -> dict[str, str]:
    query = row["query"]
    return {"query": f"{query}{number}" if query.strip() else query}


def test_a_line_of_the_rejects_tells_everything_that_is_wrong(tmp_path: Path) -> None:
    """The first reason is the strongest; the others stand beside it, with the row as it was."""
    row = xlam("q", call(city=5, town="Rome"), id="x7")
    checked(write(tmp_path / "rows.jsonl", [row]), rejects=tmp_path / "rejects.jsonl")
    line = lines(tmp_path / "rejects.jsonl")[0]
    assert (line["id"], line["row"], line["outcome"], line["stage"]) == ("x7", 1, "reject", "format")
    assert line["reason"] == "unknown_argument"
    assert "calls[0] has no argument 'town'" in line["detail"]
    assert [fault["reason"] for fault in line["faults"]] == ["unknown_argument", "wrong_type"]
    assert line["calls"] == [call(city=5, town="Rome")]


def test_a_question_asked_again_is_named_with_its_first_row(tmp_path: Path) -> None:
    """But for case and punctuation, after the same words and with the same tools; otherwise it is another question."""
    rows = [
        xlam("Weather in Rome?", ROME, id="a"),
        xlam("weather in rome", ROME, id="b"),
        xlam("Weather in Rome?", ROME, tools=[WEATHER], id="c"),
        xlam("Weather in Rome?", call(town="Rome"), id="d"),
    ]
    checked(write(tmp_path / "rows.jsonl", rows), rejects=tmp_path / "rejects.jsonl")
    fallen = {line["id"]: line for line in lines(tmp_path / "rejects.jsonl")}
    assert set(fallen) == {"b", "d"}
    assert (fallen["b"]["stage"], fallen["b"]["reason"]) == ("duplicate", "duplicate_query")
    assert "repeats row 1" in fallen["b"]["detail"]
    assert fallen["d"]["reason"] == "unknown_argument"


def test_later_turns_of_a_conversation_are_questions_of_their_own(tmp_path: Path) -> None:
    """What was said before belongs to a question, and values may come from there."""

    def asks(city: str) -> list[dict[str, Any]]:
        function = {"name": "book_hotel", "arguments": json.dumps({"city": city, "room": "Suite"})}
        return [
            {"role": "user", "content": "Yes, do that."},
            {"role": "assistant", "tool_calls": [{"id": "1", "type": "function", "function": function}]},
            {"role": "tool", "tool_call_id": "1", "content": "{}"},
        ]

    talk = [{"role": "assistant", "content": "Shall I book a Suite in Rome, then one in Oslo?"}]
    row = {"messages": [*talk, *asks("Rome"), *asks("Oslo")], "tools": [HOTEL]}
    found = checked(write(tmp_path / "rows.jsonl", [row]), level="lenient").tally
    assert (found.rows, found.passed) == (2, 2)


def test_rows_without_calls_are_counted_and_pass(tmp_path: Path) -> None:
    """They may be right: no tool fits, or something has to be asked first."""
    found = checked(write(tmp_path / "rows.jsonl", [xlam("hello"), xlam("weather in Rome", ROME)])).tally
    assert (found.passed, found.rows_without_calls, found.calls) == (2, 1, 1)


def test_grounding_names_what_nobody_said(tmp_path: Path) -> None:
    """An invented value falls at both levels, one that is said at none, and none falls where it is off."""
    rows = [xlam("How is the weather in Rome?", ROME), xlam("How is the weather in Oslo?", call(city="Kathmandu"))]
    path = write(tmp_path / "rows.jsonl", rows)
    for level, fallen in (("off", 0), ("lenient", 1), ("strict", 1)):
        found = checked(path, level=level).tally
        assert found.reasons.get("ungrounded", 0) == fallen, level  # type: ignore[call-overload]


def test_what_a_reader_understood_is_counted(tmp_path: Path) -> None:
    """Python literals in place of JSON are read, and told."""
    row = xlam("weather in Rome", ROME)
    row["tools"] = str(json.loads(row["tools"]))
    found = checked(write(tmp_path / "rows.jsonl", [row, xlam("weather in Oslo", call(city="Oslo"))])).tally
    assert found.passed == 2
    assert any("Python literal" in note and count == 1 for note, count in found.notes.items())


def test_an_audit_that_is_stopped_keeps_what_it_reached(tmp_path: Path) -> None:
    """After the chunk that is under way, with its files whole."""
    rows = [xlam(f"weather in Rome {number}", call(city=number)) for number in range(2 * CHUNK)]
    path = write(tmp_path / "rows.jsonl", rows)

    async def main() -> None:
        outputs = Outputs(tmp_path / "rejects.jsonl", tmp_path / "fixed.jsonl")
        done = await audit(
            read(path), RowCheck(None), outputs=outputs, dataset=path, format_name="xlam", stopped=lambda: True
        )
        assert done.interrupted
        assert done.tally.rows == CHUNK == len(lines(tmp_path / "rejects.jsonl"))
        assert (tmp_path / "fixed.jsonl").read_text() == ""

    asyncio.run(main())


def test_a_check_that_fails_is_an_error_of_that_row_alone() -> None:
    """A defect of ours is neither a pass nor a reject."""

    clock = Tool("clock", "Tell the time.", {"type": "object", "properties": {}})

    def broken(candidate: Candidate) -> Verdict:
        if candidate.query == "1":
            raise ZeroDivisionError
        return Verdict(Stage.GROUNDING, Outcome.PASS)

    async def main() -> None:
        rows = [Row(str(number), number, str(number), (clock,), [call("clock")], raw=number) for number in range(3)]
        done = await audit(rows, RowCheck(broken))
        assert (done.tally.passed, done.tally.rejected, done.tally.errors) == (2, 0, 1)
        assert done.tally.error_reasons == {"check_failed": 1}
        assert done.tally.summary()["examples"] == {"check_failed": ["1"]}

    asyncio.run(main())


def test_seen_rows_are_found_again_however_many_there_are() -> None:
    """The table grows by doubling and loses nothing."""
    seen = SeenRows()
    rows = [Candidate(f"question {number}", (), ()) for number in range(9000)]
    assert all(seen.earlier(row, number) is None for number, row in enumerate(rows))
    assert all(seen.earlier(row, -1) == number for number, row in enumerate(rows))


@pytest.mark.parametrize("number", [0, 7])
def test_a_huge_number_in_a_row_is_data(tmp_path: Path, number: int) -> None:
    """Numbers of any size pass through the checks and into the files."""
    rows = [xlam(f"q{number}", call(city=10**40 + number)), xlam("p", call(city="Rome", factor=10**40 + number))]
    found = checked(write(tmp_path / "rows.jsonl", rows), rejects=tmp_path / "r", fix=tmp_path / "f")
    assert (found.tally.rejected, found.tally.passed) == (1, 1)
    assert str(10**40 + number) in (tmp_path / "f").read_text()
