"""What a candidate costs by stage, from a profile of the pipeline's own process by CPU time.

A function's time belongs to the stage that its file stands for; that of Python's own and of other functions without a
stage to the stages of those who called them. The shares are of a profiled run; they are laid over the CPU time of one
that was not profiled.
"""

import pstats
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Function = tuple[str, int, str]

_STAGES: dict[str, tuple[str, ...]] = {
    "asking models": ("apigen/models/openai", "/aiohttp/", "/stamina/", "/tenacity/", "/yarl/", "/multidict/"),
    "keeping answers": ("apigen/models/store", "apigen/database"),
    "prompts": ("apigen/generate/prompts", "apigen/generate/quoting", "/jinja2/"),
    "sampling": ("apigen/sampling/",),
    "reading answers": ("apigen/generate/parse", "/json_repair/"),
    "format": ("apigen/verify/format/", "apigen/toolspecs/"),
    "duplicates": ("apigen/dataset/duplicates",),
    "grounding": ("apigen/verify/grounding/",),
    "execution, our side": ("apigen/execute/",),
    "judging": ("apigen/verify/judges/", "apigen/verify/llm_judge", "apigen/verify/rules/"),
    "pipeline and writing": (
        *("apigen/pipeline", "apigen/schedule", "apigen/runner", "apigen/rundir", "apigen/files", "apigen/tally"),
        *("apigen/dataset/", "apigen/report/", "apigen/manifest", "apigen/concurrency", "apigen/verify/stages"),
    ),
    "starting": ("apigen/cli/", "apigen/library/", "apigen/config", "<frozen importlib", "apigen/signatures/"),
    "event loop": ("/asyncio/",),
}
OTHER = "other"
SANDBOX = "execution, in the sandbox"
_LONGEST_CHAIN = 40

PROFILED = """
import atexit, cProfile, sys, time
profile = cProfile.Profile(time.process_time)
where = sys.argv.pop(1)
atexit.register(lambda: (profile.disable(), profile.dump_stats(where)))
from apigen.cli.main import app
profile.enable()
app()
"""
"""A program that takes a file for the profile, and then what ``apigen`` takes."""

TOLD_APART = """
import atexit, os, pathlib, sys
where = pathlib.Path(sys.argv.pop(1))
def end():
    used = os.times()
    where.write_text(f"{used.user + used.system} {used.children_user + used.children_system}")
atexit.register(end)
from apigen.cli.main import app
app()
"""
"""The same, with the CPU seconds of this process and of those that it waited for."""


def shares(profile: Path) -> dict[str, float]:
    """The share of each stage in the time of a profile."""
    stats: Mapping[Function, Any] = pstats.Stats(str(profile)).stats  # type: ignore[attr-defined]
    known: dict[Function, dict[str, float]] = {}
    total: Counter[str] = Counter()
    for function, (_, _, own, _, _) in stats.items():
        for stage, share in _belongs(function, stats, known, 0).items():
            total[stage] += own * share
    return {stage: seconds / total.total() for stage, seconds in total.most_common()}


def _belongs(
    function: Function, stats: Mapping[Function, Any], known: dict[Function, dict[str, float]], depth: int
) -> dict[str, float]:
    """The stages that a function worked for, with shares that add up to one."""
    if (found := known.get(function)) is not None:
        return found
    path = function[0].replace("\\", "/")
    for stage, parts in _STAGES.items():
        if any(part in path for part in parts):
            return known.setdefault(function, {stage: 1.0})
    known[function] = {OTHER: 1.0}  # for who comes back here on the way
    mixed: Counter[str] = Counter()
    callers = stats[function][4]
    if callers and depth < _LONGEST_CHAIN:
        for caller, (_, calls, own, _) in callers.items():
            for stage, share in _belongs(caller, stats, known, depth + 1).items():
                mixed[stage] += share * (own or 1e-9 * calls)
    known[function] = {stage: part / mixed.total() for stage, part in mixed.items()} if mixed else {OTHER: 1.0}
    return known[function]
