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


def trained(folder: Path, *data: Path, model: str = "a tiny model from scratch") -> Path:
    """What of a training says what was learnt from."""
    folder.mkdir(exist_ok=True)
    sources = [examples_of(read(path), str(path)).sources[0] for path in data]
    told = [{"path": one.path, "digest": one.digest, "rows": one.rows, "notice": one.notice} for one in sources]
    (folder / "training.json").write_text(json.dumps({"model": model, "method": "sft", "data": told, "form": "native"}))
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
    assert "other.jsonl have changed since" in told[1]
    (model / "training.json").write_text("{}")
    assert trained_on(model, questions) == {
        "questions": 1,
        "trained_on": 0,
        "changed": [],
        "not_read": [str(model / "training.json")],
    }


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
