"""What a call does decides what its execution says."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from apigen.execute.python import Limits
from apigen.records import Call, Execution, PythonBinding, Reason, Tool
from sandbox_lab import HOSTILE, Lab, lab


@pytest.fixture(scope="module")
def shared() -> Iterator[Lab]:
    with lab() as running:
        yield running


@pytest.fixture
def hostile(shared: Lab) -> Iterator[Lab]:
    """The lab, which must still work after every test."""
    yield shared
    assert shared.call("add", a=1, b=2).result == 3


def said(execution: Execution) -> tuple[bool, Reason | None, str]:
    return execution.ok, execution.reason, execution.detail


def milliseconds(execution: Execution) -> float:
    assert execution.duration_ms is not None
    return execution.duration_ms


def test_a_result_comes_back(hostile: Lab) -> None:
    """A function that returns gives an execution that is ok, with its result and how long it took."""
    execution = hostile.call("add", a=2, b=3)
    assert (execution.ok, execution.result, execution.reason) == (True, 5, None)
    assert execution.call == Call("add", {"a": 2, "b": 3})
    assert milliseconds(execution) > 0


def test_text_survives_the_way(hostile: Lab) -> None:
    """Any Unicode text arrives as it was sent."""
    text = 'ü€𝄞 "\\\n\x00'
    assert hostile.call("echo", value=text).result == text


@pytest.mark.parametrize("name", ["within_asyncio", "within_thread"])
def test_concurrency_inside_a_function_works(hostile: Lab, name: str) -> None:
    """Event loops and threads need socket pairs and clones, which the walls leave to them."""
    assert hostile.call(name, value=7).result == 7


def test_an_installed_module_can_be_called() -> None:
    """A binding may name a module instead of a file."""
    with lab() as running:
        tool = Tool("gcd", "", {}, binding=PythonBinding(qualname="median", module="statistics"))
        execution = running.runner.run(running.executor.execute(tool, Call("median", {"data": [3, 1, 2]})))
        assert execution.result == 2


@pytest.mark.parametrize(
    ("kind", "reason", "detail"),
    [
        ("ValueError", Reason.INVALID_ARGUMENT, "ValueError: no such unit"),
        ("KeyError", Reason.INVALID_ARGUMENT, "KeyError: 'x'"),
        ("ZeroDivisionError", Reason.INVALID_ARGUMENT, "ZeroDivisionError: division by zero"),
        ("re.error", Reason.INVALID_ARGUMENT, "error: bad pattern"),
        ("TypeError", Reason.ARGUMENT_TYPE, "TypeError: not a number"),
        ("RuntimeError", Reason.RUNTIME_ERROR, "RuntimeError: it broke"),
        ("SystemExit", Reason.RUNTIME_ERROR, "SystemExit: 3"),
        ("KeyboardInterrupt", Reason.RUNTIME_ERROR, "KeyboardInterrupt"),
        ("MemoryError", Reason.OUT_OF_MEMORY, "MemoryError"),
        ("PermissionError", Reason.RUNTIME_ERROR, "PermissionError: you are not on the list"),
    ],
)
def test_an_exception_becomes_a_reason(hostile: Lab, kind: str, reason: Reason, detail: str) -> None:
    """An exception's type decides the reason; its message, on one line, is the detail."""
    assert said(hostile.call("raises", kind=kind)) == (False, reason, detail)


def test_wrong_argument_types_are_told(hostile: Lab) -> None:
    """Arguments that do not fit never reach the function."""
    execution = hostile.call("add", a="two", b=3)
    assert execution.reason is Reason.ARGUMENT_TYPE
    assert "'a'" in execution.detail


def test_arguments_that_are_no_text_are_told(hostile: Lab) -> None:
    """Half of a surrogate pair, which some JSON parsers let through, cannot be passed on."""
    assert hostile.call("echo", value="\ud800").reason is Reason.ARGUMENT_TYPE


def test_importing_may_take_more_memory_than_a_call(tmp_path: Path) -> None:
    """The memory limit is the call's own: large libraries take address space before it."""
    file = tmp_path / "tools.py"
    file.write_text(
        "kept = bytearray(300 << 20)\ndef function(mib: int) -> int:\n    return len(bytearray(mib << 20))\n"
    )
    with lab() as running:
        assert [running.call("function", file=file, mib=mib).ok for mib in (100, 100, 200)] == [True, True, False]


def test_details_hold_no_addresses_or_paths(hostile: Lab) -> None:
    """Details are written to files that must be the same in every run and tell nothing about the machine."""
    detail = hostile.call("raises_address").detail
    assert detail == "RuntimeError: bad <object object at 0x…> in note.txt of hostile.py"


def test_details_are_bounded(hostile: Lab) -> None:
    """A message of any length is cut."""
    detail = hostile.call("raises_with", message="x" * 100_000).detail
    assert len(detail) == 300


def test_an_unprintable_exception_is_described(hostile: Lab) -> None:
    """An exception whose text cannot be had is still a runtime error."""
    assert hostile.call("raises_unprintable").reason is Reason.RUNTIME_ERROR


@pytest.mark.parametrize("name", ["not_json", "nan"])
def test_a_result_must_be_json(hostile: Lab, name: str) -> None:
    """Objects and NaN have no JSON form."""
    assert hostile.call(name).reason is Reason.RESULT_NOT_JSON


def test_a_result_is_bounded(hostile: Lab) -> None:
    """A result beyond the limit is refused, one within is not."""
    assert hostile.call("large", kib=63).ok
    assert said(hostile.call("large", kib=64)) == (
        False,
        Reason.RESULT_TOO_LARGE,
        "the result is larger than 64 KiB of JSON",
    )


def test_an_error_as_a_result_is_a_failure(hostile: Lab) -> None:
    """A function that returns its error instead of raising it has failed."""
    execution = hostile.call("error_shaped")
    assert said(execution) == (False, Reason.ERROR_RESULT, "error: no such city")


@pytest.fixture(scope="module")
def hasty() -> Iterator[Lab]:
    with lab(Limits(wall_s=0.3)) as running:
        running.call("add", a=1, b=2)
        yield running


@pytest.mark.parametrize("name", ["loops", "loops_in_c", "sleeps", "swallows"])
def test_what_never_ends_is_killed(hasty: Lab, name: str) -> None:
    """Loops in Python and in C, sleeping, and swallowing every exception all end at the limit."""
    began = time.monotonic()
    execution = hasty.call(name)
    assert said(execution) == (False, Reason.TIMEOUT, "no result within 0.3 s")
    assert 300 <= milliseconds(execution) <= 1000 * (time.monotonic() - began)


def test_silence_is_a_crash(hostile: Lab) -> None:
    """A function that closes its pipe and lives on is not waited for."""
    execution = hostile.call("closes_reply")
    assert said(execution) == (False, Reason.CRASHED, "closed its pipe without sending a result")


def test_cpu_time_counts_all_threads() -> None:
    """Threads that compute use up the CPU limit before the clock runs out."""
    with lab(Limits(wall_s=200, cpu_s=1)) as running:
        execution = running.call("burns_threads")
        assert said(execution) == (False, Reason.TIMEOUT, "no result within 1 s of CPU time")


def test_memory_is_bounded(hostile: Lab) -> None:
    """A single large allocation and many small ones end as out of memory."""
    assert hostile.call("allocates", mib=1000).reason is Reason.OUT_OF_MEMORY
    assert hostile.call("hoards").reason is Reason.OUT_OF_MEMORY


def test_memory_within_the_limit_can_be_used(hostile: Lab) -> None:
    """The limit counts from what the imported functions take already."""
    assert hostile.call("allocates", mib=100).result == 100 << 20


def test_an_exit_without_a_reply_is_a_crash(hostile: Lab) -> None:
    """``os._exit`` with any code, also 0, is a crash and says the code."""
    assert said(hostile.call("exits", code=0)) == (
        False,
        Reason.CRASHED,
        "exited without a result (exit code 0)",
    )
    assert hostile.call("exits", code=70).detail == "exited without a result (exit code 70)"


def test_a_signal_is_a_crash(hostile: Lab) -> None:
    """A segmentation fault is told by its signal's name."""
    assert said(hostile.call("segfaults")) == (False, Reason.CRASHED, "killed by SIGSEGV")


def test_endless_recursion_ends(hasty: Lab) -> None:
    """Recursion without Python's own limit runs out of stack, memory or time, by version."""
    assert hasty.call("recurses").reason in (Reason.CRASHED, Reason.OUT_OF_MEMORY, Reason.TIMEOUT)


def test_printing_is_harmless(hostile: Lab) -> None:
    """Gigabytes on stdout and stderr go nowhere."""
    assert hostile.call("prints", mib=500).result == "printed"


@pytest.mark.parametrize(
    ("forged", "reason"),
    [
        ("not json", Reason.CRASHED),
        ('{"result": 1, "extra": 2}', Reason.CRASHED),
        ('{"reason": "not_in_enum"}', Reason.CRASHED),
        ('{"reason": "judged_wrong"}', Reason.CRASHED),
        ('{"detail": 5}', Reason.CRASHED),
        ("[" * 50_000, Reason.CRASHED),
        ('{"result": NaN}', Reason.CRASHED),
        ('{"result": {"error": "x"}}', Reason.ERROR_RESULT),
        ('{"result": "' + "x" * 66_000 + '"}', Reason.RESULT_TOO_LARGE),
    ],
)
def test_a_forged_reply_is_checked(hostile: Lab, forged: str, reason: Reason) -> None:
    """A function can write its own reply, but not one of another shape, size or meaning."""
    assert hostile.call("forges", text=forged).reason is reason


def test_a_forged_length_reads_nothing(hostile: Lab) -> None:
    """A reply that claims to be huge ends the call at once."""
    assert hostile.call("floods_reply").reason is Reason.RESULT_TOO_LARGE


def test_a_tool_without_a_function_is_not_executable(hostile: Lab) -> None:
    """A tool that is only described cannot be run."""
    tool = Tool("described", "", {})
    execution = hostile.runner.run(hostile.executor.execute(tool, Call("described")))
    assert execution.reason is Reason.NOT_EXECUTABLE


NOT_IMPORTABLE = [
    ("import no_such_module", Reason.NOT_EXECUTABLE, "no_such_module"),
    ("raise ValueError('bad day')", Reason.NOT_EXECUTABLE, "bad day"),
    ("raise SystemExit(1)", Reason.NOT_EXECUTABLE, "sys.exit"),
    ("def other(): ...", Reason.NOT_EXECUTABLE, "function"),
    ("import os; os._exit(4)", Reason.CRASHED, "exit code 4"),
    ("import os; os.kill(os.getppid(), 9)", Reason.NOT_EXECUTABLE, "not permitted"),
    ("import ctypes; ctypes.string_at(0)", Reason.CRASHED, "SIGSEGV"),
]


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """By their code, all in one folder: one that is new to a sandbox costs it a new process."""
    folder = tmp_path_factory.mktemp("modules")
    files = {code: folder / f"tools_{number}.py" for number, (code, _, _) in enumerate(NOT_IMPORTABLE)}
    for code, file in files.items():
        file.write_text(code)
    return files


@pytest.mark.parametrize(("code", "reason", "detail"), NOT_IMPORTABLE)
def test_a_module_that_cannot_be_imported_is_told(
    hostile: Lab, modules: dict[str, Path], code: str, reason: Reason, detail: str
) -> None:
    """Whatever goes wrong while importing is an outcome of the call, the same when it is called again."""
    file = modules[code]
    first = hostile.call("function", file=file)
    assert first.reason is reason
    assert detail in first.detail
    assert str(file.parent) not in first.detail
    again = hostile.call("function", file=file)
    assert said(again) == said(first)


def test_a_module_that_hangs_is_given_up(tmp_path: Path) -> None:
    """Importing has a limit of its own, and is not tried again."""
    file = tmp_path / "tools.py"
    file.write_text("import time\ntime.sleep(60)")
    with lab(Limits(import_s=0.5)) as running:
        first = running.call("function", file=file)
        assert said(first) == (False, Reason.TIMEOUT, "importing its module took longer than 0.5 s")
        assert running.call("function", file=file).detail == first.detail


def test_a_module_that_breaks_the_process_it_is_imported_into_is_kept_out(tmp_path: Path) -> None:
    """A module that behaves in a call and kills the process that forks the calls costs a restart, once."""
    file = tmp_path / "tools.py"
    file.write_text(
        "import os\nif not os.getcwd().endswith('call'):\n    os._exit(1)\ndef function() -> int:\n    return 1\n"
    )
    with lab() as running:
        assert [running.call("function", file=file).result for _ in range(4)] == [1, 1, 1, 1]


def test_a_file_may_import_its_neighbours(tmp_path: Path) -> None:
    """Python files and packages beside a tool's file are importable, at once or late; other files are not readable."""
    (tmp_path / "beside.py").write_text("ONE = 1")
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__init__.py").write_text("TWO = 2")
    (tmp_path / "key.txt").write_text("secret")
    file = tmp_path / "tools.py"
    file.write_text(
        "import beside\ndef early() -> int:\n    return beside.ONE\n"
        "def late() -> int:\n    import package\n    return package.TWO\n"
        f"def steals() -> str:\n    return open({str(tmp_path / 'key.txt')!r}).read()\n"
    )
    with lab() as running:
        assert running.call("early", file=file).result == 1
        assert running.call("late", file=file).result == 2
        assert running.call("steals", file=file).reason is Reason.FORBIDDEN


def test_dice_fall_the_same_in_every_run() -> None:
    """A function that uses ``random`` gives the same result in every call and process."""
    rolled = []
    for _ in range(2):
        with lab() as running:
            rolled += [running.call("roll").result, running.call("roll").result]
    assert len(set(rolled)) == 1


def test_hostile_functions_are_where_they_should_be() -> None:
    """The functions under test come from a file outside the package."""
    assert HOSTILE.is_file()
