"""The process that functions are imported into, once, and that forks for each call."""

import contextlib
import gc
import os
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
        self._memory = _open_memory_file()
        self._walls = walls.find_walls()
        os.setpgid(0, 0)
        self._leave_standard_files()
        try:
            walls.raise_outer(self._walls, str(scratch), start.readable, start.listable, start.limits)
        except OSError as error:
            send(control, Ready(problem=f"cannot raise the walls: {error.strerror}"))
            os._exit(1)
        ready = Ready(namespaces, self._walls.landlock, self._walls.seccomp, scratch=str(scratch))
        send(control, ready)

    def serve(self) -> None:
        """Answer tasks in turn."""
        while (body := receive(self._control)) is not None:
            if not body:
                continue  # a cancellation that came after its call had ended
            task = msgspec.json.decode(body, type=Task)
            prepared = self._prepared.get(task.binding)
            report = self._run(task, prepared)
            if report is None:
                return
            send(self._control, report)
            empty_folder(self._scratch)
            if task.keep and report.prepared and prepared is None:
                self._prepare(task.binding)

    def _run(self, task: Task, prepared: PreparedFunction | None) -> Report | None:
        """Fork, watch, kill, reap; ``None`` when our process is gone."""
        try:
            folder = self._scratch / "call"
            folder.mkdir(mode=0o700)
            reader, writer = os.pipe()
            mapped = self._mapped_bytes()
            zygote = os.getpid()
            started = time.monotonic()
            child = os.fork()
        except OSError as error:
            return Report(Ended.BROKEN, problem=f"cannot start a call: {error.strerror}")
        if child == 0:
            try:
                os.setpgid(0, 0)
                Call(task, prepared, self._limits, self._walls, folder, writer).run(mapped, zygote)
            finally:
                os._exit(1)
        with contextlib.suppress(OSError):
            os.setpgid(child, child)
        os.close(writer)
        watch = Watch(reader, self._control, self._limits, cold=prepared is None)
        ended = watch.until_the_end()
        if ended is None and not self._exits(child):
            ended = Ended.SILENT
        self._kill(child)
        _, status, usage = os.wait4(child, 0)
        self._reap()
        os.close(reader)
        if watch.orphaned:
            return None
        number = 0
        if ended is None:
            cpu_s = usage.ru_utime + usage.ru_stime
            ended, number = _explain_status(status, watch.walled, cpu_s >= self._limits.cpu_s)
        return Report(ended, watch.prepared, bytes(watch.reply), number, time.monotonic() - started)

    def _prepare(self, binding: PythonBinding) -> None:
        """Import into this process what a call has just shown to be importable."""
        with contextlib.suppress(BaseException):  # the code is hostile until shown otherwise, and calls work without
            self._prepared[binding] = resolve(binding)
        gc.freeze()  # so that collections in calls do not copy our pages

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
    def _exits(child: int, patience_s: float = 0.2) -> bool:
        """Whether a process that closed its pipe did so by ending, which takes a moment; then we see why it ended."""
        until = time.monotonic() + patience_s
        while time.monotonic() < until:
            if os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT | os.WNOHANG) is not None:
                return True
            time.sleep(0.001)
        return False

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


def _open_memory_file() -> int | None:
    """Our own size, kept open since the walls hide ``/proc``."""
    try:
        return os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None


def _explain_status(status: int, walled: bool, cpu_used_up: bool) -> tuple[Ended, int]:
    """Why a call ended that did not reply and that we did not end."""
    if not walled:
        return Ended.BROKEN, 0
    if not os.WIFSIGNALED(status):
        return Ended.EXITED, os.WEXITSTATUS(status)
    number = os.WTERMSIG(status)
    if number == signal.SIGXCPU or (number == signal.SIGKILL and cpu_used_up):
        return Ended.CPU_TIME, number
    return (Ended.KILLED if number == signal.SIGKILL else Ended.SIGNAL), number
