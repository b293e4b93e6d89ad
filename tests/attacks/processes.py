"""Attacks on other processes and on the kernel."""

from typing import Any

from apigen.records import Reason
from attacks.attack import CLOSED, CRASHED, DENIED, REFUSED, RUNTIME, TIMEOUT, Attack, Outcome, fails, harmless

_US = {"process": "$pid"}
_TOO_MANY = fails(RUNTIME, "[Errno 11]")
"""Without a user namespace, the kernel counts all processes of the user against the limit."""

PROCESSES = (
    Attack("kill us", "on_processes.kills", REFUSED, "kills apigen", _US),
    Attack("kill the parent", "on_processes.kills_parent", REFUSED, "kills the process that forks the calls"),
    Attack("interrupt the parent", "on_processes.interrupts_parent", REFUSED, "sends it what Ctrl-C sends"),
    Attack("stop the parent", "on_processes.stops_parent", REFUSED, "stops it for good"),
    Attack("kill everyone", "on_processes.kills", REFUSED, "kills whatever it may", {"process": -1}),
    Attack("kill the group", "on_processes.kills_group", REFUSED, "kills its process group", {"group": 0}),
    Attack(
        "kill our group", "on_processes.kills_group", REFUSED, "kills the process group of apigen", {"group": "$pid"}
    ),
    Attack("queue a signal", "on_processes.queues_signal", REFUSED, "kills by another system call"),
    Attack(
        "interrupt by owner",
        "on_processes.signals_by_owner",
        REFUSED,
        "has a pipe interrupt the parent",
        {"process": 0, "number": 2},
    ),
    Attack(
        "kill by owner",
        "on_processes.signals_by_owner",
        REFUSED,
        "has a pipe kill the parent",
        {"process": 0, "number": 9},
    ),
    Attack(
        "kill by owner ioctl",
        "on_processes.signals_by_owner_ioctl",
        REFUSED,
        "the same by another system call",
        {"process": 0},
    ),
    Attack(
        "stop neighbours by owner",
        "on_processes.stops_neighbours_by_owner",
        REFUSED,
        "stops the processes of other calls that way",
    ),
    Attack("stop itself", "on_processes.stops_itself", TIMEOUT, "stops, and waits to be forgotten"),
    Attack(
        "kill itself",
        "on_processes.signals_itself",
        (*REFUSED, *fails(CRASHED, "killed by SIGKILL")),
        "looks as if memory had run out",
        {"number": 9},
    ),
    Attack(
        "end itself",
        "on_processes.signals_itself",
        fails(CRASHED, "killed by SIGTERM"),
        "ends by a signal",
        {"number": 15},
    ),
    Attack("new session", "on_processes.leaves_session", REFUSED, "leaves the group that is killed with it"),
    Attack("new group", "on_processes.leaves_group", REFUSED, "the same by another system call"),
    Attack("outlive the parent", "on_processes.outlives_parent", REFUSED, "asks not to be killed with its parent"),
    Attack("fork", "on_processes.forks", REFUSED, "starts a process"),
    Attack("fork in C", "on_processes.forks_in_c", REFUSED, "the same past Python"),
    Attack("fork bomb", "on_processes.fork_bomb", REFUSED, "starts processes that start processes"),
    Attack(
        "fork with a terminal",
        "on_processes.forks_terminal",
        (*REFUSED, *DENIED, *fails(RUNTIME, "out of pty devices")),
        "starts a process on a new terminal",
    ),
    Attack("spawn", "on_processes.spawns", REFUSED, "starts a program by posix_spawn"),
    Attack("run", "on_processes.runs_program", REFUSED, "starts a program by subprocess"),
    Attack(
        "shell",
        "on_processes.runs_shell",
        (*harmless(127 << 8), *harmless(-1)),
        "starts a shell by os.system, which tells no reason",
    ),
    Attack("become a program", "on_processes.becomes_program", REFUSED, "is replaced by a shell"),
    Attack(
        "become a program in memory",
        "on_processes.becomes_program_from_memory",
        REFUSED,
        "is replaced by an executable without a path",
    ),
    Attack(
        "pool",
        "on_processes.uses_a_pool",
        (*REFUSED, *CLOSED, *fails(RUNTIME, "[Errno 38]")),
        "starts worker processes",
    ),
    Attack("limit us", "on_processes.changes_limits_of", REFUSED, "leaves apigen no CPU time", _US),
    Attack(
        "limit the parent", "on_processes.changes_limits_of", REFUSED, "leaves its parent no CPU time", {"process": 0}
    ),
    Attack(
        "raise limits",
        "on_processes.raises_own_limits",
        (*REFUSED, *fails(Reason.INVALID_ARGUMENT, "not allowed to raise maximum limit")),
        "gives itself more memory",
    ),
    Attack("raise priority", "on_processes.gets_priority", REFUSED, "goes before everybody"),
    Attack("lower priority", "on_processes.lowers_priority_of", REFUSED, "holds its parent up", {"process": 0}),
    Attack("real time", "on_processes.gets_real_time", REFUSED, "takes a CPU for itself"),
    Attack("pin us", "on_processes.pins", REFUSED, "keeps apigen on one CPU", _US),
    Attack(
        "thread that lives on",
        "on_processes.leaves_thread",
        harmless("returned"),
        "leaves a thread that sleeps for a minute",
    ),
    Attack(
        "thread that exits",
        "on_processes.thread_exits",
        fails(CRASHED, "exit code 5"),
        "ends the process from a thread",
    ),
    Attack(
        "become root",
        "on_processes.becomes_root",
        (*REFUSED, *fails(RUNTIME, "[Errno 22]")),
        "sets its user and groups",
    ),
    Attack("regain privileges", "on_processes.regains_capabilities", REFUSED, "asks for all capabilities"),
    Attack(
        "children that live on",
        "on_processes.leaves_children",
        (*harmless("left"), *_TOO_MANY),
        "leaves processes, where it may start some",
        processes=True,
    ),
    Attack(
        "orphan",
        "on_processes.leaves_grandchild",
        (*harmless("left"), *_TOO_MANY),
        "forks twice, to be nobody's child",
        processes=True,
    ),
    Attack(
        "child's session",
        "on_processes.child_leaves_session",
        (*harmless("7"), *_TOO_MANY),
        "has a child leave the group",
        processes=True,
    ),
    Attack(
        "child with the pipe",
        "on_processes.child_replies_instead",
        (*fails(CRASHED, "closed its pipe", "exit code 0)"), *_TOO_MANY),
        "ends, and has a child hold the pipe",
        {"pause_s": 0.3},
        processes=True,
    ),
    Attack(
        "child that holds on",
        "on_processes.child_replies_instead",
        (*TIMEOUT, *_TOO_MANY),
        "the same for a minute",
        {"pause_s": 60.0},
        processes=True,
    ),
)


def _raw(name: str, tries: str, *arguments: int, outcomes: tuple[Outcome, ...] = REFUSED, call: str = "") -> Attack:
    given: dict[str, Any] = {"name": call or name, "arguments": list(arguments)}
    return Attack(name, "on_kernel.raw", outcomes, tries, given)


KERNEL = (
    _raw("ptrace", "is traced by another process", 0, 0, 0, 0),
    _raw("process_vm_readv", "reads another's memory", 1, 0, 0, 0, 0, 0),
    _raw("process_vm_writev", "writes another's memory", 1, 0, 0, 0, 0, 0),
    _raw("kcmp", "compares kernel objects", 1, 1, 0, 0, 0),
    _raw("pidfd_open", "gets a handle on its parent", 1, 0),
    _raw("pidfd_getfd", "takes a file of another", 0, 0, 0),
    _raw("pidfd_send_signal", "signals by handle", 0, 9, 0, 0),
    _raw("io_uring", "has the kernel make its system calls", 1, 0, call="io_uring_setup"),
    _raw("bpf", "loads code into the kernel", 0, 0, 0),
    _raw("userfaultfd", "holds the kernel up in a page fault", 1),
    _raw("add_key", "leaves data in the kernel's keyring", 0, 0, 0, 0, 0),
    _raw("keyctl", "reads the user's keyring", 0, 0, 0, 0, 0),
    _raw("perf_event_open", "measures other processes", 0, 0, 0, 0, 0),
    _raw("unshare", "becomes root in a user namespace", 0x10000000),
    _raw("setns", "enters another's namespace", 0, 0),
    _raw("clone to a user namespace", "the same with a child", 0x10000011, 0, 0, 0, 0, call="clone"),
    _raw("clone3", "hides its flags in memory", 0, 0, outcomes=fails(RUNTIME, "[Errno 38] Function not implemented")),
    _raw("mount", "mounts a filesystem", 0, 0, 0, 0, 0),
    _raw("umount2", "takes a filesystem away", 0, 2),
    _raw("pivot_root", "swaps the root folder", 0, 0),
    _raw("chroot", "leaves by a chroot of its own", 0),
    _raw("open_tree", "copies a mount", -100, 0, 1),
    _raw("move_mount", "moves a mount", 0, 0, 0, 0, 0),
    _raw("fsopen", "mounts by the new system calls", 0, 0),
    _raw("open_by_handle_at", "opens a file by number", 0, 0, 0),
    _raw("fanotify_init", "watches all files", 0, 0),
    _raw("init_module", "loads a kernel module", 0, 0, 0),
    _raw("kexec_load", "loads another kernel", 0, 0, 0, 0),
    _raw("reboot", "restarts the machine", 0, 0, 0, 0),
    _raw("swapon", "changes swapping", 0, 0),
    _raw("acct", "changes accounting", 0),
    _raw("syslog", "reads or clears the kernel's log", 5, 0, 0),
    _raw("personality", "turns address randomisation off", 0x0040000),
    _raw("quotactl", "changes quotas", 0, 0, 0, 0),
    _raw("settimeofday", "sets the clock by the old system call", 0, 0),
    _raw("adjtimex", "adjusts the clock", 0),
    _raw("shmget", "leaves shared memory behind", 0, 4096, 0x3B6),
    _raw("semget", "leaves semaphores behind", 0, 1, 0x3B6),
    _raw("msgget", "leaves a queue behind", 0, 0x3B6),
    _raw("mq_open", "opens a queue by name", 0, 0, 0, 0),
    _raw("setdomainname", "renames the domain", 0, 0),
    _raw("iopl", "speaks to devices", 3),
    _raw("modify_ldt", "changes its segments", 0, 0, 0),
    _raw("io_setup", "uses up resources shared by all users", 1, 0),
    _raw("sync", "keeps every disk busy"),
    _raw("seccomp", "asks the kernel for further restrictions", 0, 0, 0),
    _raw("landlock_create_ruleset", "the same", 0, 0, 0),
    _raw("vmsplice", "lends its memory to a pipe", 0, 0, 0, 0),
    *(
        _raw(name, tries, 0, 0, 0, 0, outcomes=fails(RUNTIME, "[Errno 38]"))
        for name, tries in (
            ("splice", "moves data past read and write"),
            ("mbind", "chooses where its memory lies"),
            ("pkey_alloc", "takes a key to memory"),
        )
    ),
    _raw("get_robust_list", "looks for another's locks", 1, 0, 0),
    _raw("cachestat", "looks at what others read", 0, 0, 0, 0),
    _raw("setresuid", "changes the user that its processes are counted by", 0, 0, 0),
    _raw(
        "a later system call",
        "calls what was added to the kernel lately",
        0,
        0,
        outcomes=fails(RUNTIME, "[Errno 38]"),
        call="newest",
    ),
    Attack(
        "x32 numbers",
        "on_kernel.raw_x32",
        fails(RUNTIME, "[Errno 38]"),
        "calls by x86-64's second table",
        {"number": 41, "arguments": [2, 1, 0]},
    ),
    Attack(
        "32-bit interrupt",
        "on_kernel.by_32_bit_interrupt",
        fails(CRASHED, "killed by SIGSYS", "killed by SIGSEGV", "killed by SIGILL"),
        "calls as a 32-bit program does",
    ),
    Attack("clock", "on_kernel.sets_clock", REFUSED, "sets the clock"),
    Attack("hostname", "on_kernel.sets_hostname", REFUSED, "renames the machine"),
    Attack("terminal input", "on_kernel.types_into_terminal", REFUSED, "types a command into the user's terminal"),
)
