"""Every format of function-calling data gives the same rows, and is told by its rows."""

import gzip
import json
import os
from pathlib import Path
from typing import Any

import msgspec
import pytest

from apigen.dataset.export import openai as export_openai
from apigen.dataset.export import trl as export_trl
from apigen.dataset.export import xlam as export_xlam
from apigen.dataset.read.base import Row
from apigen.dataset.read.formats import FORMATS, format_of, read
from apigen.dataset.read.toolace import read_calls
from apigen.errors import UserError
from apigen.records import Call, Provenance, Reason, Sample, Style, Wording
from apigen.verify.format import FormatCheck

DATA = Path(__file__).parent / "data" / "datasets"

SETS = {
    "xlam.json": "xlam",
    "openai.jsonl": "openai",
    "trl.jsonl": "trl",
    "sharegpt.json": "sharegpt",
    "llama_factory_messages.jsonl": "sharegpt",
    "hermes.json": "hermes",
    "toolace.json": "toolace",
    "bfcl/BFCL_v4_simple_python.json": "bfcl",
    "bfcl/BFCL_v4_multi_turn_base.json": "bfcl",
}


def rows(name: str) -> dict[str, Row]:
    return {row.id: row for row in read(DATA / name)}


def write(path: Path, *values: Any) -> Path:
    path.write_text("".join(json.dumps(value) + "\n" for value in values), "utf-8")
    return path


@pytest.mark.parametrize("name", SETS)
def test_the_format_is_told_by_the_rows(name: str) -> None:
    """Nobody has to name it."""
    assert format_of(DATA / name).name == SETS[name]


@pytest.mark.parametrize("name", [name for name in SETS if "multi_turn" not in name])
def test_the_calls_of_every_format_pass_stage_1(name: str) -> None:
    """Tools, calls and query come out as the checks need them."""
    check = FormatCheck()
    found = [row for row in rows(name).values() if row.calls]
    assert found
    for row in found:
        _, verdict = check.read({"query": row.query, "answers": row.calls}, row.tools, None)
        assert verdict.reason in (None, Reason.MISSING_ARGUMENT if row.id == "1" else None), (row.id, verdict)


def test_xlam_rows_are_read() -> None:
    """Tools and answers are JSON text, types are Python's."""
    found = rows("xlam.json")
    assert list(found) == ["0", "1", "2"]
    assert [tool.name for tool in found["0"].tools] == ["tide_times", "weighted_mean"]
    assert found["0"].calls == [{"name": "tide_times", "arguments": {"harbour": "Whitby", "day": "2025-03-04"}}]
    assert found["0"].tools[0].required == ["harbour"]
    assert found["0"].tools[0].properties["heights"]["default"] is True
    assert found["2"].calls == []
    assert found["2"].call_due is None


def test_each_answer_with_calls_in_a_conversation_is_a_row() -> None:
    """Its query is what the user said last; all else that came before is context."""
    found = rows("openai.jsonl")
    assert list(found) == ["1#1", "1#2", "2", "3", "4"]
    assert found["1#2"].query == "How much is 250 euros in yen?"
    assert found["1#2"].context == ("You help travellers.", '{"rate": 161.2}')
    assert found["1#2"].calls == [{"name": "convert_amount", "arguments": {"amount": 250, "rate": 161.2}}]
    assert len(found["2"].calls) == 2
    assert (found["3"].query, found["3"].calls) == ("Thanks!", [])
    assert found["4"].calls == [{"name": "convert_amount", "arguments": {"amount": 3, "rate": 2}}]


def test_of_a_prompt_and_its_completion_the_completion_is_the_answer() -> None:
    """Calls in the prompt are history."""
    found = rows("trl.jsonl")
    assert list(found) == ["1#1", "1#2", "2", "3"]
    assert found["3"].calls == found["1#2"].calls
    assert found["3"].context == found["1#2"].context


def test_sharegpt_calls_are_one_or_a_list() -> None:
    """In a turn of their own, the next ones after their results."""
    found = rows("sharegpt.json")
    assert [len(row.calls) for row in found.values()] == [1, 2, 0]
    assert found["1#2"].context[-2:] == ('{"area": 24}', "24 square metres.")
    (row,) = rows("llama_factory_messages.jsonl").values()
    assert [call["arguments"]["shape"] for call in row.calls] == ["circle", "rectangle"]


def test_hermes_tags_are_read_and_the_prose_about_them_is_not() -> None:
    """Tools as a list or one after another; a call as JSON or as a Python literal, which leaves a note."""
    found = rows("hermes.json")
    assert [call["name"] for call in found["a1"].calls] == ["find_trains", "reserve_seat"]
    assert [tool.name for tool in found["a2"].tools] == ["find_trains", "reserve_seat"]
    assert "find_trains" not in found["a1"].context[0]
    assert found["a2"].notes == ("calls: a Python literal instead of JSON",)


def test_hermes_text_may_stand_in_messages(tmp_path: Path) -> None:
    """As Qwen's template writes it: a tool a line, a call without its closing tag read where it is whole."""
    tools = '<tools>\n{"type": "function", "function": {"name": "a"}}\n{"name": "b"}\n</tools>'
    call = '<tool_call>\n{"name": "a", "arguments": {}}\n</tool_call>\n<tool_call>\n{"name": "b", "arguments": "{}"}'
    said = [("system", f"Use them.\n{tools}"), ("user", "Go."), ("assistant", f"Well. {call}"), ("tool", "1")]
    path = write(tmp_path / "x.jsonl", {"messages": [{"role": role, "content": text} for role, text in said]})
    assert format_of(path).name == "hermes"
    (row,) = read(path)
    assert [tool.name for tool in row.tools] == ["a", "b"]
    assert row.calls == [{"name": "a", "arguments": {}}, {"name": "b", "arguments": "{}"}]
    assert row.notes == ("<tool_call> that is not closed",)


def test_toolace_calls_are_read_from_their_text() -> None:
    """Names with spaces and dots stay as they are; values are JSON or Python literals."""
    found = rows("toolace.json")
    assert [tool.name for tool in found["1#1"].tools] == ["Sky Watch", "orbit.period"]
    assert found["1#1"].calls == [
        {
            "name": "Sky Watch",
            "arguments": {"place": "Kiruna, Sweden (north)", "max-magnitude": 4.5, "bright_only": False},
        },
        {"name": "orbit.period", "arguments": {"body": "Ceres", "elements": {"a": 2.77, "tags": ["minor", None]}}},
    ]
    assert "Sky Watch" not in found["2"].context[0]


@pytest.mark.parametrize(
    ("text", "calls"),
    [
        ("[f()]", [("f", {})]),
        ("[f(a=-1, b=(1, 2)), g.h(c='it\\'s, ok')]", [("f", {"a": -1, "b": [1, 2]}), ("g.h", {"c": "it's, ok"})]),
        ('[Bob\'s Tool(a="x")]', [("Bob's Tool", {"a": "x"})]),
        ("[f(a={'b': [true, None, null]})]", [("f", {"a": {"b": [True, None, None]}})]),
        ('[f(a="[g(b=1)]", c="")]', [("f", {"a": "[g(b=1)]", "c": ""})]),
        ('  [ f( a = "x" ,b=1e3 ) ]  ', [("f", {"a": "x", "b": 1000.0})]),
    ],
)
def test_a_list_of_calls_as_text(text: str, calls: list[tuple[str, dict[str, Any]]]) -> None:
    """Commas and brackets inside of quotes are letters."""
    assert read_calls(text) == [{"name": name, "arguments": arguments} for name, arguments in calls]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[f(1)]", "f: the argument '1' has no name"),
        ("[f(a=London)]", "f: a='London' is not a literal"),
        ("[f(a=__import__('os').system('x'))]", "is not a literal"),
        ("[f(a=[x for x in y])]", "is not a literal"),
        ("[f(a=1, a=2)]", "f: the argument 'a' is given twice"),
        ("[f(a='x)]", "ends before"),
        ("[f(a=1]", "ends before"),
        ("[f(a=1)", "does not end in"),
        ("[f(a=" + "(" * 5000 + ")" * 5000 + ")]", "is not a literal"),
    ],
)
def test_text_that_is_no_list_of_calls_says_where(text: str, fault: str) -> None:
    """Nothing is evaluated and nothing guessed."""
    with pytest.raises(ValueError, match=fault.replace("(", r"\(")):
        read_calls(text)


def our_sample() -> Sample:
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
    tool = {"name": "m.t", "description": "T.", "parameters": {**schema, "additionalProperties": False}}
    origin = Provenance("0.0", "m", False, 0, Style.SIMPLE, Wording.PLAIN, (), ())
    return Sample(3, "two please", (tool,), (Call("m.t", {"a": 2}),), (4,), origin)


def test_what_we_write_we_read(tmp_path: Path) -> None:
    """dataset.jsonl and the three exports give the same query, tools and calls, apart from empty descriptions.

    Names have underscores for dots where servers will take the rows.
    """
    sample = our_sample()
    written: dict[str, Any] = {
        "apigen": msgspec.to_builtins(sample),
        "xlam": next(export_xlam.rows([sample])),
        "openai": next(export_openai.rows([sample])),
        "trl": next(export_trl.rows([sample])),
    }
    for name, row in written.items():
        path = write(tmp_path / f"{name}.jsonl", row)
        assert format_of(path).name == name
        (found,) = read(path)
        assert (found.query, found.calls, found.problem, found.notes) == (
            "two please",
            [{"name": "m.t" if name in ("apigen", "xlam") else "m_t", "arguments": {"a": 2}}],
            None,
            (),
        )
        assert found.tools[0].name == found.calls[0]["name"]
        assert msgspec.to_builtins(found.tools[0].properties["a"])["type"] == "integer"


def test_tools_that_only_dots_tell_apart_are_not_exported_for_servers() -> None:
    """One line names them and the row."""
    sample = our_sample()
    alike = msgspec.structs.replace(sample, tools=(*sample.tools, {**sample.tools[0], "name": "m_t"}))
    for module in (export_openai, export_trl):
        with pytest.raises(UserError, match=r"row 3: the tools m\.t and m_t have the same name with dots replaced by"):
            next(module.rows([alike]))
    assert next(export_xlam.rows([alike]))["id"] == 3


def test_a_pipe_is_refused(tmp_path: Path) -> None:
    """To tell its format it would have to be read twice, which hangs."""
    os.mkfifo(tmp_path / "rows")
    with pytest.raises(UserError, match="rows: is a pipe or a device"):
        list(read(tmp_path / "rows"))


def test_a_run_directory_gives_its_dataset(tmp_path: Path) -> None:
    """And not its attempts."""
    write(tmp_path / "attempts.jsonl", {"id": "0.0"})
    write(tmp_path / "dataset.jsonl", msgspec.to_builtins(our_sample()))
    (row,) = read(tmp_path)
    assert (row.id, row.call_due) == ("3", True)


def test_a_folder_is_read_file_by_file(tmp_path: Path) -> None:
    """Ids then name the file; every file may have its own format; answers and descriptions beside them are no rows."""
    (tmp_path / "possible_answer").mkdir()
    write(tmp_path / "possible_answer" / "a.json", {"id": 1, "ground_truth": []})
    write(tmp_path / "dataset_info.json", {"a": 1})
    row = {"id": 5, "query": "q", "tools": "[]", "answers": "[]"}
    write(tmp_path / "a.jsonl", row)
    (tmp_path / "b.json.gz").write_bytes(gzip.compress(json.dumps([row, row]).encode()))
    (tmp_path / "c.jsonl").write_bytes(b"")
    (tmp_path / "d.json").write_bytes((DATA / "hermes.json").read_bytes())
    assert [one.id for one in read(tmp_path)] == [
        *("a.jsonl:5", "b.json.gz:5", "b.json.gz:5", "d.json:a1", "d.json:a2")
    ]


def test_an_unknown_format_says_what_was_found_and_what_is_known(tmp_path: Path) -> None:
    """In one line."""
    path = write(tmp_path / "x.jsonl", {"instruction": "a", "output": "b"})
    with pytest.raises(UserError) as caught:
        list(read(path))
    text = str(caught.value)
    assert "found the keys instruction, output" in text
    assert all(name in text for name in FORMATS)
    assert "\n" not in text


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ({"query": "q", "tools": [], "answers": [], "calls": []}, "could be apigen or xlam"),
        (["a"], "its rows are list"),
    ],
)
def test_an_ambiguous_format_asks(tmp_path: Path, value: Any, told: str) -> None:
    """It is never guessed."""
    path = write(tmp_path / "x.jsonl", value)
    path.write_text("\n" + path.read_text() if isinstance(value, dict) else f'"x"\n{path.read_text()}')
    with pytest.raises(UserError, match=told if isinstance(value, dict) else "its rows are str"):
        list(read(path))


def test_a_format_can_be_forced(tmp_path: Path) -> None:
    """Rows that do not have its shape then say so."""
    path = write(tmp_path / "x.jsonl", {"query": "q", "tools": [], "answers": [], "calls": []}, {"query": "q"}, [])
    found = list(read(path, "xlam"))
    assert [row.problem and row.problem.reason for row in found] == [None, Reason.MISSING_FIELD, Reason.WRONG_SHAPE]
    with pytest.raises(UserError, match="'alpaca': no such dataset format"):
        list(read(path, "alpaca"))


@pytest.mark.parametrize("name", ["nothing.json", "empty", "empty.jsonl"])
def test_nothing_to_read_is_said(tmp_path: Path, name: str) -> None:
    """A file that is not there, a folder without files, a file without rows."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty.jsonl").write_bytes(b"\n \n")
    with pytest.raises(UserError, match=r"no such file|contains no file|contains no rows"):
        list(read(tmp_path / name))


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize(
    "value",
    [
        *([], "text", 7, None, {}),
        *({"messages": 7}, {"messages": [7]}, {"messages": [{}]}, {"messages": [{"role": "nobody"}]}),
        *({"messages": [{"role": "user", "content": 7}]}, {"messages": []}, {"conversations": [{"from": 1}]}),
        {"messages": [{"role": "assistant", "tool_calls": 7}], "tools": 7},
        {"messages": [{"role": "assistant", "tool_calls": [7, {}, {"function": 7}]}], "tools": [7]},
        {"messages": [{"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": "{"}}]}]},
        {"conversations": [{"from": "function_call", "value": "{"}], "tools": "{"},
        {"conversations": [{"from": "gpt", "value": "<tool_call>{</tool_call>"}], "system": "<tools>[</tools>"},
        {"conversations": [{"from": "assistant", "value": "[f(]"}], "system": "[{]"},
        {"query": 7, "tools": 7, "answers": 7, "calls": 7},
        {"query": "q", "tools": "x", "answers": "x", "calls": "x"},
        {"question": 7, "function": 7},
        {"id": "a", "question": [[{"role": "user", "content": "q"}]], "function": [7], "ground_truth": 7},
        {"id": "a", "question": [[{"role": "user", "content": "q"}]], "function": [], "ground_truth": [7]},
        {
            "id": "a",
            "question": [[{"role": "user", "content": "q"}]],
            "function": [],
            "ground_truth": [{"f": {"a": 7}}],
        },
        {"prompt": 7, "completion": [7]},
    ],
)
def test_a_row_of_any_shape_is_a_row(tmp_path: Path, name: str, value: Any) -> None:
    """No reader raises, and no row is lost."""
    _, row = read(write(tmp_path / "x.jsonl", {}, value), name)
    assert row.raw == value
    assert row.problem is not None or row.calls in ([], ()) or name in ("xlam", "apigen", "trl", "openai")
