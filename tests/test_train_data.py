"""What a training reads and plans, before any model is there."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from apigen.dialogue import prompted
from apigen.dialogue.form import prompt_version
from apigen.errors import UserError
from apigen.extra import PACKAGES, require_extra
from apigen.records import Call
from apigen.train import checkpoints, memory
from apigen.train.batches import packed
from apigen.train.dialogue import dialogue
from apigen.train.examples import Example, LeftOut, labels, read_examples
from apigen.train.job import Job
from apigen.train.memory import Shape
from apigen.train.pairs import read_pairs
from apigen.train.plan import held_out, lengths, lost_to_cutoff, lost_to_template, make_plan, warnings
from apigen.train.recipe import make_recipe
from apigen.train.tokens import Encoded, ids_of
from apigen.train.words import words_version
from training import ADD, mixed_rows, pair_row, song_row, sum_row, write_rows

ROOT = Path(__file__).parent.parent


def test_the_recipe_is_the_papers() -> None:
    """Learning rate, epochs, warm-up, cutoff and batch are those that the paper tells."""
    recipe = make_recipe()
    told = (recipe.learning_rate, recipe.epochs, recipe.warmup_steps, recipe.cutoff, recipe.batch, recipe.accumulation)
    assert told == (5e-6, 4, 50, 2048, 6, 2)
    assert (recipe.schedule, recipe.optimizer) == ("cosine", "adamw_torch")
    assert not recipe.lora.use


def test_options_lie_over_the_file_and_the_file_over_the_layers(tmp_path: Path) -> None:
    """A key that a level does not name is that of the level below, also inside of lora."""
    file = tmp_path / "mine.yaml"
    file.write_text("epochs: 2\nbatch: 3\nlora: {rank: 4}\n")
    recipe = make_recipe(file, {"batch": 5, "seed": None}, ["lora"])
    assert (recipe.epochs, recipe.batch, recipe.learning_rate) == (2, 5, 1e-4)
    assert (recipe.lora.use, recipe.lora.rank, recipe.lora.alpha) == (True, 4, 32)


def test_an_adapter_has_a_rate_of_its_own_with_each_method() -> None:
    """Above that of all weights."""
    layers: tuple[tuple[str, ...], ...] = ((), ("lora",), ("dpo",), ("lora", "dpo", "dpo_lora"))
    plain, lora, dpo, both = (make_recipe(None, None, each) for each in layers)
    assert (lora.learning_rate, dpo.learning_rate, both.learning_rate) == (1e-4, 1e-6, 1e-5)
    assert plain.learning_rate < lora.learning_rate
    assert (both.lora.use, both.epochs) == (True, dpo.epochs)


def test_a_template_that_takes_few_rows_is_told_with_share_reason_and_way_out() -> None:
    """One that loses a row here and there is not."""
    refused = [LeftOut(str(number), "one call only" if number else "no tools") for number in range(5)]
    (said,) = lost_to_template(refused, 20, "native")
    assert "5 of 20 rows (25%)" in said
    assert said.endswith("4 of them: one call only; --form prompted writes calls as text")
    assert "5 of 20 rows (25%): one call only;" in lost_to_template(refused[1:] + refused[1:2], 20, "native")[0]
    assert "--chat-template" in lost_to_template(refused, 20, "prompted")[0]
    assert lost_to_template(refused, 1000, "native") == []
    assert lost_to_template([], 20, "native") == []


def test_a_written_recipe_repeats_itself(tmp_path: Path) -> None:
    """recipe.yaml of a training, given again, is the same recipe."""
    recipe = make_recipe(None, {"epochs": 1.5, "max_steps": 7}, ["lora", "dpo"])
    (tmp_path / "recipe.yaml").write_text(recipe.to_yaml())
    assert make_recipe(tmp_path / "recipe.yaml") == recipe


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("epoch: 3", "unknown key `epoch`; did you mean `epochs`?"),
        ("batch: 0", "`batch`: must be at least 1, got 0"),
        ("batch: 99999999999999999999", "`batch`: must be at most 65,536, got 99999999999999999999"),
        ("batch: many", "`batch`: must be a whole number, got many"),
        ("batch: 1.5", "`batch`: must be a whole number, got 1.5"),
        ("learning_rate: .nan", "`learning_rate`: must be a finite number, got .nan"),
        ("learning_rate: 0", "`learning_rate`: must be greater than 0, got 0"),
        ("learning_rate: []", "`learning_rate`: must be a number, got []"),
        ("precision: half", "`precision`: must be 'auto', 'mixed', 'bf16' or 'fp32', got half"),
        ("lora: 3", "`lora`: must be a mapping of keys to values, got 3"),
        ("lora: {dropout: 1}", "`lora.dropout`: must be less than 1, got 1"),
        ("lora: {targets: {}}", "`lora.targets`: must be text, got {}"),
        ("optimizer: 3", "`optimizer`: must be text, got 3"),
        ("epochs: 1.0e+300", "`epochs`: must be at most 1,000,000,000, got 1.0e+300"),
        ("lora: {rank: 10000000000}", "`lora.rank`: must be at most 65,536"),
        ("keep_checkpoints: 1", "`keep_checkpoints`: must be at least 2"),
        ("evaluate_every: 2.5", "`evaluate_every`: is a share of all steps (at most 1.0) or a whole number of steps"),
        ("lora: {rnk: 3}", "did you mean `lora.rank`?"),
        ("packing: 1.5", "`packing`: must be true or false, got 1.5"),
        ("- 1", "a recipe is a mapping"),
        ("epochs: 1\nepochs: 2", "line 2, column 1: broken YAML, the key `epochs` appears twice"),
        ("epochs: [1", "line 1, column 11: broken YAML, expected ',' or ']', but got '<stream end>'"),
    ],
)
def test_a_wrong_recipe_is_named_in_one_line(tmp_path: Path, text: str, said: str) -> None:
    """The key, and what it may be."""
    file = tmp_path / "mine.yaml"
    file.write_text(text)
    with pytest.raises(UserError) as error:
        make_recipe(file)
    assert said in str(error.value)
    assert "Input should" not in str(error.value)
    assert "\n" not in str(error.value)


def kept(*paths: Path) -> list[Example]:
    return [one for one in read_examples(paths).kept if isinstance(one, Example)]


def test_rows_with_and_without_calls_are_learnt(tmp_path: Path) -> None:
    """An empty answer becomes a sentence: that no tool fits, or what is missing."""
    rows = [sum_row(1), song_row(2), song_row(3, missing=["first_number"])]
    file = write_rows(tmp_path / "rows.jsonl", rows)
    called, song, asking = kept(file)
    assert (called.calls, song.calls, asking.calls) == ((Call("add", {"a": 1, "b": 2}),), (), ())
    assert song.said == "The available tool cannot handle this request."
    assert asking.said == "I need a bit more information. Please provide: first number."
    assert read_examples([file]).without_calls == 2
    assert read_examples([file]).repeated == 0
    assert read_examples([file, file]).repeated == len(read_examples([file]).kept)


def test_prompted_answers_are_lists_that_may_be_empty(tmp_path: Path) -> None:
    """In the paper's form no call is an empty list, and what is missing is named beside it."""
    put = dialogue(kept(write_rows(tmp_path / "rows.jsonl", [song_row(3, missing=["a"])]))[0], "prompted")
    assert put.answer == {"role": "assistant", "content": '{"tool_calls":[],"missing":["a"]}'}
    assert put.tools is None
    assert '"name":"add"' in put.prompt[0]["content"]


def test_versions_of_the_wording_follow_from_the_wording(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each form and the answers' sentences have their own, and nobody has to remember to raise a number."""
    before = prompt_version("native"), prompt_version("prompted"), words_version()
    assert len(set(before)) == 3
    monkeypatch.setattr(prompted, "_INSTRUCTION", "Do as you like.")
    assert (prompt_version("native"), words_version()) == (before[0], before[2])
    assert prompt_version("prompted") != before[1]


def test_rows_that_cannot_be_read_are_left_out_with_a_reason(tmp_path: Path) -> None:
    """The others are learnt all the same."""
    as_text = sum_row(4) | {"calls": [{"name": "add", "arguments": "{"}]}
    file = write_rows(tmp_path / "rows.jsonl", [sum_row(1), "{broken", as_text, sum_row(5) | {"query": " "}])
    read = read_examples([file])
    assert [example.id for example in read.kept] == ["1"]
    assert [left.id for left in read.left_out] == ["2", "4", "5"]
    assert all(left.reason for left in read.left_out)
    both = read_examples([file, write_rows(tmp_path / "more.jsonl", ["{broken", sum_row(1)])])
    assert [left.id for left in both.left_out] == ["rows.jsonl:2", "rows.jsonl:4", "rows.jsonl:5", "more.jsonl:1"]


def test_several_files_are_mixed_and_their_ids_told_apart(tmp_path: Path) -> None:
    """Formats may differ."""
    own = write_rows(tmp_path / "own.jsonl", [sum_row(1)])
    call = {"type": "function", "function": {"name": "add", "arguments": {"a": 1, "b": 2}}}
    turns = [{"role": "user", "content": "1 and 2?"}, {"role": "assistant", "tool_calls": [call]}]
    trl = write_rows(tmp_path / "trl.jsonl", [{"messages": turns, "tools": [{"type": "function", "function": ADD}]}])
    read = read_examples([own, trl])
    assert [example.id for example in read.kept] == ["own.jsonl:1", "trl.jsonl:1"]
    assert [source.rows for source in read.sources] == [1, 1]
    assert read.sources[0].digest != read.sources[1].digest


def test_files_of_one_name_are_told_apart() -> None:
    """By their folders, and one that is given twice by a number."""
    paths = [Path("a/rows.jsonl"), Path("b/rows.jsonl"), Path("b/rows.jsonl"), Path("c/other.jsonl")]
    assert labels(paths) == ["a/rows.jsonl:", "b/rows.jsonl:", "b/rows.jsonl(2):", "other.jsonl:"]
    assert labels(paths[:1]) == [""]


def test_a_conversation_of_words_keeps_who_said_what(tmp_path: Path) -> None:
    """System words and earlier turns stay turns, and an answer in words is learnt as it stands."""
    turns = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": "Hi"},
        {"role": "user", "content": "Sing!"},
        {"role": "assistant", "content": "I cannot sing."},
    ]
    (found,) = kept(write_rows(tmp_path / "trl.jsonl", [{"messages": turns, "tools": []}]))
    assert [(one.role, one.content) for one in found.messages] == [
        (turn["role"], turn["content"]) for turn in turns[:-1]
    ]
    assert found.said == "I cannot sing."


def test_answers_after_a_tools_result_are_left_out_and_counted(tmp_path: Path) -> None:
    """Their results would have to be rendered, which is not done."""
    call = {"type": "function", "function": {"name": "add", "arguments": {"a": 1, "b": 2}}}
    turns = [
        {"role": "user", "content": "1 and 2?"},
        {"role": "assistant", "tool_calls": [call]},
        {"role": "tool", "content": "3"},
        {"role": "assistant", "tool_calls": [call]},
    ]
    read = read_examples([write_rows(tmp_path / "trl.jsonl", [{"messages": turns, "tools": [ADD]}])])
    assert [example.id for example in read.kept] == ["1#1"]
    assert read.left_out[0].id == "1#2"
    assert "multi-turn rows with tool results" in read.left_out[0].reason


def test_pairs_and_rows_are_told_apart_with_the_option_that_takes_them(tmp_path: Path) -> None:
    """Either way round."""
    pairs = write_rows(tmp_path / "pairs.jsonl", [pair_row(number) for number in range(3)])
    rows = write_rows(tmp_path / "rows.jsonl", [sum_row(number) for number in range(3)])
    with pytest.raises(UserError, match=r"pairs\.jsonl: contains preference pairs; add --method dpo"):
        read_examples([rows, pairs])
    with pytest.raises(UserError, match=r"rows\.jsonl: contains rows \(.*\), not preference pairs; drop --method dpo"):
        read_pairs([pairs, rows])
    neither = write_rows(tmp_path / "neither.jsonl", [{"a": 1}])
    with pytest.raises(
        UserError, match=r"no preference pair can be trained on .the first is row 1: prompt is not a list"
    ):
        read_pairs([neither])


def test_the_line_of_a_row_is_no_part_of_its_digest(tmp_path: Path) -> None:
    """A file with an empty line in it teaches the same; what is left out says where it is."""
    rows = [sum_row(1), "{broken", sum_row(2)]
    first = read_examples([write_rows(tmp_path / "rows.jsonl", rows)])
    second = read_examples([write_rows(tmp_path / "rows.jsonl", ["", *rows])])
    assert [one.line for one in first.kept] == [1, 3]
    assert [one.line for one in second.kept] == [2, 4]
    assert first.sources[0].digest == second.sources[0].digest
    (left,) = second.left_out
    assert (left.line, str(left)) == (3, f"row 3: {left.reason}")
    assert str(LeftOut("a", "too long", 1200)) == "row a (line 1,200): too long"


def test_many_rows_over_the_cutoff_are_noted() -> None:
    """With their share and the cutoff that would keep them all; a few are not."""
    recipe = make_recipe(None, {"cutoff": 1024})
    (said,) = lost_to_cutoff(22, 119, 1391, recipe)
    assert said == (
        "22 of 119 rows (18%) are longer than the cutoff of 1,024 tokens and left out; --cutoff 1391 would keep them "
        "all, if the model's context is that long"
    )
    assert lost_to_cutoff(2, 119, 1391, recipe) == []


def test_less_than_one_step_is_noted() -> None:
    """Since one is trained all the same."""
    recipe = make_recipe(None, {"epochs": 0.01, "batch": 4, "accumulation": 2, "warmup_steps": 0})
    assert warnings(make_plan(32, recipe), recipe) == [
        "--epochs 0.01 is less than one step; one whole step is trained, which is 0.25 epochs"
    ]
    assert warnings(make_plan(8000, recipe), recipe) == []


def test_a_benchmark_is_refused(tmp_path: Path) -> None:
    """A model that was trained on it could not be measured by it."""
    row = {"id": "simple_1", "question": [[{"role": "user", "content": "1 and 2?"}]], "function": [ADD]}
    with pytest.raises(UserError, match="would contaminate evaluation"):
        read_examples([write_rows(tmp_path / "BFCL_v3_simple.json", [row])])


def test_held_out_queries_do_not_depend_on_order_and_take_their_repetitions_along() -> None:
    """The same seed holds out the same."""
    recipe = make_recipe(None, {"held_out": 0.2})
    queries = [f"query {number}" for number in range(20)]
    assert held_out(queries, recipe) == held_out(queries[::-1] + queries[:3], recipe)
    assert len(held_out(queries, recipe)) == 4
    assert held_out(queries, recipe) != held_out(queries, make_recipe(None, {"held_out": 0.2, "seed": 1}))
    assert held_out(queries[:4], recipe) == frozenset()
    assert held_out([f"Query: {number}?" for number in range(20)], recipe) == held_out(queries, recipe)


def test_steps_follow_from_rows_batch_and_epochs() -> None:
    """100 rows in steps of 12 are 9 an epoch."""
    plan = make_plan(100, make_recipe())
    assert (plan.steps, plan.evaluate_every, plan.checkpoint_every) == (36, 4, 9)
    assert make_plan(100, make_recipe(None, {"max_steps": 5})).steps == 5
    at_the_end = make_plan(100, make_recipe(None, {"evaluate_every": 1.0, "checkpoint_every": 1}))
    assert (at_the_end.evaluate_every, at_the_end.checkpoint_every) == (36, 1)
    assert make_plan(100, make_recipe(None, {"checkpoint_every": 7.0})).checkpoint_every == 7
    assert (
        "warmup_steps (50) >= total steps (36): the learning rate never reaches its peak"
        in warnings(plan, make_recipe())[0]
    )


def test_lengths_of_rows() -> None:
    """The 95th percentile is a length that occurs."""
    found = lengths(range(1, 101), [1] * 100)
    assert (found.total, found.trained, found.mean, found.p95, found.max) == (5050, 100, 50.5, 95, 100)


def test_packing_fills_sequences_and_loses_no_row() -> None:
    """Each row is in one sequence, and none is longer than the cutoff."""
    rows = [Encoded(str(number), ids_of([0] * (1 + number * 37 % 100)), 0) for number in range(200)]
    sequences = packed(rows, 128)
    assert sorted(row.id for sequence in sequences for row in sequence) == sorted(row.id for row in rows)
    sums = [sum(len(row.ids) for row in sequence) for sequence in sequences]
    assert max(sums) <= 128
    assert sum(sums) / (128 * len(sums)) > 0.95


def test_the_memory_of_seven_billion_parameters() -> None:
    """All weights in mixed precision take 18 bytes each before any token; an adapter little more than the weights."""
    shape = Shape(parameters=7 * 10**9, adapter=40 * 10**6, width=4096, layers=32, vocabulary=32_000)
    recipe = make_recipe(None, {"batch": 1})
    whole = memory.estimate(shape, recipe, "mixed", 2048, lora=False)
    assert whole.total - whole.activations == 18 * shape.parameters
    adapter = memory.estimate(shape, recipe, "mixed", 2048, lora=True)
    assert adapter.total - adapter.activations == 2 * shape.parameters + 16 * 40 * 10**6
    less = make_recipe(None, {"batch": 1, "gradient_checkpointing": True})
    assert memory.estimate(shape, less, "mixed", 2048, lora=False).activations < whole.activations / 5


def test_logits_of_answers_alone_take_the_share_of_the_answers() -> None:
    """Half a billion parameters with a vocabulary of today: logits are most of what a pass keeps."""
    shape = Shape(parameters=494 * 10**6, adapter=0, width=896, layers=24, vocabulary=151_936)
    recipe = make_recipe(None, {"batch": 6})
    whole = memory.estimate(shape, recipe, "bf16", 1000, lora=False).activations
    alone = memory.estimate(shape, recipe, "bf16", 1000, answer=99, lora=False).activations
    logits = 6 * 1000 * 151_936 * 12
    assert whole - alone == 0.9 * logits
    assert logits > whole * 0.7


def test_only_whole_checkpoints_count(tmp_path: Path) -> None:
    """One that was cut off while it was written is removed, and steps are compared as numbers."""
    for step in (9, 10, 11):
        (tmp_path / f"checkpoint-{step}").mkdir()
    for step in (9, 10):
        checkpoints.mark(tmp_path / f"checkpoint-{step}")
    assert checkpoints.latest(tmp_path) == tmp_path / "checkpoint-10"
    checkpoints.clear_torn(tmp_path)
    assert not (tmp_path / "checkpoint-11").exists()
    assert checkpoints.latest(tmp_path / "nowhere") is None


def test_the_extra_is_what_the_project_declares() -> None:
    """No package is needed, recorded or asked for that the extra does not install, and none is left out."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]["train"]
    assert sorted(re.split(r"[><=,]", one)[0] for one in declared) == sorted(PACKAGES)


def test_what_is_missing_names_the_extra() -> None:
    """One line, with the command that installs it."""
    with pytest.raises(UserError, match=r"no_such_package.*pip install 'apigen-pipeline\[train\]'"):
        require_extra("no_such_package")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "pass exactly one of --model NAME_OR_FOLDER and --from-scratch"),
        ({"model": "a", "scratch": "tiny"}, "pass exactly one of --model NAME_OR_FOLDER and --from-scratch"),
        ({"scratch": "huge"}, "choose from tiny, small"),
        ({"scratch": "tiny", "method": "dpo"}, "pass one with --model"),
        (
            {"scratch": "tiny", "recipe": make_recipe(None, None, ["scratch", "lora"])},
            "--lora: .*frozen random weights",
        ),
        (
            {"model": "a", "method": "dpo", "recipe": make_recipe(None, {"packing": True})},
            "--packing: not supported for preference pairs",
        ),
        ({"scratch": "tiny", "chat_template": Path("README.md")}, "has its own chat template"),
        ({"model": "a", "chat_template": Path("nowhere.jinja")}, "nowhere.jinja: no such file"),
    ],
)
def test_a_job_that_makes_no_sense_is_refused(given: dict[str, Any], said: str) -> None:
    """Before anything is read."""
    with pytest.raises(UserError, match=said):
        Job(**{"recipe": make_recipe(), "out": Path("nowhere"), **given})


def test_pairs_are_read_from_a_file(tmp_path: Path) -> None:
    """Two equal answers are no pair, nor is a row without one of them; answers that differ in a type are one."""
    same = pair_row(2) | {"rejected": pair_row(2)["chosen"]}
    typed = pair_row(4) | {"rejected": json.loads(json.dumps(pair_row(4)["chosen"]).replace("8", "8.0"))}
    without = {key: value for key, value in pair_row(3).items() if key != "rejected"}
    read = read_pairs([write_rows(tmp_path / "pairs.jsonl", [pair_row(1), same, without, typed])])
    assert [pair.id for pair in read.kept] == ["1", "4"]
    assert [left.id for left in read.left_out] == ["2", "3"]


def test_data_without_a_row_to_learn_is_told(tmp_path: Path) -> None:
    """With the first reason."""
    file = write_rows(tmp_path / "rows.jsonl", [row | {"query": ""} for row in mixed_rows(3)])
    with pytest.raises(UserError, match="no row can be trained on"):
        read_examples([file])


def test_a_file_of_rows_that_no_language_model_wrote_says_so(tmp_path: Path, run: Path) -> None:
    """Also where rows went through other hands since the run, whose manifest is not beside them."""
    rows = [json.loads(line) for line in (run / "dataset.jsonl").read_text().splitlines()[:6]]
    for row in rows[:2]:
        row["provenance"] |= {"llm": True, "model": "openai/m"}
    (tmp_path / "train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (source,) = read_examples([tmp_path / "train.jsonl"]).sources
    assert source.notice == "4 of these rows were not written by a language model (offline)."
