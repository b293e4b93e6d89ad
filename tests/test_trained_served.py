"""The second half of the paper in small: rows train a model, a real server serves it, it is asked and focused on."""

import json
from pathlib import Path

import pytest

from runs import apigen, lines, told
from training import sum_row, write_rows
from transformers_server import serving_folder

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", autouse=True)
def _extra() -> None:
    """What training needs, which is not imported before a test needs it."""
    for package in ("torch", "transformers"):
        pytest.importorskip(package)


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """So few that a tiny model learns some by heart."""
    return write_rows(tmp_path_factory.mktemp("rows") / "rows.jsonl", [sum_row(number) for number in range(3)])


@pytest.fixture(scope="module")
def model(rows: Path) -> Path:
    """A tiny model from scratch, trained by the command."""
    recipe = rows.parent / "recipe.yaml"
    recipe.write_text("learning_rate: 2.0e-3\nwarmup_steps: 5\nbatch: 3\naccumulation: 1\nheld_out: 0\n")
    out = rows.parent / "model"
    ran = apigen(
        "train",
        rows,
        "--from-scratch",
        "tiny",
        "--recipe",
        recipe,
        "--max-steps",
        "220",
        "--epochs",
        "220",
        "--out",
        out,
    )
    assert ran.returncode == 0, told(ran)
    return out


def test_a_trained_model_is_served_asked_and_focused_on(model: Path, tmp_path: Path) -> None:
    """The server's answers are marked as the folder's are; what was wrong is what a next run draws more of."""
    # The last asks what the first does and calls something else right: wrong for certain, and in the right notation.
    asked = [*(sum_row(number) for number in range(3)), sum_row(0) | {"id": "other", "calls": sum_row(1)["calls"]}]
    questions = write_rows(tmp_path / "questions.jsonl", asked)
    suite = ("--suite", f"held-out:{questions}", "--max-tokens", "80")
    here, there = tmp_path / "here", tmp_path / "there"
    assert apigen("evaluate", *suite, "--model", f"local:{model}", "--out", here).returncode == 0
    with serving_folder(model) as url:
        ran = apigen("evaluate", *suite, "--model", f"openai/{model}", "--base-url", url, "--out", there, "--json")
        assert ran.returncode == 0, told(ran)
    found = json.loads(ran.stdout)
    assert (found["answers"], found["errors"]) == (4, 0)
    assert 0 < found["correct"] < 4
    marks = [{line["id"]: line["correct"] for line in lines(out / "verdicts.jsonl")} for out in (here, there)]
    assert marks[0] == marks[1]
    compared = apigen("evaluate", "compare", here, there, "-o", tmp_path / "compared.html")
    assert compared.returncode == 0, told(compared)
    focused = apigen("run", "--library", "starter:math", "--focus", there, "--dry-run")
    assert focused.returncode == 0, told(focused)
    assert "simple" in focused.stderr


def test_an_ablation_is_done_for_real_and_goes_on(tmp_path: Path) -> None:
    """Equally large sets train, are asked about unseen and seen tools, and a second call finds all of it done."""
    run, out = tmp_path / "run", tmp_path / "ablation"
    library = ("--library", "starter:math", "--model", "simulated/mixtral-8x7b-inst")
    assert apigen("run", *library, "--count", "80", "--out", run).returncode == 0
    options = ("--from-scratch", "tiny", "--arms", "format", "--size", "20", "--share", "0.2", "--seeds", "1")
    more = ("--epochs", "1", "--held-out", "0.3", "--questions", "4", "--answer-tokens", "20", "--out", out, "--json")
    ran = apigen("ablate", run, *options, *more)
    assert ran.returncode == 0, told(ran)
    found = json.loads(ran.stdout)
    assert set(found["suites"]) == {"unseen", "seen"}
    for arms in found["suites"].values():
        assert {name: arm["rejected"] for name, arm in arms.items()} == {"verified": 0, "format": 4}
        assert all(arm["answers"] == 4 and arm["bits"]["mean"] > 0 for arm in arms.values())
    assert {cell["trained"]["rows"] for cell in found["cells"]} == {20}
    before = {path: path.read_bytes() for path in out.rglob("cell.json")}
    again = apigen("ablate", run, *options, *more, "--resume")
    assert json.loads(again.stdout)["cells"] == found["cells"]
    assert {path: path.read_bytes() for path in out.rglob("cell.json")} == before
    assert "format" in (out / "report.html").read_text("utf-8")
