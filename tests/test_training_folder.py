"""The folder of a training is told from that of a model, without what trains."""

import json
from pathlib import Path

import pytest

from apigen.errors import UserError
from apigen.training_folder import DONE, RECORD, TrainedAs, require_finished, trained_as


@pytest.mark.parametrize("status", ["running", "interrupted"])
def test_a_training_that_is_not_finished_is_refused_with_what_finishes_it(tmp_path: Path, status: str) -> None:
    """Else whoever loads the folder is told that files are missing."""
    (tmp_path / RECORD).write_text(json.dumps({"status": status, "model": "x"}))
    with pytest.raises(UserError, match=r"training is not finished, .* `apigen train` with .* --resume finishes it"):
        require_finished(tmp_path)


def test_models_are_let_through(tmp_path: Path) -> None:
    """Those of a finished training, those made elsewhere, and those whose record is damaged."""
    require_finished(tmp_path)
    require_finished(tmp_path / "gone")
    for record in ("", "[]", json.dumps({"status": DONE})):
        (tmp_path / RECORD).write_text(record)
        require_finished(tmp_path)


def test_the_prompts_of_a_training_are_known_from_its_record(tmp_path: Path) -> None:
    """Also from the folder of its adapter; of a record without them, or of none, nothing is known."""
    assert trained_as(tmp_path) is None
    (tmp_path / RECORD).write_text(json.dumps({"form": "prompted", "deciding": {"prompts": "abc", "data": "x"}}))
    assert trained_as(tmp_path) == trained_as(tmp_path / "adapter") == TrainedAs("prompted", "abc")
    (tmp_path / RECORD).write_text(json.dumps({"form": "prompted"}))
    assert trained_as(tmp_path) == TrainedAs("prompted", "")
    (tmp_path / RECORD).write_text("{}")
    assert trained_as(tmp_path) is None
