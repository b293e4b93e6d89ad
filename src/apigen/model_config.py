"""How a model that writes or judges is named, reached, limited and priced."""

import re
from collections.abc import Iterable, Sequence
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from apigen.secrecy import VARIABLE, looks_like_a_key, plain_address, refuse_secret
from apigen.sections import Section

FREE_OF_MODELS = frozenset(
    {
        "base_url",
        "query",
        "api_key_env",
        "api_key_header",
        "timeout_s",
        "connect_s",
        "silence_s",
        "retries",
        "concurrency",
        "requests_per_minute",
        "tokens_per_minute",
        "structured",
        "batch",
        "price",
    }
)
"""Keys of a model that may change when a run is resumed: they affect how it is reached, not which model it is."""

WHAT_IS_ASKED = ("structured", "extra", "batch", "price")
"""Keys that must be equal for all endpoints of one model."""

SIMULATED = (
    "perfect",
    "deepseek-coder-33b-inst",
    "mixtral-8x7b-inst",
    "mixtral-8x22b-inst",
    "deepseek-v2-chat",
)
"""The generators that ``simulated/NAME`` imitates; ``models/simulated/profiles.py`` defines their errors."""


_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""RFC 9110, 5.6.2."""
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
"""Of an environment variable."""


class PriceConfig(Section):
    """What a model costs, in USD per million tokens."""

    prompt: float = Field(ge=0)
    completion: float = Field(ge=0)
    cached: float | None = Field(
        default=None, ge=0, description="Prompt tokens that the provider had cached. Default: as `prompt`."
    )
    batch: float | None = Field(
        default=None,
        gt=0,
        le=1,
        description="Share of these prices that requests in batches cost, such as 0.5. Default: 1.",
    )


class BatchConfig(Section):
    """How a model is used through the batch protocol, at batch prices, where answers may take a day."""

    collect_s: float = Field(
        default=5.0, gt=0, le=3600, description="A batch is sent once no request has joined it for this many seconds."
    )
    requests: int = Field(default=10_000, ge=1, le=50_000, description="Maximum number of requests in a batch.")
    poll_s: float = Field(
        default=30.0, gt=0, le=3600, description="First wait between two polls of a batch, in seconds."
    )
    endpoint: str = Field(
        default="/v1/chat/completions", description="`url` of each line of a batch; Azure needs /chat/completions."
    )
    window: str = Field(default="24h", description="Completion window; most providers accept only 24h.")


class ModelConfig(Section):
    """A model that writes or judges. In YAML a plain string is short for ``{name: STRING}``."""

    name: str = Field(
        description="`offline`, `openai/NAME` for any OpenAI-compatible endpoint, or `simulated/PROFILE` for tests."
    )
    base_url: str | None = Field(
        default=None,
        description="Endpoint, such as http://localhost:8000/v1. Default: --base-url, else api.openai.com.",
    )
    weight: float = Field(
        default=1.0,
        gt=0,
        description="Share of the requests that it writes, relative to the other models' weights.",
    )
    query: dict[str, str] = Field(
        default_factory=dict,
        description="Added to every URL, such as {api-version: ...} for Azure; ${NAME} is an environment variable.",
    )
    api_key_env: str = Field(
        default="OPENAI_API_KEY", description="Environment variable that holds the key; the key itself is never stored."
    )
    api_key_header: str = Field(
        default="Authorization",
        description="Header that carries the key; Azure's is `api-key`. Authorization sends `Bearer KEY`.",
    )
    timeout_s: float = Field(default=120.0, gt=0, description="Timeout for one answer, in seconds.")
    connect_s: float = Field(default=10.0, gt=0, description="Timeout for a connection, in seconds.")
    silence_s: float | None = Field(
        default=None,
        gt=0,
        description="Longest silence of the server while it answers, in seconds. Default: timeout_s.",
    )
    retries: int = Field(default=5, ge=0, le=20, description="Tries after the first, on 429, 5xx and lost connections.")
    concurrency: int | None = Field(
        default=None, ge=1, description="Requests in flight at this endpoint. Default: the run's concurrency."
    )
    requests_per_minute: float | None = Field(default=None, gt=0, description="Rate limit of the endpoint, if any.")
    tokens_per_minute: float | None = Field(
        default=None, gt=0, description="The same for prompt and completion tokens together."
    )
    structured: Literal["auto", "json_schema", "json_object", "tool", "text"] = Field(
        default="auto", description="How the format of answers is enforced; `auto` tries what the endpoint supports."
    )
    extra: dict[str, Any] = Field(
        default_factory=dict, description="Added to every request's body, such as {reasoning_effort: low}."
    )
    batch: BatchConfig | None = Field(default=None, description="Use the batch protocol; {} for its defaults.")
    price: PriceConfig | None = Field(default=None, description="Overrides the built-in prices and those of `prices`.")

    @model_validator(mode="before")
    @classmethod
    def _from_string(cls, value: Any) -> Any:
        return {"name": value} if isinstance(value, str) else value

    @field_validator("name")
    @classmethod
    def _known_kind(cls, name: str) -> str:
        if name in ("offline", "rules") or (name.startswith("openai/") and len(name) > len("openai/")):
            return name
        kind, _, profile = name.partition("/")
        if kind == "simulated":
            if profile in SIMULATED:
                return name
            msg = f"there is no simulated generator {profile!r}; use simulated/ and one of {', '.join(SIMULATED)}"
            raise ValueError(msg)
        msg = f"{name!r} is not a model: use `offline`, or `openai/NAME` with --base-url for your own server"
        raise ValueError(msg)

    @field_validator("api_key_header")
    @classmethod
    def _a_header(cls, name: str) -> str:
        if not _HEADER.fullmatch(name) or looks_like_a_key(name):  # which is not repeated
            msg = "write the name of a header, such as `api-key`; put the key itself into an environment variable"
            raise ValueError(msg)
        return name

    @field_validator("api_key_env")
    @classmethod
    def _a_variable(cls, name: str) -> str:
        if not _NAME.fullmatch(name) or looks_like_a_key(name):  # which is not repeated
            msg = "write the name of an environment variable, such as `OPENAI_API_KEY`, which holds the key"
            raise ValueError(msg)
        return name

    @field_validator("query")
    @classmethod
    def _no_secret(cls, query: dict[str, str]) -> dict[str, str]:
        for name, value in query.items():
            refuse_secret(name, value)
            if "${" in value and not VARIABLE.fullmatch(value):
                msg = f"{name!r} is not filled in: ${{NAME}} must be the whole value"
                raise ValueError(msg)
        return query

    @field_validator("base_url")
    @classmethod
    def _plain_url(cls, url: str | None) -> str | None:
        return None if url is None else plain_address(url)

    def query_variables(self) -> dict[str, str]:
        """The environment variables that ``query`` takes values from, by its keys."""
        found = {name: VARIABLE.fullmatch(value) for name, value in self.query.items()}
        return {name: match[1] for name, match in found.items() if match}


def one_by_name(configs: Iterable[ModelConfig], *, weighed: bool) -> list[ModelConfig]:
    """One entry for each name, in order, to find out whether two configurations use the same models.

    Args:
        configs: with an entry for each endpoint of a model.
        weighed: whether weights count; those of a model's endpoints add up, and a single model has weight 1.
    """
    by_name: dict[str, list[ModelConfig]] = {}
    for config in configs:
        by_name.setdefault(config.name, []).append(config)
    weighed = weighed and len(by_name) > 1
    return [
        same[0].model_copy(update={"weight": sum(config.weight for config in same) if weighed else 1.0})
        for same in by_name.values()
    ]


def model_names(configs: Iterable[ModelConfig]) -> list[str]:
    """The distinct names, in order: entries with one name are endpoints of one model."""
    return list(dict.fromkeys(config.name for config in configs))


def require_endpoints(configs: Sequence[ModelConfig]) -> None:
    """Refuse entries of one name that cannot be endpoints of one model.

    Raises:
        ValueError: they share one address, differ in what is requested, or a batch would go to several of them.
    """
    firsts: dict[str, ModelConfig] = {}
    places = set()
    for config in configs:
        place = (config.name, config.base_url)
        if place in places:
            msg = f"`{config.name}` appears twice with the same address; give each endpoint an address of its own"
            raise ValueError(msg)
        places.add(place)
        first = firsts.setdefault(config.name, config)
        for key in WHAT_IS_ASKED:
            if getattr(first, key) != getattr(config, key):
                msg = (
                    f"`{config.name}` has different `{key}` at {_place(first)} and at {_place(config)}: "
                    "endpoints of one model must agree in it; set it in both entries"
                )
                raise ValueError(msg)
        if first.batch and config is not first:
            several = len([other for other in configs if other.name == config.name])
            msg = (
                f"`{config.name}`: a batch goes to one address, not to {several}; remove `batch`, or all but one entry"
            )
            raise ValueError(msg)


def _place(config: ModelConfig) -> str:
    return config.base_url or "the default address"
