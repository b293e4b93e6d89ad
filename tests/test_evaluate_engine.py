"""A real chat model evaluated: in this process, and behind the OpenAI protocol of transformers' own server."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from apigen.dialogue.form import FORMS, prompt_version
from apigen.evaluate.asking.prompts import prompt_of
from apigen.evaluate.base import ErrorType
from apigen.evaluate.held_out import HeldOut
from apigen.evaluate.in_memory import score_folder
from apigen.evaluate.job import EvaluationJob
from apigen.evaluate.run import evaluate
from runs import apigen, lines
from tiny_folder import Lesson, write_tiny_folder
from transformers_server import serving_folder

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", autouse=True)
def _engine() -> None:
    """Transformers and torch, which are not imported before a test needs them."""
    pytest.importorskip("torch")
    pytest.importorskip("transformers")


def tool(name: str, **types: str) -> dict[str, Any]:
    properties = {key: {"type": kind} for key, kind in types.items()}
    parameters = {"type": "object", "properties": properties, "required": list(types)}
    return {"name": name, "description": f"Does {name}.", "parameters": parameters}


BREW, ADD = tool("brew", leaf="string"), tool("math.add", a="integer", b="integer")
ROWS = [
    {"id": "tea", "query": "Green tea!", "tools": [BREW], "calls": [{"name": "brew", "arguments": {"leaf": "green"}}]},
    {"id": "sum", "query": "2 + 3?", "tools": [ADD], "calls": [{"name": "math.add", "arguments": {"a": 2, "b": 3}}]},
    {"id": "off", "query": "4 + 5?", "tools": [ADD], "calls": [{"name": "math.add", "arguments": {"a": 4, "b": 5}}]},
    {"id": "none", "query": "Sing!", "tools": [BREW], "calls": []},
]
SAID = {
    "tea": '<tool_call>\n{"name": "brew", "arguments": {"leaf": "green"}}\n</tool_call>',
    "sum": '<tool_call>\n{"name": "math_add", "arguments": {"a": 2, "b": 3}}\n</tool_call>',
    "off": '<tool_call>\n{"name": "math_add", "arguments": {"a": 4, "b": 6}}\n</tool_call>',
    "none": "No tool fits.",
}
PROMPTED = '```json\n{"tool_calls": [{"name": "brew", "arguments": {"leaf": "green"}}]}\n```'
RIGHT = {"tea": True, "sum": True, "off": False, "none": True}


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four questions, of which the model answers one wrongly."""
    path = tmp_path_factory.mktemp("rows") / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return path


@pytest.fixture(scope="module")
def folder(rows: Path) -> Path:
    """The model, which knows its answers in the native form, and one in the prompted form."""
    lessons: list[Lesson] = []
    for form, questions in (("native", HeldOut(rows, underscores=True)), ("prompted", HeldOut(rows))):
        for question in questions.questions():
            if form == "native" or question.id == "tea":
                asked = prompt_of(question, FORMS[form])
                messages = [{"role": one.role, "content": one.content} for one in asked.messages]
                lessons.append((messages, list(asked.tools) or None, SAID[asked.id] if form == "native" else PROMPTED))
    write_tiny_folder(rows.parent / "model", lessons)
    return rows.parent / "model"


@pytest.fixture(scope="module")
def url(folder: Path) -> Iterator[str]:
    """Transformers' own server with the model."""
    with serving_folder(folder) as address:
        yield address


def marks(out: Path) -> dict[str, bool]:
    return {one["id"]: one["correct"] for one in lines(out / "verdicts.jsonl")}


def test_a_folder_is_asked_in_this_process(folder: Path, rows: Path, tmp_path: Path) -> None:
    """What it knows by heart is right, what it learned wrongly is wrong; calls are read from its notation."""
    out = tmp_path / "out"
    ran = apigen("evaluate", "--suite", f"held-out:{rows}", "--model", f"local:{folder}", "--out", out, "--json")
    assert ran.returncode == 0, ran.stderr
    assert marks(out) == RIGHT
    found = json.loads(ran.stdout)
    assert (found["answers"], found["correct"], found["cut"]) == (4, 3, 0)
    assert found["reasons"] == {"wrong_value": 1}
    assert found["device"] == "cpu"
    assert set(found["versions"]) == {"apigen", "python", "torch", "transformers"}
    answers = {one["id"]: one for one in lines(out / "answers.jsonl")}
    assert answers["sum"]["calls"] == [{"name": "math_add", "arguments": {"a": 2, "b": 3}}]
    assert answers["none"]["calls"] == []
    assert answers["none"]["said"] == "No tool fits."


def test_a_folder_is_asked_in_the_prompt(folder: Path, rows: Path, tmp_path: Path) -> None:
    """The text is read without its fence; what was not taught is noise, which is cut off and said to be."""
    out = tmp_path / "out"
    options = ("--form", "prompted", "--max-tokens", "60", "--out", out, "--json")
    found = json.loads(apigen("evaluate", "--suite", f"held-out:{rows}", "--model", f"local:{folder}", *options).stdout)
    assert marks(out)["tea"]
    assert found["form"] == "prompted"
    assert found["answers"] == 4


def test_a_model_is_asked_as_it_was_trained(folder: Path, rows: Path, tmp_path: Path) -> None:
    """The form is that of training.json; another one is warned of before anything is asked, and in the report."""
    model = tmp_path / "model"
    shutil.copytree(folder, model)
    record = {"model": "x", "status": "done", "method": "sft", "data": [], "form": "prompted"}
    (model / "training.json").write_text(json.dumps(record))
    command = ("evaluate", "--suite", f"held-out:{rows}", "--model", f"local:{model}", "--max-tokens", "60", "--out")
    assert apigen(*command, tmp_path / "out").returncode == 0
    found = json.loads((tmp_path / "out" / "evaluation.json").read_text())
    assert (found["form"], found["trained_as"]) == ("prompted", {"form": "prompted", "prompt_version": ""})
    assert found["prompt_version"] == prompt_version("prompted")
    ran = apigen(*command, tmp_path / "native", "--form", "native")
    line = "The model was trained in the prompted form and is asked in the native form"
    assert ran.stderr.startswith(f"warning: {line}")
    assert line in " ".join(ran.stdout.split())
    assert line in (tmp_path / "native" / "report.html").read_text()
    assert json.loads((tmp_path / "native" / "evaluation.json").read_text())["trained_as"]["form"] == "prompted"


def test_the_same_model_behind_a_server_gives_the_same_answers(
    folder: Path, url: str, rows: Path, tmp_path: Path
) -> None:
    """Tools go out, the server reads the model's calls, and the marks are those of the folder."""
    out = tmp_path / "out"
    asked = ("--model", f"openai/{folder}", "--base-url", url, "--concurrency", "2", "--max-tokens", "100")
    ran = apigen("evaluate", "--suite", f"held-out:{rows}", *asked, "--out", out)
    assert ran.returncode == 0, ran.stderr
    assert marks(out) == RIGHT
    answers = {one["id"]: one for one in lines(out / "answers.jsonl")}
    assert answers["tea"]["calls"][0]["function"]["arguments"] == '{"leaf": "green"}'
    assert answers["tea"]["tokens"]["completion"] > 0


def test_other_programs_mark_a_folder_without_the_command_line(folder: Path, rows: Path) -> None:
    """Questions in, figures and the mark of each question out."""
    found = score_folder(folder, HeldOut(rows, underscores=True).questions(), form="native", max_tokens=100)
    assert {id_: score.correct for id_, score in found.scores.items() if score} == RIGHT
    assert found.figures["correct"] == 3
    assert found.scores["off"] is not None
    assert found.scores["off"].error_type is ErrorType.WRONG_VALUE
    assert found.answers["none"].said == "No tool fits."


def test_python_evaluates_a_folder_as_the_command_does(folder: Path, rows: Path, tmp_path: Path) -> None:
    """The same files, with the overlap that is given to it, and figures as a dict."""
    job = EvaluationJob(f"held-out:{rows}", f"local:{folder}", tmp_path / "out", max_tokens=100)
    known = {"trained_on": 1, "changed": [], "not_read": []}
    result = evaluate(job, overlap=lambda _, questions: {"questions": len(questions), **known})
    assert (result.problem, result.asked, result.figures["correct"]) == ("", 4, 3)
    assert result.figures["training"] == {"questions": 4, **known}
    assert "1 of 4 questions appear in the data" in (tmp_path / "out" / "report.html").read_text()
    assert json.loads((tmp_path / "out" / "evaluation.json").read_text()) == result.figures
    assert marks(tmp_path / "out") == RIGHT


def test_a_model_whose_template_takes_no_tools_says_so(folder: Path, rows: Path, tmp_path: Path) -> None:
    """With the form that it can be asked in."""
    plain = tmp_path / "plain"
    plain.mkdir()
    for path in folder.iterdir():
        (plain / path.name).write_bytes(path.read_bytes())
    (plain / "chat_template.jinja").write_text("{% for message in messages %}{{ message.content }}{% endfor %}")
    ran = apigen("evaluate", "--suite", f"held-out:{rows}", "--model", f"local:{plain}", "--out", tmp_path / "out")
    assert ran.returncode == 2
    assert "its chat template does not support tools; use --form prompted" in ran.stderr


def test_a_folder_that_is_no_model_is_told_in_one_line(rows: Path, tmp_path: Path) -> None:
    """Missing, or without a model; nothing is written."""
    out = tmp_path / "out"
    for place, said in ((tmp_path / "gone", "no such folder"), (rows.parent, "cannot be loaded by transformers")):
        ran = apigen("evaluate", "--suite", f"held-out:{rows}", "--model", f"local:{place}", "--out", out)
        assert ran.returncode == 2
        assert said in ran.stderr
        assert ran.stderr.count("\n") == 1
        assert not out.exists()
