"""Modules that fail, hang, exit, crash or flood when they are imported, and locators that name nothing."""

import contextlib
import io
import os
import re
import sys
import tempfile
import time
from pathlib import Path

import msgspec
import pytest

from apigen.errors import UserError
from apigen.execute.python import Level, probe_isolation
from apigen.library.introspect.protocol import Described, Order, Wanted
from apigen.library.introspect.trust import Forged, require_wanted
from apigen.library.python import load_python
from apigen.locators import Locator
from apigen.records import PythonBinding, Tool

linux = pytest.mark.skipif(
    sys.platform != "linux" or not probe_isolation().level.at_least(Level.FILTERED), reason="needs seccomp and Landlock"
)

GOOD = '\ndef double(x: int) -> int:\n    """Double it."""\n    return 2 * x\n'


def refuse(path: Path, timeout_s: float = 20.0) -> str:
    """The one line with which a locator is refused."""
    with pytest.raises(UserError) as refusal:
        load_python(Locator("python", str(path)), timeout_s=timeout_s)
    message = str(refusal.value)
    assert "\n" not in message
    assert message.startswith(f"cannot load python:{path}: ")
    return message


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("x = 1\nraise KeyError('no config')", r"KeyError: 'no config' \(.*bad\.py, line 2\)"),
        ("import sys\nsys.exit(3)", r"it calls sys\.exit\(3\) when imported \(.*bad\.py, line 2\)"),
        ("import os\nos._exit(7)", r"importing it ends the process \(exit code 7\); guard"),
        ("import os\nos.kill(os.getpid(), 11)", r"importing it crashes Python \(SIGSEGV\)"),
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


class Waiting(io.StringIO):
    """Hears what is said, and makes a file once something is."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self._file = file

    def write(self, text: str) -> int:
        self._file.touch()
        return super().write(text)


@pytest.mark.slow
def test_a_slow_import_is_announced_once(tmp_path: Path) -> None:
    """After some seconds one line says what is waited for and how long."""
    slow, announced = tmp_path / "slow.py", tmp_path / "announced.py"
    slow.write_text(
        "import os, time\n"
        f"while not os.path.exists({str(announced)!r}):\n    time.sleep(0.01)\n"
        "time.sleep(0.5)\n" + GOOD  # in which it could be announced again
    )
    with contextlib.redirect_stderr(Waiting(announced)) as heard:
        load_python(Locator("python", str(slow)), timeout_s=60)
    assert heard.getvalue() == f"importing {slow} is taking a while, waiting up to 60 s\n"


def test_a_quick_import_is_not_announced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is said where nothing had to be waited for."""
    quick = tmp_path / "quick.py"
    quick.write_text(GOOD)
    began = time.monotonic()
    load_python(Locator("python", str(quick)))
    assert capsys.readouterr().err == "" or time.monotonic() - began > 3


@linux
@pytest.mark.slow
def test_a_module_of_too_many_functions_is_told_from_one_that_imports_for_long(tmp_path: Path) -> None:
    """When it is imported already, the advice is about its functions."""
    many = tmp_path / "many.py"
    many.write_text("def __getattr__(name):\n    while True:\n        pass\n\n\n__all__ = ['first']\n")
    said = refuse(many, timeout_s=10.0)
    assert "inspecting the functions of it takes longer than 10 s" in said
    assert "__all__" in said


@linux
def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    """Python says neither file nor line of it."""
    (tmp_path / "nothing.py").write_bytes(b"x\0\0")
    said = refuse(tmp_path / "nothing.py", timeout_s=20.0)
    assert f"syntax error in {tmp_path / 'nothing.py'}: " in said


@linux
@pytest.mark.usefixtures("no_nursery_kept")
def test_a_module_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the time-out nothing of it is left: no process, and no folder of its sandbox."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    (tmp_path / "hang.py").write_text("while True: pass\n")
    assert "takes longer than 1 s" in refuse(tmp_path / "hang.py", timeout_s=1.0)
    assert list(scratch.iterdir()) == []
    assert not any("apigen.library.introspect" in line for line in _children())


def _children() -> list[str]:
    """Command lines of this process's children."""
    lines = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if path.read_text().rpartition(")")[2].split()[1] == str(os.getpid()):
                lines.append((path.parent / "cmdline").read_text())
    return lines


@pytest.mark.parametrize(
    "code",
    [
        "import sys, os\nfor _ in range(2000): print('x' * 1000)\nos.write(2, b'y' * 100000)",
        "import sys\nsys.stdout.close()\nsys.stderr.close()",
        "import threading, time\nthreading.Thread(target=time.sleep, args=(600,)).start()",
        "import sys\nsys.path.clear()",
    ],
    ids=["prints a flood", "closes its output", "leaves a thread", "empties the path"],
)
def test_what_a_module_does_besides_is_harmless(tmp_path: Path, code: str) -> None:
    """Output goes nowhere and what is left behind is ended, so that the functions are described all the same."""
    (tmp_path / "odd.py").write_text(code + GOOD)
    assert [tool.name for tool in load_python(Locator("python", str(tmp_path / "odd.py")), timeout_s=60).tools] == [
        "double"
    ]


@pytest.mark.parametrize(
    ("locator", "expected"),
    [
        ("statistcs", "no module named 'statistcs'; did you mean 'statistics'?"),
        ("nosuchmodule0", "install it in this environment"),
        ("boltons.strutil", "did you mean boltons.strutils?"),
        ("statistics.mean", "'statistics' has no module 'mean'"),
        ("not-a-name", "write python:MODULE"),
        ("", "write python:MODULE"),
        ("nowhere/gone.py", "no such file"),
        ("{here}/", "is a folder; name a single file in it, such as python:{here}/good.py"),
        ("{here}/notes.txt", "is not a Python source file"),
        ("{here}/good", "did you mean python:{here}/good.py?"),
    ],
)
def test_a_locator_that_names_nothing_is_one_line_with_advice(tmp_path: Path, locator: str, expected: str) -> None:
    """The line says how to mend it."""
    (tmp_path / "good.py").write_text(GOOD)
    (tmp_path / "notes.txt").write_text("notes")
    with pytest.raises(UserError) as refusal:
        load_python(Locator("python", locator.format(here=tmp_path)))
    assert expected.format(here=tmp_path) in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_files_named_like_the_standard_library_do_not_replace_it(tmp_path: Path) -> None:
    """A user's random.py is described, and whoever imports random still gets the real one."""
    (tmp_path / "random.py").write_text("import tempfile" + GOOD)
    assert [tool.name for tool in load_python(Locator("python", str(tmp_path / "random.py"))).tools] == ["double"]


@linux
@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (
            "open('{here}/cache.json', 'w')",
            r"(PermissionError|OSError): .*cache\.json.*nothing is writable.*read: \[.*cache\.json",
        ),
        ("open('{here}/secret.txt').read()", r"Permission denied: '.*secret\.txt'.*grants: \[\{read: \["),
        ("import os\nos.listdir('{here}/..')", r"PermissionError: .*grants: \[\{read: \["),
        ("import socket\nsocket.socket()", r"PermissionError: .*there is no network access.*grants: \[\{hosts: \["),
        (
            "import urllib.request\nurllib.request.urlopen('http://example.com/')",
            r"URLError: .*there is no network access.*grants: \[\{hosts: \[",
        ),
        (
            "import os\nos.environ['GEO_KEY']",
            r"KeyError: 'GEO_KEY' .*environment variables are hidden.*variables: \[GEO_KEY\]",
        ),
        ("import subprocess\nsubprocess.run(['/bin/true'])", r"cannot start other programs: do that inside a function"),
        ("import os\nos.fork()", r"PermissionError: .*the sandbox, which does not allow that"),
        ("import os\nos.kill(os.getppid(), 9)", r"PermissionError: .*the sandbox, which does not allow that"),
        ("import os\nos.chmod('{here}/secret.txt', 0)", r"OSError|PermissionError"),
    ],
    ids=["writes", "reads", "lists", "opens a socket", "fetches", "variable", "program", "fork", "kill", "mode"],
)
def test_what_a_module_may_not_do_is_one_line_with_advice(tmp_path: Path, code: str, expected: str) -> None:
    """Importing meets the walls of a call; the line says what was forbidden, and how it can be granted."""
    secret = tmp_path / "secret.txt"
    secret.write_text("a secret")
    mode = secret.stat().st_mode
    (tmp_path / "bad.py").write_text(code.format(here=tmp_path) + GOOD)
    assert re.search(expected, refuse(tmp_path / "bad.py"))
    assert not (tmp_path / "cache.json").exists()
    assert secret.stat().st_mode == mode


@linux
def test_a_module_that_helps_itself_is_described(tmp_path: Path) -> None:
    """One that takes a refusal in its stride, and uses its scratch folder, is a module like any other."""
    (tmp_path / "good.py").write_text(
        "import os, tempfile\ntry:\n    open('/etc/shadow')\nexcept OSError:\n    pass\n"
        "open(os.path.join(os.environ['HOME'], 'cache'), 'w').write('x')\ntempfile.NamedTemporaryFile().close()\n"
        + GOOD
    )
    assert [tool.name for tool in load_python(Locator("python", str(tmp_path / "good.py"))).tools] == ["double"]


@linux
def test_neighbours_and_packages_of_the_current_folder_can_be_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Behind the walls there is the same code to import as before them."""
    for folder in (tmp_path / "pack" / "inner", tmp_path / "spaces" / "below"):
        folder.mkdir(parents=True)
    (tmp_path / "pack" / "__init__.py").touch()
    (tmp_path / "pack" / "inner" / "__init__.py").touch()
    (tmp_path / "pack" / "inner" / "parts.py").write_text("from ..data import X\nimport helper" + GOOD)
    (tmp_path / "pack" / "data.py").write_text(
        "import pathlib\nX = (pathlib.Path(__file__).parent / 'x.txt').read_text()\n"
    )
    (tmp_path / "pack" / "x.txt").write_text("packages hold data too")
    (tmp_path / "helper.py").touch()
    (tmp_path / "spaces" / "below" / "mod.py").write_text(GOOD)
    monkeypatch.chdir(tmp_path)
    for locator in ("pack.inner.parts", "./pack/inner/parts.py", "spaces.below.mod"):
        assert [tool.name for tool in load_python(Locator("python", locator)).tools] == ["double"], locator


def forged(code: str) -> str:
    """A module that says itself, on the pipe, what it is."""
    return (
        "import json, os\n"
        "binding = {'kind': 'python', 'qualname': 'f', 'module': None, 'file': __file__, 'digest': ''}\n"
        "tool = {'name': 'f', 'description': 'd', 'parameters': {}, 'category': 'c', "
        "'origin': 'python:' + __file__, 'binding': binding}\n"
        f"{code}\n"
        "os.write(3, json.dumps({'type': 'Described', 'tools': [tool], 'skipped': []}).encode() + b'\\n')\n"
        "import time\ntime.sleep(60)\n"
    )


@linux
@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("binding['file'] = '/etc/passwd'", "it returned f bound to another module"),
        ("binding['file'] = None; binding['module'] = 'os'", "it returned f bound to another module"),
        ("tool['binding'] = None", "with a wrong origin"),
        ("tool['origin'] = 'starter'", "with a wrong origin"),
        ("tool['name'] = 'f\\ninjected'", "an invalid name"),
        ("tool['parameters'] = {'$ref': 'http://127.0.0.1:9/schema'}", "outside of itself"),
        ("os.write(3, b'{' * 100000 + b'\\n'); tool['name'] = ''", "an invalid name"),
    ],
)
def test_a_forged_description_is_refused(tmp_path: Path, code: str, expected: str) -> None:
    """What the sandbox says is data: it can bind tools to nothing but the module that was asked for."""
    (tmp_path / "liar.py").write_text(forged(code))
    assert expected in refuse(tmp_path / "liar.py")


@linux
def test_a_flood_instead_of_a_description_is_refused(tmp_path: Path) -> None:
    """Its size is bounded while it is read."""
    (tmp_path / "flood.py").write_text("import os\nwhile True: os.write(3, b'x' * 65536)\n")
    assert "larger than 16 MiB" in refuse(tmp_path / "flood.py")


def test_a_schema_nested_without_end_is_refused() -> None:
    """It would break whoever walks through it."""
    schema: dict[str, object] = {}
    for _ in range(200):
        schema = {"items": schema}
    tool = Tool("f", "d", schema, origin="python:m", binding=PythonBinding("f", "m"))
    order = Order((Wanted("m", module="m"),), "/")
    with pytest.raises(Forged, match="nested too deeply"):
        require_wanted(Described((tool,), ()), order)
    honest = msgspec.structs.replace(tool, parameters={"type": "object"})
    require_wanted(Described((honest,), ()), order)
