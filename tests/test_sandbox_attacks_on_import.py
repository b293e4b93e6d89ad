"""Modules that attack when they are imported, and functions that attack whoever describes them."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from apigen.errors import UserError
from apigen.execute.python import Level, Limits, probe_isolation
from apigen.library.python import load_python
from apigen.locators import Locator
from attacks.on_import import ON_IMPORT, PATCHING, ImportAttack
from sandbox_lab import Lab, lab

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has these walls")

GOOD = Path(__file__).parent / "data" / "attacks" / "good.py"
DOUBLE = '\n\ndef double(x: int) -> int:\n    """Double it."""\n    return 2 * x\n'
LIMITS = Limits(wall_s=2.0, memory_mb=128, import_s=1.0)


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("modules")
    (folder / "key.txt").write_text("a secret")
    (folder / "harmless.py").write_text(DOUBLE)
    for attack in (*ON_IMPORT, *PATCHING):
        file_of(attack, folder).write_text(attack.code)
    return folder


@pytest.fixture(scope="module")
def shared(modules: Path) -> Iterator[Lab]:
    if not probe_isolation().level.at_least(Level.FILTERED):
        pytest.skip("this machine lacks seccomp or Landlock")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("APIGEN_CANARY", "a secret")
        with lab(LIMITS) as running:
            yield running


def file_of(attack: ImportAttack, folder: Path) -> Path:
    return folder / f"import_{attack.name.replace(' ', '_')}.py"


def good(lab: Lab) -> list[object]:
    return [lab.call("add", file=GOOD, a=3, b=4).result, lab.call("describe", file=GOOD, word="abc").result]


@pytest.mark.parametrize("attack", ON_IMPORT, ids=lambda attack: attack.name.replace(" ", "-"))
def test_a_module_that_attacks_is_contained_and_named(shared: Lab, modules: Path, attack: ImportAttack) -> None:
    """Its own calls say what it did, and the calls of others are as before."""
    before = good(shared)
    execution = shared.call("answer", file=file_of(attack, modules))
    said = (execution.reason, execution.detail, execution.result)
    assert any(outcome.fits(execution) for outcome in attack.outcomes), said
    assert "a secret" not in str(said)
    assert good(shared) == before
    assert before[0] == 7


@pytest.mark.slow
@pytest.mark.parametrize("attack", PATCHING, ids=lambda attack: attack.name.replace(" ", "-"))
def test_a_module_changes_nothing_for_others(modules: Path, attack: ImportAttack) -> None:
    """What a module replaces when it is imported is replaced for its own functions only."""
    with lab(LIMITS) as running:
        running.call("double", file=modules / "harmless.py", x=1)  # a new folder costs a new process; not later
        before = good(running)
        execution = running.call("answer", file=file_of(attack, modules))
        assert any(outcome.fits(execution) for outcome in attack.outcomes), execution
        assert good(running) == before


@pytest.mark.slow
@pytest.mark.parametrize("attack", ON_IMPORT, ids=lambda attack: attack.name.replace(" ", "-"))
def test_a_library_with_such_a_module_says_so(modules: Path, attack: ImportAttack) -> None:
    """Loading ends with tools or with one line that says what is wrong, and tells no secret."""
    names, said = described(file_of(attack, modules), 3.0)
    assert names == {"answer"} or (not names and said)
    assert "a secret" not in said
    assert not Path("/tmp/apigen-at-import").exists()


def described(file: Path, timeout_s: float) -> tuple[set[str], str]:
    """The tools of a file, and what is said about what is none, which is short."""
    try:
        loaded = load_python(Locator("python", str(file)), timeout_s=timeout_s)
    except UserError as problem:
        lines = [str(problem)]
        names = set()
    else:
        lines = [skipped.reason for skipped in loaded.skipped]
        names = {tool.name for tool in loaded.tools}
    assert all("\n" not in line and len(line) < 1000 for line in lines)
    return names, " ".join(lines)


LIARS = {
    "signature": "def {name}(x: int) -> int:\n    return x\n\n\n{name}.__signature__ = 'x' * 10\n",
    "endless signature": (
        "class Lying:\n    @property\n    def __signature__(self):\n        raise SystemExit\n\n"
        "    def __call__(self, x: int) -> int:\n        return x\n\n\n{name} = Lying()\n"
    ),
    "docstring that is none": "def {name}(x: int) -> int:\n    return x\n\n\n{name}.__doc__ = ['no', 'text']\n",
    "docstring that lies": (
        "class Text(str):\n    def strip(self, *_):\n        raise SystemExit\n\n"
        "    splitlines = expandtabs = strip\n\n\n"
        "def {name}(x: int) -> int:\n    return x\n\n\n{name}.__doc__ = Text('a text')\n"
    ),
    "huge docstring": "def {name}(x: int) -> int:\n    return x\n\n\n{name}.__doc__ = 'word ' * 2_000_000\n",
    "default that lies": (
        "class Default(int):\n    def __repr__(self):\n        raise KeyboardInterrupt\n\n"
        "    __str__ = __format__ = __repr__\n\n\n"
        "def {name}(x: int = Default(3)) -> int:\n    return x\n"
    ),
    "annotation that lies": (
        "class Meta(type):\n    def __getattr__(cls, name):\n        raise SystemExit\n\n"
        "    def __instancecheck__(cls, _):\n        raise SystemExit\n\n    def __subclasscheck__(cls, _):\n"
        "        raise SystemExit\n\n    def __hash__(cls):\n        raise SystemExit\n\n\n"
        "class Odd(metaclass=Meta):\n    pass\n\n\ndef {name}(x: Odd) -> int:\n    return 1\n"
    ),
    "annotation that is code": "def {name}(x: '__import__(\"os\")._exit(3)') -> int:\n    return x\n",
    "name that lies": "def {name}(x: int) -> int:\n    return x\n\n\n{name}.__name__ = 'a\\nb' * 1000\n",
    "module that lies": "def {name}(x: int) -> int:\n    return x\n\n\n{name}.__module__ = 5\n",
    "wrapper without end": "def {name}(x: int) -> int:\n    return x\n\n\n{name}.__wrapped__ = {name}\n",
    "surrogates": "def {name}(x: int) -> int:\n    return x\n\n\n{name}.__doc__ = 'half \\ud800 of one'\n",
}


@pytest.mark.parametrize("lie", LIARS, ids=lambda lie: lie.replace(" ", "-"))
def test_a_function_that_lies_about_itself_stops_nobody(tmp_path: Path, lie: str) -> None:
    """The function beside it is described as ever, or one line refuses the module; the liar is described or listed."""
    file = tmp_path / "liars.py"
    file.write_text(LIARS[lie].format(name="liar") + DOUBLE)
    names, said = described(file, 10.0)
    assert names in ({"double", "liar"}, {"double"}) or (not names and said)
