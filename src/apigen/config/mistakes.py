"""What is wrong with a configuration, in one line of plain words."""

import difflib
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import pydantic

from apigen.config.access import GrantConfig
from apigen.config.whole import Config
from apigen.model_config import ModelConfig

_MAY_BE_SECRET = frozenset({"base_url", "query", "api_key_env", "api_key_header", "extra"})
"""Keys of a model whose values are not repeated: a key or a password may stand there by mistake."""
_OPTIONS = {
    "library": "--library",
    "seeds": "--seeds",
    "models": "--model",
    "judges": "--judge",
    "count": "--count",
    "seed": "--seed",
    "concurrency": "--concurrency",
    "prices": "--prices",
    "repair": "--repair",
    "budget.cost_usd": "--max-cost",
    "budget.tokens": "--max-tokens",
    "isolation.require": "--require-isolation",
    "focus.strength": "--focus-strength",
    "remote.writes": "--allow-writes",
    "remote.private": "--allow-private",
    "execution.recordings": "--recordings",
    "execution.recordings_file": "--recordings-file",
}
"""The options of the command line that set keys of a configuration."""
_PHRASES = {
    "greater_than": "must be above {gt:g}",
    "greater_than_equal": "must be at least {ge:g}",
    "less_than": "must be below {lt:g}",
    "less_than_equal": "must be at most {le:g}",
    "finite_number": "must be a finite number",
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float", "int_parsing_size"), "must be a whole number"),
    **dict.fromkeys(("float_type", "float_parsing"), "must be a number"),
    **dict.fromkeys(("bool_type", "bool_parsing"), "must be true or false"),
    "string_type": "must be text",
    "literal_error": "must be {expected}",
    "enum": "must be {expected}",
    "missing": "is required",
    **dict.fromkeys(("dict_type", "model_type", "model_attributes_type", "mapping_type"), "must be a mapping of keys"),
    **dict.fromkeys(("tuple_type", "list_type"), "must be a list"),
}
"""Plain words for pydantic's, by the type of the error."""


def explain(error: pydantic.ValidationError, path: object = None, chosen: Collection[str] = ()) -> str:
    """Every mistake of a configuration in one line, with the nearest right key for an unknown one.

    Args:
        error: pydantic's.
        path: the file; ``None`` where there is none.
        chosen: dotted keys that options of the command line gave, which are named instead of the keys.
    """
    given, written = list[str](), list[str]()
    wrong = [item["loc"] for item in error.errors()]
    for item in error.errors():
        if item["type"] == "too_short" and any(place[: len(item["loc"])] == item["loc"] != place for place in wrong):
            continue  # pydantic counts only the entries that are right
        option = _option(item["loc"], chosen)
        if item["type"] == "extra_forbidden":
            problem = _explain_unknown(item["loc"])
        else:
            key = option or ".".join(str(part) for part in item["loc"] if part != "[key]")
            problem = f"{key}: {_problem(item)}" if key else _problem(item)
        (given if option else written).append(problem)
    place = f"{path}: " if path and written else ""
    return "; ".join([*given, *([place + "; ".join(written)] if written else [])])


def flat_keys(chosen: Mapping[str, Any]) -> set[str]:
    """The dotted keys of what the command line gave: of a section each key by itself."""
    return {
        key if section is None else f"{key}.{section}"
        for key, value in chosen.items()
        for section in (value if isinstance(value, Mapping) else [None])
    }


def _option(location: tuple[int | str, ...], chosen: Collection[str]) -> str:
    """The option that gave a value; empty where a file did."""
    for length in (1, 2):
        key = ".".join(map(str, location[:length]))
        if key in chosen and key in _OPTIONS:
            return _OPTIONS[key]
    return ""


def _problem(item: Any) -> str:
    got, context = item["input"], item.get("ctx", {})
    if item["type"] in ("too_short", "too_long"):
        most = item["type"] == "too_long"
        number = context["max_length" if most else "min_length"]
        return f"must have at {'most' if most else 'least'} {number} {'entry' if number == 1 else 'entries'}"
    phrase = _PHRASES.get(item["type"])
    message = phrase.format(**context) if phrase else _plain(item["msg"])
    shown = str(got).lower() if isinstance(got, bool) else f"{got:g}" if isinstance(got, float) else repr(got)
    plain = isinstance(got, str | int | float | bool) and _MAY_BE_SECRET.isdisjoint(item["loc"])
    repeated = item["type"] == "value_error" and shown in message
    return f"{message} (got {shown})" if plain and not repeated else message


def _plain(message: str) -> str:
    return message.removeprefix("Value error, ").replace("Input should be", "must be")


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
    return f"unknown key `{key}`; known keys here: {_listed(known)}"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
