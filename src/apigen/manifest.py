"""manifest.json: the inputs of a run and its results."""

import platform
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

import msgspec

from apigen import __version__
from apigen.config import Config
from apigen.costs import costs
from apigen.library.catalogue import Library
from apigen.locators import short_locator
from apigen.model_config import model_names
from apigen.models.base import EndpointFacts
from apigen.models.prices import Price
from apigen.tally import Tally

FORMAT = 1
"""Version of the run directory's file formats; a change that older readers cannot read raises it."""

_LIBRARIES = ("jsonschema-rs", "msgspec", "pydantic")
"""Packages whose version can change a verdict."""


def manifest(
    config: Config,
    library: Library,
    tally: Tally,
    *,
    llm: bool,
    status: str,
    ending: str,
    samples: int,
    samples_by_tool: Mapping[str, int],
    usage: list[dict[str, Any]],
    endpoints: Sequence[EndpointFacts],
    prices: Mapping[str, Price | None],
    isolation: Mapping[str, Any],
    grants: Sequence[Mapping[str, Any]],
    reverified: Sequence[Mapping[str, Any]],
    started: datetime,
    seconds: float,
) -> dict[str, Any]:
    """Assemble the manifest.

    Args:
        config: resolved.
        library: the tools of the run.
        tally: counts over all attempts.
        llm: whether a language model wrote the data.
        status: ``running``, or how the run ended.
        ending: that in a sentence, for people.
        samples: rows of dataset.jsonl.
        samples_by_tool: rows that call each tool.
        usage: requests, tokens and cost per model and role.
        endpoints: facts about the models' servers in this session.
        prices: of each model used, by its name.
        isolation: the level that the sandbox reached, and its parts.
        grants: what tools may do beyond the sandbox; of variables only the names.
        reverified: the record of each re-verification.
        started: when the run was first started.
        seconds: working time over all sessions.
    """
    return {
        "format": FORMAT,
        "status": status,
        "ending": ending,
        "llm": llm,
        "notice": notice(config, llm=llm),
        "wanted": config.count,
        "samples": samples,
        "counts": tally.as_json(),
        "library": {
            "digest": library.digest(),
            "sources": [short_locator(locator) for locator in config.library],
            "tools": len(library.tools),
            "seeds": len(library.seeds),
            "categories": _categories(library, samples_by_tool),
            "skipped": [{"name": entry.name, "reason": entry.reason} for entry in library.skipped],
        },
        "requests": usage,
        "endpoints": [msgspec.to_builtins(endpoint) for endpoint in endpoints],
        "costs": costs(usage, tally, samples, prices),
        "isolation": dict(isolation),
        "grants": list(grants),
        "reverified": list(reverified),
        "config_digest": config.digest(),
        "config": config.model_dump(mode="json"),
        "versions": {"apigen": __version__, "python": platform.python_version()}
        | {name: version(name) for name in _LIBRARIES},
        "times": {
            "started": started.isoformat(timespec="seconds"),
            "written": datetime.now(UTC).isoformat(timespec="seconds"),
            "seconds": round(seconds, 3),
            "samples_per_second": round(samples / seconds, 3) if seconds else 0.0,
            "execution_ms_per_call": round(tally.execution_ms / tally.timed_calls, 3) if tally.timed_calls else None,
        },
    }


def notice(config: Config, *, llm: bool) -> str:
    """Who wrote the data, in one sentence."""
    if llm:
        return f"Queries and answers were written by {', '.join(model_names(config.models))}."
    names = ", ".join(model_names(config.models))
    if names.startswith("simulated/"):
        return (
            f"No language model wrote this data: it is a simulation ({names}) in which apigen's offline writer errs on "
            "purpose. It is for tests, not for training: errors that no stage saw are in it."
        )
    return (
        "No language model wrote this data: apigen's offline writer recombined hand-written examples, "
        "or worked from the tools' descriptions."
    )


def _categories(library: Library, samples_by_tool: Mapping[str, int]) -> dict[str, dict[str, int]]:
    tools = Counter(tool.category for tool in library.tools)
    samples: Counter[str] = Counter()
    for tool in library.tools:
        samples[tool.category] += samples_by_tool.get(tool.name, 0)
    return {name: {"tools": count, "samples": samples[name]} for name, count in sorted(tools.items())}
