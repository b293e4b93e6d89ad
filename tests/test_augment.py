"""Negatives are made so that no tool is left that could serve, and are read as rows in which no call is due."""

import json
import resource
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import jsonschema_rs
import pytest

from apigen.dataset.negatives.base import Kind, Negative, Refusal, Verified
from apigen.dataset.negatives.dropping import dropped_parameter, dropped_tool
from apigen.dataset.negatives.making import Augmented, Plan, augment
from apigen.dataset.negatives.row_file import RowFile
from apigen.dataset.negatives.serving import Serving
from apigen.dataset.read.base import Row
from apigen.dataset.read.formats import read
from apigen.records import Call, Tool
from apigen.train.dialogue import dialogue
from apigen.train.examples import Example, read_examples
from runs import apigen, apigen_process, lines, told

SCHEMA = json.loads((Path(__file__).parent.parent / "docs" / "schemas" / "negatives.schema.json").read_text())


def augmented(path: Path, plan: Plan) -> tuple[Augmented, list[Any]]:
    """What is made of a dataset, and its lines."""
    with RowFile(path.parent) as file:
        made = augment(read(path), plan, file)
        return made, [json.loads(file.line(number)) for number in made.negatives]


def a_tool(name: str, description: str, category: str = "Finance", **parameters: Any) -> Tool:
    properties = {one: {"type": "number"} if kind is None else kind for one, kind in parameters.items()}
    schema = {"type": "object", "properties": properties, "required": list(parameters)}
    return Tool(name, description, schema, category=category)


LOAN = a_tool("loan_monthly_payment", "Monthly payment of a loan.", principal=None, rate=None, months=None)
MORTGAGE = a_tool("mortgage_instalment", "What a house costs a month.", principal=None, rate=None, months=None)
PAYMENT = a_tool("monthly_payment", "Pays.", amount=None)
IBAN = a_tool("validate_iban", "Check an account number for typing mistakes.", iban={"type": "string"})
TIDES = a_tool("tide_table", "Say when the water is high in a harbour.", "Science", harbour={"type": "string"})
ROW = Verified(
    "7",
    "What do I pay a month for a loan of 9000 at 4 percent over 36 months?",
    (LOAN,),
    (Call("loan_monthly_payment", {"principal": 9000, "rate": 4, "months": 36}),),
)


def serving(*tools: Tool) -> Serving:
    return Serving(tools, {tool.name: frozenset((tool.name,)) for tool in tools})


def test_the_negatives_of_a_run_pass_the_audit(run: Path, tmp_path: Path) -> None:
    """Each fits its schema, lacks what its row called, and counts as right without a call."""
    out = tmp_path / "negatives.jsonl"
    found = json.loads(apigen("augment", run, "-o", out, "--share", "0.25", "--json").stdout)
    made = lines(out)
    assert found["negatives"] == found["wanted"] == len(made) == 20
    assert found["counts"] == {"dropped_tool": 10, "dropped_parameter": 10}
    assert found["verified"] == {"run": 20}
    validator = jsonschema_rs.validator_for(SCHEMA)
    before = {str(one["id"]): one for one in lines(run / "dataset.jsonl")}
    for one in made:
        validator.validate(one)
        source = before[one["provenance"]["from"]]
        shown = {tool["name"]: tool["parameters"] for tool in one["tools"]}
        if one["provenance"]["kind"] == "dropped_tool":
            assert one["provenance"]["dropped"] == sorted({call["name"] for call in source["calls"]})
            assert shown.keys().isdisjoint(one["provenance"]["dropped"])
            assert len(shown) == len(source["tools"])
        else:
            name, _, parameter = one["provenance"]["dropped"][0].partition(".")
            assert one["lacks"] == [parameter]
            assert parameter not in shown[name]["properties"]
            assert parameter not in shown[name]["required"]
            assert all(parameter in call["arguments"] for call in source["calls"])
    checked = json.loads(apigen("check", out, "--json").stdout)
    assert (checked["passed"], checked["rejected"]) == (20, 0)


def test_a_mix_holds_the_rows_and_the_negatives_in_one_order(run: Path, tmp_path: Path) -> None:
    """The same seed gives the same bytes, every row is there once, and the whole passes the audit."""
    paths = [tmp_path / "a.jsonl", tmp_path / "b.jsonl"]
    for path in paths:
        assert apigen("augment", run, "-o", path, "--mix", "--share", "0.2").returncode == 0
    assert paths[0].read_bytes() == paths[1].read_bytes()
    mix = lines(paths[0])
    assert Counter(bool(one["calls"]) for one in mix) == {True: 60, False: 15}
    assert len({str(one["id"]) for one in mix}) == 75
    assert not all(one["calls"] for one in mix[:60])
    checked = json.loads(apigen("check", paths[0], "--json").stdout)
    assert (checked["passed"], checked["rejected"]) == (75, 0)
    enough = apigen("augment", paths[0], "-o", tmp_path / "c", "--share", "0.2")
    assert enough.returncode == 2
    assert "15 of the dataset's 75 rows already make no call" in told(enough)


def test_negatives_made_after_a_split_show_no_held_out_tool(run: Path, tmp_path: Path) -> None:
    """Of a file, only its own rows' tools are shown."""
    parts = tmp_path / "parts"
    assert apigen("split", run, "-o", parts).returncode == 0
    held = {one["name"] for one in json.loads((parts / "split.json").read_text())["held_out_tools"]}
    out = tmp_path / "negatives.jsonl"
    assert apigen("augment", parts / "train.jsonl", "-o", out, "--kinds", "dropped_tool").returncode == 0
    assert not any(tool["name"] in held for one in lines(out) for tool in one["tools"])


def test_of_a_dataset_made_elsewhere_only_the_format_is_known(run: Path, tmp_path: Path) -> None:
    """Provenance says so, and a row whose calls do not fit is refused."""
    rows = json.loads((run / "dataset.xlam.json").read_text())
    rows[0]["answers"] = json.dumps([{"name": "nobody_offers_this", "arguments": {}}])
    path = tmp_path / "rows.json"
    path.write_text(json.dumps(rows))
    made, negatives = augmented(path, Plan(share=0.45))
    assert made.verified == {"format": len(negatives)}
    assert sum(reasons.get("unsound", 0) for reasons in made.refused.values()) >= 1
    assert not any(line["provenance"]["from"] == str(rows[0]["id"]) for line in negatives)


def test_nothing_is_overwritten(run: Path, tmp_path: Path) -> None:
    """Neither the candidates of the run, nor a file that is there."""
    mine = tmp_path / "mine.jsonl"
    mine.write_text("mine")
    for taken in (mine, run / "attempts.jsonl", run / "dataset.jsonl"):
        before = taken.read_bytes()
        ran = apigen("augment", run, "-o", taken)
        assert (ran.returncode, ran.stderr.count("\n"), taken.read_bytes()) == (2, 1, before)
        assert "not overwriting; name another file" in ran.stderr
    forced = apigen("augment", run, "-o", run / "dataset.jsonl", "--force")
    assert (forced.returncode, "is a file of the run" in forced.stderr) == (2, True)
    assert apigen("augment", run, "-o", mine, "--force").returncode == 0
    assert len(lines(mine)) > 0


def test_a_dry_run_writes_nothing_and_says_the_same(run: Path, tmp_path: Path) -> None:
    """The counts are those of the real run."""
    said = [
        json.loads(apigen("augment", run, "-o", tmp_path / "n.jsonl", "--json", *more).stdout)
        for more in (["--dry-run"], [])
    ]
    assert said[0] == {**said[1], "out": None}
    assert [path.name for path in tmp_path.iterdir()] == ["n.jsonl"]


def test_rows_with_the_same_id_are_rows_of_their_own(tmp_path: Path) -> None:
    """As datasets made elsewhere may have them: each gives its negative, and none is blamed for another."""
    rows = [
        {
            "id": "all",
            "query": f"What do I pay a month for a loan of {9000 + number} at 4 percent over 36 months?",
            "tools": [LOAN.offered(), TIDES.offered(), IBAN.offered()],
            "calls": [{"name": LOAN.name, "arguments": {"principal": 9000 + number, "rate": 4, "months": 36}}],
        }
        for number in range(10)
    ]
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    made, negatives = augmented(path, Plan(share=0.3, kinds=(Kind.DROPPED_TOOL,)))
    assert (len(negatives), made.wanted, made.refused) == (4, 4, {"dropped_tool": {}})
    assert len({line["query"] for line in negatives}) == 4


def test_fewer_than_wanted_are_written_and_told(tmp_path: Path) -> None:
    """A dataset over one tool has no other to show: exit code 1, the reason, and an empty file."""
    line = {"query": ROW.query, "tools": [LOAN.offered()], "calls": [{"name": LOAN.name, "arguments": {}}]}
    line["calls"] = [{"name": LOAN.name, "arguments": ROW.calls[0].arguments}]
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps(line) + "\n")
    ran = apigen("augment", path, "-o", tmp_path / "n.jsonl", "--share", "0.5", "--kinds", "dropped_tool")
    assert (ran.returncode, (tmp_path / "n.jsonl").read_bytes()) == (1, b"")
    assert "1 no_other_tool" in ran.stdout
    assert "only 0 of 1 negatives could be made" in told(ran)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["--kinds", "dropped_query"],
            "--kinds dropped_query: no such kind; choose from dropped_tool, dropped_parameter",
        ),
        (["--share", "1"], "--share 1: must be above 0 and below 1"),
        (["--format", "csv"], "--format csv: no such format"),
    ],
)
def test_a_wrong_option_is_one_line(run: Path, tmp_path: Path, arguments: list[str], said: str) -> None:
    """What is wrong is said before anything is written."""
    ran = apigen("augment", run, "-o", tmp_path / "n.jsonl", *arguments)
    assert (ran.returncode, list(tmp_path.iterdir())) == (2, [])
    assert said in told(ran)


def test_the_dataset_itself_is_not_overwritten(run: Path, tmp_path: Path) -> None:
    """Neither by its own name nor as the file in a run's directory or another one, and not by --force either."""
    copy = tmp_path / "copy.jsonl"
    copy.write_bytes((run / "dataset.jsonl").read_bytes())
    for dataset, out, said in (
        (run, run / "dataset.jsonl", "is a file of the run"),
        (copy, copy, "is also DATASET"),
        (tmp_path, copy, "is also part of DATASET"),
    ):
        before = out.read_bytes()
        ran = apigen("augment", dataset, "-o", out, "--force")
        assert (ran.returncode, ran.stderr.count("\n"), out.read_bytes()) == (2, 1, before)
        assert said in ran.stderr


@pytest.mark.parametrize(
    ("tool", "refusal"),
    [
        (LOAN, Refusal.NEAR_DUPLICATE),
        (PAYMENT, Refusal.SIMILAR_NAME),
        (a_tool("instalments", "Monthly payment of a loan, by months."), Refusal.SIMILAR_DESCRIPTION),
        (MORTGAGE, Refusal.TAKES_VALUES),
        (a_tool("debts", "What one will pay for a loan.", creditor={"type": "string"}), Refusal.FITS_QUERY),
        (IBAN, None),
        (TIDES, None),
    ],
)
def test_which_tools_could_serve(tool: Tool, refusal: Refusal | None) -> None:
    """A tool that is like the called one, takes its values, or is spoken of in the query is not shown."""
    fillers = [a_tool(f"filler_{letter}", f"Fills {letter}.", "Other") for letter in "abcdefghijklmnop"]
    assert serving(LOAN, MORTGAGE, PAYMENT, IBAN, TIDES, tool, *fillers).refusal(tool, ROW) is refusal


def test_tools_of_the_same_category_come_first() -> None:
    """A hard negative is preferred, and one of another category taken only where there is none."""
    known = serving(LOAN, MORTGAGE, IBAN, TIDES)
    pool = {"Science": [TIDES], "Finance": [LOAN, MORTGAGE, IBAN]}
    seen: Counter[Refusal] = Counter()
    made = dropped_tool(ROW, pool, known, Random(0), seen)
    assert isinstance(made, Negative)
    assert [tool.name for tool in made.tools] == ["validate_iban"]
    other = dropped_tool(ROW, {"Science": [TIDES], "Finance": [LOAN]}, known, Random(0), seen)
    assert isinstance(other, Negative)
    assert [tool.name for tool in other.tools] == ["tide_table"]
    assert dropped_tool(ROW, {"Finance": [LOAN, MORTGAGE]}, known, Random(0), seen) is Refusal.NO_OTHER_TOOL
    assert Refusal.TAKES_VALUES in seen


def test_tools_that_could_serve_are_counted_over_the_rows() -> None:
    """Each time that one is not shown counts under its reason."""
    seen: Counter[Refusal] = Counter()
    for _ in range(2):
        dropped_tool(ROW, {"Finance": [LOAN, MORTGAGE]}, serving(LOAN, MORTGAGE, IBAN, TIDES), Random(0), seen)
    assert seen == {Refusal.TAKES_VALUES: 2}


def test_a_parameter_is_taken_out_only_where_its_value_finds_no_other_place() -> None:
    """One that no call fills and that takes the value keeps it; choices stay; the tool is otherwise the same."""
    free = a_tool("pay", "Pays.", amount=None)
    free.parameters["properties"]["extra"] = {"type": "number"}
    row = Verified("1", "Pay 70 please.", (free,), (Call("pay", {"amount": 70}),))
    assert dropped_parameter(row, serving(free), Random(0), Counter()) is Refusal.OTHER_PARAMETER
    order = a_tool("sort", "Sorts.", words={"type": "string"}, order={"type": "string", "enum": ["up", "down"]})
    row = Verified("2", "Sort 'pear' up.", (order,), (Call("sort", {"words": "pear", "order": "up"}),))
    for seed in range(8):
        made = dropped_parameter(row, serving(order), Random(seed), Counter())
        assert isinstance(made, Negative)
        assert made.lacks == ("words",)
        assert made.tools[0].parameters == {
            "type": "object",
            "properties": {"order": {"type": "string", "enum": ["up", "down"]}},
            "required": ["order"],
        }


def test_a_value_that_the_query_does_not_give_is_no_reason_to_refuse() -> None:
    """Only a parameter whose value is in the query is taken out, and of one called tool only."""
    row = Verified("1", "Pay it.", (PAYMENT, IBAN), (Call("monthly_payment", {"amount": 70}),))
    assert dropped_parameter(row, serving(PAYMENT, IBAN), Random(0), Counter()) is Refusal.ONLY_PARAMETER
    two = a_tool("pay", "Pays.", amount=None, months=None)
    row = Verified("1", "Pay it.", (two,), (Call("pay", {"amount": 70, "months": 3}),))
    assert dropped_parameter(row, serving(two), Random(0), Counter()) is Refusal.NO_VALUE_GIVEN
    row = Verified("1", "Pay 70.", (two, IBAN), (Call("pay", {"amount": 70}), Call("validate_iban", {"iban": "x"})))
    assert dropped_parameter(row, serving(two, IBAN), Random(0), Counter()) is Refusal.SEVERAL_TOOLS


def test_the_kinds_are_told_apart_in_what_is_asked_for(run: Path) -> None:
    """One kind alone may be asked for, and each row gives one negative of it."""
    made, negatives = augmented(run, Plan(share=0.3, kinds=(Kind.DROPPED_PARAMETER,)))
    sources = [line["provenance"]["from"] for line in negatives]
    assert len(sources) == len(set(sources)) == made.counts["dropped_parameter"] == made.wanted


def test_a_model_is_not_taught_to_ask_for_a_value_that_was_given(run: Path, tmp_path: Path) -> None:
    """Where a tool lacks a parameter, the answer learnt is that no tool fits, and a list without calls and no more."""
    _, made = augmented(run, Plan(share=0.2, kinds=(Kind.DROPPED_PARAMETER,)))
    assert made
    assert all(line["lacks"] for line in made)
    path = tmp_path / "negatives.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in made))
    learnt = [one for one in read_examples([path]).kept if isinstance(one, Example)]
    assert len(learnt) == len(made)
    fitting = {
        "The available tool cannot handle this request.",
        "None of the available tools can handle this request.",
    }
    assert {dialogue(one, "native").answer["content"] for one in learnt} <= fitting
    assert {dialogue(one, "prompted").answer["content"] for one in learnt} == {'{"tool_calls":[]}'}


def test_a_row_file_gives_back_each_line_whatever_was_put_between(tmp_path: Path) -> None:
    """By its number, as bytes and as a row, also a number of more than 64 bits; nothing lies about."""
    rows = [{"id": n, "query": f"é{n}", "tools": [LOAN.offered()], "calls": [], "x": 2**70 + n} for n in range(3)]
    with RowFile(tmp_path) as file:
        first, second = file.put(rows[0]), file.put(rows[1])
        assert json.loads(file.line(first)) == rows[0]
        third = file.put(rows[2])
        assert [json.loads(file.line(number)) for number in (third, second)] == [rows[2], rows[1]]
        assert (file.row(second).id, file.row(second).query, len(file)) == ("1", "é1", 3)
        assert file.row(second).tools[0].properties == LOAN.properties
        assert not list(tmp_path.iterdir())


def test_a_full_disk_is_told_in_one_line_and_leaves_nothing(run: Path, tmp_path: Path) -> None:
    """Neither a part of the file, nor what was put down on the way."""
    ran = apigen_process("augment", run, "-o", tmp_path / "n.jsonl", preexec_fn=_small_files)
    assert (ran.returncode, told(ran).count("\n")) == (1, 0)
    assert f"{tmp_path}: cannot be written: File too large; free some space there, or name another file" in told(ran)
    assert not list(tmp_path.iterdir())


def _small_files() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))


def test_memory_holds_the_tools_and_not_the_rows(tmp_path: Path) -> None:
    """Of forty rows with a megabyte each, no more than a few are ever held at once."""

    def rows() -> Iterator[Row]:
        for number in range(40):
            call = {"name": LOAN.name, "arguments": ROW.calls[0].arguments}
            raw = {"id": number, "query": ROW.query, "tools": [LOAN.offered()], "calls": [call], "notes": "x" * 2**20}
            yield Row(str(number), number, ROW.query, (LOAN,), [call], raw=raw)

    with RowFile(tmp_path) as file:
        tracemalloc.start()
        made = augment(rows(), Plan(share=0.2, kinds=(Kind.DROPPED_PARAMETER,)), file)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert (made.rows, len(made.negatives)) == (40, 10)
    assert most < 20 * 2**20
