"""The process that imports functions once and forks for each call.

A fork, the walls around it and its end take longer than most calls. Where a second CPU can do that meanwhile, they
overlap with calls: the process of the next call is forked and walled in while a call runs, and waits for its task;
and a call that has replied is killed at once but waited for only before the next one begins. Each process is still
forked from clean memory, takes one task, and dies.
"""

import contextlib
import errno
import gc
import os
import select
import signal
import socket
import time
from collections.abc import Sequence

import msgspec

from apigen.execute.sandbox.call import Call
from apigen.execute.sandbox.child import Child
from apigen.execute.sandbox.inside import Inside
from apigen.execute.sandbox.keeper import Place
from apigen.execute.sandbox.limits import Caps
from apigen.execute.sandbox.scratch import empty_folder, names_in
from apigen.execute.sandbox.watch import Watch
from apigen.execute.sandbox.wire import LENGTH, Ended, Report, Task, receive, send
from apigen.execute.values import PreparedFunction, resolve
from apigen.records import PythonBinding

_OURS = __name__.partition(".")[0]
_IDLE_S = 2.0
_NO_CALLS = msgspec.Raw(b"[]")
_MOST_LEFT = 256
"""Entries that a call may leave in scratch for this process to remove; the keeper removes more, when this has ended."""


class Zygote:
    """Serves one call at a time until its control descriptor is closed."""

    def __init__(self, place: Place) -> None:
        self._control = place.control
        self._limits = place.start.limits
        self._scratch = place.scratch
        self._is_init = place.is_init
        self._prepared: dict[PythonBinding, PreparedFunction] = {}
        self._sources: set[str | None] = set()
        self._inside = Inside(place)
        ready = self._inside.ready
        self._alone = ready.seccomp and not self._limits.processes
        """Whether a call is one process and no more, so that the kernel leaves nothing of it but its scratch folder."""
        self._ahead = self._alone and len(os.sched_getaffinity(0)) > 1
        """Whether the next call's process is forked before the call comes."""
        self._spare: Child | None = None
        self._dying: Child | None = None
        self._folder = self._scratch / "call"
        self._folder.mkdir(mode=0o700)
        self._fresh = True
        """Whether that folder is new, and nothing else is in the scratch folder."""
        os.environ["HOME"] = os.environ["TMPDIR"] = str(self._folder)
        Caps(self._limits).put_on_zygote(self._inside.mapped_bytes())
        send(self._control, ready)

    def serve(self) -> None:
        """Answer tasks in turn."""
        while (body := self._next()) is not None:
            if not body:
                continue  # a cancellation that came after its call had ended
            report = self._answer(msgspec.json.decode(body, type=Task), body)
            if report is None:
                return
            last = self._holds_something() and not self._can_clear_up()
            send(self._control, msgspec.structs.replace(report, last=last))
            if last:
                return
            self._clear_up()

    def _next(self) -> bytes | None:
        """The next message. Where it takes its time, no process waits for it, which spares memory."""
        if self._spare is not None and not select.select([self._control], [], [], _IDLE_S)[0]:
            self._drop_spare()
        return receive(self._control)

    def _answer(self, task: Task, body: bytes) -> Report | None:
        """Do a task; where functions are new here, import them first, after a process of its own has tried that."""
        new = [binding for binding in task.bindings if task.keep and binding not in self._prepared]
        strangers = {_source(binding): binding for binding in reversed(new) if not _is_ours(binding)}
        several = [binding for source, binding in strangers.items() if source not in self._sources]
        if len(several) < 2 or not _went_well(self._rehearse(several)):  # then each shows whether it is at fault
            for binding in several:
                if not _went_well(rehearsal := self._rehearse([binding])):
                    return rehearsal
        for binding in new:
            self._prepare(binding)
        report = self._run(task, body)
        if self._knows(task) and report and not report.prepared and report.ended is not Ended.CANCELLED:
            return self._run(task, body)  # killed while it waited, so that the function had no say
        return report

    def _rehearse(self, bindings: Sequence[PythonBinding]) -> Report | None:
        """Import functions into a process of its own, and nothing else; as :meth:`_run`."""
        task = Task(tuple(bindings), _NO_CALLS)
        return self._run(task, msgspec.json.encode(task), rehearsal=True)

    def _knows(self, task: Task) -> bool:
        """Whether all functions of a task have been imported here."""
        return all(binding in self._prepared for binding in task.bindings)

    def _run(self, task: Task, body: bytes, *, rehearsal: bool = False) -> Report | None:
        """Do a task in a process that is dead, with all that it started, before its report is given.

        Args:
            task: the calls.
            body: the same as it came.
            rehearsal: only import its function.

        Returns:
            The report; ``None`` when our own process is gone.
        """
        cold = not self._knows(task)
        try:
            self._clear_up()
            self._fresh = False
            frame = LENGTH.pack(len(body)) + body
            child = None if cold else self._spare
            if child is None or not self._give(child, frame):
                self._drop_spare()
                child = self._fork(cold=cold, rehearsal=rehearsal)
                if not self._give(child, frame):
                    self._dying = child
                    child.kill()
                    return Report(Ended.BROKEN, problem="the sandbox restrictions could not be applied")
            started = time.monotonic()
            self._spare = self._fork(cold=False) if self._ahead and not cold else None
        except OSError as error:
            return Report(Ended.BROKEN, problem=f"cannot start the call: {error.strerror}")
        series = task.series and not rehearsal
        watch = Watch(child.replies, self._control, self._limits, cold=cold, series=series)
        ended = watch.until_the_end()
        seconds = time.monotonic() - started
        self._dying = child
        number = 0
        if ended is Ended.REPLIED and self._alone:
            child.kill()
        else:
            gone = child.exits() if ended is None else None
            if gone is None:
                ended = ended or Ended.SILENT
            child.kill()
            status, usage = gone or child.wait()
            self._bury()
            if ended is None:
                cpu_used_up = usage.ru_utime + usage.ru_stime >= self._limits.cpu_s
                ended, number = _explain(status, cpu_used_up=cpu_used_up)
        if watch.orphaned:
            return None
        return Report(ended, watch.prepared, tuple(watch.replies), watch.clean, number, seconds)

    def _give(self, child: Child, frame: bytes) -> bool:
        """Hand a process its task once it is walled in; false where it is gone."""
        return child.is_walled_in(self._limits.import_s) and child.give(frame)

    def _fork(self, *, cold: bool, rehearsal: bool = False) -> Child:
        """Start a process, which walls itself in and waits for its task.

        Always called by the same function, so that every call finds its stack equally deep.
        """
        replies, writer = _one_way()
        reader, tasks = os.pipe()
        mapped = self._inside.mapped_bytes()
        channel = self._inside.open_channel()
        zygote = os.getpid()
        process = os.fork()
        if process == 0:
            try:
                os.setpgid(0, 0)
                call = Call(self._prepared, self._inside, self._limits.output_kb, self._folder)
                call.run(writer, reader, channel, mapped, zygote, cold=cold, rehearsal=rehearsal)
            finally:
                os._exit(1)
        with contextlib.suppress(OSError):
            os.setpgid(process, process)  # whoever of the two comes first
        for descriptor in (writer, reader, channel):
            if descriptor is not None:
                os.close(descriptor)
        return Child(process, replies, tasks)

    def _prepare(self, binding: PythonBinding) -> None:
        """Import into this process what a rehearsal has shown to be importable; where it is not, calls do it."""
        self._drop_spare()  # it would not know the function
        try:
            self._prepared[binding] = resolve(binding)
        except BaseException:  # noqa: BLE001 - hostile code may behave otherwise here; calls then import for themselves
            return
        self._sources.add(_source(binding))
        gc.freeze()  # so that collections in calls do not copy our pages

    def _drop_spare(self) -> None:
        spare, self._spare = self._spare, None
        if spare is not None:
            spare.kill()
            spare.wait()
            spare.close()

    def _holds_something(self) -> bool:
        """Whether the last call has left anything in scratch, as far as can be seen before its process is gone."""
        try:
            return not self._fresh and (bool(names_in(self._folder, 1)) or names_in(self._scratch, 2) != ["call"])
        except OSError:
            return True

    def _can_clear_up(self) -> bool:
        try:
            self._clear_up()
        except OSError:
            return False
        return True

    def _clear_up(self) -> None:
        """Wait until the last call's process is gone, and make the scratch folder new.

        Raises:
            OSError: there is too much in it, or something resists.
        """
        if self._dying is not None:
            self._dying.wait()
            self._bury()
        if self._fresh:
            return
        try:
            self._folder.rmdir()  # most calls leave it empty
            left = os.listdir(self._scratch)  # noqa: PTH208 - the faster way
        except OSError:
            left = ["call"]
        if left and not empty_folder(self._scratch, _MOST_LEFT):
            raise OSError(errno.EBUSY, "too many files are left in scratch")
        self._folder.mkdir(mode=0o700)
        self._fresh = True

    def _bury(self) -> None:
        """What remains to be done when a call's own process has been waited for."""
        assert self._dying is not None  # noqa: S101
        self._dying.close()
        self._dying = None
        if self._alone:
            return
        if self._is_init:
            with contextlib.suppress(ProcessLookupError):
                os.kill(-1, signal.SIGKILL)  # as process 1: everything else in the namespace
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, 0 if self._is_init else os.WNOHANG)[0]:
                pass  # adopted grandchildren, which come to process 1


def _one_way() -> tuple[int, int]:
    """The ends to read from and to write to: of sockets, since through ``/proc`` a pipe can be read from either end."""
    reader, writer = socket.socketpair()
    reader.shutdown(socket.SHUT_WR)
    return reader.detach(), writer.detach()


def _source(binding: PythonBinding) -> str | None:
    """The module or file that a function comes from."""
    return binding.file or binding.module


def _is_ours(binding: PythonBinding) -> bool:
    """Whether a function is of this package, which can be imported without trying."""
    return binding.file is None and (binding.module or "").partition(".")[0] == _OURS


def _went_well(rehearsal: Report | None) -> bool:
    return rehearsal is not None and rehearsal.ended is Ended.REPLIED and rehearsal.prepared


def _explain(status: int, *, cpu_used_up: bool) -> tuple[Ended, int]:
    """Why a call ended that did not reply and that we did not end, with its signal or exit code."""
    if not os.WIFSIGNALED(status):
        return Ended.EXITED, os.WEXITSTATUS(status)
    number = os.WTERMSIG(status)
    if number == signal.SIGXCPU or (number == signal.SIGKILL and cpu_used_up):
        return Ended.CPU_TIME, number
    return (Ended.KILLED if number == signal.SIGKILL else Ended.SIGNAL), number


def live(place: Place) -> None:
    """Serve calls in a place that the keeper made."""
    Zygote(place).serve()
