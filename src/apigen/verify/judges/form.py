"""The form of a judge's answer, for endpoints that can enforce one: what the prompt asks for, in its order."""

from apigen.models.base import Shape, exactly
from apigen.records import Json
from apigen.verify.judges.criteria import CRITERIA

_TEXT: dict[str, Json] = {"type": "string"}
_TRUTH: dict[str, Json] = {"type": "boolean"}

VERDICT = Shape(
    "verdict",
    exactly(
        {
            "thought": _TEXT,
            "criteria": exactly({name: exactly({"holds": _TRUTH, "quote": _TEXT}) for name in CRITERIA}),
            "pass": _TRUTH,
        }
    ),
)
