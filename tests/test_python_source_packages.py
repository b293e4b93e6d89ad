"""Whole packages as tools: each function once, from where it is defined; what cannot be imported is left out."""

import asyncio
import sys
from pathlib import Path

import msgspec
import pytest

from apigen.config import GrantConfig
from apigen.errors import UserError
from apigen.execute.granted import GrantedExecutor
from apigen.execute.grants import Grants
from apigen.execute.python import Level, Limits, PythonExecutor, probe_isolation
from apigen.library.base import Loaded
from apigen.library.introspect.protocol import Described, Order, Wanted
from apigen.library.introspect.trust import Forged, require_wanted
from apigen.library.python import load_python
from apigen.locators import Locator
from apigen.records import Call, Execution, PythonBinding, Tool

pytestmark = pytest.mark.slow

linux = pytest.mark.skipif(
    sys.platform != "linux" or not probe_isolation().level.at_least(Level.FILTERED), reason="needs seccomp and Landlock"
)

FILES = {
    "__init__.py": "from parcels._hidden import weigh\nfrom parcels.routes import plan\n"
    "from parcels.units import Unit\nfrom parcels import routes\n",
    "_hidden.py": 'def weigh(grams: int) -> float:\n    """Weigh it."""\n    return grams / 1000\n',
    "routes/__init__.py": 'from parcels.routes.planning import plan, helper\n__all__ = ["plan", "helper"]\n',
    "routes/planning.py": '__all__ = ["plan"]\ndef plan(city: str) -> str:\n    """Plan it."""\n    return city\n'
    'def helper(n: int) -> int:\n    """Help."""\n    return n\nagain = plan\n',
    "routes/more.py": 'def plan(city: str, days: int) -> str:\n    """Plan more."""\n    return city * days\n',
    "units.py": "class Unit:\n    def scale(self, n: int) -> int:\n        '''Scale it.'''\n        return 2 * n\n",
    "broken.py": "import nosuchdependency\n",
    "leaving.py": "raise SystemExit(2)\n",
    "tests/__init__.py": "raise RuntimeError('not to be imported')\n",
    "vendored/__init__.py": "raise RuntimeError('not to be imported')\n",
    "__main__.py": "raise RuntimeError('not to be imported')\n",
    "_private.py": "raise RuntimeError('not to be imported')\n",
}


@pytest.fixture
def parcels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package of the current folder."""
    for name, text in FILES.items():
        (tmp_path / "parcels" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "parcels" / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "parcels"


def load(place: str, *options: tuple[str, str], timeout_s: float = 30.0) -> Loaded:
    return load_python(Locator("python", place, options), timeout_s=timeout_s)


def bindings(loaded: Loaded) -> dict[str, tuple[str, str]]:
    found = {}
    for tool in loaded.tools:
        assert isinstance(tool.binding, PythonBinding)
        found[tool.name] = (tool.binding.module or Path(tool.binding.file or "").name, tool.binding.qualname)
    return found


def test_each_function_of_a_package_is_one_tool(parcels: Path) -> None:
    """From where it is defined if it is public there, else from where the package offers it."""
    loaded = load("parcels.*")
    assert bindings(loaded) == {
        "weigh": ("__init__.py", "weigh"),
        "helper": ("__init__.py", "helper"),
        "plan": ("more.py", "plan"),
        "planning_plan": ("planning.py", "plan"),
    }
    assert {tool.origin for tool in loaded.tools} == {"python:parcels.*"}


def test_modules_that_are_no_part_of_the_package_or_cannot_be_imported_are_listed(parcels: Path) -> None:
    """None of them is fatal; private ones are passed over like private functions."""
    reasons = {entry.name: entry.reason for entry in load("parcels.*").skipped}
    assert reasons["parcels.tests"] == "a module that is skipped: tests"
    assert reasons["parcels.vendored"] == "a module that is skipped: vendored"
    assert reasons["parcels.broken"].startswith("cannot be imported: it needs the module 'nosuchdependency'")
    assert reasons["parcels.leaving"].startswith("cannot be imported: it calls sys.exit(2)")
    assert not {"parcels._private", "parcels.__main__"} & set(reasons)


def test_a_package_without_all_offers_what_it_has_from_its_own_modules(parcels: Path) -> None:
    """Its users import these names from it."""
    assert set(bindings(load("parcels"))) == {"weigh", "plan"}


def test_classes_are_found_in_the_whole_package(parcels: Path) -> None:
    """Each where it is defined, bound to the file that it is imported from."""
    loaded = load("parcels.*", ("class", "*"))
    assert bindings(loaded) == {"unit_scale": ("units.py", "scale")}
    assert call(loaded, "unit_scale", n=4).result == 8


def call(loaded: Loaded, name: str, **arguments: object) -> Execution:
    tool = next(tool for tool in loaded.tools if tool.name == name)

    async def once() -> Execution:
        executor = PythonExecutor(Limits(wall_s=10.0, import_s=60.0), workers=1)
        try:
            return await executor.execute(tool, Call(name, arguments))
        finally:
            await executor.aclose()

    return asyncio.run(once())


@linux
@pytest.mark.parametrize(
    ("code", "expected", "timeout_s"),
    [
        ("import os\nos._exit(7)\n", "importing parcels.odd ends the process (exit code 7)", 30.0),
        ("import os\nos.abort()\n", "importing parcels.odd crashes Python (SIGABRT)", 30.0),
        pytest.param("while True: pass\n", "importing parcels.odd takes longer than 4 s", 4.0, marks=pytest.mark.slow),
    ],
)
def test_a_module_that_takes_the_process_with_it_is_left_out(
    parcels: Path, code: str, expected: str, timeout_s: float
) -> None:
    """The package is loaded once more without it."""
    (parcels / "odd.py").write_text(code)
    loaded = load("parcels.*", timeout_s=timeout_s)
    assert {entry.name: entry.reason for entry in loaded.skipped}["parcels.odd"] == expected
    assert "weigh" in bindings(loaded)


@pytest.mark.slow
def test_a_package_whose_modules_all_end_the_process_is_given_up(parcels: Path) -> None:
    """After a few of them, with the line about the last."""
    for number in range(7):
        (parcels / f"odd{number}.py").write_text("import os\nos._exit(7)\n")
    with pytest.raises(UserError, match=r"cannot load python:parcels\.\*: importing parcels\.odd5 ends the process"):
        load("parcels.*")


@pytest.mark.parametrize(
    ("name", "count", "some"),
    [
        ("humanize", 15, {"naturalsize", "intcomma"}),
        ("boltons", 80, {"slugify", "parse_int_list", "human_readable_list"}),
    ],
)
def test_real_packages_are_loaded_whole(name: str, count: int, some: set[str]) -> None:
    """Their tools are bound to the modules that define them, and have names of their own."""
    loaded = load(f"{name}.*")
    names = [tool.name for tool in loaded.tools]
    assert len(names) == len(set(names)) >= count
    assert some <= set(names)
    for tool in loaded.tools:
        assert isinstance(tool.binding, PythonBinding)
        assert (tool.binding.module or "").startswith(name)


@pytest.mark.parametrize("place", [".*", "parcels.*.*", "*", "parcels.rou*"])
def test_only_a_whole_package_can_be_starred(place: str) -> None:
    """The line says how it is written."""
    with pytest.raises(UserError, match=r"python:PACKAGE\.\* for a package with its submodules"):
        load(place)


def test_stubs_beside_a_module_are_read(tmp_path: Path) -> None:
    """Also where they name parameters otherwise, and for methods and asynchronous functions."""
    (tmp_path / "plain.py").write_text(
        'def join(a, b):\n    """Join."""\n    return a + b\n'
        'async def late(a):\n    """Wait."""\n    return a\n'
        'class Box:\n    def fill(self, what, times=None):\n        """Fill."""\n        return [what] * (times or 1)\n'
    )
    (tmp_path / "plain.pyi").write_text(
        "from typing import Optional\ndef join(left: str, b: str) -> str: ...\nasync def late(a: bool) -> bool: ...\n"
        "class Box:\n    def fill(self, what: list[int], times: Optional[int] = ...) -> list[list[int]]: ...\n"
    )
    loaded = load(str(tmp_path / "plain.py"))
    join, late = loaded.tools
    assert [each["type"] for each in join.properties.values()] == ["string", "string"]
    assert late.properties == {"a": {"type": "boolean"}}
    box = load(str(tmp_path / "plain.py"), ("class", "Box"))
    assert box.tools[0].properties["what"] == {"items": {"type": "integer"}, "type": "array"}
    assert call(box, "box_fill", what=[1], times=2).result == [[1], [1]]
    assert call(loaded, "join", a="x", b="y").result == "xy"
    assert call(loaded, "join", a=1, b=2).ok is False


@linux
def test_what_methods_are_granted_their_factory_is_granted(tmp_path: Path) -> None:
    """A factory may read what a grant for the tool lets it read, when it is described and when it is called."""
    secret = tmp_path / "data" / "prices.txt"  # beside no code, so that nothing but the grant opens it
    secret.parent.mkdir()
    secret.write_text("7")
    (tmp_path / "priced.py").write_text(
        "from pathlib import Path\nclass PriceList:\n    def __init__(self, price: str) -> None:\n"
        "        self.price = price\n    def of(self, name: str) -> str:\n        '''Tell it.'''\n"
        "        return self.price\n"
        f"def make() -> PriceList:\n    return PriceList(Path({str(secret)!r}).read_text())\n"
    )
    locator = Locator("python", str(tmp_path / "priced.py"), (("factory", "make"),))
    with pytest.raises(UserError, match="PermissionError"):
        load_python(locator)
    grants = Grants([GrantConfig(tools=("price_list_*",), read=(str(secret),))])
    (tool,) = load_python(locator, grants).tools

    async def call_it() -> Execution:
        executor = GrantedExecutor(Limits(wall_s=10.0, import_s=60.0), workers=1, grants=grants)
        try:
            return await executor.execute(tool, Call("price_list_of", {"name": "pear"}))
        finally:
            await executor.aclose()

    assert asyncio.run(call_it()).result == "7"


def test_a_description_may_bind_tools_to_submodules_of_what_was_asked_for_only() -> None:
    """What comes from the sandbox is data, which names nothing else."""
    order = Order((Wanted("pack.*", module="pack", whole=True),), "/home")
    tool = Tool("f", "d", {"type": "object"}, origin="python:pack.*", binding=PythonBinding("f", "pack.inner.parts"))
    require_wanted(Described((tool,), ()), order)
    inside = PythonBinding("f", file="/home/pack/inner/parts.py")
    require_wanted(Described((msgspec.structs.replace(tool, binding=inside),), ()), order)
    for binding in (
        PythonBinding("f", "package"),
        PythonBinding("f", "os"),
        PythonBinding("f", file="/home/pack/../other.py"),
        PythonBinding("f", file="/home/pack.py/../x"),
        PythonBinding("f", file="/etc/x.py"),
    ):
        with pytest.raises(Forged, match="returned f bound to another module"):
            require_wanted(Described((msgspec.structs.replace(tool, binding=binding),), ()), order)
