"""How many of a suite's questions appear in the data that a model of ``apigen train`` was trained on."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from apigen.dataset.duplicates import fingerprint
from apigen.evaluate.base import Question
from apigen.evaluate.evaluation import query_of
from apigen.train.history import history


def trained_on(folder: Path, questions: Sequence[Question]) -> dict[str, Any] | None:
    """Compare a suite with the data of a training, and of those before it, by their queries.

    Args:
        folder: of the model.
        questions: those that are asked.

    Returns:
        For evaluation.json: ``questions``, how many of them ``trained_on``, and the data that are ``changed`` since,
        or ``not_read`` because they are gone; ``None`` where no training is known.
    """
    known = history(folder)
    if known is None:
        return None
    count = sum(fingerprint(query_of(question)) in known.queries for question in questions)
    return {
        "questions": len(questions),
        "trained_on": count,
        "changed": list(known.changed),
        "not_read": list(known.not_read),
    }
