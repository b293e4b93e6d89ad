"""How calls are executed: their limits, and the isolation that the machine must provide."""

from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from apigen.sections import Section


class ExecutionConfig(Section):
    """Limits of one call, and requirements on its result."""

    wall_s: float = Field(default=5.0, gt=0, le=3600, description="Wall-clock seconds, after which the call is killed.")
    memory_mb: int = Field(default=512, ge=32, le=1 << 20, description="Memory that a call may allocate, in MiB.")
    result_kb: int = Field(default=256, ge=1, le=1 << 16, description="Largest result, in KiB of JSON.")
    twice: bool = Field(
        default=True,
        description="Execute each call of a Python tool twice, to find tools whose results vary.",
    )
    together: bool = Field(
        default=True,
        description="Whether concurrent calls of one source may share processes; false for libraries whose functions "
        "might interfere with each other.",
    )
    varying: Literal["keep", "reject"] = Field(
        default="keep", description="What happens to samples with a call whose results vary: marked, or rejected."
    )
    recordings: Literal["live", "record", "replay", "replay-else-live"] = Field(
        default="live",
        description="`record` keeps the result of every call; `replay` returns kept results and never calls.",
    )
    recordings_file: str | None = Field(
        default=None, description="Where recordings are kept. Default: recordings.sqlite in the run directory."
    )

    def resolved(self) -> Self:
        """With an absolute path, so that the written configuration works from anywhere."""
        kept = self.recordings_file
        return self.model_copy(update={"recordings_file": str(Path(kept).expanduser().resolve()) if kept else None})


class IsolationConfig(Section):
    """The isolation that the machine must provide before anything is executed on it."""

    require: Literal["namespaced", "filtered", "partial", "limits"] = Field(
        default="limits", description="Weakest isolation level at which the run may start."
    )

    @model_validator(mode="before")
    @classmethod
    def _from_string(cls, value: Any) -> Any:
        return {"require": value} if isinstance(value, str) else value
