"""Starts a sandbox process and waits until its walls stand."""

import contextlib
import json
import select
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import msgspec

from apigen.errors import ExecutorUnavailable
from apigen.execute.sandbox.keeper import bootstrap
from apigen.execute.sandbox.limits import Limits
from apigen.execute.sandbox.readable import certificate_paths, import_path, readable_paths
from apigen.execute.sandbox.scratch import remove_folder
from apigen.execute.sandbox.wire import Ready, Start, receive, send

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

    def __init__(self, process: "subprocess.Popen[bytes]", control: socket.socket, ready: Ready) -> None:
        self.control = control
        self.ready = ready
        self._process = process

    def end(self) -> None:
        """Kill everything in it, remove its scratch folder, and wait for that. May be called twice."""
        self.control.close()
        _end(self._process)
        if self.ready.scratch:
            remove_folder(Path(self.ready.scratch))  # is gone already, unless somebody killed the keeper


class Sight(msgspec.Struct, frozen=True):
    """What a sandbox process sees of the machine beyond the walls of any other."""

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


def start(
    limits: Limits, sight: Sight | None = None, *, inhabitant: str = ZYGOTE, path: Sequence[str] | None = None
) -> Started:
    """Start a sandbox process, blocking.

    Args:
        limits: of every call that it will make.
        sight: what it may see.
        inhabitant: module with the function ``live(place)`` that runs there.
        path: ``sys.path`` there; by default as :func:`~apigen.execute.sandbox.readable.import_path` says.

    Raises:
        ExecutorUnavailable: it cannot be started.
    """
    sight = sight or Sight()
    ours, theirs = socket.socketpair()
    try:
        readable, listable = readable_paths((*import_path(), *sight.folders))
        readable = (*readable, *sight.readable, *(certificate_paths() if sight.hosts else ()))
        scratch_parent = str(Path(tempfile.gettempdir()).resolve())
        message = Start(limits, scratch_parent, readable, listable, sight.hosts, sight.variables)
        path_there = json.dumps(import_path() if path is None else list(path))
        process = subprocess.Popen(
            [sys.executable, *_OPTIONS, "-c", bootstrap(inhabitant), path_there, str(theirs.fileno())],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=_ENVIRONMENT,
            cwd="/",
            pass_fds=[theirs.fileno()],
            start_new_session=True,
        )
    except OSError as error:
        ours.close()
        raise ExecutorUnavailable(f"the sandbox process did not start: {error}") from error
    finally:
        theirs.close()
    started = Started(process, ours, Ready())
    try:
        started.ready = _handshake(ours, message)
    except BaseException:
        started.end()
        raise
    return started


def _handshake(control: socket.socket, message: Start) -> Ready:
    try:
        send(control.fileno(), message)
        answered, _, _ = select.select([control], [], [], _START_S)
        body = receive(control.fileno()) if answered else b"{}"
        ready = msgspec.json.decode(body, type=Ready) if body else Ready(problem="it ended at once")
    except (OSError, msgspec.MsgspecError) as error:
        ready = Ready(problem=str(error))
    if not ready.scratch:
        raise ExecutorUnavailable(f"the sandbox process did not start: {ready.problem or 'no answer'}")
    return ready


def _end(process: "subprocess.Popen[bytes]") -> None:
    if process.stdin is not None:
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
    try:
        process.wait(_END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
