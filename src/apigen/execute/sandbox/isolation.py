"""Determines the isolation level of this machine, by raising the actual walls once."""

import contextlib
import functools
from enum import StrEnum

import msgspec

from apigen.errors import UserError
from apigen.execute.sandbox.launch import Nursery
from apigen.execute.sandbox.limits import Limits
from apigen.execute.sandbox.namespaces import READ_ONLY
from apigen.execute.sandbox.wire import Ready

_INHABITANT = "apigen.execute.sandbox.probe"
"""What lives in the process that tells; one that makes calls takes several times as long to start."""


class Level(StrEnum):
    """Isolation level of this machine, strongest first."""

    NAMESPACED = "namespaced"
    """All of ``filtered``, and network and processes in namespaces of their own."""
    FILTERED = "filtered"
    """System calls by seccomp, files by Landlock, and limits."""
    PARTIAL = "partial"
    """Some layer is missing."""
    LIMITS = "limits"
    """Limits and time-outs only: no security boundary."""

    def at_least(self, other: "Level") -> bool:
        """Whether this level is as strong as another."""
        order = list(Level)
        return order.index(self) <= order.index(other)


class Isolation(msgspec.Struct, frozen=True):
    """The isolation that this machine provides for calls."""

    level: Level
    layers: tuple[str, ...]
    """Names of the active layers, such as ``seccomp`` or ``network namespace``."""
    summary: str
    """One sentence for people."""
    missing: tuple[str, ...] = ()
    """Walls that this machine does not give, each with why, where that can be known."""


@functools.cache
def probe_isolation() -> Isolation:
    """Find out what this machine allows; takes some tenths of a second, once per process.

    Raises:
        ExecutorUnavailable: no sandbox process can be started here at all.
    """
    with contextlib.closing(Nursery(_INHABITANT)) as nursery:
        started = nursery.start(Limits())
        started.end()
    return isolation_of(started.ready)


def isolation_of(ready: Ready) -> Isolation:
    """Name what a sandbox process says that it raised."""
    layers = [name if name == READ_ONLY else f"{name} namespace" for name in ready.namespaces]
    if ready.seccomp:
        layers.append("seccomp")
    if ready.landlock:
        layers.append(f"Landlock ABI {ready.landlock}")
    layers += ["resource limits", "time-out"]
    return Isolation(_level(ready), tuple(layers), _sentence(ready), ready.missing)


def require_isolation(wanted: str) -> Isolation:
    """Refuse to go on where this machine gives less.

    Args:
        wanted: a :class:`Level`, or its name.

    Raises:
        UserError: there is no such level, or this machine does not reach it; the line says which one it reaches, what
            is missing, and why, where that can be known.
        ExecutorUnavailable: no sandbox process can be started here at all.
    """
    if wanted not in list(Level):
        raise UserError(f"{wanted!r} is not an isolation level; choose from {', '.join(Level)}")
    found = probe_isolation()
    if found.level.at_least(Level(wanted)):
        return found
    why = "; ".join(found.missing) or "the reason is unknown"
    raise UserError(
        f"isolation level `{wanted}` is required, but this machine only provides `{found.level}`: {why}; fix that, or "
        f"require `{found.level}`"
    )


def _level(ready: Ready) -> Level:
    if ready.seccomp and ready.landlock:
        inside = {"network", "process"} <= set(ready.namespaces)
        return Level.NAMESPACED if inside else Level.FILTERED
    return Level.PARTIAL if ready.seccomp or ready.landlock or ready.namespaces else Level.LIMITS


def _sentence(ready: Ready) -> str:
    limits = "time, memory, processes and output are limited"
    if _level(ready) is Level.LIMITS:
        return (
            "network and files are NOT blocked, only time and output are limited: this is not a security boundary, "
            "so run only functions you trust"
        )
    network = [
        name
        for name, there in (("seccomp", ready.seccomp), ("a network namespace", "network" in ready.namespaces))
        if there
    ]
    parts = [f"network blocked by {' and '.join(network)}" if network else "network NOT blocked"]
    if ready.landlock:
        parts.append(f"files by Landlock (ABI {ready.landlock})")
    else:
        parts.append(
            "files read-only but all of them READABLE" if READ_ONLY in ready.namespaces else "files NOT protected"
        )
    if "process" in ready.namespaces:
        parts.append("other processes hidden by a process namespace")
    elif ready.seccomp:
        parts.append("signals to other processes blocked by seccomp")
    return "; ".join([*parts, limits])
