"""A trainer and an evaluator for tests of what surrounds them: the first remembers rows, the second asks whether."""

import json
from pathlib import Path

from apigen.ablate.base import SuiteResult, Trained


class ScriptedTrainer:
    """Its model is the list of the tools that it was shown.

    Args:
        fails_at: the training that fails, from 1.
    """

    def __init__(self, fails_at: int = 0) -> None:
        self._fails_at = fails_at
        self.made: list[str] = []
        """Cells that were trained."""

    def __call__(self, rows: Path, out: Path, seed: int) -> Trained:
        if len(self.made) + 1 == self._fails_at:
            raise RuntimeError("no more")
        lines = [json.loads(line) for line in rows.read_text().splitlines()]
        out.mkdir()
        (out / "tools.json").write_text(json.dumps(sorted({call["name"] for row in lines for call in row["calls"]})))
        self.made.append(out.parent.name)
        return Trained(len(lines), 0, 0, None, 0.0)


class ScriptedEvaluator:
    """SuiteResult where the model was shown all tools that are due."""

    def __call__(self, model: Path, rows: Path, out: Path) -> SuiteResult:
        known = set(json.loads((model / "tools.json").read_text()))
        lines = [json.loads(line) for line in rows.read_text().splitlines()]
        right = sum({call["name"] for call in row["calls"]} <= known for row in lines)
        return SuiteResult(right, len(lines), {"wrong_name": len(lines) - right})
