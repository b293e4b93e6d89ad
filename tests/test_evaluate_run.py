"""Evaluating from Python: one job in, one result and a folder out."""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from apigen.dialogue.form import Form
from apigen.errors import UserError
from apigen.evaluate.asking.ask import Progress
from apigen.evaluate.job import EvaluationJob
from apigen.evaluate.run import evaluate, rehearse
from apigen.evaluate.summary import form_warning
from tool_server import answering, calling

BREW = {
    "name": "brew",
    "description": "Brews.",
    "parameters": {"type": "object", "properties": {"leaf": {"type": "string"}}, "required": ["leaf"]},
}


def suite(folder: Path) -> str:
    rows = [
        {"id": leaf, "query": leaf, "tools": [BREW], "calls": [{"name": "brew", "arguments": {"leaf": leaf}}]}
        for leaf in ("mint", "green", "black")
    ]
    path = folder / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return f"held-out:{path}"


def brewing(body: Mapping[str, Any]) -> dict[str, Any]:
    asked = body["messages"][-1]["content"]
    return calling(("brew", {"leaf": "coffee" if asked == "black" else asked}))


def test_a_job_is_evaluated_and_told_as_it_goes(tmp_path: Path) -> None:
    """The result has what the folder has, and the progress ends at all questions."""
    seen: list[tuple[int, int]] = []

    def watch(progress: Progress) -> None:
        seen.append((progress.answered, progress.correct))

    with answering(brewing) as server:
        job = EvaluationJob(suite(tmp_path), "openai/x", tmp_path / "out", base_url=server.url)
        result = evaluate(job, watch=watch)
    assert (result.figures["status"], result.figures["correct"], result.asked) == ("done", 2, 3)
    assert json.loads((result.out / "evaluation.json").read_text()) == json.loads(json.dumps(result.figures))
    assert seen[0] == (0, 0)
    assert seen[-1] == (3, 2)
    assert [one.scored.question.id for one in result.evaluated] == ["mint", "green", "black"]


def test_a_notebook_can_evaluate(tmp_path: Path) -> None:
    """Its thread has a running event loop, within which another one cannot be started."""

    async def cell() -> int:
        return evaluate(job).asked

    with answering(brewing) as server:
        job = EvaluationJob(suite(tmp_path), "openai/x", tmp_path / "out", base_url=server.url)
        assert asyncio.run(cell()) == 3


def test_a_stopped_job_is_resumed(tmp_path: Path) -> None:
    """It ends between answers with the figures of what there is, and asks only the rest."""
    asked: list[str] = []

    def counting(body: Mapping[str, Any]) -> dict[str, Any]:
        asked.append(body["messages"][-1]["content"])
        return brewing(body)

    with answering(counting) as server:
        where: dict[str, Any] = {"base_url": server.url, "concurrency": 1}
        job = EvaluationJob(suite(tmp_path), "openai/x", tmp_path / "out", **where)
        first = evaluate(job, stopped=lambda: bool(asked))
        assert (first.figures["status"], first.asked) == ("interrupted", 1)
        job = EvaluationJob(suite(tmp_path), "openai/x", tmp_path / "out", resume=True, **where)
        assert evaluate(job).figures["status"] == "done"
    assert sorted(asked) == ["black", "green", "mint"]


def test_an_endpoint_that_fails_is_a_problem_of_the_result(tmp_path: Path) -> None:
    """Nothing is raised over what was answered."""
    with answering(lambda _: (404, "no such model")) as server:
        job = EvaluationJob(suite(tmp_path), "openai/x", tmp_path / "out", base_url=server.url)
        result = evaluate(job)
    assert result.figures["status"] == "stopped"
    assert "no such model" in result.problem


def test_a_rehearsal_writes_nothing(tmp_path: Path) -> None:
    """And finds what is wrong with the suite."""
    plan = rehearse(EvaluationJob(suite(tmp_path), "openai/x", tmp_path / "out", limit=2))
    assert len(plan.questions) == 2
    assert not (tmp_path / "out").exists()
    with pytest.raises(UserError, match="no such suite"):
        rehearse(EvaluationJob("toys", "openai/x", tmp_path / "out"))


def test_a_folder_that_cannot_be_used_is_refused_before_a_model_is_loaded(tmp_path: Path) -> None:
    """A rehearsal already looks at it, and loads no model: this one could not be loaded."""
    (tmp_path / "model").mkdir()
    full = tmp_path / "full"
    full.mkdir()
    (full / "thesis.tex").touch()
    job = EvaluationJob(suite(tmp_path), f"local:{tmp_path / 'model'}", full)
    for does in (rehearse, evaluate):
        with pytest.raises(UserError, match="already exists; choose another --out"):
            does(job)
        with pytest.raises(UserError, match=r"no evaluation\.json in it"):
            does(EvaluationJob(job.suite, job.model, full, resume=True))
    with answering(brewing) as server:
        evaluate(EvaluationJob(job.suite, "openai/x", tmp_path / "out", base_url=server.url))
        changed = EvaluationJob(job.suite, "openai/x", tmp_path / "out", base_url=server.url, seed=1, resume=True)
        with pytest.raises(UserError, match="seed changed from 0 to 1"):
            rehearse(changed)


@pytest.mark.parametrize(
    ("trained", "form", "asked"),
    [
        ("prompted", None, "prompted"),
        ("prompted", "native", "native"),
        ("native", None, "native"),
        ("", None, "native"),
    ],
)
def test_a_folder_is_asked_in_the_form_of_its_training(
    trained: str, form: Form | None, asked: Form, tmp_path: Path
) -> None:
    """Unless another one is named."""
    if trained:
        (tmp_path / "training.json").write_text(json.dumps({"form": trained}))
    job = EvaluationJob(suite(tmp_path), f"local:{tmp_path}", tmp_path / "out", form=form)
    assert rehearse(job).form == asked


def test_other_prompts_than_those_of_the_training_are_warned_of() -> None:
    """Another form, or the same form in other words; not where the words of the training are unknown."""

    def warning(form: str, version: str) -> str:
        trained = {"form": form, "prompt_version": version}
        return form_warning({"form": "native", "prompt_version": "now", "trained_as": trained})

    assert "trained in the prompted form and is asked in the native form" in warning("prompted", "then")
    assert "trained with other prompts (version then) than this version of apigen uses (now)" in warning(
        "native", "then"
    )
    assert warning("native", "now") == warning("native", "") == form_warning({"trained_as": None}) == ""


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"limit": 0}, "--limit 0: must be at least 1"),
        ({"seed": -1}, "--seed -1: must be at least 0"),
        ({"temperature": -0.5}, "--temperature -0.5: must be"),
        ({"model": "x"}, "--model x: unknown kind of model; use openai/NAME"),
        ({"model": "local:x", "temperature": 1.0}, "decode greedily"),
        ({"form": "wild"}, "--form wild: no such form"),
        ({"suite": "bfcl", "execute": True}, "have no executable calls"),
        ({"libraries": ("starter",)}, "without --execute"),
    ],
)
def test_a_job_that_contradicts_itself_is_refused(tmp_path: Path, changed: dict[str, Any], said: str) -> None:
    """As soon as it is made."""
    sound: dict[str, Any] = {"suite": "held-out:x", "model": "openai/x", "out": tmp_path}
    with pytest.raises(UserError, match=said):
        EvaluationJob(**sound | changed)
