"""Starts sandbox processes and waits until their walls are raised."""

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path

import msgspec

from apigen.errors import ExecutorUnavailable
from apigen.execute.sandbox.limits import Limits
from apigen.execute.sandbox.nursery import ORDER, bootstrap
from apigen.execute.sandbox.readable import certificate_paths, import_path, readable_paths
from apigen.execute.sandbox.scratch import remove_folder
from apigen.execute.sandbox.wire import LENGTH, Ready, Start, receive, send

_OPTIONS = ("-s", "-P", "-B", "-W", "ignore")
"""No user site and no implicit folder on the import path, no bytecode written, no warnings."""
_START_S = 60.0
_END_S = 10.0

ZYGOTE = "apigen.execute.sandbox.zygote"
"""What lives in a sandbox process that makes calls."""

_ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "TZ": "UTC",  # so that local times are the same on every machine
    "HOME": "/nonexistent",  # each call sets its scratch folder
    "PYTHONHASHSEED": "0",  # so that sets iterate in the same order in every run
    "OMP_NUM_THREADS": "1",  # a process with threads cannot be forked safely
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}
"""All that the sandbox sees of an environment."""


class Started:
    """A running sandbox process."""

    def __init__(self, keeper: int, lifeline: socket.socket, control: socket.socket) -> None:
        self.control = control
        self.ready = Ready()
        self._keeper = keeper
        self._lifeline = lifeline

    def end(self) -> None:
        """Kill everything in it, remove its scratch folder, and wait for that. May be called twice."""
        self.control.close()
        with self._lifeline, contextlib.suppress(OSError):
            self._lifeline.shutdown(socket.SHUT_WR)
            if not select.select([self._lifeline], [], [], _END_S)[0]:
                os.kill(self._keeper, signal.SIGKILL)
                select.select([self._lifeline], [], [], _END_S)
        if self.ready.scratch:
            remove_folder(Path(self.ready.scratch))  # is gone already, unless somebody killed the keeper


class Sight(msgspec.Struct, frozen=True):
    """What a sandbox process may access beyond the default."""

    folders: tuple[str, ...] = ()
    """To import from beyond ``sys.path``: the code in them is readable."""
    readable: tuple[str, ...] = ()
    """Files and folders that are readable as a whole."""
    hosts: tuple[str, ...] = ()
    """``HOST:PORT`` that can be connected to."""
    variables: dict[str, str] = {}
    """Environment variables with their values."""

    def __repr__(self) -> str:
        return f"Sight({self.folders}, {self.readable}, {self.hosts}, {tuple(self.variables)})"


class Nursery:
    """A process of our own code that sandbox processes are forked from; started when the first is wanted."""

    def __init__(self, inhabitant: str = ZYGOTE, path: Sequence[str] | None = None) -> None:
        """Prepare, without starting anything.

        Args:
            inhabitant: module with the function ``live(place)`` that runs in the sandbox processes.
            path: ``sys.path`` there; by default as :func:`~apigen.execute.sandbox.readable.import_path` says.
        """
        self._inhabitant = inhabitant
        self._path = path
        self._one_at_a_time = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._orders: socket.socket | None = None

    def start(self, limits: Limits, sight: Sight | None = None) -> Started:
        """Start a sandbox process, blocking; threads may do so at once.

        Args:
            limits: of every call that it will make.
            sight: what it may see.

        Raises:
            ExecutorUnavailable: it cannot be started.
        """
        sight = sight or Sight()
        control, its_control = socket.socketpair()
        lifeline, its_lifeline = socket.socketpair()
        with its_control, its_lifeline:
            try:
                readable, listable = readable_paths((*import_path(), *sight.folders))
                readable = (*readable, *sight.readable, *(certificate_paths() if sight.hosts else ()))
                scratch_parent = str(Path(tempfile.gettempdir()).resolve())
                keeper = self._order(its_lifeline.fileno(), its_control.fileno())
            except OSError as error:
                control.close()
                lifeline.close()
                raise ExecutorUnavailable(f"the sandbox process did not start: {error}") from error
        started = Started(keeper, lifeline, control)
        try:
            message = Start(limits, scratch_parent, readable, listable, sight.hosts, sight.variables)
            started.ready = _handshake(control, message)
        except BaseException:
            started.end()
            raise
        return started

    def close(self) -> None:
        """End the process, which waits for those that were forked from it. May be called twice."""
        process, orders = self._process, self._orders
        self._process = self._orders = None
        if orders is not None:
            orders.close()
        if process is not None:
            try:
                process.wait(_END_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _order(self, lifeline: int, control: int) -> int:
        """Have a keeper forked, from a new process where something killed the one there was; its process id.

        Raises:
            OSError: there is none.
        """
        with self._one_at_a_time:
            for _ in range(2):
                if self._orders is None:
                    self._begin()
                assert self._orders is not None  # noqa: S101
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    socket.send_fds(self._orders, [ORDER], [lifeline, control])
                    if len(answer := self._orders.recv(LENGTH.size, socket.MSG_WAITALL)) == LENGTH.size:
                        return int(LENGTH.unpack(answer)[0])
                self.close()
        raise OSError("it exited immediately")

    def _begin(self) -> None:
        path = json.dumps(import_path() if self._path is None else list(self._path))
        self._orders, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, *_OPTIONS, "-c", bootstrap(self._inhabitant), path],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=_ENVIRONMENT,
                cwd="/",
                start_new_session=True,
            )


def _handshake(control: socket.socket, message: Start) -> Ready:
    try:
        send(control.fileno(), message)
        answered, _, _ = select.select([control], [], [], _START_S)
        body = receive(control.fileno()) if answered else b"{}"
        ready = msgspec.json.decode(body, type=Ready) if body else Ready(problem="it exited immediately")
    except (OSError, msgspec.MsgspecError) as error:
        ready = Ready(problem=str(error))
    if not ready.scratch:
        raise ExecutorUnavailable(f"the sandbox process did not start: {ready.problem or 'no answer'}")
    return ready
