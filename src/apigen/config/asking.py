"""How language models write and judge, and when a run has spent enough."""

from typing import Literal

from pydantic import Field

from apigen.sections import Section


class GenerationConfig(Section):
    """Generation parameters of the writer."""

    temperature: float = Field(default=0.7, ge=0, le=2, description="The paper's value is 0.7.")
    max_tokens: int = Field(default=4096, ge=16)
    thought: bool = Field(default=True, description="Ask for a `thought` before each pair; it raises the pass rate.")


class JudgingConfig(Section):
    """How language models judge, and how several of them decide; `rules` comes before them and has no vote."""

    rule: Literal["unanimous", "majority", "veto"] = Field(
        default="unanimous",
        description="When several models accept: all do; more than half do; or none rejects, ignoring errors.",
    )
    tries: int = Field(default=2, ge=1, le=10, description="Tries before an unreadable answer of a judge is an error.")
    max_tokens: int = Field(
        default=4096, ge=16, description="Maximum completion tokens of a judge, its reasoning included."
    )
    result_chars: int = Field(
        default=2_000, ge=200, description="Maximum characters of one result in a judge's prompt."
    )
    results_chars: int = Field(default=12_000, ge=1_000, description="Maximum characters of all results together.")


class BudgetConfig(Section):
    """When a run stops cleanly, even if samples are missing. A resumed run counts from its first start."""

    cost_usd: float | None = Field(default=None, gt=0, description="Maximum cost of all models together, in USD.")
    tokens: int | None = Field(
        default=None, ge=1, description="Maximum tokens of all models, prompts and completions together."
    )
