"""The process that functions are imported into, once, and that forks for each call."""

import contextlib
import gc
import os
import resource
import signal
import time
from pathlib import Path

import msgspec

from apigen.execute.sandbox import walls
from apigen.execute.sandbox.call import Call
from apigen.execute.sandbox.scratch import empty_folder
from apigen.execute.sandbox.watch import Watch
from apigen.execute.sandbox.wire import Ended, Ready, Report, Start, Task, receive, send
from apigen.execute.values import PreparedFunction, resolve
from apigen.records import PythonBinding


class Zygote:
    """Serves one call at a time until its control descriptor is closed."""

    def __init__(self, control: int, start: Start, scratch: Path, namespaces: tuple[str, ...]) -> None:
        self._control = control
        self._limits = start.limits
        self._scratch = scratch
        self._is_init = "process" in namespaces
        self._prepared: dict[PythonBinding, PreparedFunction] = {}
        self._sources: set[str | None] = set()
        self._memory = _open_memory_file()
        found = walls.find_walls()
        os.setpgid(0, 0)
        self._leave_standard_files()
        try:
            walls.raise_outer(found, str(scratch), start.readable, start.listable, start.limits)
        except OSError as error:
            send(control, Ready(problem=f"cannot raise the walls: {error.strerror}"))
            os._exit(1)
        ready = Ready(namespaces, found.landlock, found.seccomp, scratch=str(scratch))
        self._inner = walls.InnerWalls(found, start.limits)
        send(control, ready)

    def serve(self) -> None:
        """Answer tasks in turn."""
        while (body := receive(self._control)) is not None:
            if not body:
                continue  # a cancellation that came after its call had ended
            report = self._answer(msgspec.json.decode(body, type=Task))
            if report is None:
                return
            send(self._control, report)
            empty_folder(self._scratch)

    def _answer(self, task: Task) -> Report | None:
        """Make a call; where its function is new here, import it first, after a process of its own has tried that."""
        prepared = self._prepared.get(task.binding)
        if prepared is None and task.keep:
            if _source(task.binding) not in self._sources:
                rehearsal = self._run(task, None, rehearsal=True)
                if rehearsal is None or rehearsal.ended is not Ended.REPLIED or not rehearsal.prepared:
                    return rehearsal
                empty_folder(self._scratch)
            prepared = self._prepare(task.binding)
        return self._run(task, prepared)

    def _run(self, task: Task, prepared: PreparedFunction | None, *, rehearsal: bool = False) -> Report | None:
        """Make a call in a process that is gone, with all that it started, before its report is given.

        Args:
            task: the call.
            prepared: its function; ``None`` to have the call import it.
            rehearsal: only import.

        Returns:
            The report; ``None`` when our own process is gone.
        """
        try:
            child, reader = self._fork(task, prepared, rehearsal=rehearsal)
        except OSError as error:
            return Report(Ended.BROKEN, problem=f"cannot start a call: {error.strerror}")
        started = time.monotonic()
        watch = Watch(reader, self._control, self._limits, cold=prepared is None)
        ended = watch.until_the_end()
        seconds = time.monotonic() - started
        gone = self._exits(child) if ended is None else None
        if gone is None:
            ended = ended or Ended.SILENT
        self._kill(child)
        status, usage = gone or os.wait4(child, 0)[1:]
        self._reap()
        os.close(reader)
        if watch.orphaned:
            return None
        number = 0
        if ended is None:
            cpu_used_up = usage.ru_utime + usage.ru_stime >= self._limits.cpu_s
            ended, number = _explain(status, cpu_used_up=cpu_used_up)
        if not watch.walled and ended is not Ended.CANCELLED:
            ended = Ended.BROKEN
        return Report(ended, watch.prepared, bytes(watch.reply), number, seconds)

    def _fork(self, task: Task, prepared: PreparedFunction | None, *, rehearsal: bool) -> tuple[int, int]:
        """Start a call's process.

        Returns:
            Its process id, and the end of its pipe to read from.
        """
        folder = self._scratch / "call"
        folder.mkdir(mode=0o700)
        reader, writer = os.pipe()
        mapped = self._mapped_bytes()
        zygote = os.getpid()
        child = os.fork()
        if child == 0:
            try:
                os.setpgid(0, 0)
                call = Call(task, prepared, self._inner, self._limits.output_kb, folder, writer)
                call.run(mapped, zygote, rehearsal=rehearsal)
            finally:
                os._exit(1)
        with contextlib.suppress(OSError):
            os.setpgid(child, child)  # whoever of the two comes first
        os.close(writer)
        return child, reader

    def _prepare(self, binding: PythonBinding) -> PreparedFunction | None:
        """Import into this process what a rehearsal has shown to be importable; ``None`` where it is not, here."""
        try:
            self._prepared[binding] = resolve(binding)
        except BaseException:  # noqa: BLE001 - hostile code may behave otherwise here; calls then import for themselves
            return None
        self._sources.add(_source(binding))
        gc.freeze()  # so that collections in calls do not copy our pages
        return self._prepared[binding]

    def _kill(self, child: int) -> None:
        """Kill a call and all that it started, which cannot leave its process group."""
        for kill, target in ((os.killpg, child), (os.kill, child)):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                kill(target, signal.SIGKILL)
        if self._is_init:
            with contextlib.suppress(ProcessLookupError):
                os.kill(-1, signal.SIGKILL)  # as process 1: everything else in the namespace

    def _reap(self) -> None:
        """Wait for adopted grandchildren, which come to process 1."""
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, 0 if self._is_init else os.WNOHANG)[0]:
                pass

    @staticmethod
    def _exits(child: int, patience_s: float = 0.2) -> tuple[int, resource.struct_rusage] | None:
        """Status and usage of a process that closed its pipe by ending, which takes a moment; ``None`` if it lives."""
        until = time.monotonic() + patience_s
        while time.monotonic() < until:
            found, status, usage = os.wait4(child, os.WNOHANG)
            if found:
                return status, usage
            time.sleep(0.001)
        return None

    @staticmethod
    def _leave_standard_files() -> None:
        nothing = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(nothing, descriptor)
        os.close(nothing)

    def _mapped_bytes(self) -> int:
        if self._memory is None:
            return 0
        pages = int(os.pread(self._memory, 64, 0).split()[0])
        return pages * os.sysconf("SC_PAGE_SIZE")


def _source(binding: PythonBinding) -> str | None:
    """The module or file that a function comes from."""
    return binding.file or binding.module


def _open_memory_file() -> int | None:
    """Our own size, kept open since the walls hide ``/proc``."""
    try:
        return os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None


def _explain(status: int, *, cpu_used_up: bool) -> tuple[Ended, int]:
    """Why a call ended that did not reply and that we did not end, with its signal or exit code."""
    if not os.WIFSIGNALED(status):
        return Ended.EXITED, os.WEXITSTATUS(status)
    number = os.WTERMSIG(status)
    if number == signal.SIGXCPU or (number == signal.SIGKILL and cpu_used_up):
        return Ended.CPU_TIME, number
    return (Ended.KILLED if number == signal.SIGKILL else Ended.SIGNAL), number
