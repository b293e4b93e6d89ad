"""All steps of cleaning, in order: quality, probe, near-duplicates, descriptions, categories.

Nothing is lost: a tool that falls is listed among what was left out with its reason, and what is worth knowing about
one that stays is noted beside it.
"""

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping

import msgspec

from apigen.clean.base import STEP_OF, Fall, Fallen, Step
from apigen.clean.categories import asked, categorised, uncategorised
from apigen.clean.descriptions import Repair, poverty, repaired
from apigen.clean.duplicates import Group, near_duplicates
from apigen.clean.probe import Probe, Prober, State, probe_all
from apigen.clean.quality import quality_fault
from apigen.library.base import Loaded
from apigen.models.base import Model
from apigen.records import Note, Skipped, Tool
from apigen.verify.format.schemas import Schemas

_FALL_OF = {State.FAILED: Fall.FAILED, State.REFUSED: Fall.REFUSED, State.UNREACHABLE: Fall.UNREACHABLE}


class Plan(msgspec.Struct, frozen=True):
    """What is asked of a cleaning."""

    keep: frozenset[Fall] = frozenset()
    """What is noted in place of taken out."""
    drop_duplicates: bool = False
    concurrency: int = 16


class Cleaned(msgspec.Struct, frozen=True):
    """What the steps found."""

    before: int
    """Tools that there were."""
    library: Loaded
    """What is left, with what fell among its skipped ones and everything else in its notes."""
    fallen: tuple[Fallen, ...]
    kept: tuple[Fallen, ...]
    """What would have fallen and was to be kept."""
    probes: Mapping[str, Probe]
    groups: tuple[Group, ...]
    poor: Mapping[str, str]
    """What is wrong with the descriptions of tools, by name; with a model, before it was asked."""
    repairs: Mapping[str, Repair]
    uncategorised: tuple[str, ...]
    """Tools whose category nobody found; with a model, before it was asked."""
    categories: Mapping[str, str]
    """What the model said about them, by name; nothing where it named none of the 21."""
    interrupted: bool

    def fell_in(self, step: Step) -> "Counter[str]":
        """How many tools a step took out, by reason."""
        return Counter(fallen.key for fallen in self.fallen if STEP_OF[fallen.fall] is step)


class Hooks(msgspec.Struct, frozen=True):
    """Callbacks of a cleaning: progress, results, and whether to stop."""

    progress: Callable[[Step, int, int], None] = lambda step, done, of: None
    probed: Callable[[Tool, Probe], None] = lambda tool, probe: None
    stopped: Callable[[], bool] = lambda: False


async def clean(
    library: Loaded,
    plan: Plan,
    prober: Prober | None = None,
    model: Model | None = None,
    known: Mapping[str, Probe] | None = None,
    hooks: Hooks | None = None,
) -> Cleaned:
    """Clean a library.

    Args:
        library: what is there.
        plan: what is asked.
        prober: calls tools; ``None`` leaves the probe out.
        model: words poor descriptions anew and names categories; ``None`` only counts where that is wanted.
        known: probes that were made before, by name.
        hooks: who watches.

    Raises:
        ModelUnavailable: the model cannot be reached.
    """
    hooks = hooks or Hooks()
    schemas = Schemas()
    sieve = _Sieve(plan)
    tools = sieve.sifted(library.tools, lambda tool: quality_fault(tool, schemas))
    probes: dict[str, Probe] = {}
    if prober is not None:
        probes = await _probed(tools, prober, plan, known or {}, hooks)
        tools = sieve.sifted(tools, lambda tool: _probe_fault(tool, probes.get(tool.name)))
    interrupted = hooks.stopped()
    groups = () if interrupted else near_duplicates(tools)
    if plan.drop_duplicates:
        first = {name: group.first for group in groups for name in group.others}
        tools = sieve.sifted(tools, lambda tool: _duplicate(tool, first))
    poor = {tool.name: problem for tool in tools if (problem := poverty(tool.description))}
    missing = tuple(tool.name for tool in uncategorised(tools))
    repairs: dict[str, Repair] = {}
    categories: dict[str, str] = {}
    if model is not None and not interrupted:
        # By what the sources say, so that a cleaning that is done again asks the same question.
        count = _counting(hooks, Step.CATEGORIES, len(missing))
        categories = await asked(tools, model, plan.concurrency, count, hooks.stopped)
        count = _counting(hooks, Step.DESCRIPTIONS, len(poor))
        tools, repairs = await repaired(tools, model, plan.concurrency, lambda _: count(), hooks.stopped)
        tools = categorised(tools, categories)
    interrupted = hooks.stopped()
    notes = [*library.notes, *_notes(sieve.kept, probes, groups, poor.keys() - _mended(repairs), plan)]
    left = _left(library, tools, sieve.fallen, notes)
    return Cleaned(
        before=len(library.tools),
        library=left,
        fallen=tuple(sieve.fallen),
        kept=tuple(sieve.kept),
        probes=probes,
        groups=groups,
        poor=poor,
        repairs=repairs,
        uncategorised=missing,
        categories=categories,
        interrupted=interrupted,
    )


def _counting(hooks: Hooks, step: Step, of: int) -> Callable[[], None]:
    """What is told of each thing that is done in a step."""
    done = itertools.count(1)
    return lambda: hooks.progress(step, next(done), of)


class _Sieve:
    """Takes tools out, and remembers which and why."""

    def __init__(self, plan: Plan) -> None:
        self._keep = plan.keep
        self.fallen: list[Fallen] = []
        self.kept: list[Fallen] = []

    def sifted(self, tools: Iterable[Tool], fault: Callable[[Tool], Fallen | None]) -> list[Tool]:
        passed: list[Tool] = []
        for tool in tools:
            found = fault(tool)
            if found is None or found.fall in self._keep:
                passed.append(tool)
                self.kept += [found] if found else []
            else:
                self.fallen.append(found)
        return passed


async def _probed(
    tools: list[Tool], prober: Prober, plan: Plan, known: Mapping[str, Probe], hooks: Hooks
) -> dict[str, Probe]:
    by_name = {tool.name: tool for tool in tools}
    done = sum(name in known for name in by_name)
    hooks.progress(Step.PROBE, done, len(tools))

    def watch(probe: Probe) -> None:
        nonlocal done
        done += 1
        hooks.probed(by_name[probe.tool], probe)
        hooks.progress(Step.PROBE, done, len(tools))

    return await probe_all(tools, prober, plan.concurrency, known, watch, hooks.stopped)


def _probe_fault(tool: Tool, probe: Probe | None) -> Fallen | None:
    if probe is None or probe.state not in _FALL_OF:
        return None
    made = "values made up from its schema" if probe.source == "made" else f"its {probe.source}"
    called = f"{probe.detail or 'no detail'} (called with {made}: {_shown(probe)})"
    return Fallen(tool, _FALL_OF[probe.state], called, probe.reason)


def _shown(probe: Probe) -> str:
    text = msgspec.json.encode(probe.arguments).decode("utf-8", "replace")
    return text if len(text) <= 160 else f"{text[:157]}..."


def _duplicate(tool: Tool, first: Mapping[str, str]) -> Fallen | None:
    if tool.name not in first:
        return None
    return Fallen(tool, Fall.DUPLICATE, f"near-duplicate of {first[tool.name]}, which is kept")


def _mended(repairs: Mapping[str, Repair]) -> set[str]:
    return {name for name, repair in repairs.items() if repair is Repair.REPAIRED}


def _notes(
    kept: Iterable[Fallen], probes: Mapping[str, Probe], groups: Iterable[Group], poor: Iterable[str], plan: Plan
) -> Iterator[Note]:
    for one in kept:
        yield Note(one.tool.name, f"kept although {one.text}")
    for probe in probes.values():
        if probe.state is State.UNPROBED:
            yield Note(probe.tool, f"not probed: {probe.detail}")
        if probe.varies:
            yield Note(probe.tool, "returned two different results for the same call")
    for group in () if plan.drop_duplicates else groups:
        for name in group.others:
            yield Note(name, f"near-duplicate of {group.first}")
    for name in poor:
        yield Note(name, "its description is poor: noisy, too short or too long")


def _left(library: Loaded, tools: list[Tool], fallen: Iterable[Fallen], notes: Iterable[Note]) -> Loaded:
    names = {tool.name for tool in tools}
    fallen = list(fallen)
    gone = {one.tool.name for one in fallen}
    return Loaded(
        tools=tuple(tools),
        seeds=tuple(seed for seed in library.seeds if seed.tool_names <= names),
        skipped=(*library.skipped, *(Skipped(one.tool.name, one.text, one.tool.origin) for one in fallen)),
        notes=tuple(note for note in notes if note.name not in gone),
    )
