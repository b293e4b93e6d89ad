"""The whole configuration: everything that determines a run, resolved and frozen."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import Field, field_validator, model_validator

from apigen.config.access import GrantConfig, RemoteConfig
from apigen.config.asking import BudgetConfig, GenerationConfig, JudgingConfig
from apigen.config.execution import ExecutionConfig, IsolationConfig
from apigen.config.keys import flatten, is_free
from apigen.config.sampling import FocusConfig, RoundsConfig, SamplingConfig, StyleWeights, WordingWeights
from apigen.errors import UserError
from apigen.locators import absolute
from apigen.model_config import BatchConfig, ModelConfig, one_by_name, require_endpoints
from apigen.secrecy import plain_address
from apigen.sections import Section

MOST_IN_A_WAVE = 10_000
"""Requests in flight at once where models are used in batches: this many prompts fit into memory."""


class Config(Section):
    """Everything that determines a run."""

    library: Annotated[tuple[str, ...], Field(min_length=1)] = Field(
        default=("starter",),
        description="Where tools come from: `starter`, `python:FILE.py`, `openapi:SPEC`, `mcp:COMMAND` and more.",
    )
    seeds: tuple[str, ...] = Field(
        default=(),
        description="JSONL files of hand-written examples, one {query, calls: [{name, arguments}]} per line.",
    )
    models: tuple[ModelConfig, ...] = Field(
        default=(ModelConfig(name="offline"),),
        min_length=1,
        description="Writers; each request goes to one of them, drawn by `weight`. `model: NAME` is short for one.",
    )
    judges: tuple[ModelConfig, ...] = Field(
        default=(ModelConfig(name="rules"),),
        min_length=1,
        description="`rules`, `openai/NAME`, or several; `judging.rule` sets how several models decide.",
    )
    judging: JudgingConfig = JudgingConfig()
    budget: BudgetConfig = BudgetConfig()
    prices: str | None = Field(
        default=None,
        description="YAML file of prices per model, overriding the built-in ones; see docs/costs.md.",
    )
    repair: bool = Field(
        default=False, description="Whether rejected candidates are sent back to the writer once, with the reasons."
    )
    grounding: Literal["strict", "lenient", "off"] = Field(
        default="strict", description="Whether every argument must be traceable to the query or a default."
    )
    count: int = Field(default=500, ge=1, description="Verified samples to produce.")
    seed: int = Field(default=0, ge=0)
    concurrency: int = Field(default=32, ge=1, description="Model requests in flight at once at each endpoint.")
    styles: StyleWeights = StyleWeights()
    wordings: WordingWeights = WordingWeights()
    sampling: SamplingConfig = SamplingConfig()
    focus: FocusConfig = FocusConfig()
    rounds: RoundsConfig = RoundsConfig()
    generation: GenerationConfig = GenerationConfig()
    execution: ExecutionConfig = ExecutionConfig()
    isolation: IsolationConfig = IsolationConfig()
    remote: RemoteConfig = RemoteConfig()
    grants: tuple[GrantConfig, ...] = Field(default=(), description="What tools may do beyond the sandbox.")

    @model_validator(mode="before")
    @classmethod
    def _one_model(cls, value: Any) -> Any:
        return in_full(value) if isinstance(value, dict) else value

    @field_validator("library", "seeds", "models", "judges", mode="before")
    @classmethod
    def _one_or_many(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str | dict) else value

    @model_validator(mode="after")
    def _writers_and_judges(self) -> Self:
        if any(model.name == "rules" for model in self.models):
            msg = "`rules` is a judge, not a writer: model must be `offline` or `openai/NAME`"
            raise ValueError(msg)
        kinds = {model.name.partition("/")[0] for model in self.models}
        if len(kinds) > 1:
            msg = f"{' and '.join(sorted(kinds))} models cannot write one dataset; use one kind"
            raise ValueError(msg)
        if any(judge.name == "offline" for judge in self.judges):
            msg = "`offline` is a writer, not a judge: judges must be `rules` or `openai/NAME`"
            raise ValueError(msg)
        if any(judge.name.startswith("simulated/") for judge in self.judges):
            msg = "`simulated/` models are writers, not judges; `apigen simulate` serves a judge as `openai/NAME`"
            raise ValueError(msg)
        _require_endpoints(self.models, self.judges)
        return self

    @property
    def batched(self) -> bool:
        """Whether any model is used in batches, so that an answer may take a day."""
        return any(model.batch for model in (*self.models, *self.judges))

    @property
    def requests_if_all_pass(self) -> int:
        """Requests needed if every candidate passes."""
        low, high = self.sampling.pairs
        return -(-self.count * 2 // (low + high))

    @property
    def window(self) -> int:
        """Requests that the rounds allow in flight at once."""
        return (self.rounds.requests or 1) * self.rounds.lag

    @property
    def under_way(self) -> int:
        """Maximum number of requests in flight."""
        # Twice what a model takes, so that it is not idle while candidates are executed. A model in batches gets
        # everything at once: what is not in one wave waits for the next, maybe a day.
        return max(self.window, 2 * self.at_one_model) if self.batched else 2 * self.at_one_model

    @property
    def at_one_model(self) -> int:
        """Concurrent requests of the model whose endpoints together take the most."""
        judges = [judge for judge in self.judges if judge.name != "rules"]
        widest = 0
        for models in (self.models, judges):
            taken: Counter[str] = Counter()
            for model in models:
                taken[model.name] += model.concurrency or self.concurrency
            widest = max([widest, *taken.values()])
        return widest

    def resolved(self, *, base_url: str | None = None, batch: bool = False) -> Self:
        """Fill in derived values, so that the written file is complete.

        Args:
            base_url: of language models that have none.
            batch: whether language models without `batch` are used in batches.

        Raises:
            UserError: ``base_url`` is not an address that may be written down, or entries of one name cannot be
                endpoints of one model.
        """
        base_url = given_address(base_url)

        def settled(model: ModelConfig) -> ModelConfig:
            if not model.name.startswith("openai/"):
                return model
            return model.model_copy(
                update={
                    "base_url": model.base_url or base_url or "https://api.openai.com/v1",
                    "batch": model.batch or (BatchConfig() if batch else None),
                }
            )

        models = {
            "models": tuple(settled(model) for model in self.models),
            "judges": tuple(settled(judge) for judge in self.judges),
        }
        try:
            _require_endpoints(**models)
        except ValueError as error:
            raise UserError(str(error)) from None
        requests = self.rounds.requests or self.model_copy(update=models)._requests_in_a_round()
        return self.model_copy(
            update={
                "rounds": self.rounds.model_copy(update={"requests": requests}),
                **models,
                "library": tuple(absolute(locator) for locator in self.library),
                "execution": self.execution.resolved(),
                "seeds": tuple(str(Path(path).resolve()) for path in self.seeds),
                "prices": str(Path(self.prices).expanduser().resolve()) if self.prices else None,
                "grants": tuple(
                    grant.model_copy(
                        update={"read": tuple(str(Path(path).expanduser().resolve()) for path in grant.read)}
                    )
                    for grant in self.grants
                ),
            }
        )

    def _requests_in_a_round(self) -> int:
        if self.batched:
            return max(4, -(-min(self.requests_if_all_pass, MOST_IN_A_WAVE) // self.rounds.lag))
        return min(64, max(4, self.count // 64))

    def to_yaml(self) -> str:
        """The whole configuration as YAML."""
        text: str = yaml.safe_dump(self.model_dump(mode="json"), sort_keys=False, allow_unicode=True)
        return text

    def digest(self) -> str:
        """Sixteen hex digits over everything that can affect a run's results."""
        return hashlib.sha256(json.dumps(self.deciding(), sort_keys=True).encode()).hexdigest()[:16]

    def deciding(self) -> dict[str, Any]:
        """What can affect a run's results, by dotted key; a model is one entry, however many endpoints it has."""
        models = {
            "models": tuple(one_by_name(self.models, weighed=True)),
            "judges": tuple(one_by_name(self.judges, weighed=False)),
        }
        flat = flatten(self.model_copy(update=models).model_dump(mode="json"))
        return {key: value for key, value in flat.items() if not is_free(key)}


def given_address(base_url: str | None) -> str | None:
    """The address of ``--base-url``, checked like an address in a file.

    Raises:
        UserError: it is not an address that may be written down.
    """
    try:
        return None if base_url is None else plain_address(base_url)
    except ValueError as error:
        raise UserError(f"--base-url: {error}") from None


def in_full(given: Mapping[str, Any]) -> dict[str, Any]:
    """A configuration without the short form of a single model.

    Raises:
        ValueError: both the short and the long form are given.
    """
    if "model" in given and "models" in given:
        msg = "`model` is short for `models` with one entry: give one of the two"
        raise ValueError(msg)
    return {("models" if key == "model" else key): value for key, value in given.items()}


def _require_endpoints(models: Iterable[ModelConfig], judges: Iterable[ModelConfig]) -> None:
    for role, given in (("model", models), ("judge", judges)):
        try:
            require_endpoints(tuple(given))
        except ValueError as error:
            msg = f"the {role} {error}"
            raise ValueError(msg) from None
