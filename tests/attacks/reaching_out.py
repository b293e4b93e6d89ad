"""Attacks on the network and on files."""

from apigen.records import Reason
from attacks.attack import CLOSED, DENIED, REFUSED, RUNTIME, Attack, fails, harmless

NETWORK = (
    Attack(
        "tcp", "on_network.tcp", REFUSED, "connects to a server on this machine", {"host": "127.0.0.1", "port": "$tcp"}
    ),
    Attack("tcp over IPv6", "on_network.tcp", REFUSED, "the same by IPv6", {"host": "::1", "port": "$tcp"}),
    Attack("udp", "on_network.udp", REFUSED, "sends a datagram to this machine", {"host": "127.0.0.1", "port": "$udp"}),
    Attack("server", "on_network.listen", REFUSED, "waits for connections"),
    Attack("unix socket", "on_network.unix", REFUSED, "connects to a service such as Docker", {"path": "$unix"}),
    Attack(
        "unix socket from a pair",
        "on_network.unix_from_a_pair",
        REFUSED,
        "connects a socket that it may have",
        {"path": "$unix"},
    ),
    Attack(
        "unix datagram",
        "on_network.unix_datagram",
        REFUSED,
        "sends to a service such as syslog",
        {"path": "$datagrams"},
    ),
    Attack("abstract socket", "on_network.unix", REFUSED, "connects to a name that is no file", {"path": "$abstract"}),
    Attack(
        "abstract socket from a pair",
        "on_network.unix_from_a_pair",
        REFUSED,
        "the same with a socket that it may have",
        {"path": "$abstract"},
    ),
    Attack("named socket", "on_network.named_socket", REFUSED, "opens a service in scratch", {"path": "here"}),
    Attack(
        "raw socket", "on_network.family", REFUSED, "writes IP packets itself", {"number": 2, "kind": 3, "protocol": 1}
    ),
    Attack(
        "ping socket",
        "on_network.family",
        REFUSED,
        "sends ICMP echoes, which need no privilege",
        {"number": 2, "kind": 2, "protocol": 1},
    ),
    Attack(
        "netlink",
        "on_network.family",
        REFUSED,
        "asks the kernel for interfaces and routes",
        {"number": 16, "kind": 3, "protocol": 0},
    ),
    Attack(
        "packet socket",
        "on_network.family",
        REFUSED,
        "listens to the network card",
        {"number": 17, "kind": 3, "protocol": 768},
    ),
    Attack(
        "vsock",
        "on_network.family",
        REFUSED,
        "reaches the host of a virtual machine",
        {"number": 40, "kind": 1, "protocol": 0},
    ),
    Attack(
        "kernel crypto socket",
        "on_network.family",
        REFUSED,
        "uses a part of the kernel known for vulnerabilities",
        {"number": 38, "kind": 5, "protocol": 0},
    ),
    Attack(
        "name lookup",
        "on_network.resolves",
        fails(Reason.FORBIDDEN, "gaierror"),
        "sends data out in host names",
        {"host": "secret.example.com"},
    ),
    Attack(
        "web request", "on_network.fetches", REFUSED, "fetches a page from this machine", {"url": "http://127.0.0.1:9/"}
    ),
    Attack(
        "cloud metadata",
        "on_network.fetches",
        REFUSED,
        "asks for the machine's cloud credentials",
        {"url": "http://169.254.169.254/"},
    ),
)

_CROSS_DEVICE = (*CLOSED, *fails(Reason.FORBIDDEN, "[Errno 18] Invalid cross-device link"))
"""Links and moves across the edge of scratch, where another filesystem begins."""
_ATTRIBUTES = (*REFUSED, *CLOSED)
"""Landlock does not know these: seccomp forbids them where no mount namespace makes them impossible."""

_CANARY = {"path": "$canary"}

FILES = (
    Attack(
        "read attributes",
        "on_files.reads_attribute",
        fails(RUNTIME, "[Errno 95]"),
        "reads what is attached to a file of the user",
        _CANARY,
    ),
    Attack("read", "on_files.reads", DENIED, "reads a file of the user", _CANARY),
    Attack("list", "on_files.lists", DENIED, "lists a folder of the user", {"path": "$folder"}),
    Attack("write", "on_files.writes", CLOSED, "writes over a file of the user", _CANARY),
    Attack("truncate", "on_files.truncates", CLOSED, "empties a file of the user", _CANARY),
    Attack("remove", "on_files.removes", CLOSED, "removes a file of the user", _CANARY),
    Attack(
        "create in /tmp", "on_files.creates", CLOSED, "leaves a file for others to trip over", {"path": "/tmp/$token"}
    ),
    Attack(
        "create in /dev/shm", "on_files.creates", CLOSED, "leaves a file in shared memory", {"path": "/dev/shm/$token"}
    ),
    Attack(
        "create in /var/tmp",
        "on_files.creates",
        CLOSED,
        "leaves a file that survives the next boot",
        {"path": "/var/tmp/$token"},
    ),
    Attack(
        "make a folder", "on_files.makes_folder", CLOSED, "makes a folder outside scratch", {"path": "$folder/pwned"}
    ),
    Attack("make a fifo", "on_files.makes_fifo", CLOSED, "makes a pipe outside scratch", {"path": "$folder/pwned"}),
    Attack(
        "make a device", "on_files.makes_device", (*REFUSED, *DENIED), "makes the machine's memory a file in scratch"
    ),
    Attack("move in", "on_files.moves_in", _CROSS_DEVICE, "moves a file of the user into scratch", _CANARY),
    Attack("move over", "on_files.moves_over", _CROSS_DEVICE, "moves its file over one of the user", _CANARY),
    Attack("exchange", "on_files.exchanges", _CROSS_DEVICE, "swaps its file for one of the user", _CANARY),
    Attack("hard link in", "on_files.links_in", _CROSS_DEVICE, "links a file of the user into scratch", _CANARY),
    Attack(
        "hard link out",
        "on_files.links_out",
        _CROSS_DEVICE,
        "links its file into a folder of the user",
        {"path": "$folder/pwned"},
    ),
    Attack("read by symlink", "on_files.reads_through_symlink", DENIED, "reads through a link out of scratch", _CANARY),
    Attack(
        "write by symlink", "on_files.writes_through_symlink", CLOSED, "writes through a link out of scratch", _CANARY
    ),
    Attack(
        "swapped folder", "on_files.through_swapped_folder", DENIED, "makes a folder a link between two looks", _CANARY
    ),
    Attack("dots", "on_files.climbs", DENIED, "climbs out of scratch by ..", _CANARY),
    Attack(
        "another folder", "on_files.from_another_folder", DENIED, "goes to the folder and reads from there", _CANARY
    ),
    Attack("folder handle", "on_files.beneath_a_handle", DENIED, "reads beneath a handle on the folder", _CANARY),
    Attack("path handle", "on_files.by_path_handle", DENIED, "opens an O_PATH handle again through /proc", _CANARY),
    Attack("openat2", "on_files.by_openat2", DENIED, "opens by the newest system call", _CANARY),
    Attack("copy", "on_files.copies", DENIED, "has the kernel copy the file", _CANARY),
    Attack("map", "on_files.maps", DENIED, "maps the file into memory", _CANARY),
    Attack("change mode", "on_files.changes_mode", _ATTRIBUTES, "opens a file of the user to everybody", _CANARY),
    Attack(
        "change mode by handle",
        "on_files.changes_mode_by_handle",
        _ATTRIBUTES,
        "the same through an O_PATH handle",
        _CANARY,
    ),
    Attack("change owner", "on_files.changes_owner", _ATTRIBUTES, "sets the owner of a file of the user", _CANARY),
    Attack("change times", "on_files.changes_times", _ATTRIBUTES, "backdates a file of the user", _CANARY),
    Attack("change attributes", "on_files.changes_attribute", _ATTRIBUTES, "marks a file of the user", _CANARY),
    Attack(
        "change the installation",
        "on_files.changes_installation",
        _ATTRIBUTES,
        "changes the mode of a file that it may read",
    ),
    Attack("watch", "on_files.watches", (*REFUSED, *DENIED), "is told which files the user opens", {"path": "$folder"}),
    Attack("file handle", "on_files.handles_by_number", REFUSED, "opens a file by number, past any path", _CANARY),
    Attack("passwords", "on_files.reads", DENIED, "reads /etc/shadow", {"path": "/etc/shadow"}),
    Attack("users", "on_files.reads", DENIED, "reads /etc/passwd", {"path": "/etc/passwd"}),
    Attack("kernel log", "on_files.reads", (*REFUSED, *DENIED), "reads /dev/kmsg", {"path": "/dev/kmsg"}),
    Attack(
        "machine memory",
        "on_files.reads",
        (*DENIED, *fails(RUNTIME, "[Errno 2]")),
        "reads /dev/mem",
        {"path": "/dev/mem"},
    ),
    Attack(
        "terminal",
        "on_files.writes",
        (*CLOSED, *fails(RUNTIME, "[Errno 6]")),
        "writes to the user's terminal",
        {"path": "/dev/tty"},
    ),
    Attack("own environment", "on_files.reads", DENIED, "reads /proc/self/environ", {"path": "/proc/self/environ"}),
    Attack("own memory", "on_files.reads_raw", DENIED, "opens /proc/self/mem", {"path": "/proc/self/mem"}),
    Attack(
        "own map",
        "on_files.reads",
        DENIED,
        "reads /proc/self/maps, to find what to attack",
        {"path": "/proc/self/maps"},
    ),
    Attack("own root", "on_files.reads", DENIED, "goes through /proc/self/root", {"path": "/proc/self/root$canary"}),
    Attack("init's environment", "on_files.reads", DENIED, "reads /proc/1/environ", {"path": "/proc/1/environ"}),
    Attack(
        "our environment",
        "on_files.reads",
        DENIED,
        "reads the environment of apigen, where keys are",
        {"path": "/proc/$pid/environ"},
    ),
    Attack("our memory", "on_files.reads_raw", DENIED, "opens the memory of apigen", {"path": "/proc/$pid/mem"}),
    Attack("our files", "on_files.lists", DENIED, "lists the files that apigen has open", {"path": "/proc/$pid/fd"}),
    Attack("our root", "on_files.reads", DENIED, "goes through the root of apigen", {"path": "/proc/$pid/root$canary"}),
    Attack("our folder", "on_files.lists", DENIED, "goes through the folder of apigen", {"path": "/proc/$pid/cwd"}),
    Attack("all processes", "on_files.lists", DENIED, "lists /proc", {"path": "/proc"}),
    Attack("mounts", "on_files.reads", DENIED, "reads /proc/self/mountinfo", {"path": "/proc/self/mountinfo"}),
    Attack(
        "core pattern",
        "on_files.writes",
        CLOSED,
        "has the kernel run a program",
        {"path": "/proc/sys/kernel/core_pattern"},
    ),
    Attack(
        "spared by the kernel",
        "on_files.writes",
        CLOSED,
        "exempts itself when memory runs out",
        {"path": "/proc/self/oom_score_adj"},
    ),
    Attack("user map", "on_files.writes", CLOSED, "maps itself to root", {"path": "/proc/self/uid_map"}),
    Attack(
        "control groups",
        "on_files.makes_folder",
        (*CLOSED, *fails(RUNTIME, "[Errno 2]")),
        "makes a control group",
        {"path": "/sys/fs/cgroup/$token"},
    ),
    Attack(
        "taken-apart scratch",
        "on_files.leaves_scratch_changed",
        (*harmless("left"), *REFUSED),
        "moves its scratch folder and locks it, 60 folders deep",
        twice=True,
    ),
)
