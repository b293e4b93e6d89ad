"""The bounds of one call, and how a process puts them on itself."""

import contextlib
import math
import resource

import msgspec

_MIB = 1024 * 1024


class Limits(msgspec.Struct, frozen=True):
    """What one call may use before it is ended."""

    wall_s: float = 5.0
    """Seconds from the start of the function to its result; then the call is killed from outside."""
    cpu_s: int = 5
    """Seconds of CPU time, over all threads."""
    memory_mb: int = 512
    """MiB of address space beyond what the sandbox with the imported functions takes already."""
    output_kb: int = 256
    """KiB of the result as JSON."""
    file_mb: int = 16
    """MiB of one file in the scratch folder."""
    open_files: int = 128
    """Files open at once."""
    processes: int = 0
    """Child processes that a call may start (threads do not count); 0 also forbids to execute other programs."""
    import_s: float = 20.0
    """Seconds that importing a function's module may take."""


def cap_resources(limits: Limits, mapped_bytes: int) -> None:
    """Put the limits on this process and its descendants, for good.

    Args:
        limits: the bounds.
        mapped_bytes: size of the address space before the call; 0 where it is not known, and then memory is not
            bounded (as on macOS, whose kernel does not enforce the limit).
    """
    if mapped_bytes:
        _cap(resource.RLIMIT_AS, mapped_bytes + limits.memory_mb * _MIB)
    _cap(resource.RLIMIT_FSIZE, limits.file_mb * _MIB)
    _cap(resource.RLIMIT_NOFILE, limits.open_files)
    _cap(resource.RLIMIT_CORE, 0)
    if limits.processes:
        _cap(resource.RLIMIT_NPROC, limits.processes + 1)
    cap_cpu(limits.import_s + limits.cpu_s)


def cap_cpu(seconds: float) -> None:
    """Allow that much more CPU time; SIGXCPU ends the process, and a second later SIGKILL, which nothing can ignore."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    soft = math.ceil(usage.ru_utime + usage.ru_stime + seconds)
    _cap(resource.RLIMIT_CPU, soft, soft + 1)


def _cap(which: int, soft: int, hard: int | None = None) -> None:
    """Lower a limit, never above what was inherited."""
    inherited = resource.getrlimit(which)[1]
    wanted = soft if hard is None else hard
    ceiling = wanted if inherited == resource.RLIM_INFINITY else min(wanted, inherited)
    with contextlib.suppress(ValueError, OSError):  # macOS refuses some; there a limit is a help, not a wall
        resource.setrlimit(which, (min(soft, ceiling), ceiling))
