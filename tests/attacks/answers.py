"""Attacks on what a call says: its result, its exception, its reply, its end."""

from apigen.records import Reason
from attacks.attack import CRASHED, NOT_JSON, REFUSED, RUNTIME, TIMEOUT, Attack, Outcome, fails, harmless

_TOO_LARGE = fails(Reason.RESULT_TOO_LARGE, "larger than 64 KiB of JSON")
_FORGED = fails(CRASHED, "it wrote something other than a result")

RESULTS = (
    Attack("huge result", "on_results.huge", _TOO_LARGE, "returns 20 MB", {"kib": 20_000}),
    Attack("many items", "on_results.many_items", _TOO_LARGE, "returns 100,000 numbers"),
    Attack(
        "cyclic list", "on_results.cyclic_list", fails(NOT_JSON, "contains itself"), "returns a list that holds itself"
    ),
    Attack(
        "cyclic object", "on_results.cyclic_object", fails(NOT_JSON, "contains itself"), "the same by way of others"
    ),
    Attack(
        "deep",
        "on_results.deep",
        fails(NOT_JSON, "nested more than 200"),
        "returns a hundred thousand levels",
        {"levels": 100_000},
    ),
    Attack(
        "shared many times",
        "on_results.shared_many_times",
        (*TIMEOUT, *fails(Reason.OUT_OF_MEMORY, "MemoryError")),
        "returns few objects that make 2**60 when written",
    ),
    Attack("object", "on_results.anything", fails(NOT_JSON, "object"), "returns an object"),
    Attack("module", "on_results.module", fails(NOT_JSON, "module"), "returns a module"),
    Attack("function", "on_results.function", fails(NOT_JSON, "function"), "returns a function"),
    Attack("bytes", "on_results.raw_bytes", fails(NOT_JSON, "bytes"), "returns bytes"),
    Attack("complex", "on_results.complex_number", fails(NOT_JSON, "complex"), "returns a complex number"),
    Attack("NaN", "on_results.not_a_number", fails(NOT_JSON, "nan"), "returns NaN"),
    Attack("infinity", "on_results.infinite", fails(NOT_JSON, "inf"), "returns infinity, further down"),
    Attack("surrogate", "on_results.surrogate", fails(NOT_JSON, "lone surrogate"), "returns a lone surrogate"),
    Attack("surrogate key", "on_results.surrogate_key", fails(NOT_JSON, "surrogate"), "the same as a key"),
    Attack("odd keys", "on_results.odd_keys", fails(NOT_JSON, "key"), "returns keys that are not strings"),
    Attack("colliding keys", "on_results.colliding_keys", fails(NOT_JSON, "key"), "returns keys that become the same"),
    Attack(
        "thousands of digits",
        "on_results.thousands_of_digits",
        fails(NOT_JSON, "too many to write out"),
        "returns a number of 5,000 digits",
    ),
    Attack("coroutine", "on_results.asynchronous", (*harmless(4), *fails(NOT_JSON, "coroutine")), "is asynchronous"),
    Attack(
        "asynchronous generator",
        "on_results.asynchronous_iterator",
        fails(NOT_JSON, "async_generator"),
        "yields for ever, asynchronously",
    ),
    Attack(
        "lying class",
        "on_results.liar",
        (*fails(RUNTIME, ""), *fails(NOT_JSON, ""), *fails(Reason.INVALID_ARGUMENT, "")),
        "says that it is whatever is asked for",
    ),
    Attack("endless list", "on_results.endless_list", TIMEOUT, "returns a list that is never walked through"),
    Attack(
        "growing object",
        "on_results.growing_dict",
        (*TIMEOUT, *fails(Reason.OUT_OF_MEMORY, "MemoryError"), *fails(NOT_JSON, "more than")),
        "returns an object that grows as it is read",
    ),
    Attack(
        "lying text", "on_results.lying_text", harmless("truth"), "returns a text that says something else when asked"
    ),
    Attack(
        "lying number",
        "on_results.lying_number",
        (*harmless(666), *harmless(4)),
        "returns a number that says another when asked",
    ),
    Attack(
        "matryoshka",
        "on_results.unpacks_forever",
        (*fails(RUNTIME, "RecursionError"), *fails(NOT_JSON, "")),
        "returns an array of itself, without end",
    ),
    Attack(
        "exit when written",
        "on_results.exits_when_written",
        fails(RUNTIME, "SystemExit"),
        "exits while its result is read",
    ),
    Attack("hang when written", "on_results.hangs_when_written", TIMEOUT, "hangs while its result is read"),
    Attack(
        "sys.exit", "on_results.exits_politely", fails(RUNTIME, "SystemExit: 0"), "exits without an error", {"code": 0}
    ),
    Attack(
        "KeyboardInterrupt", "on_results.interrupts", fails(RUNTIME, "KeyboardInterrupt"), "raises what Ctrl-C raises"
    ),
    Attack(
        "GeneratorExit",
        "on_results.raises_generator_exit",
        fails(RUNTIME, "GeneratorExit"),
        "raises what ends generators",
    ),
    Attack(
        "unprintable",
        "on_results.unprintable",
        (*fails(RUNTIME, "__str__"), *fails(CRASHED, "exit code 1")),
        "raises an exception that exits when printed",
    ),
    Attack("unending message", "on_results.unending_message", TIMEOUT, "raises an exception that loops when printed"),
    Attack(
        "huge message", "on_results.huge_message", fails(RUNTIME, "RuntimeError: xxx"), "raises with 5 MB of message"
    ),
    Attack(
        "odd message",
        "on_results.odd_message",
        fails(RUNTIME, "RuntimeError: a"),
        "raises with control characters and a lone surrogate",
    ),
    Attack(
        "lying message",
        "on_results.lying_message",
        (*fails(RUNTIME, "_LyingMessage"), *TIMEOUT),
        "raises with a text that lies",
    ),
    Attack("lying name", "on_results.lying_name", fails(RUNTIME, ""), "raises an exception with 10 MB of name"),
    Attack(
        "lying exception",
        "on_results.lying_class",
        (*fails(RUNTIME, ""), *fails(Reason.OUT_OF_MEMORY, "")),
        "raises an exception that says it is another",
    ),
    Attack(
        "endless causes",
        "on_results.endless_causes",
        (*TIMEOUT, *fails(RUNTIME, "_LyingCause"), *fails(Reason.OUT_OF_MEMORY, "")),
        "raises an exception with endless causes",
    ),
    Attack(
        "many causes",
        "on_results.many_causes",
        fails(Reason.INVALID_ARGUMENT, "ValueError: next"),
        "raises with ten thousand causes",
    ),
    Attack(
        "forged refusal",
        "on_results.forged_refusal",
        fails(Reason.FORBIDDEN, "Operation not permitted"),
        "says that it was refused: its own row only",
    ),
    Attack(
        "broken exception",
        "on_results.broken_exception",
        (*fails(RUNTIME, ""), *fails(Reason.INVALID_ARGUMENT, ""), *fails(CRASHED, "")),
        "raises from C an object that is not an exception",
    ),
)

REPLIES = (
    Attack("descriptors", "on_replies.descriptors", harmless([0, 1, 2, 3]), "looks for files that were left open"),
    Attack(
        "write everywhere",
        "on_replies.writes_everywhere",
        (*harmless("written"), *_FORGED, *_TOO_LARGE, *fails(CRASHED, "")),
        "writes to every descriptor there is",
    ),
    Attack(
        "read everywhere",
        "on_replies.reads_everywhere",
        (*harmless(""), *fails(CRASHED, "")),
        "reads from every descriptor, also the other way round",
    ),
    Attack(
        "forged result",
        "on_replies.forges",
        harmless("forged"),
        "writes its own reply: a result is data, whoever wrote it",
        {"text": '{"result": "forged"}'},
    ),
    Attack(
        "forged before",
        "on_replies.forges_before",
        harmless("forged"),
        "writes a reply before its true one: the first counts",
        {"text": '{"result": "forged"}'},
    ),
    Attack(
        "forged twice",
        "on_replies.forges_twice",
        harmless("first"),
        "writes two replies and lives on",
        {"text": '{"result": "first"}'},
    ),
    Attack("forged after", "on_replies.forges_after", harmless("true"), "writes a reply after its true one"),
    Attack(
        "forged series",
        "on_replies.forges_series",
        harmless("forged"),
        "answers for the next two calls too",
        {"replies": 3},
    ),
    Attack(
        "long forged series",
        "on_replies.forges_series",
        harmless("forged"),
        "answers for a hundred calls, which nobody made",
        {"replies": 100},
    ),
    Attack("no JSON", "on_replies.forges", _FORGED, "writes a reply that is not JSON", {"text": "pwned"}),
    Attack(
        "forged field",
        "on_replies.forges",
        _FORGED,
        "writes a reply with a field too many",
        {"text": '{"result": 1, "ended": "cancelled"}'},
    ),
    Attack(
        "forged reason",
        "on_replies.forges",
        _FORGED,
        "gives a reason that is not the call's to give",
        {"text": '{"reason": "executor_unavailable"}'},
    ),
    Attack("forged verdict", "on_replies.forges", _FORGED, "judges itself", {"text": '{"reason": "judged_wrong"}'}),
    Attack("forged type", "on_replies.forges", _FORGED, "writes a reply of other types", {"text": '{"detail": 5}'}),
    Attack("forged NaN", "on_replies.forges", _FORGED, "writes NaN", {"text": '{"result": NaN}'}),
    Attack(
        "forged surrogate", "on_replies.forges", _FORGED, "writes a lone surrogate", {"text": '{"result": "\\ud800"}'}
    ),
    Attack(
        "forged error",
        "on_replies.forges",
        fails(Reason.ERROR_RESULT, "error: x"),
        "writes a result that says error",
        {"text": '{"result": {"error": "x"}}'},
    ),
    Attack(
        "forged bytes",
        "on_replies.forges_bytes",
        (*_FORGED, *fails(CRASHED, "")),
        "writes bytes that are not text",
        {"text": "52000000047b22ff22"},
    ),
    Attack(
        "forged depth",
        "on_replies.forges_deep",
        (*_FORGED, *fails(NOT_JSON, "nested")),
        "writes a reply nested 50,000 deep",
        {"levels": 20_000},
    ),
    Attack(
        "forged depth below",
        "on_replies.forges_deep",
        fails(NOT_JSON, "nested"),
        "writes a reply nested 900 deep, which some readers take",
        {"levels": 900},
    ),
    Attack("forged length", "on_replies.forges_long", _TOO_LARGE, "writes a reply of a gigabyte", {"kib": 1 << 10}),
    Attack(
        "forged number",
        "on_replies.forges_number",
        (*harmless(10**300), *fails(NOT_JSON, "")),
        "writes a number of 300 digits",
        {"digits": 300},
    ),
    Attack(
        "forged digits",
        "on_replies.forges_number",
        (*_FORGED, *fails(NOT_JSON, "")),
        "writes a number of 50,000 digits",
        {"digits": 50_000},
    ),
    Attack(
        "cut short", "on_replies.cuts_short", fails(CRASHED, "exit code 0"), "announces more than it writes, and ends"
    ),
    Attack(
        "cut short and waiting", "on_replies.cuts_short_and_waits", TIMEOUT, "announces more than it writes, and waits"
    ),
    Attack(
        "claimed gigabytes", "on_replies.claims_gigabytes", _TOO_LARGE, "announces four gigabytes and writes for ever"
    ),
    Attack("claimed nothing", "on_replies.claims_nothing", _FORGED, "announces an empty reply"),
    Attack("flood of marks", "on_replies.floods_marks", TIMEOUT, "says for ever that it has begun"),
    Attack(
        "closed pipe",
        "on_replies.closes",
        fails(CRASHED, "closed its pipe without sending a result"),
        "closes its pipe and sleeps",
    ),
    Attack("redirected pipe", "on_replies.redirects", fails(CRASHED, "exit code 0"), "has its own reply go nowhere"),
    Attack(
        "impatient pipe",
        "on_replies.does_not_wait",
        (Outcome(None, result=...), *fails(CRASHED, "exit code 1")),
        "makes its pipe take only what fits",
    ),
    Attack("small pipe", "on_replies.shrinks", REFUSED, "makes its pipe small"),
    Attack(
        "patched caller",
        "on_replies.patches_caller",
        (*harmless("forged by our own code"), *harmless("true"), *_FORGED),
        "finds the code that called it, to reply through it",
    ),
)

ENDINGS = (
    Attack("exit", "on_endings.exits", fails(CRASHED, "exit code 0"), "ends at once, as if all were well", {"code": 0}),
    Attack(
        "exit with a code", "on_endings.exits", fails(CRASHED, "exit code 70"), "ends at once with a code", {"code": 70}
    ),
    Attack(
        "segmentation fault",
        "on_endings.segfaults",
        fails(CRASHED, "killed by SIGSEGV"),
        "reads from an invalid address",
    ),
    Attack("abort", "on_endings.aborts", fails(CRASHED, "killed by SIGABRT"), "aborts"),
    Attack(
        "broken Python",
        "on_endings.breaks_python",
        fails(CRASHED, "killed by SIG"),
        "overwrites the interpreter's own objects",
    ),
    Attack("jump", "on_endings.executes_nothing", fails(CRASHED, "killed by SIGSEGV"), "jumps to an invalid address"),
    Attack(
        "fault handler",
        "on_endings.dumps_and_exits",
        fails(CRASHED, "exit code 1"),
        "has the fault handler end the process",
    ),
    Attack("ended thread", "on_endings.ends_thread", (*fails(CRASHED, ""), *TIMEOUT), "ends only its first thread"),
    Attack("hooks", "on_endings.swaps_hooks", fails(RUNTIME, "for the hook"), "puts hooks in the way of exceptions"),
    Attack(
        "broken encoder",
        "on_endings.breaks_encoder",
        (*fails(CRASHED, "exit code 1"), *fails(RUNTIME, "")),
        "breaks what writes its reply",
    ),
    Attack(
        "closed standard files",
        "on_endings.closes_standard_files",
        harmless("closed"),
        "closes standard input, output and error",
    ),
)
