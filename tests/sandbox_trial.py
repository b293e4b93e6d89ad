"""One trial of the sandbox: a program with secrets makes all attacks, good calls between them, and tells what became
of it. Run as ``python sandbox_trial.py [--nobody] [--without-namespaces] [--bulk] [--brief]``; prints JSON.
"""

import argparse
import asyncio
import contextlib
import ctypes
import locale
import os
import resource
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import msgspec

from apigen.errors import ExecutorUnavailable
from apigen.execute.python import Isolation, Limits, PythonExecutor, probe_isolation
from apigen.records import Call, Execution, PythonBinding, Reason, Tool
from attacks import ATTACKS
from attacks.attack import Attack
from becoming import CannotBecome, become_nobody, lose_namespaces
from host_queues import HostQueues

FUNCTIONS = Path(__file__).parent / "data" / "attacks"
LIMITS = Limits(wall_s=3.0, cpu_s=5, memory_mb=128, output_kb=64, file_mb=1, import_s=20.0)
HASTE = msgspec.structs.replace(LIMITS, wall_s=0.5)
"""For attacks that the clock has to end."""
LANES = 3
"""Of each kind; most attacks that take long wait, or are one of two that compute."""
ROW = "row-8c1f2b7d"
"""What only one earlier call was given."""
GONE_S = 60
"""How long processes that have been ended may take to be gone."""
CANNOT = 3
"""Exit code where this machine does not allow what the options ask for."""
GOOD = (("add", {"a": 3, "b": 4}), ("describe", {"word": "abc"}))


class Trial(msgspec.Struct, frozen=True):
    """What became of all attacks."""

    user: int
    isolation: Isolation
    executions: dict[str, list[Execution]]
    """By attack; two where it is made twice."""
    disturbed: dict[str, list[str]]
    """By attack: what was wrong with the good calls after it."""
    leaked: list[str]
    """Attacks in whose outcome a secret stands."""
    seconds: float
    harm: list[str] = []
    """What is different on the machine after everything."""


class Host:
    """A program as it may be attacked: with secrets, files, servers, and a state of its own."""

    def __init__(self, stack: ExitStack) -> None:
        self.secret = os.environ["APIGEN_CANARY"] = f"secret-{os.urandom(8).hex()}"
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="home-")))
        self.temporary = home / "tmp"
        self.temporary.mkdir()
        tempfile.tempdir = os.environ["TMPDIR"] = str(self.temporary)
        self.folder = home / "documents"
        self.folder.mkdir()
        self.canary = self.folder / "canary.txt"
        self.canary.write_text(self.secret)
        self.canary.chmod(0o640)
        os.utime(self.canary, (10**9, 10**9))
        with contextlib.suppress(OSError):  # not every filesystem has them
            os.setxattr(self.canary, "user.note", self.secret.encode())
        self.token = f"apigen-attack-{os.urandom(8).hex()}"
        self.servers = [
            stack.enter_context(server)
            for server in (
                _serve(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0)),
                _serve(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0)),
                _serve(socket.AF_UNIX, socket.SOCK_STREAM, str(home / "stream")),
                _serve(socket.AF_UNIX, socket.SOCK_DGRAM, str(home / "datagrams")),
                _serve(socket.AF_UNIX, socket.SOCK_STREAM, f"\0{self.token}"),
            )
        ]
        self.queues = HostQueues()
        stack.callback(self.queues.remove)
        self.values = {
            "$queue": self.queues.queue,
            "$semaphore": self.queues.semaphore,
            "$memory": self.queues.memory,
            "$named": self.queues.named,
            "$canary": str(self.canary),
            "$folder": str(self.folder),
            "$tcp": self.servers[0].getsockname()[1],
            "$udp": self.servers[1].getsockname()[1],
            "$unix": self.servers[2].getsockname(),
            "$datagrams": self.servers[3].getsockname(),
            "$abstract": f"@{self.token}",
            "$pid": os.getpid(),
            "$nice": os.nice(0),
            "$token": self.token,
            "$secret": _disguised(self.secret),
            "$row": _disguised(ROW),
        }
        self._before = self._state()

    def arguments(self, attack: Attack) -> dict[str, Any]:
        return {name: self._filled_in(value) for name, value in attack.arguments.items()}

    def harm(self) -> list[str]:
        """What is different from the beginning."""
        until = time.monotonic() + GONE_S
        while descendants() and time.monotonic() < until:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(-1, os.WNOHANG)  # orphans that are dead already, and only we could bury
            time.sleep(0.01)
        after = self._state()
        found = [f"{name}: {old!r} became {after[name]!r}" for name, old in self._before.items() if after[name] != old]
        for server in self.servers:
            try:
                server.accept() if server.type == socket.SOCK_STREAM else server.recv(1)
            except BlockingIOError:
                continue
            found.append(f"somebody reached {server.getsockname()!r}")
        return found

    def _filled_in(self, value: Any) -> Any:
        if not isinstance(value, str) or value in self.values:
            return self.values.get(value, value) if isinstance(value, str) else value
        for name, replacement in self.values.items():
            value = value.replace(name, str(replacement))
        return value

    def _state(self) -> dict[str, Any]:
        canary = self.canary.stat()
        mask = os.umask(0)
        os.umask(mask)
        return {
            "canary": self.canary.read_text(),
            "its attributes": (canary.st_mode, canary.st_uid, canary.st_gid, canary.st_mtime, canary.st_nlink),
            "its marks": os.listxattr(self.canary),
            "documents": sorted(path.name for path in self.folder.iterdir()),
            "temporary files": sorted(path.name for path in self.temporary.iterdir()),
            "our files elsewhere": [
                str(path)
                for folder in ("/tmp", "/var/tmp", "/dev/shm", "/sys/fs/cgroup")
                for path in Path(folder).glob(f"{self.token}*")
            ],
            "processes": sorted(descendants()),
            "handlers": {number: str(signal.getsignal(number)) for number in signal.valid_signals()},
            "blocked signals": signal.pthread_sigmask(signal.SIG_BLOCK, ()),
            "folder": str(Path.cwd()),
            "environment": dict(os.environ),
            "mask": mask,
            "priority": os.nice(0),
            "CPUs": os.sched_getaffinity(0),
            "limits": [resource.getrlimit(which) for which in (resource.RLIMIT_CPU, resource.RLIMIT_NOFILE)],
            "locale": locale.setlocale(locale.LC_ALL),
            "time zone": time.strftime("%Z"),
            "hostname": socket.gethostname(),
            "year": time.gmtime().tm_year,
            **self.queues.state(),
            "open files": len(list(Path("/proc/self/fd").iterdir())),
        }


def descendants() -> set[int]:
    """Process ids of everything below this process, zombies too."""
    below: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        below.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    found: set[int] = set()
    waiting = [os.getpid()]
    while waiting:
        children = below.get(waiting.pop(), [])
        found.update(children)
        waiting += children
    return found


def adopt_orphans() -> None:
    """Become the parent of whatever a sandbox leaves behind, to see it (``PR_SET_CHILD_SUBREAPER``)."""
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)


def tool_of(function: str) -> Tool:
    file, _, name = function.partition(".")
    binding = PythonBinding(qualname=name, file=str(FUNCTIONS / f"{file}.py"))
    return Tool(name, "", {"type": "object"}, binding=binding)


class Lane:
    """One sandbox process, which makes attacks in turn, and good calls after each."""

    def __init__(self, host: Host, limits: Limits, *, bulk: bool) -> None:
        self._host = host
        self._bulk = bulk
        self._executor = PythonExecutor(limits, workers=1)
        self._expected: list[str] = []
        self.executions: dict[str, list[Execution]] = {}
        self.disturbed: dict[str, list[str]] = {}

    async def run(self, attacks: Iterator[Attack]) -> None:
        try:
            await self._call("good.describe", {"word": ROW})
            self._expected = [_said(await self._call(f"good.{name}", arguments)) for name, arguments in GOOD]
            for attack in attacks:
                make = self._make_in_bulk if self._bulk else self._make
                self.executions[attack.name], said = await make(attack, self._host.arguments(attack))
                if said != self._expected:
                    self.disturbed[attack.name] = said
        finally:
            await self._executor.aclose()

    async def _make(self, attack: Attack, arguments: dict[str, Any]) -> tuple[list[Execution], list[str]]:
        """One attack and the good calls after it."""
        executions = [await self._call(attack.function, arguments) for _ in range(1 + attack.twice)]
        return executions, [_said(await self._call(f"good.{name}", arguments)) for name, arguments in GOOD]

    async def _make_in_bulk(self, attack: Attack, arguments: dict[str, Any]) -> tuple[list[Execution], list[str]]:
        """The same at once, as calls of one function that could share a process; the good ones of their own one too."""
        mixed = [
            *((f"good.{name}", given) for name, given in GOOD),
            *[(attack.function, arguments)] * (1 + attack.twice),
        ]
        pairs = [
            _call("on_demand.becomes", {"function": function, "arguments": given, "number": number})
            for number, (function, given) in enumerate([*mixed, *mixed[: len(GOOD)]])
        ]
        pairs += [_call(f"good.{name}", given) for name, given in GOOD]
        try:
            executions = await self._executor.execute_many(pairs)
        except ExecutorUnavailable as problem:
            executions = [_unavailable(call, problem) for _, call in pairs]
        good, attacks = len(GOOD), 1 + attack.twice
        said = [_said(execution) for execution in executions]
        rounds = [said[start : start + good] for start in (0, good + attacks, 2 * good + attacks)]
        wrong = next((found for found in rounds if found != self._expected), self._expected)
        return executions[good : good + attacks], wrong

    async def _call(self, function: str, arguments: dict[str, Any]) -> Execution:
        tool, call = _call(function, arguments)
        try:
            return await self._executor.execute(tool, call)
        except ExecutorUnavailable as problem:
            return _unavailable(call, problem)


def _call(function: str, arguments: dict[str, Any]) -> tuple[Tool, Call]:
    return tool_of(function), Call(function.partition(".")[2], arguments)


def _unavailable(call: Call, problem: ExecutorUnavailable) -> Execution:
    return Execution(call, ok=False, reason=Reason.EXECUTOR_UNAVAILABLE, detail=str(problem))


async def make_trial(host: Host, attacks: Iterable[Attack], *, bulk: bool) -> Trial:
    started = time.monotonic()
    attacks = list(attacks)
    # whichever lane of a kind is free takes the next attack
    brief = iter([attack for attack in attacks if not attack.processes and not attack.endless])
    endless = iter([attack for attack in attacks if not attack.processes and attack.endless])
    parents = iter([attack for attack in attacks if attack.processes])
    work = [(Lane(host, LIMITS, bulk=bulk), brief) for _ in range(LANES)] + [
        (Lane(host, HASTE, bulk=bulk), endless) for _ in range(LANES)
    ]
    work.append((Lane(host, msgspec.structs.replace(HASTE, processes=8), bulk=bulk), parents))
    await asyncio.gather(*(lane.run(attacks) for lane, attacks in work))
    lanes = [lane for lane, _ in work]
    executions = {name: found for lane in lanes for name, found in lane.executions.items()}
    return Trial(
        user=os.getuid(),
        isolation=probe_isolation(),
        executions=executions,
        disturbed={name: said for lane in lanes for name, said in lane.disturbed.items()},
        leaked=[name for name, found in executions.items() if host.secret.encode() in msgspec.json.encode(found)],
        seconds=time.monotonic() - started,
    )


def _said(execution: Execution) -> str:
    return f"{execution.reason or 'done'}: {execution.detail or execution.result}"


def _serve(family: socket.AddressFamily, kind: socket.SocketKind, address: Any) -> socket.socket:
    server = socket.socket(family, kind)
    server.bind(address)
    if kind == socket.SOCK_STREAM:
        server.listen()
    server.setblocking(False)
    return server


def _disguised(text: str) -> str:
    """So that the argument itself is not found in a search for it."""
    return "".join(chr(ord(character) + 1) for character in text)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--nobody", action="store_true", help="as root: become an ordinary user first")
    parser.add_argument("--without-namespaces", action="store_true", help="as on machines that allow none")
    parser.add_argument("--bulk", action="store_true", help="make the calls of each attack in bulk")
    parser.add_argument("--brief", action="store_true", help="without the attacks that the clock has to end")
    parser.add_argument("--only", default="", help="attacks whose name holds this text")
    options = parser.parse_args()
    try:
        if options.nobody:
            become_nobody()
        if options.without_namespaces:
            lose_namespaces()
    except CannotBecome as problem:
        sys.stderr.write(str(problem))
        sys.exit(CANNOT)
    adopt_orphans()
    with ExitStack() as stack:
        probe_isolation()
        host = Host(stack)
        attacks = [
            attack for attack in ATTACKS if options.only in attack.name and not (options.brief and attack.endless)
        ]
        trial = asyncio.run(make_trial(host, attacks, bulk=options.bulk))
        trial = msgspec.structs.replace(trial, harm=host.harm())
    sys.stdout.buffer.write(msgspec.json.encode(trial))


if __name__ == "__main__":
    main()
