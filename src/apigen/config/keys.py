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
"""Keys that may change when a run is resumed, beside those of :func:`is_free`."""


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
