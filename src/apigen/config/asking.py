"""How language models are asked to write and to judge, and when a run has asked enough."""

from typing import Literal

from pydantic import Field

from apigen.sections import Section


class GenerationConfig(Section):
    """How the writer is asked."""

    temperature: float = Field(default=0.7, ge=0, le=2, description="The paper's value is 0.7.")
    max_tokens: int = Field(default=4096, ge=16)
    thought: bool = Field(default=True, description="Ask for a `thought` before each pair; it raises the pass rate.")


class JudgingConfig(Section):
    """How language models judge, and how several of them decide; `rules` comes before them and has no vote."""

    rule: Literal["unanimous", "majority", "veto"] = Field(
        default="unanimous",
        description="What several models must say: all yes; more than half yes; or none no, errors set aside.",
    )
    tries: int = Field(default=2, ge=1, le=10, description="Times a judge is asked before its answer is an error.")
    max_tokens: int = Field(default=4096, ge=16, description="Longest answer of a judge, its thinking included.")
    result_chars: int = Field(default=2_000, ge=200, description="Characters of one result that a judge is shown.")
    results_chars: int = Field(default=12_000, ge=1_000, description="Characters of all results together.")


class BudgetConfig(Section):
    """Where a run stops, cleanly, whatever is missing by then. A run that is resumed counts from its first start."""

    cost_usd: float | None = Field(default=None, gt=0, description="Most that all models together may cost, in USD.")
    tokens: int | None = Field(default=None, ge=1, description="Most tokens of all models, prompts and answers.")
