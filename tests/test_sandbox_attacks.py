"""Every attack on the sandbox is contained and named, and nobody else notices.

The attacks are listed in tests/attacks, their functions are in tests/data/attacks. tests/sandbox_trial.py makes all of
them in a program of its own, once for each kind of user and machine.
"""

import ast
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import msgspec
import pytest

from apigen.execute.python import Level, probe_isolation
from attacks import ATTACKS
from attacks.attack import Attack
from attacks.table import DOCUMENT, written_into
from sandbox_trial import CANNOT, FUNCTIONS, Trial

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has these walls")

TRIAL = Path(__file__).parent / "sandbox_trial.py"
IS_ROOT = os.geteuid() == 0
AS_WE_ARE = "root" if IS_ROOT else "ordinary user"
WHO = {"root": (), "ordinary user": ("--nobody",)} if IS_ROOT else {"ordinary user": ()}
BRIEF = " but for what the clock ends"
HOW = {BRIEF: ("--brief",), "": (), " in bulk": ("--bulk",), " without namespaces": ("--without-namespaces",)}
OPTIONS: dict[str, tuple[str, ...]] = {f"{who}{how}": WHO[who] + HOW[how] for who in WHO for how in HOW}
ALWAYS = f"{AS_WE_ARE}{BRIEF}"
WAYS = [way if way == ALWAYS else pytest.param(way, marks=pytest.mark.slow) for way in OPTIONS]
"""Who attacks, how the calls are made, and on what machine; the first always, the others where there is time."""
MADE = [
    pytest.param(way, attack, marks=() if way == ALWAYS else pytest.mark.slow, id=f"{way}-{attack.name}")
    for way in OPTIONS
    for attack in ATTACKS
    if not (way.endswith(BRIEF) and attack.endless)
]


@cache
def trial(way: str) -> Trial | str:
    """What came of it, or why it cannot be made here."""
    if not probe_isolation().level.at_least(Level.FILTERED):
        return "this machine lacks seccomp or Landlock"
    done = subprocess.run(
        [sys.executable, str(TRIAL), *OPTIONS[way]],
        capture_output=True,
        timeout=600,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
    )
    if done.returncode == CANNOT:
        return done.stderr.decode()
    assert done.returncode == 0, done.stderr.decode()
    return msgspec.json.decode(done.stdout, type=Trial)


@pytest.fixture
def made(way: str) -> Trial:
    made = trial(way)
    if isinstance(made, str):
        pytest.skip(made)
    return made


@pytest.mark.parametrize(("way", "attack"), MADE)
def test_an_attack_is_contained_and_named(made: Trial, attack: Attack) -> None:
    """Its outcome is the listed one, with the reason that says what it was; twice where it tries to leave something."""
    executions = made.executions[attack.name]
    assert len(executions) == 1 + attack.twice
    for execution in executions:
        said = (execution.reason, execution.detail, str(execution.result)[:200])
        assert any(outcome.fits(execution) for outcome in attack.outcomes), said
        assert len(execution.detail) <= 300
        assert execution.detail.isprintable()


@pytest.mark.parametrize("way", WAYS)
def test_no_other_call_is_touched(made: Trial) -> None:
    """After each attack, two calls of other functions in the same sandbox process are what they were before any."""
    assert made.disturbed == {}


@pytest.mark.parametrize("way", WAYS)
def test_the_machine_is_unharmed(made: Trial) -> None:
    """The user's file, our servers, processes, temporary files, and the state of our own process are as before."""
    assert made.harm == []


@pytest.mark.parametrize("way", WAYS)
def test_no_secret_gets_out(made: Trial) -> None:
    """The key in our environment, memory and file is in no result and no message."""
    assert made.leaked == []


@pytest.mark.parametrize("way", WAYS)
def test_the_trial_is_what_it_says(made: Trial, way: str) -> None:
    """The user and the level are those that were meant."""
    assert (made.user == 0) == way.startswith("root")
    if "without" in way:
        assert made.isolation.level is Level.FILTERED


def test_there_is_no_attack_that_is_not_made() -> None:
    """Each name stands for one attack, and each public function of tests/data/attacks is one."""
    assert len({attack.name for attack in ATTACKS}) == len(ATTACKS) > 300
    functions = {
        f"{file.stem}.{node.name}"
        for file in FUNCTIONS.glob("*_*.py")
        for node in ast.parse(file.read_text()).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_")
    }
    assert functions - {attack.function for attack in ATTACKS} == {"on_demand.becomes"}


def test_the_documented_attacks_are_those_that_are_made() -> None:
    """docs/sandbox.md holds the list, as ``python -m attacks`` in tests/ writes it."""
    text = DOCUMENT.read_text("utf-8")
    assert written_into(text) == text
