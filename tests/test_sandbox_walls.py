"""What a call cannot reach, as the user who runs the tests and, where that is root, as an ordinary user too."""

import os
import re
import socket
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest

from apigen.errors import UserError
from apigen.execute.python import Level, Limits, probe_isolation
from apigen.execute.sandbox import isolation, launch
from apigen.execute.sandbox.allowed_calls import ALLOWED
from apigen.execute.sandbox.namespaces import READ_ONLY
from apigen.execute.sandbox.nursery import bootstrap
from apigen.execute.sandbox.syscalls import (
    FORBIDDEN_ALWAYS,
    FORBIDDEN_IN_A_CALL,
    FORBIDDEN_WHERE_WRITABLE,
    FORBIDDEN_WITHOUT_PROCESSES,
    JUDGED_BY_ARGUMENT,
    UNNEEDED,
    WITHOUT_ATTRIBUTES,
)
from apigen.execute.sandbox.wire import Ready
from apigen.records import Reason
from sandbox_lab import HOSTILE, Lab, lab

REFUSED = (
    FORBIDDEN_ALWAYS
    | WITHOUT_ATTRIBUTES
    | FORBIDDEN_WHERE_WRITABLE
    | FORBIDDEN_IN_A_CALL
    | FORBIDDEN_WITHOUT_PROCESSES
    | UNNEEDED
)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has these walls")


@pytest.fixture(scope="module")
def shared() -> Iterator[Lab]:
    if not probe_isolation().level.at_least(Level.FILTERED):
        pytest.skip("this machine lacks seccomp or Landlock")
    with lab() as running:
        yield running


@pytest.fixture
def hostile(shared: Lab) -> Iterator[Lab]:
    """The lab, which must still work after every test."""
    yield shared
    assert shared.call("add", a=1, b=2).result == 3


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret.txt"
    path.write_text("a secret")
    path.chmod(0o644)
    return path


def test_tcp_is_blocked(hostile: Lab) -> None:
    """A connection to a server on this machine is refused, and the server sees nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        execution = hostile.call("tcp", host="127.0.0.1", port=server.getsockname()[1])
        assert (execution.reason, execution.detail) == (
            Reason.FORBIDDEN,
            "PermissionError: [Errno 1] Operation not permitted",
        )
        with pytest.raises(TimeoutError):
            server.accept()


def test_udp_is_blocked(hostile: Lab) -> None:
    """A datagram to this machine is refused, and nothing arrives."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(0.05)
        assert hostile.call("udp", host="127.0.0.1", port=receiver.getsockname()[1]).reason is Reason.FORBIDDEN
        with pytest.raises(TimeoutError):
            receiver.recv(1)


@pytest.mark.parametrize(("name", "kind"), [("unix", socket.SOCK_STREAM), ("unix_datagram", socket.SOCK_DGRAM)])
def test_unix_sockets_are_blocked(hostile: Lab, tmp_path: Path, name: str, kind: int) -> None:
    """Services such as Docker listen on Unix sockets, which a network namespace leaves open."""
    path = str(tmp_path / "s")
    with socket.socket(socket.AF_UNIX, kind) as server:
        server.bind(path)
        if kind == socket.SOCK_STREAM:
            server.listen()
        assert hostile.call(name, path=path).reason is Reason.FORBIDDEN


def test_a_refusal_wrapped_by_a_library_is_recognised(hostile: Lab) -> None:
    """A library's own exception around the refusal still says that the call was forbidden."""
    for url in ("http://127.0.0.1:9/", "http://example.com/"):
        assert hostile.call("fetches", url=url).reason is Reason.FORBIDDEN


@pytest.mark.parametrize("path", ["/etc/shadow", "/etc/passwd", "/proc/1/environ", "/proc/self/environ", "/dev/kmsg"])
def test_system_files_are_unreadable(hostile: Lab, path: str) -> None:
    """Only what the interpreter needs can be read, also by root."""
    execution = hostile.call("reads", path=path)
    assert not execution.ok
    assert execution.reason in (Reason.FORBIDDEN, Reason.RUNTIME_ERROR)


def test_private_files_are_unreadable(hostile: Lab, secret: Path) -> None:
    """A file outside cannot be read, and the message does not say where it is."""
    execution = hostile.call("reads", path=str(secret))
    assert execution.reason is Reason.FORBIDDEN
    assert execution.detail == "PermissionError: [Errno 13] Permission denied: 'secret.txt'"


def test_folders_cannot_be_listed(hostile: Lab, tmp_path: Path) -> None:
    """Names tell a lot already."""
    assert hostile.call("lists", path=str(tmp_path)).reason is Reason.FORBIDDEN


def test_our_own_environment_is_unreadable(hostile: Lab) -> None:
    """API keys are there; ``/proc`` would show them to any process of the same user."""
    assert not hostile.call("reads", path=f"/proc/{os.getpid()}/environ").ok


def test_the_environment_is_empty(hostile: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of our environment is passed on."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    with lab() as running:
        assert set(running.call("environment").result) == {
            *("PATH", "LANG", "TZ", "HOME", "TMPDIR", "PYTHONHASHSEED"),
            *("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"),
        }


def test_only_the_reply_is_open(hostile: Lab) -> None:
    """A call inherits no file but its own pipe and ``/dev/null``."""
    assert hostile.call("open_descriptors").result == [0, 1, 2, 3]


def test_the_scratch_folder_can_be_used(hostile: Lab) -> None:
    """Files, temporary files and ``/dev/null`` work as usual."""
    assert hostile.call("writes_scratch", text="noted").result == "noted"
    assert hostile.call("uses_tempfile").result is True
    assert hostile.call("appends_to_dev_null").result == 1


def test_the_scratch_folder_is_fresh(hostile: Lab) -> None:
    """What one call leaves, however deep and locked, the next does not find."""
    hostile.call("writes_scratch", text="left behind")
    assert hostile.call("litters", depth=300).result == "left"
    assert hostile.call("lists_scratch").result == []


def test_writing_elsewhere_is_blocked(hostile: Lab, tmp_path: Path) -> None:
    """Files outside scratch can be neither made nor changed."""
    for path in (tmp_path / "new.txt", HOSTILE, Path("/dev/shm/apigen-test"), Path("/tmp/apigen-test")):
        assert hostile.call("writes", path=str(path)).reason is Reason.FORBIDDEN
    assert not (tmp_path / "new.txt").exists()


def test_large_files_are_refused(hostile: Lab) -> None:
    """One file has a limit."""
    assert not hostile.call("writes_scratch", text="x" * (2 << 20)).ok


def test_a_fork_bomb_does_not_start(hostile: Lab) -> None:
    """Without leave, a call starts no process at all."""
    assert hostile.call("fork_bomb").reason is Reason.FORBIDDEN


def test_a_thread_bomb_is_contained(hostile: Lab) -> None:
    """Threads are bounded by memory and end with the call."""
    assert hostile.call("thread_bomb").reason in (None, Reason.TIMEOUT, Reason.OUT_OF_MEMORY, Reason.CRASHED)


@pytest.mark.parametrize("name", ["runs", "replaces_itself"])
def test_other_programs_cannot_be_run(hostile: Lab, name: str) -> None:
    """Without leave, nothing is executed."""
    assert hostile.call(name, program="/usr/bin/id").reason is Reason.FORBIDDEN


def test_signals_reach_nobody(hostile: Lab) -> None:
    """Neither the parent nor anyone else can be killed."""
    assert hostile.call("kills_parent").reason is Reason.FORBIDDEN
    assert hostile.call("kills_everyone").reason is Reason.FORBIDDEN
    assert hostile.call("kills", process=os.getpid()).reason is Reason.FORBIDDEN


def test_the_process_group_cannot_be_left(hostile: Lab) -> None:
    """A call is killed as a group."""
    assert hostile.call("leaves_group").reason is Reason.FORBIDDEN


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the numbers are x86-64's")
@pytest.mark.parametrize(
    ("number", "arguments"),
    [
        pytest.param(101, [0, 0, 0, 0], id="ptrace"),
        pytest.param(310, [1, 0, 0, 0, 0, 0], id="process_vm_readv"),
        pytest.param(165, [0, 0, 0, 0, 0], id="mount"),
        pytest.param(272, [0x10000000], id="unshare user"),
        pytest.param(56, [0x10000011, 0, 0, 0, 0], id="clone into a user namespace"),
        pytest.param(435, [0, 0], id="clone3"),
        pytest.param(321, [0, 0, 0], id="bpf"),
        pytest.param(298, [0, 0, 0, 0, 0], id="perf_event_open"),
        pytest.param(250, [0, 0, 0, 0, 0], id="keyctl"),
        pytest.param(425, [1, 0], id="io_uring_setup"),
        pytest.param(169, [0, 0, 0, 0], id="reboot"),
        pytest.param(135, [0xFFFFFFFF], id="personality"),
        pytest.param(157, [1, 0, 0, 0, 0], id="prctl PR_SET_PDEATHSIG"),
        pytest.param(302, [1, 7, 0, 0], id="prlimit64 of another"),
        pytest.param(29, [0, 4096, 0], id="shmget"),
        pytest.param(294, [0], id="inotify_init1"),
        pytest.param(0x40000000 + 41, [2, 1, 0], id="socket by an x32 number"),
    ],
)
def test_dangerous_system_calls_are_refused(hostile: Lab, number: int, arguments: list[int]) -> None:
    """Raw system calls past Python's own functions meet the filter."""
    execution = hostile.call("raw_syscall", number=number, arguments=arguments)
    assert execution.detail.startswith(("PermissionError: [Errno 1]", "OSError: [Errno 38]"))


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="only x86-64 has a second way into the kernel")
def test_the_32_bit_way_into_the_kernel_is_closed(hostile: Lab) -> None:
    """``int 0x80`` uses other numbers, which the filter does not know: it ends the process."""
    execution = hostile.call("enters_by_int_80")
    assert execution.reason is Reason.CRASHED
    assert execution.detail in ("killed by SIGSYS", "killed by SIGSEGV")  # the latter where the kernel has no such way


@pytest.mark.parametrize("how", ["mode", "mode by descriptor", "times", "attribute", "owner"])
def test_files_outside_keep_their_modes_times_and_attributes(hostile: Lab, how: str) -> None:
    """Landlock does not know these; the file belongs to the same user and may be read."""
    before = HOSTILE.stat()
    assert hostile.call("touches", path=str(HOSTILE), how=how).reason is Reason.FORBIDDEN
    after = HOSTILE.stat()
    assert (after.st_mode, after.st_mtime_ns, after.st_ctime_ns) == (
        before.st_mode,
        before.st_mtime_ns,
        before.st_ctime_ns,
    )


OLDER_KERNEL = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from apigen.execute.sandbox import landlock, namespaces; "
    "landlock.abi = lambda: 2; namespaces.enter_best = lambda *_, **__: (); "
)


@pytest.fixture(scope="module")
def on_an_older_kernel() -> Iterator[Lab]:
    """As on Linux 5.19, whose Landlock does not know of truncation, where no namespaces are allowed."""
    if not probe_isolation().level.at_least(Level.FILTERED):
        pytest.skip("this machine lacks seccomp or Landlock")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(launch, "bootstrap", lambda inhabitant: OLDER_KERNEL + bootstrap(inhabitant))
        with lab() as running:
            yield running


@pytest.mark.parametrize("how", ["path", "reading", "writing", "neither", "openat2", "descriptor"])
def test_an_older_landlock_does_not_let_files_be_emptied(
    on_an_older_kernel: Lab, secret: Path, tmp_path: Path, how: str
) -> None:
    """A file outside keeps its contents, whether a call may read it or not."""
    readable = tmp_path / "library.py"
    readable.write_text(HOSTILE.read_text())
    for path in (secret, readable):
        before = path.read_text()
        assert not on_an_older_kernel.call("empties", file=readable, path=str(path), how=how).ok
        assert path.read_text() == before


def test_an_older_landlock_lets_scratch_be_used(on_an_older_kernel: Lab) -> None:
    """Files in scratch can be written over, and emptied by those who have opened them for writing."""
    assert on_an_older_kernel.call("writes_scratch", text="noted").result == "noted"
    assert on_an_older_kernel.call("uses_tempfile").result is True
    on_an_older_kernel.call("litters", depth=3)
    assert on_an_older_kernel.call("lists_scratch").result == []


def test_the_scratch_folder_has_a_size(hostile: Lab) -> None:
    """Many files of the allowed size do not fill the disk or the memory."""
    if READ_ONLY not in probe_isolation().layers:
        pytest.skip("needs a mount namespace")
    execution = hostile.call("fills_scratch", files=64, bytes_each=1 << 19)
    assert "No space left on device" in execution.detail


HEADERS = {
    0: Path(f"/usr/include/{sysconfig.get_config_var('MULTIARCH') or ''}/asm/unistd_64.h"),
    1: Path("/usr/include/asm-generic/unistd.h"),
}


@pytest.mark.parametrize("column", HEADERS, ids=["x86-64", "aarch64"])
def test_the_tables_of_system_calls_are_the_kernels(column: int) -> None:
    """Each number is the one in the kernel's headers, and what a table lacks the architecture does not have."""
    header = HEADERS[column]
    if not header.is_file():
        pytest.skip("the headers of Linux are not installed")
    text = header.read_text()
    known = {name: int(number) for name, number in re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", text)}
    known.setdefault("newfstatat", known.get("fstatat", 0))  # one call, of which the header has two names
    known.pop("syscalls", None)  # their number
    newest = max(known.values())
    for name, numbers in (ALLOWED | REFUSED | JUDGED_BY_ARGUMENT).items():
        number = numbers[column]
        if number is None or number <= newest:
            assert known.get(name) == number, name


@pytest.mark.parametrize("column", [0, 1], ids=["x86-64", "AArch64"])
def test_every_system_call_is_in_one_table(column: int) -> None:
    """No call is both allowed and refused, and from 424 on, where all architectures agree, none is left out."""
    found = [
        numbers[column]
        for table in (ALLOWED, REFUSED, JUDGED_BY_ARGUMENT)
        for numbers in table.values()
        if numbers[column] is not None
    ]
    assert len(found) == len(set(found))
    assert set(range(424, 470)) <= set(found)


def test_nothing_leaks_from_call_to_call(hostile: Lab) -> None:
    """Globals and the environment are as they were."""
    assert [hostile.call("remembers").result for _ in range(2)] == [1, 1]
    assert "LEAK" not in hostile.call("environment").result


def test_walls_stand_around_imports_too(tmp_path: Path, secret: Path) -> None:
    """A module's own code meets the same walls as its functions."""
    file = tmp_path / "tools.py"
    file.write_text(f"text = open({str(secret)!r}).read()\ndef steal() -> str:\n    return text\n")
    with lab() as running:
        execution = running.call("steal", file=file)
        assert execution.reason is Reason.NOT_EXECUTABLE
        assert "PermissionError" in execution.detail


def test_processes_can_be_allowed() -> None:
    """With leave, programs can be run, and whatever is left behind is killed with the call."""
    with lab(Limits(processes=8, wall_s=30)) as running:
        assert running.call("runs", program="/bin/true").result == ""
        assert running.call("leaves_children").result == "left"
        assert running.call("add", a=1, b=2).result == 3


def test_processes_are_counted(tmp_path: Path) -> None:
    """With leave for a few, a call starts a few, also as root, whom the kernel does not hold to a number."""
    with lab(Limits(processes=8, wall_s=30)) as running:
        assert running.call("starts_processes", wanted=40).result <= 8
        assert running.call("add", a=1, b=2).result == 3


@pytest.mark.parametrize("level", list(Level))
def test_a_required_level_is_kept(level: Level, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a machine gives is enough for all that ask for no more; the others are told what is missing and why."""
    ready = Ready(("user", "network", "ipc"), 7, seccomp=True, missing=("no process namespace: because",), scratch="/x")
    monkeypatch.setattr(isolation, "probe_isolation", lambda: isolation.isolation_of(ready))
    if level is Level.NAMESPACED:
        with pytest.raises(
            UserError, match=r"`namespaced` is required, but .* only provides `filtered`: no process namespace: bec"
        ):
            isolation.require_isolation(level)
    else:
        assert isolation.require_isolation(level).level is Level.FILTERED


def test_where_nothing_stands_it_is_said() -> None:
    """The words for a machine without walls name none, and warn."""
    found = isolation.isolation_of(Ready(missing=("no Landlock: it exists only on Linux",), scratch="/x"))
    assert (found.level, found.missing) == (Level.LIMITS, ("no Landlock: it exists only on Linux",))
    assert "NOT blocked" in found.summary


def test_the_level_is_told() -> None:
    """The probe names what stands, in words that a person understands."""
    found = probe_isolation()
    assert probe_isolation() is found
    assert "seccomp" in found.layers
    assert found.summary.startswith("network blocked by seccomp")
    assert bool(found.missing) == (found.level is not Level.NAMESPACED)


AS_SOMEBODY = """
import os, sys
from pathlib import Path
from apigen.execute.python import Limits, probe_isolation
from apigen.execute.sandbox import kernel
from sandbox_lab import lab

user, group = os.geteuid(), os.getegid()
kernel.unshare(0x10000000)
Path("/proc/self/setgroups").write_text("deny")
Path("/proc/self/uid_map").write_text(f"4242 {user} 1")
Path("/proc/self/gid_map").write_text(f"4242 {group} 1")
if sys.argv[1] == "without namespaces":
    Path("/proc/sys/user/max_user_namespaces").write_text("0")
kernel.drop_capabilities()
with lab() as running:
    print(os.geteuid(), probe_isolation().level)
    for name, arguments in [
        ("add", dict(a=1, b=2)), ("tcp", dict(host="127.0.0.1", port=9)), ("udp", dict(host="127.0.0.1", port=9)),
        ("reads", dict(path="/etc/passwd")), ("reads", dict(path=f"/proc/{os.getpid()}/environ")),
        ("writes", dict(path="/tmp/apigen-test")), ("kills_parent", dict()), ("kills_everyone", dict()),
        ("kills", dict(process=os.getpid())), ("fork_bomb", dict()), ("hoards", dict()),
        ("segfaults", dict()), ("litters", dict(depth=50)), ("lists_scratch", dict()),
    ]:
        execution = running.call(name, **arguments)
        print(name, execution.result if execution.ok else execution.reason)
with lab(Limits(wall_s=0.3)) as running:
    print("loops_in_c", running.call("loops_in_c").reason)
"""


@pytest.mark.parametrize(
    ("machine", "level"),
    [
        ("without namespaces", Level.FILTERED),
        pytest.param("with namespaces", Level.NAMESPACED, marks=pytest.mark.slow),
    ],
)
def test_the_walls_need_no_privileges(machine: str, level: Level) -> None:
    """A user without any capability is walled in, also where the machine allows no namespaces."""
    done = subprocess.run(
        [sys.executable, "-c", AS_SOMEBODY, machine],
        capture_output=True,
        text=True,
        check=False,
        cwd=HOSTILE.parents[1],
        env={"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    if "in unshare" in done.stderr or "write_text" in done.stderr:
        pytest.skip("this machine allows no user namespace, in which to be somebody else")
    assert done.stdout.splitlines() == [
        f"4242 {level}",
        "add 3",
        "tcp forbidden",
        "udp forbidden",
        "reads forbidden",
        "reads forbidden",
        "writes forbidden",
        "kills_parent forbidden",
        "kills_everyone forbidden",
        "kills forbidden",
        "fork_bomb forbidden",
        "hoards out_of_memory",
        "segfaults crashed",
        "litters left" if level is Level.NAMESPACED else "litters forbidden",  # without read-only mounts, no modes
        "lists_scratch []",
        "loops_in_c timeout",
    ], done.stderr
