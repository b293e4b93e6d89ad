"""How calls are executed: their bounds, and what the machine must be able to do."""

from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from apigen.sections import Section


class ExecutionConfig(Section):
    """Bounds of one call, and what is asked of its result."""

    wall_s: float = Field(default=5.0, gt=0, le=3600, description="Wall-clock seconds, after which the call is killed.")
    memory_mb: int = Field(default=512, ge=32, le=1 << 20, description="Memory that a call may allocate, in MiB.")
    result_kb: int = Field(default=256, ge=1, le=1 << 16, description="Largest result, in KiB of JSON.")
    twice: bool = Field(
        default=True,
        description="Run each call of a Python tool a second time, to find tools whose results vary.",
    )
    together: bool = Field(
        default=True,
        description="Whether calls of one source that wait at the same time may share processes; false for libraries "
        "of which one function might harm another.",
    )
    varying: Literal["keep", "reject"] = Field(
        default="keep", description="What becomes of samples with a call that varied: marked, or rejected."
    )
    recordings: Literal["live", "record", "replay", "replay-else-live"] = Field(
        default="live",
        description="`record` keeps what every call returned; `replay` answers from what was kept and never calls.",
    )
    recordings_file: str | None = Field(
        default=None, description="Where recordings are kept. Default: recordings.sqlite in the run directory."
    )

    def resolved(self) -> Self:
        """With an absolute path, so that the written configuration works from anywhere."""
        kept = self.recordings_file
        return self.model_copy(update={"recordings_file": str(Path(kept).expanduser().resolve()) if kept else None})


class IsolationConfig(Section):
    """What the machine must be able to do before anything is executed on it."""

    require: Literal["namespaced", "filtered", "partial", "limits"] = Field(
        default="limits", description="Weakest level of isolation at which the run may go on."
    )

    @model_validator(mode="before")
    @classmethod
    def _from_string(cls, value: Any) -> Any:
        return {"require": value} if isinstance(value, str) else value
