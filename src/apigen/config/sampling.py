"""What the writer is asked for: styles, wordings, ranges, focus, and how requests are grouped in rounds."""

from typing import Annotated, Self

from pydantic import Field, field_validator, model_validator

from apigen.records import Style, Wording
from apigen.sections import Section

Range = tuple[int, int]
"""Minimum and maximum, both included."""

Weight = Annotated[float, Field(gt=0)]
"""1 is as much as usual."""


class StyleWeights(Section):
    """Share of each query style among the samples, as weights; 0 drops a style."""

    simple: float = Field(default=1.0, ge=0)
    multiple: float = Field(default=1.0, ge=0)
    parallel: float = Field(default=1.0, ge=0)
    parallel_multiple: float = Field(default=1.0, ge=0)

    def shares(self) -> dict[Style, float]:
        """Each style's share; they add up to 1."""
        weights = {style: float(getattr(self, style.value)) for style in Style}
        total = sum(weights.values())
        return {style: weight / total for style, weight in weights.items()}

    @model_validator(mode="after")
    def _some(self) -> Self:
        if not any(getattr(self, style.value) for style in Style):
            msg = "at least one style needs a weight above 0"
            raise ValueError(msg)
        return self


class WordingWeights(Section):
    """Share of each wording among the requests, as weights; 0 drops a wording."""

    terse: float = Field(default=1.0, ge=0)
    plain: float = Field(default=2.0, ge=0)
    chatty: float = Field(default=1.5, ge=0)
    indirect: float = Field(default=1.0, ge=0)
    misspelled: float = Field(default=0.5, ge=0)
    ambiguous: float = Field(default=0.5, ge=0)

    def weights(self) -> dict[Wording, float]:
        """The weight of each wording."""
        return {wording: float(getattr(self, wording.value)) for wording in Wording}

    @model_validator(mode="after")
    def _some(self) -> Self:
        if not any(getattr(self, wording.value) for wording in Wording):
            msg = "at least one wording needs a weight above 0"
            raise ValueError(msg)
        return self


class SamplingConfig(Section):
    """The ranges that the samplers draw from. The paper does not publish its own."""

    tools: Range = Field(default=(2, 4), description="Tools offered in the styles that offer several.")
    calls: Range = Field(default=(2, 4), description="Calls in the styles that make several.")
    pairs: Range = Field(default=(3, 5), description="Query/answer pairs requested in one completion.")
    examples: Range = Field(default=(3, 5), description="Few-shot examples in a prompt.")
    same_category: float = Field(
        default=0.8, ge=0, le=1, description="Share of companion tools drawn from the target's own category."
    )
    feedback: bool = Field(default=True, description="Whether accepted samples become examples of later rounds.")

    @field_validator("tools", "calls", "pairs", "examples")
    @classmethod
    def _ordered(cls, value: Range) -> Range:
        low, high = value
        if not 0 <= low <= high:
            msg = f"a range is [minimum, maximum], got [{low}, {high}]"
            raise ValueError(msg)
        return value

    @model_validator(mode="after")
    def _possible(self) -> Self:
        for name, least in (("tools", 2), ("calls", 2), ("pairs", 1)):
            if getattr(self, name)[0] < least:
                msg = f"`{name}` must start at {least} or more"
                raise ValueError(msg)
        return self


class FocusConfig(Section):
    """What is sampled more often because a model fails there; `--focus` sets the weights from an evaluation."""

    strength: float = Field(
        default=0.5, ge=0, le=1, description="From 0, sampling as usual, to 1, sampling by the weights."
    )
    styles: dict[Style, Weight] = Field(default={}, description="Weights by style; 1 is the usual rate.")
    tools: dict[str, Weight] = Field(default={}, description="Weights by tool name.")
    categories: dict[str, Weight] = Field(default={}, description="Weights by category of tools.")
    types: dict[str, Weight] = Field(default={}, description="Weights by JSON type of a tool's parameters.")
    source: str | None = Field(default=None, description="The evaluation that the weights were made from.")
    answers: int = Field(default=0, ge=0, description="Number of scored answers in it.")
    wrong: int = Field(default=0, ge=0, description="Number of wrong answers among them.")

    @property
    def has_weights(self) -> bool:
        """Whether there is anything to focus on."""
        return bool(self.styles or self.tools or self.categories or self.types)


class RoundsConfig(Section):
    """Requests are grouped in rounds; a round draws its examples from rounds at least ``lag`` before it."""

    requests: int | None = Field(
        default=None,
        ge=1,
        description="Requests in a round. Default: count / 64, between 4 and 64; with batches, enough that `lag` "
        "rounds cover the whole run.",
    )
    lag: int = Field(default=8, ge=1, description="Rounds that may be in flight at once.")
