"""Types of the user's own: found by name in docstrings, nested in each other, closed to invented properties."""

from pathlib import Path
from typing import Any

import pytest

from apigen.execute.values import BadArguments, resolve
from apigen.library.base import Loaded
from apigen.library.python import load_python
from apigen.locators import Locator
from apigen.records import PythonBinding, Tool


def tool(loaded: Loaded, name: str) -> Tool:
    return next(found for found in loaded.tools if found.name == name)


@pytest.mark.parametrize(
    "docstring",
    [
        ":param priority: How soon.\n    :type priority: Priority",
        ":param Priority priority: How soon.",
        "Args:\n        priority (Priority): How soon.",
        "Args:\n        priority (Priority, optional): How soon.",
        "Parameters\n    ----------\n    priority : Priority, optional\n        How soon.",
        "Parameters\n    ----------\n    priority : {name}.Priority\n        How soon.",
    ],
)
def test_docstrings_name_types_of_their_module(tmp_path: Path, docstring: str) -> None:
    """An enum of the same module is known by its name in every docstring style."""
    (tmp_path / "tickets.py").write_text(
        'import enum\nclass Priority(enum.Enum):\n    LOW = "low"\n    HIGH = "high"\n'
        f'def rank(priority):\n    """Rank a ticket.\n\n    {docstring.format(name="tickets")}\n    """\n'
    )
    found = tool(load_python(Locator("python", str(tmp_path / "tickets.py"))), "rank").properties["priority"]
    assert found["enum"] == ["low", "high"]
    assert found["description"] == "How soon."


TYPED_DICTS = """
import dataclasses
from typing import NotRequired, Optional, Required, TypedDict

class Size(TypedDict):
    width: int
    height: NotRequired[int]

class Box(TypedDict, total=False):
    size: Required[Size]
    label: str

@dataclasses.dataclass
class Order:
    boxes: list[Box]
    spare: Optional[Size] = None

def plain(box: Box) -> Box:
    '''Give it back.'''
    return box

def nested(boxes: list[Box], named: dict[str, Size], spare: Optional[Box] = None) -> list:
    '''Give them back.'''
    return [boxes, named, spare]

def inside(order: Order) -> dict:
    '''Give it back.'''
    assert isinstance(order, Order)
    return {"boxes": order.boxes, "spare": order.spare}
"""


def test_typed_dicts_work_at_every_depth(tmp_path: Path) -> None:
    """Also those of typing, on every Python version, with their required and optional keys, converted and closed."""
    (tmp_path / "boxes.py").write_text(TYPED_DICTS)
    loaded = load_python(Locator("python", str(tmp_path / "boxes.py")))
    size = {
        "type": "object",
        "properties": {"width": {"type": "integer"}, "height": {"type": "integer"}},
        "required": ["width"],
        "additionalProperties": False,
    }
    box = {
        "type": "object",
        "properties": {"size": size, "label": {"type": "string"}},
        "required": ["size"],
        "additionalProperties": False,
    }
    assert tool(loaded, "plain").properties["box"] == box
    nested = tool(loaded, "nested").properties
    assert nested["boxes"]["items"] == box
    assert nested["named"]["additionalProperties"] == size
    assert nested["spare"]["anyOf"] == [box, {"type": "null"}]
    order = tool(loaded, "inside").properties["order"]
    assert order["properties"]["boxes"]["items"] == box
    assert order["properties"]["spare"]["anyOf"] == [size, {"type": "null"}]

    one: dict[str, Any] = {"size": {"width": 3}, "label": "a"}
    calls: dict[str, dict[str, Any]] = {
        "plain": {"box": one},
        "nested": {"boxes": [one], "named": {"x": {"width": 1, "height": 2}}},
        "inside": {"order": {"boxes": [one], "spare": None}},
    }
    results: dict[str, Any] = {"plain": one, "nested": [[one], {"x": {"width": 1, "height": 2}}, None]}
    results["inside"] = calls["inside"]["order"]
    for name, arguments in calls.items():
        binding = tool(loaded, name).binding
        assert isinstance(binding, PythonBinding)
        assert resolve(binding)(arguments) == results[name]
    binding = tool(loaded, "inside").binding
    assert isinstance(binding, PythonBinding)
    with pytest.raises(BadArguments):
        resolve(binding)({"order": {"boxes": [{"size": {}}]}})


MODELS = """
import dataclasses
from pydantic import BaseModel, ConfigDict

class Tag(BaseModel):
    word: str

class Loose(BaseModel):
    model_config = ConfigDict(extra="allow")
    tag: Tag

@dataclasses.dataclass
class Part:
    tags: list[Tag]

class Whole(BaseModel):
    part: Part
    loose: Loose
    table: dict[str, Tag] = {}

def build(whole: Whole) -> str:
    '''Build it.'''
    return str(whole)
"""


def test_objects_are_closed_at_every_depth(tmp_path: Path) -> None:
    """Models and data classes take no invented properties, unless a model says that it takes them."""
    (tmp_path / "models.py").write_text(MODELS)
    whole = tool(load_python(Locator("python", str(tmp_path / "models.py"))), "build").properties["whole"]
    part, loose = whole["properties"]["part"], whole["properties"]["loose"]
    tag = {
        "type": "object",
        "properties": {"word": {"type": "string"}},
        "required": ["word"],
        "additionalProperties": False,
    }
    assert whole["additionalProperties"] is False
    assert part["additionalProperties"] is False
    assert part["properties"]["tags"]["items"] == tag
    assert loose["additionalProperties"] is True
    assert loose["properties"]["tag"] == tag
    assert whole["properties"]["table"]["additionalProperties"] == tag


FOREIGN = """
import datetime
from typing import IO, TYPE_CHECKING, Union

if TYPE_CHECKING:
    from typing_extensions import TypeAlias
    Instant: TypeAlias = "datetime.date | float | None"

class Rule:
    pass

class Caller:
    def __call__(self, words: "Sequence[str]") -> int:
        '''Count them.'''
        return len(words)

from collections.abc import Sequence
count = Caller()

def read(source: Union[bytes, str, IO[str]], rule: "Rule | dict[str, int] | None" = None) -> str:
    '''Read it.'''
    return f"{source} {rule}"

def nested(rules: list[Union[Rule, str]]) -> list:
    '''Give them back.'''
    return rules

def at(moment: "Instant") -> str:
    '''Tell it.'''
    return str(moment)

def only(rule: Union[Rule, bytes]) -> str:
    '''Take nothing that JSON can say.'''
    return ""
"""


def test_unions_keep_what_json_can_say(tmp_path: Path) -> None:
    """Members that it cannot say are left out, at every depth, as long as one remains."""
    (tmp_path / "foreign.py").write_text(FOREIGN)
    loaded = load_python(Locator("python", str(tmp_path / "foreign.py")))
    read = tool(loaded, "read").properties
    assert read["source"] == {"type": "string"}
    counts = {"additionalProperties": {"type": "integer"}, "type": "object"}
    assert read["rule"] == {"anyOf": [counts, {"type": "null"}], "default": None}
    assert tool(loaded, "nested").properties["rules"] == {"items": {"type": "string"}, "type": "array"}
    assert {entry.name: entry.reason for entry in loaded.skipped}["only"].endswith("foreign.Rule has no JSON form")


def test_names_for_type_checkers_and_of_objects_that_can_be_called_are_found(tmp_path: Path) -> None:
    """An alias under TYPE_CHECKING is a type, and an object's types are those of its class's module."""
    (tmp_path / "foreign.py").write_text(FOREIGN)
    loaded = load_python(Locator("python", str(tmp_path / "foreign.py")))
    moments = [{"format": "date", "type": "string"}, {"type": "number"}, {"type": "null"}]
    assert tool(loaded, "at").properties["moment"] == {"anyOf": moments}
    assert tool(loaded, "count").properties["words"] == {"items": {"type": "string"}, "type": "array"}
