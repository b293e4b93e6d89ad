"""Methods of classes with state, of what factories make, and asynchronous functions: described and executed."""

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest

from apigen.errors import UserError
from apigen.execute.python import Level, Limits, PythonExecutor, probe_isolation
from apigen.library.base import Loaded
from apigen.library.python import load_python
from apigen.locators import Locator, parse_locator
from apigen.records import Call, Execution, PythonBinding, Reason

pytestmark = pytest.mark.slow

SHOP = Path(__file__).parent / "data" / "python_source" / "baskets.py"

linux = pytest.mark.skipif(
    sys.platform != "linux" or not probe_isolation().level.at_least(Level.FILTERED), reason="needs seccomp and Landlock"
)


def load(options: str = "", file: Path = SHOP) -> Loaded:
    return load_python(parse_locator(f"python:{file}{options}", ["python"]), timeout_s=20)


def refuse(options: str, file: Path = SHOP) -> str:
    with pytest.raises(UserError) as refusal:
        load(options, file)
    return str(refusal.value)


def reasons(loaded: Loaded) -> dict[str, str]:
    return {entry.name: entry.reason for entry in loaded.skipped}


def run(loaded: Loaded, *calls: Call) -> list[Execution]:
    """Execute calls one after another in one sandbox process."""
    tools = {tool.name: tool for tool in loaded.tools}

    async def all_of_them() -> list[Execution]:
        executor = PythonExecutor(Limits(wall_s=10.0, import_s=60.0), workers=1)
        try:
            return [await executor.execute(tools[call.name], call) for call in calls]
        finally:
            await executor.aclose()

    return asyncio.run(all_of_them())


def results(loaded: Loaded, *calls: tuple[str, dict[str, Any]]) -> list[Any]:
    executions = run(loaded, *(Call(name, arguments) for name, arguments in calls))
    return [execution.result if execution.ok else (execution.reason, execution.detail) for execution in executions]


@pytest.fixture(scope="module")
def cart() -> Loaded:
    return load("#class=Cart")


def test_methods_of_a_class_are_tools_named_after_both(cart: Loaded) -> None:
    """Also inherited, static, class and asynchronous ones; what is private or comes from elsewhere is none."""
    bindings = {tool.name: tool.binding for tool in cart.tools}
    assert set(bindings) == {
        *("cart_add_item", "cart_count_of", "cart_itself", "cart_made"),
        *("cart_price", "cart_ship", "cart_with_limit"),
    }
    added, priced = bindings["cart_add_item"], bindings["cart_price"]
    assert isinstance(added, PythonBinding)
    assert isinstance(priced, PythonBinding)
    assert (added.factory, added.qualname, added.file) == ("Cart", "add_item", str(SHOP))
    assert (priced.factory, priced.qualname) == ("", "Cart.price")
    add_item = next(tool for tool in cart.tools if tool.name == "cart_add_item")
    assert add_item.category == "Commerce"
    assert add_item.parameters["required"] == ["name"]
    assert add_item.properties["count"] == {"type": "integer", "description": "How many.", "default": 1}


def test_properties_are_left_out_without_being_run(cart: Loaded) -> None:
    """They take no arguments; running one may do anything."""
    assert reasons(cart) == {
        "Cart.total": "a property, which takes no arguments",
        "Cart.first": "a property, which takes no arguments",
        "Cart.track": "an asynchronous generator; a tool must return a single result",
    }


def test_each_call_has_an_object_of_its_own(cart: Loaded) -> None:
    """State is what the factory makes, whatever was called before; an object is a result only if JSON can say it."""
    assert results(
        cart,
        ("cart_add_item", {"name": "pear"}),
        ("cart_add_item", {"name": "pear", "count": 3}),
        ("cart_count_of", {"name": "pear"}),
        ("cart_made", {"name": "now"}),
        ("cart_price", {"count": 2, "each": 1.5}),
        ("cart_with_limit", {"limit": 3}),
        ("cart_ship", {"city": "Rome"}),
    ) == [{"pear": 1}, {"pear": 3}, 0, ["Cart", "now"], 3.0, "Cart 3", ["Rome"]]
    (object_,) = results(cart, ("cart_itself", {"name": "pear"}))
    assert object_[0] is Reason.RESULT_NOT_JSON
    (wrong,) = results(cart, ("cart_add_item", {"name": 5}))
    assert wrong[0] is Reason.ARGUMENT_TYPE


@pytest.mark.parametrize(("factory", "fruit"), [("make_shop", {"apple": 2}), ("open_shop", {"pear": 1})])
def test_factories_give_the_state(factory: str, fruit: dict[str, int]) -> None:
    """A function without arguments, also an asynchronous one, makes the object that each call begins with."""
    loaded = load(f"#factory={factory}")
    assert {"cart_add_item", "cart_price", "cart_ship"} <= {tool.name for tool in loaded.tools}
    assert {tool.binding.factory for tool in loaded.tools if isinstance(tool.binding, PythonBinding)} == {factory}
    added, shipped = results(loaded, ("cart_add_item", {"name": "fig"}), ("cart_ship", {"city": "Rome"}))
    assert added == fruit | {"fig": 1}
    assert shipped == [*fruit, "Rome"]


def test_calls_in_series_are_as_independent_as_alone() -> None:
    """Many calls that share processes have the results of calls that do not."""
    loaded = load("#factory=make_shop")
    tool = next(tool for tool in loaded.tools if tool.name == "cart_add_item")

    async def many() -> list[Execution]:
        executor = PythonExecutor(Limits(wall_s=10.0, import_s=60.0), workers=1)
        try:
            return await executor.execute_many(
                [(tool, Call(tool.name, {"name": "apple", "count": count})) for count in range(20)]
            )
        finally:
            await executor.aclose()

    assert [execution.result for execution in asyncio.run(many())] == [{"apple": 2 + count} for count in range(20)]


def test_a_class_that_needs_arguments_keeps_what_needs_no_object() -> None:
    """The line says how to get the rest."""
    loaded = load("#class=Order")
    assert [tool.name for tool in loaded.tools] == ["order_number_of"]
    assert reasons(loaded) == {
        "Order": "Order() needs 'owner'; write a function that makes one and load it with #factory=FUNCTION"
    }
    assert results(loaded, ("order_number_of", {"text": "7"})) == [7]


def test_patterns_choose_public_classes() -> None:
    """Also records, whose methods are methods like any other."""
    named = {tool.name for tool in load("#class=*").tools}
    assert {"basket_add_item", "cart_add_item", "order_number_of", "shelf_put"} <= named
    assert {tool.name for tool in load("#class=She*&class=Order").tools} == {"order_number_of", "shelf_put"}


def test_methods_of_the_standard_library_have_the_types_of_its_stubs() -> None:
    """The stub of a class tells the types of its methods, without the object that they belong to."""
    loaded = load_python(Locator("python", "statistics", (("class", "NormalDist"),)))
    cdf = next(tool for tool in loaded.tools if tool.name == "normal_dist_cdf")
    assert cdf.properties == {"x": {"type": "number"}}
    assert results(loaded, ("normal_dist_cdf", {"x": 0})) == [0.5]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("#class=Carte", "no such class 'Carte'; did you mean Cart?"),
        ("#class=make_shop", "make_shop is a value of type function, not a class"),
        ("#factory=make_shap", "no such function 'make_shap'; did you mean make_shop?"),
        ("#factory=Cart", "Cart is a class; write #class=Cart"),
        ("#factory=make_order", "make_order() needs 'owner'; a factory makes its object without arguments"),
        ("#factory=make_nothing", "make_nothing() returned None"),
        ("#factory=make_trouble", "make_trouble() raised KeyError: 'no shelf'"),
        ("#clas=Cart", "unknown option `clas`; did you mean `class`?"),
    ],
)
def test_options_that_name_nothing_are_one_line_with_advice(options: str, expected: str) -> None:
    """The line says how to mend it."""
    message = refuse(options)
    assert expected in message
    assert "\n" not in message


def test_asynchronous_functions_are_waited_for() -> None:
    """In an event loop that ends with the call."""
    loaded = load()
    waiting = next(tool for tool in loaded.tools if tool.name == "wait_for")
    assert waiting.properties["names"]["type"] == "array"
    calls: list[tuple[str, dict[str, Any]]] = [
        ("wait_for", {"seconds": 0.01, "names": ["Ann", "Bo"]}),
        ("wait_for", {"seconds": 0}),
    ]
    assert results(loaded, *calls) == [["Ann", "Bo"], []]


HOSTILE = {
    "while True: pass": "takes longer than 1.5 s",
    "raise SystemExit(3)": "raised SystemExit: 3",
    "import os; os._exit(7)": "ends the process (exit code 7)",
    "raise KeyError": "raised KeyError",
    "open('/etc/shadow')": "raised PermissionError",
}


@linux
@pytest.mark.parametrize("body", HOSTILE)
def test_a_factory_that_does_not_make_its_object_is_one_line(tmp_path: Path, body: str) -> None:
    """Whether it hangs, raises, exits or wants what the walls forbid; nothing of it runs in this process."""
    file = tmp_path / "bad.py"
    file.write_text(f"def make():\n    {body}\n")
    with pytest.raises(UserError) as refusal:
        load_python(Locator("python", str(file), (("factory", "make"),)), timeout_s=1.5 if "while" in body else 20)
    assert HOSTILE[body] in str(refusal.value)
    assert "make()" in str(refusal.value)
    assert "\n" not in str(refusal.value)


WAYWARD = """
import os
class Thing:
    def at(self, n: int) -> int:
        '''Give it back.'''
        return n
def make() -> Thing:
    '''Make it as long as there is no folder called call, which only calls have.'''
    if os.path.basename(os.getcwd()) == "call":
        {body}
    return Thing()
"""


@linux
@pytest.mark.parametrize(
    ("body", "reason", "detail"),
    [
        ("raise KeyError('gone')", Reason.NOT_EXECUTABLE, "make() raised KeyError: 'gone'"),
        ("raise SystemExit(3)", Reason.NOT_EXECUTABLE, "make() raised SystemExit: 3"),
        ("return None", Reason.NOT_EXECUTABLE, "the object has no callable method 'at'"),
        ("open('/etc/shadow')", Reason.FORBIDDEN, "PermissionError"),
        ("raise MemoryError", Reason.OUT_OF_MEMORY, "MemoryError"),
        ("os._exit(7)", Reason.CRASHED, "exit code 7"),
    ],
)
def test_a_factory_that_fails_in_a_call_is_no_fault_of_the_arguments(
    tmp_path: Path, body: str, reason: Reason, detail: str
) -> None:
    """The call has a reason of its own."""
    file = tmp_path / "wayward.py"
    file.write_text(WAYWARD.format(body=body))
    (execution,) = run(load("#factory=make", file), Call("thing_at", {"n": 1}))
    assert (execution.ok, execution.reason) == (False, reason)
    assert detail in execution.detail


TRICKS = """
class Meta(type):
    def __getattribute__(cls, name):
        if name == "__dict__":
            raise RuntimeError("not to be looked at")
        return super().__getattribute__(name)
class Tricky(metaclass=Meta):
    def at(self, n: int) -> int:
        '''Give it back.'''
        return n
class Descriptor:
    def __get__(self, owner, kind):
        raise RuntimeError("not to be got")
    def __call__(self):
        pass
class Honest:
    trap = Descriptor()
    def at(self, n: int) -> int:
        '''Give it back.'''
        return n
"""


def test_classes_with_tricks_lose_only_themselves(tmp_path: Path) -> None:
    """Looking at a class may run code of its own; what that raises is a reason like any other."""
    file = tmp_path / "tricky.py"
    file.write_text(TRICKS)
    loaded = load("#class=Honest&class=Tricky", file)
    assert "honest_at" in {tool.name for tool in loaded.tools}
    assert reasons(loaded)["Honest.trap"] == "inspecting it raised RuntimeError"
    assert results(loaded, ("honest_at", {"n": 2})) == [2]
