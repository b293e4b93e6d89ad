"""Attacks on memory, time, descriptors, space and output."""

from apigen.records import Reason
from attacks.attack import CLOSED, CRASHED, MEMORY, REFUSED, RUNTIME, TIMEOUT, Attack, Outcome, fails, harmless

_NO_SPACE = (*fails(RUNTIME, "[Errno 28] No space left on device"), *TIMEOUT)
"""Where there is no mount namespace, scratch is on the disk, and only the clock ends it."""
_TOO_LONG = (Outcome(Reason.TIMEOUT, "no result within"),)
_ENDS = (*MEMORY, *TIMEOUT, *fails(CRASHED, "killed by SIGSEGV"))

RESOURCES = (
    Attack("one block", "on_resources.one_block", MEMORY, "takes a gigabyte at once", {"mib": 1024}),
    Attack("many blocks", "on_resources.many_blocks", MEMORY, "takes memory until there is none"),
    Attack(
        "mapped memory",
        "on_resources.maps_memory",
        (*MEMORY, *fails(RUNTIME, "[Errno 12]")),
        "maps a gigabyte",
        {"mib": 1024},
    ),
    Attack("mapped in C", "on_resources.maps_in_c", MEMORY, "maps without a reserve, past Python", {"mib": 1024}),
    Attack("shared memory", "on_resources.shares_memory", CLOSED, "takes memory in /dev/shm, which outlives it"),
    Attack(
        "memory in files",
        "on_resources.memory_in_files",
        REFUSED,
        "fills files in memory, which no address space shows",
    ),
    Attack(
        "memory in pipes",
        "on_resources.memory_in_pipes",
        fails(RUNTIME, "[Errno 24] Too many open files"),
        "fills pipes",
    ),
    Attack("large pipe", "on_resources.memory_in_large_pipes", REFUSED, "makes a pipe large"),
    Attack("list of a thousand million", "on_resources.multiplies_lists", MEMORY, "multiplies a list"),
    Attack("long text", "on_resources.repeats_string", MEMORY, "repeats a text"),
    Attack("power", "on_resources.raises_to_power", _TOO_LONG, "computes a number of a hundred million digits"),
    Attack("written power", "on_resources.writes_out_power", _TOO_LONG, "writes out a number of ten million digits"),
    Attack("recursion", "on_resources.recurses", _ENDS, "recurses without Python's limit"),
    Attack(
        "polite recursion",
        "on_resources.recurses_politely",
        fails(RUNTIME, "RecursionError"),
        "recurses to Python's limit",
    ),
    Attack(
        "recursion in C",
        "on_resources.overflows_c_stack",
        fails(CRASHED, "killed by SIGSEGV"),
        "overflows the stack in C",
    ),
    Attack("loop", "on_resources.loops", TIMEOUT, "loops in Python"),
    Attack("loop in C", "on_resources.loops_in_c", TIMEOUT, "loops in C, where no signal handler runs"),
    Attack("regular expression", "on_resources.backtracks", TIMEOUT, "backtracks without end, in C"),
    Attack("modular power", "on_resources.powers", TIMEOUT, "multiplies large numbers, in C"),
    Attack("sleep", "on_resources.sleeps", TIMEOUT, "sleeps"),
    Attack("wait", "on_resources.waits_for_input", TIMEOUT, "waits for what never comes"),
    Attack("deadlock", "on_resources.deadlocks", TIMEOUT, "waits for itself"),
    Attack("swallowed exceptions", "on_resources.swallows", TIMEOUT, "catches everything, for ever"),
    Attack("blocked signals", "on_resources.ignores_signals", TIMEOUT, "blocks and ignores all signals"),
    Attack(
        "busy threads",
        "on_resources.burns_threads",
        (*TIMEOUT, *fails(Reason.TIMEOUT, "of CPU time")),
        "computes in four threads at once",
    ),
    Attack(
        "endless generator",
        "on_resources.generates_forever",
        fails(Reason.RESULT_NOT_JSON, "more than 10,000 items"),
        "yields for ever",
    ),
    Attack("idle generator", "on_resources.generates_nothing_forever", TIMEOUT, "never yields"),
    Attack("loop in finally", "on_resources.loops_at_the_end", TIMEOUT, "loops after its result"),
    Attack("loop in __del__", "on_resources.loops_when_let_go", TIMEOUT, "loops when an object is let go"),
    Attack(
        "loop in the collector", "on_resources.loops_in_collections", TIMEOUT, "loops whenever garbage is collected"
    ),
    Attack("loop in a trace hook", "on_resources.loops_when_traced", TIMEOUT, "loops in whatever runs next"),
    Attack(
        "alarms",
        "on_resources.alarms_forever",
        (*fails(RUNTIME, "KeyboardInterrupt"), *fails(CRASHED, "exit code 1")),
        "raises out of whatever runs next",
    ),
    Attack(
        "thread bomb",
        "on_resources.thread_bomb",
        fails(RUNTIME, "can't start new thread"),
        "starts threads until there are no more",
    ),
    Attack(
        "small thread bomb",
        "on_resources.small_thread_bomb",
        (*fails(RUNTIME, "can't start new thread"), *MEMORY, *TIMEOUT),
        "the same with small stacks",
    ),
    Attack(
        "open files",
        "on_resources.opens_files",
        fails(RUNTIME, "[Errno 24] Too many open files"),
        "opens files until there are no more",
    ),
    Attack(
        "large file",
        "on_resources.one_large_file",
        fails(RUNTIME, "[Errno 27] File too large"),
        "writes a gigabyte to scratch",
    ),
    Attack(
        "sparse file",
        "on_resources.seeks_far",
        fails(RUNTIME, "[Errno 27] File too large"),
        "claims a terabyte in scratch",
    ),
    Attack("many large files", "on_resources.many_large_files", _NO_SPACE, "writes gigabytes to many files"),
    Attack("many small files", "on_resources.many_small_files", _NO_SPACE, "makes a million files"),
    Attack("stdout", "on_resources.floods", harmless("printed"), "writes 500 MB to standard output", {"descriptor": 1}),
    Attack("stderr", "on_resources.floods", harmless("printed"), "writes 500 MB to standard error", {"descriptor": 2}),
    Attack("prints", "on_resources.prints_much", harmless("printed"), "prints 40 MB"),
)
