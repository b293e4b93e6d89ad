"""A split by tool keeps the held-out tools from what is trained on, whatever the dataset."""

import hashlib
import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from apigen.dataset.held_tools import choose
from apigen.dataset.negatives.base import Kind
from apigen.dataset.placing import PAIRS, place
from apigen.dataset.read.formats import read
from apigen.dataset.read.items import items
from apigen.dataset.read.preferences import pair_rows
from apigen.dataset.split import HELD_OUT, HELD_OUT_PREFERENCES, SPLIT, TRAIN, TRAIN_PREFERENCES, split
from apigen.errors import UserError
from apigen.evaluate.held_out import HeldOut
from apigen.rundir import read_library
from apigen.train.pairs import read_pairs
from runs import apigen, lines, told

SCHEMA = json.loads((Path(__file__).parent.parent / "docs" / "schemas" / "split.schema.json").read_text())


def tool(name: str, description: str = "") -> dict[str, Any]:
    parameters = {"type": "object", "properties": {"x": {"type": "integer"}}, "required": ["x"]}
    return {"name": name, "description": description or f"Does {name}.", "parameters": parameters}


def row(number: int, calls: list[str], shown: list[str], **more: Any) -> dict[str, Any]:
    tools = [tool(name) for name in shown]
    answers = [{"name": name, "arguments": {"x": number}} for name in calls]
    return {"id": number, "query": f"Please do {number}.", "tools": tools, "calls": answers, **more}


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(one) + "\n" for one in rows))
    return path


def names(one: dict[str, Any]) -> set[str]:
    return {shown["name"] for shown in one["tools"]} | {call["name"] for call in one["calls"]}


def test_no_row_for_training_calls_or_shows_a_held_out_tool(run: Path, tmp_path: Path) -> None:
    """Every row goes to one side with its provenance, and split.json holds what its schema and format.md say."""
    ran = apigen("split", run, "-o", tmp_path, "--held-out", "0.2", "--json")
    assert ran.returncode == 0, told(ran)
    found = json.loads((tmp_path / SPLIT).read_text())
    jsonschema_rs.validator_for(SCHEMA).validate(found)
    assert json.loads(ran.stdout) == {"out": str(tmp_path), **found}
    held = {one["name"] for one in found["held_out_tools"]}
    train, held_out = lines(tmp_path / TRAIN), lines(tmp_path / HELD_OUT)
    assert not any(names(one) & held for one in train)
    assert all({call["name"] for call in one["calls"]} & held for one in held_out)
    before = {one["id"]: one for one in lines(run / "dataset.jsonl")}
    assert {one["id"] for one in (*train, *held_out)} == before.keys()
    assert all(one["provenance"] == before[one["id"]]["provenance"] for one in train)
    assert held_out == [before[one["id"]] for one in held_out]
    assert 0.1 <= len(held_out) / len(before) <= 0.3
    for name in (TRAIN, HELD_OUT):
        assert (
            found["digests"][name.removesuffix(".jsonl")] == hashlib.sha256((tmp_path / name).read_bytes()).hexdigest()
        )
    for name in ("train", "held_out"):
        assert sum(found["styles"][name].values()) == found["rows"][name]
    assert len(list(HeldOut(tmp_path / HELD_OUT).questions())) == len(held_out)
    assert json.loads(apigen("check", tmp_path / TRAIN, "--json").stdout)["passed"] == len(train)


def test_the_same_seed_holds_out_the_same_tools_and_another_seed_others(run: Path) -> None:
    """The choice depends on dataset, share and seed alone, and spreads over the categories."""
    library = read_library(run)
    first = choose(read(run), 0.2, 0, library)
    assert first == choose(read(run), 0.2, 0, library)
    assert any(first.names != choose(read(run), 0.2, seed, library).names for seed in range(1, 6))
    assert len({one.category for one in first.tools}) >= 3


def test_the_same_rows_in_another_format_are_split_by_the_same_rules(run: Path, tmp_path: Path) -> None:
    """Rows of xLAM's shape become lines of our own format, with neither call nor tool of what is held out."""
    assert apigen("split", run / "dataset.xlam.json", "-o", tmp_path).returncode == 0
    held = {one["name"] for one in json.loads((tmp_path / SPLIT).read_text())["held_out_tools"]}
    train = lines(tmp_path / TRAIN)
    assert not any(names(one) & held for one in train)
    assert json.loads(apigen("check", tmp_path / TRAIN, "--json").stdout)["passed"] == len(train)


def test_a_category_gives_its_share_of_the_rows(tmp_path: Path) -> None:
    """Of two categories of one size, ten tools each, both give two tools to a fifth."""
    calls = [(f"{kind}{number}", kind.upper()) for kind in ("math", "music") for number in range(10)]
    rows = [
        row(index, [name], [name], provenance={"categories": [category]})
        for index, (name, category) in enumerate(calls * 3)
    ]
    chosen = choose(read(write(tmp_path / "rows.jsonl", rows)), 0.2, 5)
    assert sorted(one.category for one in chosen.tools) == ["MATH", "MATH", "MUSIC", "MUSIC"]


def test_near_duplicates_are_held_out_together(tmp_path: Path) -> None:
    """Whichever of two nearly equal tools is drawn, the other one goes with it."""
    rows = [row(number, [f"tool_{number}"], [f"tool_{number}"]) for number in range(8)]
    twins = [tool("convert_money", "Convert an amount."), tool("convert_money_now", "Convert an amount.")]
    for number, twin in enumerate(twins, 8):
        rows.append(row(number, [twin["name"]], []) | {"tools": [twin]})
    path = write(tmp_path / "rows.jsonl", rows)
    for seed in range(12):
        held = choose(read(path), 0.3, seed).names
        assert ("convert_money" in held) == ("convert_money_now" in held)
    assert any("convert_money" in choose(read(path), 0.3, seed).names for seed in range(12))


def test_where_a_row_goes(tmp_path: Path) -> None:
    """Mixed calls are held out; distractors are taken away; what shows nothing else is held out; the rest stays."""
    rows = [
        row(0, ["kept", "held"], ["kept", "held"]),
        row(1, ["kept"], ["kept", "held"]),
        row(2, [], ["held"], provenance={"dropped": ["x"]}),
        row(3, ["kept"], ["kept"], extra="stays"),
        {"query": 5, "tools": [], "calls": []},
    ]
    mixed, reduced, only, same, unreadable = (
        place(one, frozenset(("held",))) for one in read(write(tmp_path / "rows.jsonl", rows))
    )
    assert mixed is not None
    assert (mixed.held_out, mixed.mixed) == (True, True)
    assert reduced is not None
    assert (reduced.held_out, names(reduced.line)) == (False, {"kept"})
    assert only is not None
    assert (only.held_out, only.shows_only) == (True, True)
    assert same is not None
    assert same.line == rows[3]
    assert unreadable is None


@pytest.mark.parametrize(
    ("dropped", "shown", "is_held"),
    [
        (("dropped_tool", ["held.one"]), ["kept"], True),
        (("dropped_tool", ["held.one", "kept"]), ["other"], True),
        (("dropped_tool", ["kept"]), ["other", "held.one"], False),
        (("dropped_tool", ["held.one.more"]), ["held.one", "kept"], False),
        (("dropped_parameter", ["held.one.x.y"]), ["held.one", "kept"], True),
        (("dropped_parameter", ["kept.x"]), ["held.one", "kept"], False),
        (("dropped_parameter", None), ["kept"], False),
        (("dropped_tool", [7]), ["kept"], False),
    ],
)
def test_a_negative_goes_where_the_row_goes_that_it_was_made_from(
    tmp_path: Path, dropped: tuple[str, list[Any] | None], shown: list[str], is_held: bool
) -> None:
    """A tool that was taken away, or a parameter of it, counts as called, whatever dots its name holds."""
    kind, names_dropped = dropped
    rows = [row(0, [], shown, provenance={"kind": kind, "dropped": names_dropped})]
    placed = place(next(iter(read(write(tmp_path / "rows.jsonl", rows)))), frozenset(("held.one",)))
    assert placed is not None
    assert (placed.held_out, placed.mixed, placed.shows_only) == (is_held, False, False)
    assert names(placed.line) == (set(shown) if is_held else set(shown) - {"held.one"})


def test_no_query_of_a_held_out_row_is_trained_on_as_a_negative(run: Path, tmp_path: Path) -> None:
    """Of a dataset that was augmented before it is split, negatives lie beside the rows that they were made from."""
    ran = apigen("augment", run, "-o", tmp_path / "negatives.jsonl", "--share", "0.4")
    assert ran.returncode in (0, 1), told(ran)
    made = lines(tmp_path / "negatives.jsonl")
    path = write(tmp_path / "mix.jsonl", [*lines(run / "dataset.jsonl"), *made])
    found = split(lambda: read(path), tmp_path / "out", source="mix", share=0.3)
    train, held_out = lines(tmp_path / "out" / TRAIN), lines(tmp_path / "out" / HELD_OUT)
    sources = {str(one["id"]) for one in held_out if one["calls"]}
    twins = {one["id"] for one in made if one["provenance"]["from"] in sources}
    assert {one["provenance"]["kind"] for one in held_out if one["id"] in twins} == {*Kind}
    assert twins.isdisjoint(one["id"] for one in train)
    assert found["negatives"] == {
        name: sum("dropped" in one["provenance"] for one in rows)
        for name, rows in (("train", train), ("held_out", held_out))
    }
    assert found["negatives"]["held_out"] >= len(twins)


def test_a_row_that_names_a_held_out_tool_before_its_query_is_for_neither_part(tmp_path: Path) -> None:
    """An earlier turn would show the tool; a name that is an ordinary word there is none."""
    rows = [row(number, ["kept"], ["kept"], context=[said]) for number, said in enumerate(("I ran get_pet.", "Go on."))]
    held = frozenset(("get_pet", "go"))
    named, free = (place(one, held) for one in read(write(tmp_path / "rows.jsonl", rows)))
    assert named is not None
    assert named.named_before
    assert free is not None
    assert (free.named_before, free.line) == (False, rows[1])


def test_a_share_that_would_leave_nothing_to_train_on_is_refused(tmp_path: Path) -> None:
    """Before anything is written."""
    rows = write(tmp_path / "rows.jsonl", [row(number, [f"tool_{number}"], [f"tool_{number}"]) for number in range(4)])
    ran = apigen("split", rows, "-o", tmp_path / "out", "--held-out", "0.99")
    assert (ran.returncode, ran.stderr.count("\n")) == (2, 1)
    assert "every row that calls a tool would be held out; lower it" in ran.stderr
    assert not (tmp_path / "out").exists()


def test_the_two_parts_are_not_taken_for_one_dataset(run: Path, tmp_path: Path) -> None:
    """Whoever names the folder of a split is told which of its files there are."""
    parts = tmp_path / "parts"
    assert apigen("split", run, "-o", parts).returncode == 0
    asked = ("evaluate", "--suite", f"held-out:{parts}", "--model", "openai/x", "--dry-run")
    for command in (("augment", parts, "-o", tmp_path / "x"), ("split", parts, "-o", tmp_path / "y"), asked):
        ran = apigen(*command)
        assert (ran.returncode, ran.stderr.count("\n")) == (2, 1)
        assert "contains both parts of a split; name train.jsonl or held_out.jsonl in it" in ran.stderr


def test_what_was_said_before_the_query_is_kept(tmp_path: Path) -> None:
    """An earlier turn survives the change of format, so that values from it stay traceable."""
    messages = [{"role": "system", "content": "The user lives in Oslo."}, {"role": "user", "content": "Do it for 7."}]
    answer = {"role": "assistant", "tool_calls": [{"function": {"name": "a", "arguments": '{"x": 7}'}}]}
    given = [{"messages": [*messages, answer], "tools": [{"type": "function", "function": tool("a")}]}]
    placed = place(next(iter(read(write(tmp_path / "rows.jsonl", given)))), frozenset())
    assert placed is not None
    again = next(iter(read(write(tmp_path / "own.jsonl", [placed.line]))))
    assert (again.context, again.query) == (("The user lives in Oslo.",), "Do it for 7.")


def test_odd_values_go_through(tmp_path: Path) -> None:
    """A number of more than 64 bits and an empty provenance are data, not an end."""
    rows = [
        row(number, [f"tool_{number % 4}"], [f"tool_{number % 4}"], provenance=None)
        | {"calls": [{"name": f"tool_{number % 4}", "arguments": {"x": 10**40}}]}
        for number in range(8)
    ]
    path = write(tmp_path / "rows.jsonl", rows)
    found = split(lambda: read(path), tmp_path / "out", source="rows", share=0.25)
    assert found["rows"] == {"train": 6, "held_out": 2}
    assert str(10**40) in (tmp_path / "out" / TRAIN).read_text()


@pytest.mark.parametrize(
    ("rows", "share", "said"),
    [
        ([row(0, [], ["a"])], 0.1, "no row of the dataset calls a tool"),
        ([row(number, ["a"], ["a"]) for number in range(9)], 0.1, "no tool can be held out"),
        ([row(0, ["a"], ["a"])], 1.5, "--held-out 1.5"),
    ],
)
def test_what_cannot_be_split_is_said(tmp_path: Path, rows: list[dict[str, Any]], share: float, said: str) -> None:
    """One line says why, and nothing is written."""
    path = write(tmp_path / "rows.jsonl", rows)
    with pytest.raises(UserError, match=said):
        split(lambda: read(path), tmp_path / "out", source="rows", share=share)
    assert not (tmp_path / "out").exists()


def test_a_split_is_not_overwritten(run: Path, tmp_path: Path) -> None:
    """A folder that holds one of the files is refused with its name."""
    (tmp_path / HELD_OUT).write_text("mine")
    ran = apigen("split", run, "-o", tmp_path)
    assert (ran.returncode, (tmp_path / HELD_OUT).read_text()) == (2, "mine")
    assert "held_out.jsonl: already exists; not overwriting" in told(ran)


def _pair(number: int, chosen: list[str], rejected: list[str], shown: list[str], **more: Any) -> dict[str, Any]:
    def answer(called: list[str], x: int) -> list[dict[str, Any]]:
        calls = [{"type": "function", "function": {"name": name, "arguments": {"x": x}}} for name in called]
        return [{"role": "assistant", "tool_calls": calls} if calls else {"role": "assistant", "content": "No."}]

    return {
        "prompt": [{"role": "user", "content": f"Please do {number}."}],
        "chosen": answer(chosen, number),
        "rejected": answer(rejected, number + 1),
        "tools": [{"type": "function", "function": tool(name)} for name in shown],
        "id": str(number),
        **more,
    }


def _touched(pair: dict[str, Any]) -> set[str]:
    calls = [call for side in ("chosen", "rejected") for call in pair[side][0].get("tool_calls", ())]
    return {one["function"]["name"] for one in (*calls, *pair["tools"])}


def test_a_pair_is_held_out_if_either_answer_calls_a_held_out_tool(tmp_path: Path) -> None:
    """One that is only shown is taken away; one that is named in words leaves the pair to neither part."""
    said = [{"role": "system", "content": "Use held_one."}, {"role": "user", "content": "Please do 5."}]
    pairs = [
        _pair(0, ["held_one"], ["kept"], ["kept", "held_one"]),
        _pair(1, ["kept"], ["held_one"], ["kept", "held_one"]),
        _pair(2, ["kept"], ["kept"], ["kept", "held_one"], reason="stays"),
        _pair(3, ["kept"], [], ["kept"]),
        _pair(4, [], ["other"], ["held_one"]),
        _pair(5, ["kept"], ["kept"], ["kept"], prompt=said),
        {"prompt": "no messages"},
    ]
    path = write(tmp_path / "pairs.jsonl", pairs)
    placed = [place(one, frozenset(("held_one",)), PAIRS) for one in pair_rows(items(path))]
    assert [None if one is None else one.held_out for one in placed] == [True, True, False, False, True, False, None]
    assert [one is not None and one.named_before for one in placed] == [False] * 5 + [True, False]
    first, _, reduced, same = placed[:4]
    assert first is not None
    assert reduced is not None
    assert same is not None
    assert (first.line, same.line) == (pairs[0], pairs[3])
    assert [shown["function"]["name"] for shown in reduced.line["tools"]] == ["kept"]
    assert {**reduced.line, "tools": None} == {**pairs[2], "tools": None}


def test_the_pairs_of_a_run_are_split_by_the_tools_of_its_rows(run: Path, tmp_path: Path) -> None:
    """What preference learning is given neither calls nor shows a held-out tool; nothing of the run is lost."""
    ran = apigen("split", run, "-o", tmp_path / "parts", "--held-out", "0.2")
    assert ran.returncode == 0, told(ran)
    found = json.loads((tmp_path / "parts" / SPLIT).read_text())
    held = {one["name"] for one in found["held_out_tools"]}
    train, apart = (lines(tmp_path / "parts" / name) for name in (TRAIN_PREFERENCES, HELD_OUT_PREFERENCES))
    assert not any(_touched(one) & held for one in train)
    assert all(_touched(one) & held for one in apart)
    assert found["preferences"]["rows"] == {"train": len(train), "held_out": len(apart)}
    assert apigen("export", run, "--format", "preferences", "-o", tmp_path / "all.jsonl").returncode == 0
    assert {one["id"] for one in (*train, *apart)} == {one["id"] for one in lines(tmp_path / "all.jsonl")}
    assert f"{len(apart)} preference pairs held out, {len(train)} for training" in ran.stdout
    learnt = read_pairs([tmp_path / "parts" / TRAIN_PREFERENCES])
    assert (len(learnt.kept), learnt.left_out) == (len(train), ())
    with pytest.raises(UserError, match=f"both parts of a split; name {TRAIN_PREFERENCES}"):
        read_pairs([tmp_path / "parts"])


def test_a_file_of_pairs_is_split_by_itself(tmp_path: Path) -> None:
    """Into two files of pairs and none of rows; split.json counts pairs, and holds what its schema says."""
    path = write(
        tmp_path / "pairs.jsonl",
        [
            _pair(number, [f"tool_{number % 5}"], [f"tool_{number % 5}"], [f"tool_{tool}" for tool in range(5)])
            for number in range(20)
        ],
    )
    ran = apigen("split", path, "-o", tmp_path / "out", "--held-out", "0.2", "--json")
    assert ran.returncode == 0, told(ran)
    found = json.loads((tmp_path / "out" / SPLIT).read_text())
    jsonschema_rs.validator_for(SCHEMA).validate(found)
    assert (found["rows"], found["preferences"]) == ({"train": 16, "held_out": 4}, None)
    assert found["styles"]["train"] == {"multiple": 16}
    assert {file.name for file in (tmp_path / "out").iterdir()} == {TRAIN_PREFERENCES, HELD_OUT_PREFERENCES, SPLIT}
    (held,) = (one["name"] for one in found["held_out_tools"])
    assert not any(held in _touched(one) for one in lines(tmp_path / "out" / TRAIN_PREFERENCES))
    again = apigen("split", tmp_path / "out", "-o", tmp_path / "again")
    assert f"name {TRAIN_PREFERENCES} or {HELD_OUT_PREFERENCES} in it" in again.stderr
    digest = hashlib.sha256((tmp_path / "out" / TRAIN_PREFERENCES).read_bytes()).hexdigest()
    assert found["digests"]["train"] == digest
