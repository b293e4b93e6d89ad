"""Which model a digest is of."""

import json
from pathlib import Path

import pytest

from apigen.errors import UserError
from apigen.evaluate.asking.kept import EVALUATION, Kept, Settings
from apigen.evaluate.model_digest import model_digest

LARGE = 70 * 2**20


def folder(path: Path) -> Path:
    path.mkdir()
    for name in (
        "model.safetensors",
        "pytorch_model.bin",
        "adapter_model.bin",
        "tokenizer.json",
        "chat_template.jinja",
    ):
        (path / name).write_bytes(name.encode() * 9)
    return path


@pytest.mark.parametrize(
    "name",
    [
        "model.safetensors",
        "pytorch_model.bin",
        "adapter_model.bin",
        "tokenizer.json",
        "chat_template.jinja",
        "config.json",
    ],
)
def test_the_digest_is_another_where_anything_that_answers_is(name: str, tmp_path: Path) -> None:
    """One byte of weights in any format, of an adapter, the tokenizer or the chat template."""
    model = folder(tmp_path / "model")
    before = model_digest(str(model))
    assert before == model_digest(str(model))
    old = (model / name).read_bytes() if (model / name).exists() else b""
    (model / name).write_bytes(old[:-1] + b"!")
    assert model_digest(str(model)) != before


def test_what_stands_beside_a_model_changes_nothing(tmp_path: Path) -> None:
    """Reports, records and what trainers leave; nor does the folder's own place."""
    model = folder(tmp_path / "model")
    before = model_digest(str(model))
    for name in ("training.json", "README.md", "report.html", "training_args.bin"):
        (model / name).write_text("x")
    (model / "adapter").mkdir()
    assert model_digest(str(model)) == before
    assert model_digest(str(model.rename(tmp_path / "moved"))) == before


@pytest.mark.parametrize("at", [0, LARGE // 2, LARGE - 1])
def test_a_large_file_is_looked_at_from_beginning_to_end(at: int, tmp_path: Path) -> None:
    """Its pieces are spread over it, so that a layer that was trained shows wherever it stands."""
    model = folder(tmp_path / "model")
    with (model / "model.safetensors").open("wb") as file:
        file.truncate(LARGE)
    before = model_digest(str(model))
    with (model / "model.safetensors").open("r+b") as file:
        file.seek(at)
        file.write(b"!" * min(2**17, LARGE - at))
    assert model_digest(str(model)) != before


def test_an_adapter_is_another_on_another_base(tmp_path: Path) -> None:
    """Also where the base is in a folder of its own, and an adapter on itself ends nowhere."""
    base, adapter = folder(tmp_path / "base"), folder(tmp_path / "adapter")
    (adapter / "adapter_config.json").write_text(json.dumps({"base_model_name_or_path": str(base)}))
    before = model_digest(str(adapter))
    (base / "model.safetensors").write_bytes(b"other")
    assert model_digest(str(adapter)) != before
    (adapter / "adapter_config.json").write_text(json.dumps({"base_model_name_or_path": str(adapter)}))
    assert model_digest(str(adapter))


def test_a_name_has_the_revision_that_was_downloaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the hub does not answer; no model, and one that nobody knows, have none."""
    constants = pytest.importorskip("huggingface_hub.constants")
    commit = "0123456789abcdef0123456789abcdef01234567"
    stored = tmp_path / "models--someone--small"
    (stored / "snapshots" / commit).mkdir(parents=True)
    (stored / "snapshots" / commit / "config.json").write_text("{}")
    (stored / "refs").mkdir()
    (stored / "refs" / "main").write_text(commit)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert model_digest("someone/small") == commit
    assert model_digest("someone/other") == model_digest("") == model_digest("no such/na/me") == ""


def test_an_evaluation_does_not_go_on_with_another_model(tmp_path: Path) -> None:
    """Trained on in the same folder, it would answer the other half of the questions."""
    model = folder(tmp_path / "model")

    def settings() -> Settings:
        return Settings(
            "held-out:x", "local:model", "native", 0.0, 4, "sha256 x", model_digest=model_digest(str(model))
        )

    with Kept.create(tmp_path / "out", settings()):
        pass
    assert json.loads((tmp_path / "out" / EVALUATION).read_text())["model_digest"] == model_digest(str(model))
    with Kept.resume(tmp_path / "out", settings()):
        pass
    (model / "model.safetensors").write_bytes(b"trained on")
    with pytest.raises(
        UserError, match=r"cannot resume: model_digest changed .* choose another --out: the model has changed"
    ):
        Kept.resume(tmp_path / "out", settings())
