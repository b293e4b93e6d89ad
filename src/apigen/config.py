"""What a user may write: ``CONFIG.yaml``, checked by pydantic, and the command line on top of it.

A :class:`Config` is complete and frozen: everything that decides a run is in it, resolved, and written to the run
directory, so that running that file again repeats the run.
"""

import difflib
import fnmatch
import hashlib
import ipaddress
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import pydantic
import yaml
from pydantic import Field, field_validator, model_validator

from apigen.errors import UserError, in_one_line
from apigen.locators import absolute
from apigen.model_config import FREE_OF_MODELS, BatchConfig, ModelConfig, one_by_name, require_endpoints
from apigen.records import Style, Wording
from apigen.sections import Section

MOST_IN_A_WAVE = 10_000
"""Requests that are under way at once where models are asked in batches: so many prompts fit into memory."""

FREE_KEYS = frozenset(
    {
        "isolation.require",
        "remote.timeout_s",
        "remote.retries",
        "remote.per_host",
        "remote.rate",
        "focus.source",
        "focus.answers",
        "focus.wrong",
    }
)
"""Keys that may change when a run is resumed, beside those of :func:`is_free`."""

_HOST = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?\.?")

Range = tuple[int, int]
"""Fewest and most, both included."""


class StyleWeights(Section):
    """Share of each query style among the samples, as weights; 0 leaves a style out."""

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
    """Share of each wording among the requests, as weights; 0 leaves a wording out."""

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
    pairs: Range = Field(default=(3, 5), description="Query/answer pairs asked for in one completion.")
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
            msg = f"a range is [fewest, most], got [{low}, {high}]"
            raise ValueError(msg)
        return value

    @model_validator(mode="after")
    def _possible(self) -> Self:
        for name, least in (("tools", 2), ("calls", 2), ("pairs", 1)):
            if getattr(self, name)[0] < least:
                msg = f"`{name}` must start at {least} or more"
                raise ValueError(msg)
        return self


Weight = Annotated[float, Field(gt=0)]
"""1 is as much as usual."""


class FocusConfig(Section):
    """What is drawn more of because a model fails there; `--focus` fills the weights in from an evaluation."""

    strength: float = Field(
        default=0.5, ge=0, le=1, description="From 0, sampling as usual, to 1, sampling by the weights."
    )
    styles: dict[Style, Weight] = Field(default={}, description="Weights; 1 is as usual.")
    tools: dict[str, Weight] = Field(default={}, description="Weights by a tool's name.")
    categories: dict[str, Weight] = Field(default={}, description="Weights of the tools of a category.")
    types: dict[str, Weight] = Field(default={}, description="Weights of tools with parameters of a JSON type.")
    source: str | None = Field(default=None, description="The evaluation that the weights were made from.")
    answers: int = Field(default=0, ge=0, description="Answers in it that count.")
    wrong: int = Field(default=0, ge=0, description="Those of them that are wrong.")

    @property
    def has_weights(self) -> bool:
        """Whether there is anything to focus on."""
        return bool(self.styles or self.tools or self.categories or self.types)


class RoundsConfig(Section):
    """Requests go in rounds; a round draws its examples from rounds that ended ``lag`` before it."""

    requests: int | None = Field(
        default=None,
        ge=1,
        description="Requests in a round. Default: count / 64, between 4 and 64; in batches, so many that `lag` rounds "
        "are the whole run.",
    )
    lag: int = Field(default=8, ge=1, description="Rounds that may be under way at once.")


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


class RemoteConfig(Section):
    """How tools that are web services or MCP servers are reached. Python tools have `grants` instead."""

    writes: tuple[str, ...] = Field(
        default=(),
        description="Names or patterns of tools that may be called though they change something; others are left out.",
    )
    private: tuple[str, ...] = Field(
        default=(), description="Addresses of this machine or its network that may be reached, each as `HOST:PORT`."
    )
    timeout_s: float = Field(default=20.0, gt=0, le=3600, description="Longest wait for one answer, in seconds.")
    retries: int = Field(
        default=2, ge=0, le=10, description="Tries after the first, where a call can be repeated without harm."
    )
    per_host: int = Field(default=8, ge=1, le=1024, description="Calls under way at once to one host or server.")
    rate: float | None = Field(default=None, gt=0, description="Most calls per second to one host; none by default.")

    @field_validator("writes", "private", mode="before")
    @classmethod
    def _one_or_many(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    @field_validator("private")
    @classmethod
    def _hosts_with_ports(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(_host_with_port(host, local=True) for host in hosts)

    def may_write(self, tool: str) -> bool:
        """Whether a tool of that name may be called though it changes something."""
        return any(fnmatch.fnmatchcase(tool, pattern) for pattern in self.writes)


class BudgetConfig(Section):
    """Where a run stops, cleanly, whatever is missing by then. A run that is resumed counts from its first start."""

    cost_usd: float | None = Field(default=None, gt=0, description="Most that all models together may cost, in USD.")
    tokens: int | None = Field(default=None, ge=1, description="Most tokens of all models, prompts and answers.")


class GrantConfig(Section):
    """What some tools may do beyond the walls of the sandbox. Values of variables come from the environment."""

    tools: tuple[str, ...] = Field(
        default=("*",), min_length=1, description="Names of tools, or patterns such as `weather_*`."
    )
    read: tuple[str, ...] = Field(default=(), description="Folders and files that they may read.")
    hosts: tuple[str, ...] = Field(default=(), description="Where they may connect to, each as `HOST:PORT`.")
    variables: tuple[str, ...] = Field(default=(), description="Names of environment variables that they may see.")

    @field_validator("tools", "read", "hosts", "variables", mode="before")
    @classmethod
    def _one_or_many(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    @field_validator("hosts")
    @classmethod
    def _hosts_with_ports(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(_host_with_port(host) for host in hosts)

    @field_validator("variables")
    @classmethod
    def _names_of_variables(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if not name.isidentifier():
                msg = f"{name!r} is no name of a variable; only the name is written here, never the value"
                raise ValueError(msg)
        return names

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not (self.read or self.hosts or self.variables):
            msg = "it grants nothing: give `read`, `hosts` or `variables`"
            raise ValueError(msg)
        return self


class IsolationConfig(Section):
    """What the machine must be able to do before anything is executed on it."""

    require: Literal["namespaced", "filtered", "partial", "limits"] = Field(
        default="limits", description="Weakest level of isolation at which the run may go on."
    )

    @model_validator(mode="before")
    @classmethod
    def _from_string(cls, value: Any) -> Any:
        return {"require": value} if isinstance(value, str) else value


class Config(Section):
    """Everything that decides a run."""

    library: Annotated[tuple[str, ...], Field(min_length=1)] = Field(
        default=("starter",),
        description="Where tools come from: `starter`, `python:FILE.py`, `openapi:SPEC`, `mcp:COMMAND` and more.",
    )
    seeds: tuple[str, ...] = Field(
        default=(), description="JSONL files of hand-written examples: {query, calls: [{name, arguments}]} a line."
    )
    models: tuple[ModelConfig, ...] = Field(
        default=(ModelConfig(name="offline"),),
        min_length=1,
        description="Who writes; each request goes to one of them, drawn by `weight`. `model: NAME` is short for one.",
    )
    judges: tuple[ModelConfig, ...] = Field(
        default=(ModelConfig(name="rules"),),
        min_length=1,
        description="`rules`, `openai/NAME`, or several; `judging.rule` says how several models decide.",
    )
    judging: JudgingConfig = JudgingConfig()
    budget: BudgetConfig = BudgetConfig()
    prices: str | None = Field(
        default=None,
        description="YAML file of prices per model, over the shipped ones; see docs/costs.md.",
    )
    repair: bool = Field(
        default=False, description="Whether a rejected candidate is sent back to the writer once, with the reasons."
    )
    grounding: Literal["strict", "lenient", "off"] = Field(
        default="strict", description="Whether every argument must be traceable to the query or a default."
    )
    count: int = Field(default=500, ge=1, description="Verified samples wanted.")
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
    grants: tuple[GrantConfig, ...] = Field(default=(), description="What tools may do beyond the sandbox's walls.")

    @model_validator(mode="before")
    @classmethod
    def _one_model(cls, value: Any) -> Any:
        return _in_full(value) if isinstance(value, dict) else value

    @field_validator("library", "seeds", "models", "judges", mode="before")
    @classmethod
    def _one_or_many(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str | dict) else value

    @model_validator(mode="after")
    def _writers_and_judges(self) -> Self:
        if any(model.name == "rules" for model in self.models):
            msg = "`rules` judges, it cannot write: model must be `offline` or `openai/NAME`"
            raise ValueError(msg)
        kinds = {model.name.partition("/")[0] for model in self.models}
        if len(kinds) > 1:
            msg = f"{' and '.join(sorted(kinds))} models cannot write one dataset: it must be plain who wrote it"
            raise ValueError(msg)
        if any(judge.name == "offline" for judge in self.judges):
            msg = "`offline` writes, it cannot judge: judges must be `rules` or `openai/NAME`"
            raise ValueError(msg)
        if any(judge.name.startswith("simulated/") for judge in self.judges):
            msg = "`simulated/` models write, they cannot judge; `apigen simulate` serves a judge, as `openai/NAME`"
            raise ValueError(msg)
        _require_endpoints(self.models, self.judges)
        return self

    @property
    def batched(self) -> bool:
        """Whether any model is asked in batches, so that an answer may take a day."""
        return any(model.batch for model in (*self.models, *self.judges))

    @property
    def requests_if_all_pass(self) -> int:
        """Requests that bring the samples wanted if none of them falls."""
        low, high = self.sampling.pairs
        return -(-self.count * 2 // (low + high))

    @property
    def window(self) -> int:
        """Requests that the rounds allow to be under way at once."""
        return (self.rounds.requests or 1) * self.rounds.lag

    @property
    def under_way(self) -> int:
        """Requests that are under way at once at most."""
        # Twice what a model takes, so that it is not idle while candidates are executed. A model that is asked in
        # batches gets all there is: what is not in one wave waits for the next, maybe a day.
        return max(self.window, 2 * self.at_one_model) if self.batched else 2 * self.at_one_model

    @property
    def at_one_model(self) -> int:
        """Requests that one model takes at once at most: the one whose endpoints together take the most."""
        judges = [judge for judge in self.judges if judge.name != "rules"]
        widest = 0
        for models in (self.models, judges):
            taken: Counter[str] = Counter()
            for model in models:
                taken[model.name] += model.concurrency or self.concurrency
            widest = max([widest, *taken.values()])
        return widest

    def resolved(self, *, base_url: str | None = None, batch: bool = False) -> Self:
        """Fill in what was left to be derived, so that the written file says everything.

        Args:
            base_url: of language models that have none.
            batch: whether language models that say nothing of batches are asked in batches.

        Raises:
            UserError: entries of one name are no endpoints of one model, with what was filled in.
        """

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
        """Sixteen hex digits over everything that can change a run's results."""
        return hashlib.sha256(json.dumps(self.deciding(), sort_keys=True).encode()).hexdigest()[:16]

    def deciding(self) -> dict[str, Any]:
        """What can change a run's results, by dotted key; a model is one entry, however many endpoints it has."""
        models = {
            "models": tuple(one_by_name(self.models, weighed=True)),
            "judges": tuple(one_by_name(self.judges, weighed=False)),
        }
        flat = flatten(self.model_copy(update=models).model_dump(mode="json"))
        return {key: value for key, value in flat.items() if not is_free(key)}


def _require_endpoints(models: Iterable[ModelConfig], judges: Iterable[ModelConfig]) -> None:
    for role, given in (("model", models), ("judge", judges)):
        try:
            require_endpoints(tuple(given))
        except ValueError as error:
            msg = f"the {role} {error}"
            raise ValueError(msg) from None


def is_free(key: str) -> bool:
    """Whether a (dotted) key may change when a run is resumed: it decides how fast or how far, not what comes out."""
    section, _, name = key.partition(".")
    if section in ("models", "judges"):
        return name.partition(".")[2].partition(".")[0] in FREE_OF_MODELS
    return section in ("concurrency", "count", "budget", "prices") or key in FREE_KEYS


def is_verification(key: str) -> bool:
    """Whether a (dotted) key decides how candidates are verified, and nothing of what is asked of the writer.

    Such a key may change when a run is resumed: the candidates that are there are verified again, and no completion is
    asked for anew. ``repair`` is none, since it decides what the writer is asked; ``remote.writes`` is none, since it
    decides which tools are offered.
    """
    return _is_under(key, "judges", "judging", "grounding", "execution", "remote.private", "grants")


def decides_executions(key: str) -> bool:
    """Whether a (dotted) key decides what a call does, so that calls are made again where it changed.

    ``execution.varying`` is none: it decides what becomes of a call that varied, which is on record.
    """
    return _is_under(key, "execution", "remote.private", "grants") and key != "execution.varying"


def _is_under(key: str, *sections: str) -> bool:
    return any(key == section or key.startswith(f"{section}.") for section in sections)


def flatten(value: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested mappings and lists as one mapping of dotted keys, such as ``judges.0.name``."""
    flat: dict[str, Any] = {}
    for key, item in value.items():
        children = dict(enumerate(item)) if isinstance(item, list | tuple) else item
        if isinstance(children, Mapping) and children:
            flat |= flatten({str(name): child for name, child in children.items()}, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = item
    return flat


def load_config(path: Path | None, overrides: Mapping[str, Any] | None = None) -> Config:
    """Read a configuration file and lay the command line's choices over it.

    Raises:
        UserError: the file cannot be read, is no YAML, or holds an unknown key or a wrong value.
    """
    written: dict[str, Any] = _read_yaml(path) if path else {}
    chosen = {key: value for key, value in (overrides or {}).items() if value is not None}
    try:
        merged = _merge(_in_full(written), _in_full(chosen))
    except ValueError as error:
        raise UserError(f"{path or 'the command line'}: {error}") from None
    try:
        return Config.model_validate(merged)
    except pydantic.ValidationError as error:
        where = str(path) if path else "the command line"
        raise UserError(f"{where}: {_explain(error)}") from None


class UniqueKeys(yaml.SafeLoader):
    """YAML in which a key that stands twice is a mistake, not a silent choice of the later one."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Build a mapping, once its keys are known to be different."""
        seen = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(None, None, "a key must be plain text", key.start_mark)
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key `{key.value}` stands twice", key.start_mark
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


def broken(error: yaml.YAMLError) -> str:
    """Where YAML is broken, and how."""
    mark = getattr(error, "problem_mark", None)
    at = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
    return f"{at}broken YAML, {getattr(error, 'problem', None) or in_one_line(error)}"


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; give the path of a YAML configuration") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read as text: {error}") from None
    try:
        loaded = yaml.load(text, UniqueKeys)  # noqa: S506 - a SafeLoader
    except RecursionError:
        raise UserError(f"{path}: nested too deeply for a configuration") from None
    except yaml.YAMLError as error:
        raise UserError(f"{path}: {broken(error)}") from None
    if loaded is None:
        return {}
    if not isinstance(loaded, dict):
        raise UserError(f"{path}: a configuration is a mapping of keys, such as `count: 500`, not a {_kind(loaded)}")
    return {str(key): value for key, value in loaded.items()}


def _in_full(given: Mapping[str, Any]) -> dict[str, Any]:
    """A configuration without the short form of a single model.

    Raises:
        ValueError: the short and the long form are both there.
    """
    if "model" in given and "models" in given:
        msg = "`model` is short for `models` with one entry: give one of the two"
        raise ValueError(msg)
    return {("models" if key == "model" else key): value for key, value in given.items()}


def _merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        below = merged.get(key)
        merged[key] = _merge(below, value) if isinstance(below, dict) and isinstance(value, Mapping) else value
    return merged


def _explain(error: pydantic.ValidationError) -> str:
    """Every mistake of a configuration in one line, with the nearest right key for an unknown one."""
    parts = []
    wrong = [item["loc"] for item in error.errors()]
    for item in error.errors():
        if item["type"] == "too_short" and any(place[: len(item["loc"])] == item["loc"] != place for place in wrong):
            continue  # pydantic counts only the entries that are right
        key = ".".join(str(part) for part in item["loc"])
        if item["type"] == "extra_forbidden":
            parts.append(_explain_unknown(item["loc"]))
        else:
            message = item["msg"].removeprefix("Value error, ")
            got = item["input"]
            plain = isinstance(got, str | int | float | bool) and not key.endswith("base_url")  # may hold a password
            shown = f" (got {got!r})" if plain and repr(got) not in message else ""
            parts.append(f"{key}: {message}{shown}" if key else message)
    return "; ".join(parts)


def _explain_unknown(location: tuple[int | str, ...]) -> str:
    section: Any = Config
    for part in location[:-1]:
        field = getattr(section, "model_fields", {}).get(part)
        annotation = field.annotation if field else None
        section = (
            annotation
            if isinstance(annotation, type)
            else {"models": ModelConfig, "judges": ModelConfig, "grants": GrantConfig}.get(str(part), section)
        )
    known = list(getattr(section, "model_fields", {}))
    key, name = ".".join(map(str, location)), str(location[-1])
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    if near:
        return f"unknown key `{key}`; did you mean `{near[0]}`?"
    return f"unknown key `{key}`; known here: {_listed(known)}"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _kind(value: object) -> str:
    return {list: "list", str: "text", int: "number", float: "number"}.get(type(value), type(value).__name__)


def _host_with_port(text: str, *, local: bool = False) -> str:
    """A host and its port in one spelling, such as ``api.example.com:443`` or ``[2001:db8::1]:443``.

    Args:
        text: as the user wrote it.
        local: whether ``localhost`` may stand there.

    Raises:
        ValueError: it is none, or one that no grant can name.
    """
    host, _, port = text.rpartition(":")
    if text != text.strip() or "/" in text or not host or not (port.isascii() and port.isdigit()):
        msg = f"{text!r} is no host with a port; write it as `api.example.com:443`, without https:// and path"
        raise ValueError(msg)
    if not 0 < int(port) < 1 << 16:
        msg = f"{text!r} has no port between 1 and 65535"
        raise ValueError(msg)
    if host.startswith("["):
        host = f"[{ipaddress.IPv6Address(host[1:].removesuffix(']'))}]"
    elif not _HOST.fullmatch(host):
        msg = f"{text!r} names no host: patterns are not possible, and an IPv6 address stands in brackets"
        raise ValueError(msg)
    if host.lower().rstrip(".") == "localhost" and not local:
        msg = f"{text!r}: a private address is granted by its number, `127.0.0.1:{port}` or `[::1]:{port}`"
        raise ValueError(msg)
    return f"{host.lower().rstrip('.')}:{int(port)}"
