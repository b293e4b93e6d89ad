"""The attacks on the sandbox: what each tries and what becomes of it. The functions are in tests/data/attacks."""

from attacks.answers import ENDINGS, REPLIES, RESULTS
from attacks.attack import Attack
from attacks.processes import KERNEL, PROCESSES
from attacks.queues import QUEUES
from attacks.reaching_out import FILES, NETWORK
from attacks.resources import RESOURCES
from attacks.traces import NEIGHBOURS, TRACES

GROUPS: dict[str, tuple[Attack, ...]] = {
    "Network": NETWORK,
    "Files and secrets": FILES,
    "Processes": PROCESSES,
    "Kernel": KERNEL,
    "Queues and shared memory": QUEUES,
    "Memory, time and space": RESOURCES,
    "Results and exceptions": RESULTS,
    "Replies": REPLIES,
    "Endings": ENDINGS,
    "Traces for the next call": TRACES,
    "Neighbours": NEIGHBOURS,
}

ATTACKS = tuple(attack for attacks in GROUPS.values() for attack in attacks)
