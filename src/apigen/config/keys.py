"""Dotted keys of a configuration, such as ``judges.0.name``, and what may change when a run is resumed."""

from collections.abc import Mapping
from typing import Any

from apigen.model_config import FREE_OF_MODELS

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
"""Keys that may change when a run is resumed, besides those of :func:`is_free`."""


def is_free(key: str) -> bool:
    """Whether a (dotted) key may change when a run is resumed: it affects how fast or how far, not the results."""
    section, _, name = key.partition(".")
    if section in ("models", "judges"):
        return name.partition(".")[2].partition(".")[0] in FREE_OF_MODELS
    return section in ("concurrency", "count", "budget", "prices") or key in FREE_KEYS


def is_verification(key: str) -> bool:
    """Whether a (dotted) key affects how candidates are verified, but not what the writer is asked for.

    Such a key may change when a run is resumed: existing candidates are re-verified, and no completion is requested
    again. ``repair`` is not one, since it affects what the writer is asked for; ``remote.writes`` is not one, since it
    affects which tools are offered.
    """
    return _is_under(key, "judges", "judging", "grounding", "execution", "remote.private", "grants")


def decides_executions(key: str) -> bool:
    """Whether a (dotted) key affects what a call does, so that calls are executed again where it changed.

    ``execution.varying`` is not one: it affects what happens to a call whose results vary, which is on record.
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
