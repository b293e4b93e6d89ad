"""What is wrong with a configuration, in one line of plain words."""

import difflib
from collections.abc import Iterable
from typing import Any

import pydantic

from apigen.config.access import GrantConfig
from apigen.config.whole import Config
from apigen.model_config import ModelConfig

_MAY_BE_SECRET = frozenset({"base_url", "query", "api_key_env", "api_key_header", "extra"})
"""Keys of a model whose values are not repeated: a key or a password may stand there by mistake."""


def explain(error: pydantic.ValidationError) -> str:
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
            plain = isinstance(got, str | int | float | bool) and _MAY_BE_SECRET.isdisjoint(item["loc"])
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
