"""The folder of a training is told from that of a model, without what trains."""

import json
from pathlib import Path

import pytest

from apigen.errors import UserError
from apigen.training_folder import DONE, RECORD, require_finished


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
