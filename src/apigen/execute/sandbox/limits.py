"""The resource limits of one call, and how a process applies them to itself."""

import math
import resource

import msgspec

_MIB = 1024 * 1024
_IMPORTS = 4
"""All functions together may take so many times the memory that importing one may."""


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
    """Child processes that a call may have at once (threads count, as in ``RLIMIT_NPROC``);
    0 forbids to start any, and to execute other programs, for everybody."""
    import_s: float = 20.0
    """Seconds that importing a function's module may take."""
    import_mb: int = 4096
    """MiB of address space that importing may take."""


class Caps:
    """The limits as the kernel takes them, worked out once: each call then only sets them."""

    def __init__(self, limits: Limits) -> None:
        wanted = {
            resource.RLIMIT_FSIZE: limits.file_mb * _MIB,
            resource.RLIMIT_NOFILE: limits.open_files,
            resource.RLIMIT_CORE: 0,
        }
        if limits.processes:
            wanted[resource.RLIMIT_NPROC] = limits.processes + 1
        self._caps = [(which, _within(which, value)) for which, value in wanted.items()]
        self._memory = limits.memory_mb * _MIB
        self._import_memory = max(limits.memory_mb, limits.import_mb) * _MIB
        self._import_s = limits.import_s
        self._cpu_s = limits.cpu_s

    def put_on(self, mapped_bytes: int, *, cold: bool) -> None:
        """Limit this process and its descendants, for good.

        Args:
            mapped_bytes: size of the address space before the call; 0 where it is not known, and then memory is not
                bounded (as on macOS, whose kernel does not enforce the limit).
            cold: the call has to import its function first, which needs more.
        """
        for which, cap in self._caps:
            if resource.getrlimit(which) != cap:  # most are the zygote's own
                _set(which, cap)
        if mapped_bytes:
            memory = self._import_memory if cold else self._memory
            _set(resource.RLIMIT_AS, _within(resource.RLIMIT_AS, mapped_bytes + memory))
        self.renew_cpu(self._import_s if cold else 0.0)

    def put_on_zygote(self, mapped_bytes: int) -> None:
        """Bound this process, which imports functions, and with it whatever they may start past the limits of a call.

        Args:
            mapped_bytes: as in :meth:`put_on`.
        """
        for which, cap in self._caps:
            if which != resource.RLIMIT_NPROC:  # it has to fork
                _set(which, cap)
        if mapped_bytes:
            _set(resource.RLIMIT_AS, _within(resource.RLIMIT_AS, mapped_bytes + _IMPORTS * self._import_memory))

    def renew_cpu(self, more_s: float = 0.0) -> None:
        """Count CPU time from now; SIGXCPU ends the call, and a second later SIGKILL, which nothing can ignore."""
        usage = resource.getrusage(resource.RUSAGE_SELF)
        soft = math.ceil(usage.ru_utime + usage.ru_stime + self._cpu_s + more_s)
        _set(resource.RLIMIT_CPU, _within(resource.RLIMIT_CPU, soft, soft + 1))


def _within(which: int, soft: int, hard: int | None = None) -> tuple[int, int]:
    """A limit, never above what was inherited."""
    inherited = resource.getrlimit(which)[1]
    wanted = soft if hard is None else hard
    ceiling = wanted if inherited == resource.RLIM_INFINITY else min(wanted, inherited)
    return min(soft, ceiling), ceiling


def _set(which: int, cap: tuple[int, int]) -> None:
    try:  # a few microseconds less than contextlib.suppress, which every call would pay
        resource.setrlimit(which, cap)
    except (ValueError, OSError):  # macOS refuses some; there a limit is a help, not a wall
        return
