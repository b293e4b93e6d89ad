"""The base of all sections of a configuration."""

from typing import Any

import pydantic
from pydantic import BaseModel, ConfigDict, field_validator


class Section(BaseModel):
    """A frozen part of a configuration: unknown keys and invalid numbers are mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True, allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _no_boolean_for_a_number(cls, value: Any, info: pydantic.ValidationInfo) -> Any:
        field = cls.model_fields[str(info.field_name)]
        if isinstance(value, bool) and field.annotation is not bool:
            msg = f"{str(value).lower()} is not a valid value"
            raise ValueError(msg)
        return value
