"""Questions that a model was trained on are counted and told."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from apigen.cli.evaluate_training import trained_on
from apigen.dataset.read.formats import read
from apigen.evaluate.base import Question
from apigen.evaluate.held_out import HeldOut
from apigen.evaluate.model_digest import model_digest
from apigen.evaluate.summary import remarks
from apigen.train.examples import examples_of
from apigen.train.pairs import read_pairs
from runs import apigen
from tiny_chat_model import write_chat_model

ADD: dict[str, Any] = {
    "name": "add",
    "description": "Adds.",
    "parameters": {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]},
}


def rows(path: Path, *queries: str) -> Path:
    called = [{"name": "add", "arguments": {"a": 1}}]
    found = [{"id": f"q{at}", "query": query, "tools": [ADD], "calls": called} for at, query in enumerate(queries)]
    path.write_text("".join(json.dumps(row) + "\n" for row in found))
    return path


def trained(folder: Path, *data: Path, model: str = "a tiny model from scratch", **more: Any) -> Path:
    """What of a training says what was learnt from."""
    folder.mkdir(exist_ok=True)
    sources = [examples_of(read(path), str(path)).sources[0] for path in data]
    told = [{"path": one.path, "digest": one.digest, "rows": one.rows, "notice": one.notice} for one in sources]
    record = {"model": model, "method": "sft", "data": told, "form": "native", **more}
    (folder / "training.json").write_text(json.dumps(record))
    return folder


def asked(path: Path, *queries: str) -> list[Question]:
    return list(HeldOut(rows(path, *queries)).questions())


def test_questions_of_the_training_are_counted_by_their_words(tmp_path: Path) -> None:
    """Case and punctuation aside; another number is another question. Of other folders nothing is known."""
    model = trained(tmp_path / "model", rows(tmp_path / "train.jsonl", "Add 1!", "Add 2!"))
    questions = asked(tmp_path / "asked.jsonl", "add 1", "Add 3!", "Add 2?")
    assert trained_on(model, questions) == {"questions": 3, "trained_on": 2, "changed": [], "not_read": []}
    (model / "adapter").mkdir()
    assert trained_on(model / "adapter", questions) == trained_on(model, questions)
    assert trained_on(tmp_path, questions) is None


def test_what_the_model_began_with_was_trained_as_well(tmp_path: Path) -> None:
    """Its data count too, and a training that began with itself ends nowhere."""
    first = trained(tmp_path / "first", rows(tmp_path / "one.jsonl", "Add 1!"))
    second = trained(tmp_path / "second", rows(tmp_path / "two.jsonl", "Add 2!"), model=str(first))
    questions = asked(tmp_path / "asked.jsonl", "Add 1!", "Add 2!", "Add 3!")
    found = trained_on(second, questions)
    assert found is not None
    assert found["trained_on"] == 2
    trained(first, tmp_path / "one.jsonl", model=str(second))
    assert trained_on(second, questions) == found


def test_data_that_are_gone_or_changed_are_told(tmp_path: Path) -> None:
    """Then the count is no more than what is left says."""
    gone, other = rows(tmp_path / "gone.jsonl", "Add 1!"), rows(tmp_path / "other.jsonl", "Add 2!")
    model = trained(tmp_path / "model", gone)
    gone.unlink()
    questions = asked(tmp_path / "asked.jsonl", "Add 1!")
    assert trained_on(model, questions) == {"questions": 1, "trained_on": 0, "changed": [], "not_read": [str(gone)]}
    trained(model, other)
    rows(other, "Add 1!")
    found = trained_on(model, questions)
    assert found == {"questions": 1, "trained_on": 1, "changed": [str(other)], "not_read": []}
    told = remarks({"training": found, "errors": 0, "categories": {}})
    assert told[0].startswith("1 of 1 questions appear in the data that the model was trained on;")
    assert told[1] == f"The count may be wrong: {other} changed after the training."
    (model / "training.json").write_text("{}")
    assert trained_on(model, questions) == {
        "questions": 1,
        "trained_on": 0,
        "changed": [],
        "not_read": [str(model / "training.json")],
    }


def test_a_base_model_that_is_gone_is_reported(tmp_path: Path) -> None:
    """Its data were trained on too. A name on the hub, and a base that apigen did not train, are not missing."""
    gone = tmp_path / "first" / "training.json"
    questions, data = asked(tmp_path / "asked.jsonl", "Add 1!"), rows(tmp_path / "two.jsonl", "Add 2!")
    for model, base_training, missing in (
        ("first", str(gone), [str(gone)]),
        ("first", None, []),
        ("Qwen/Qwen3-8B", None, []),
    ):
        paths = {"base_training": base_training, "data": [str(data)]}
        found = trained_on(trained(tmp_path / "second", data, model=model, paths=paths), questions)
        assert found is not None
        assert (found["trained_on"], found["not_read"]) == (0, missing)
    # Earlier versions recorded the path as it was typed.
    found = trained_on(trained(tmp_path / "second", data, model=str(tmp_path / "first")), questions)
    assert found is not None
    assert found["not_read"] == [str(gone)]
    told = remarks({"training": found, "errors": 0, "categories": {}})
    assert told == [
        "At least 0 of 1 questions appear in the data that the model was trained on.",
        f"{gone} cannot be read; restore the files, then --resume to recount.",
    ]


def test_a_project_that_was_moved_as_a_whole_is_found_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its paths as they were typed, from its new place; but another model in the base's place is not the base."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "first").mkdir()
    (tmp_path / "first" / "model.safetensors").write_bytes(b"weights")
    trained(tmp_path / "first", rows(Path("one.jsonl"), "Add 1!"))
    paths = {"base_training": "/old/first/training.json", "data": ["/old/two.jsonl"]}
    deciding = {"base": model_digest("first")}
    trained(Path("second"), rows(Path("two.jsonl"), "Add 2!"), model="first", paths=paths, deciding=deciding)
    questions = asked(tmp_path / "asked.jsonl", "Add 1!", "Add 2!")
    assert trained_on(Path("second"), questions) == {"questions": 2, "trained_on": 2, "changed": [], "not_read": []}
    (tmp_path / "first" / "model.safetensors").write_bytes(b"others!")
    found = trained_on(Path("second"), questions)
    assert found is not None
    assert (found["trained_on"], found["not_read"]) == (1, ["/old/first/training.json"])


@pytest.mark.slow
def test_a_training_records_where_its_data_and_its_base_are(tmp_path: Path) -> None:
    """Whatever they were called then, they are found from elsewhere, and missed where they are gone."""
    pytest.importorskip("torch")
    rows(tmp_path / "t.jsonl", *(f"Add {number}!" for number in range(8)))
    rows(tmp_path / "u.jsonl", *(f"Sum {number}!" for number in range(8)))
    short = ("--max-steps", "1", "--cutoff", "512")
    for command in (("t.jsonl", "--from-scratch", "tiny", "--out", "m1"), ("u.jsonl", "--model", "m1", "--out", "m3")):
        ran = apigen("train", *command, *short, cwd=tmp_path)
        assert ran.returncode == 0, ran.stderr
    questions = list(HeldOut(tmp_path / "t.jsonl").questions())
    assert trained_on(tmp_path / "m3", questions) == {"questions": 8, "trained_on": 8, "changed": [], "not_read": []}
    (tmp_path / "m1" / "config.json").write_text("{}")
    assert trained_on(tmp_path / "m3", questions) == {
        "questions": 8,
        "trained_on": 8,
        "changed": [str(tmp_path / "m1")],
        "not_read": [],
    }
    (tmp_path / "m1").rename(tmp_path / "elsewhere")
    found = trained_on(tmp_path / "m3", questions)
    assert found is not None
    assert (found["trained_on"], found["not_read"]) == (0, [str(tmp_path / "m1" / "training.json")])


def test_pairs_that_were_preferred_from_count_as_well(tmp_path: Path) -> None:
    """Their questions were seen with a right answer and a wrong one."""

    def says(text: str) -> list[dict[str, str]]:
        return [{"role": "assistant", "content": text}]

    pairs = tmp_path / "pairs.jsonl"
    prompt = [{"role": "user", "content": "Add 1!"}]
    pairs.write_text(json.dumps({"prompt": prompt, "chosen": says("Two."), "rejected": says("Three.")}) + "\n")
    told = {"path": str(pairs), "digest": read_pairs([pairs]).sources[0].digest, "rows": 1, "notice": ""}
    (tmp_path / "training.json").write_text(json.dumps({"model": "x", "method": "dpo", "data": [told]}))
    questions = asked(tmp_path / "asked.jsonl", "Add 1!", "Add 2!")
    assert trained_on(tmp_path, questions) == {"questions": 2, "trained_on": 1, "changed": [], "not_read": []}


@pytest.mark.slow
def test_an_evaluation_says_how_many_of_its_questions_were_trained_on(tmp_path: Path) -> None:
    """In the terminal, in evaluation.json and on the page; and it is of that model alone."""
    pytest.importorskip("torch")
    model = trained(write_chat_model(tmp_path / "model"), rows(tmp_path / "train.jsonl", "Add 1!", "Add 2!"))
    suite = f"held-out:{rows(tmp_path / 'asked.jsonl', 'Add 1!', 'Add 3!')}"
    out = tmp_path / "out"
    command = ("evaluate", "--suite", suite, "--model", f"local:{model}", "--max-tokens", "4", "--out", out)
    ran = apigen(*command)
    assert ran.returncode == 0, ran.stderr
    line = "1 of 2 questions appear in the data that the model was trained on"
    assert line in re.sub(r"\s+", " ", ran.stdout)
    assert line in (out / "report.html").read_text()
    found = json.loads((out / "evaluation.json").read_text())
    assert found["training"] == {"questions": 2, "trained_on": 1, "changed": [], "not_read": []}
    assert found["model_digest"]
    assert apigen(*command, "--resume").returncode == 0
    (model / "chat_template.jinja").write_text((model / "chat_template.jinja").read_text() + " ")
    again = apigen(*command, "--resume")
    assert again.returncode == 2
    assert "cannot resume: model_digest changed" in again.stderr
