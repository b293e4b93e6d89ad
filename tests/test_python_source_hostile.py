"""Modules that fail, hang, exit, crash or flood when they are imported, and locators that name nothing."""

import os
import re
import signal
import time
from pathlib import Path

import pytest

from apigen.errors import UserError
from apigen.library.python import load_python

GOOD = '\ndef double(x: int) -> int:\n    """Double it."""\n    return 2 * x\n'


def refuse(path: Path, timeout_s: float = 20.0) -> str:
    """The one line with which a locator is refused."""
    with pytest.raises(UserError) as refusal:
        load_python(str(path), timeout_s=timeout_s)
    message = str(refusal.value)
    assert "\n" not in message
    assert message.startswith(f"cannot load python:{path}: ")
    return message


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("x = 1\nraise KeyError('no config')", r"KeyError: 'no config' \(.*bad\.py, line 2\)"),
        ("import sys\nsys.exit(3)", r"it calls sys\.exit\(3\) when imported \(.*bad\.py, line 2\)"),
        ("import os\nos._exit(7)", r"it ends the process when imported \(exit code 7\)"),
        ("import os\nos.kill(os.getpid(), 11)", r"it crashes Python when imported \(SIGSEGV\)"),
        ("\nimport nosuchdependency", r"it needs the module 'nosuchdependency', which is not installed \(.*line 2\)"),
        ("def broken(:\n  pass", r"syntax error in .*bad\.py, line 1"),
        ("x = '\0'", r"null bytes"),
        ("input()", r"EOFError"),
    ],
)
def test_a_module_that_fails_on_import_is_one_line(tmp_path: Path, code: str, expected: str) -> None:
    """The line says what failed, in which file and line."""
    (tmp_path / "bad.py").write_text(code)
    assert re.search(expected, refuse(tmp_path / "bad.py"))


def test_a_slow_import_is_announced_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """After three seconds one line says what is waited for and how long; a quick import says nothing."""
    slow, quick = tmp_path / "slow.py", tmp_path / "quick.py"
    slow.write_text("import time\ntime.sleep(3.6)" + GOOD)
    quick.write_text(GOOD)
    load_python(str(quick))
    assert capsys.readouterr().err == ""
    load_python(str(slow), timeout_s=20)
    assert capsys.readouterr().err == f"importing {slow} takes long, waiting up to 20 s\n"


def test_a_module_that_hangs_is_ended_with_all_its_children(tmp_path: Path) -> None:
    """After the time-out neither the child nor a process that it started is left."""
    pid_file = tmp_path / "pid"
    (tmp_path / "hang.py").write_text(
        f"import os, pathlib, time\nif not (pid := os.fork()):\n    time.sleep(60)\n"
        f"pathlib.Path({str(pid_file)!r}).write_text(str(pid))\nwhile True: pass\n"
    )
    started = time.monotonic()
    assert "takes longer than 1 s" in refuse(tmp_path / "hang.py", timeout_s=1.0)
    assert time.monotonic() - started < 5
    for _ in range(50):
        state = Path(f"/proc/{pid_file.read_text()}/stat")
        if not state.exists() or state.read_text().rpartition(")")[2].split()[0] == "Z":
            break
        time.sleep(0.02)
    else:
        os.kill(int(pid_file.read_text()), signal.SIGKILL)
        pytest.fail("a process that the module started is still running")


@pytest.mark.parametrize(
    "code",
    [
        "import sys, os\nfor _ in range(2000): print('x' * 1000)\nos.write(2, b'y' * 100000)",
        "import sys\nsys.stdout.close()\nsys.stderr.close()",
        "import threading, time\nthreading.Thread(target=time.sleep, args=(30,)).start()",
        "import os, time\nif not os.fork(): time.sleep(30)",
        "import sys\nsys.path.clear()",
    ],
    ids=["prints a flood", "closes its output", "leaves a thread", "leaves a process", "empties the path"],
)
def test_what_a_module_does_besides_is_harmless(tmp_path: Path, code: str) -> None:
    """Output goes nowhere and what is left behind is ended, so that the functions are described all the same."""
    (tmp_path / "odd.py").write_text(code + GOOD)
    started = time.monotonic()
    assert [tool.name for tool in load_python(str(tmp_path / "odd.py")).tools] == ["double"]
    assert time.monotonic() - started < 10


@pytest.mark.parametrize(
    ("locator", "expected"),
    [
        ("statistcs", "there is no module 'statistcs'; did you mean 'statistics'?"),
        ("nosuchmodule0", "install it in this environment"),
        ("boltons.strutil", "did you mean boltons.strutils?"),
        ("statistics.mean", "'statistics' has no module 'mean'"),
        ("not-a-name", "write python:MODULE"),
        ("", "write python:MODULE"),
        ("nowhere/gone.py", "there is no file"),
        ("{here}/", "is a folder; name one file in it, such as python:{here}/good.py"),
        ("{here}/notes.txt", "is not a Python source file"),
        ("{here}/good", "did you mean python:{here}/good.py?"),
    ],
)
def test_a_locator_that_names_nothing_is_one_line_with_advice(tmp_path: Path, locator: str, expected: str) -> None:
    """The line says how to mend it."""
    (tmp_path / "good.py").write_text(GOOD)
    (tmp_path / "notes.txt").write_text("notes")
    with pytest.raises(UserError) as refusal:
        load_python(locator.format(here=tmp_path))
    assert expected.format(here=tmp_path) in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_files_named_like_the_standard_library_do_not_replace_it(tmp_path: Path) -> None:
    """A user's random.py is described, and whoever imports random still gets the real one."""
    (tmp_path / "random.py").write_text("import tempfile" + GOOD)
    assert [tool.name for tool in load_python(str(tmp_path / "random.py")).tools] == ["double"]
