"""Describing Python modules and files as tools."""

import hashlib
import re
import sys
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from apigen.library.base import Loaded
from apigen.library.python import describe_modules, load_python
from apigen.locators import Locator
from apigen.records import PythonBinding, Tool

DATA = Path(__file__).parent / "data" / "python_source"


def load(name: str) -> Loaded:
    return load_python(Locator("python", str(DATA / f"{name}.py")))


@pytest.fixture(scope="module")
def annotated() -> Loaded:
    return load("annotated")


def tool(loaded: Loaded, name: str) -> Tool:
    return next(found for found in loaded.tools if found.name == name)


def reasons(loaded: Loaded) -> dict[str, str]:
    return {entry.name: entry.reason for entry in loaded.skipped}


@pytest.mark.parametrize(
    ("locator", "names"),
    [
        ("statistics", {"mean", "median", "stdev", "quantiles", "correlation", "linear_regression", "fmean", "mode"}),
        ("math", {"sqrt", "comb", "log", "dist", "factorial"}),
        ("humanize", {"naturalsize", "intcomma", "ordinal", "precisedelta", "natural_list", "clamp"}),
        ("boltons.strutils", {"parse_int_list", "ellipsize", "ordinalize", "human_readable_list"}),
        ("boltons.mathutils", {"clamp", "ceil", "floor"}),
    ],
)
def test_real_modules_become_tools(locator: str, names: set[str]) -> None:
    """Every tool of a real package has a legal unique name, a description, a schema that compiles and a binding."""
    loaded = load_python(Locator("python", locator))
    found = [one.name for one in loaded.tools]
    assert names <= set(found)
    assert len(found) == len(set(found))
    for one in loaded.tools:
        assert re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", one.name)
        assert one.description
        assert not re.search(r">>>|:[a-z]+:`|\n", one.description)
        assert one.origin == f"python:{locator}"
        assert one.properties
        assert one.parameters["additionalProperties"] is False
        assert "$ref" not in str(one.parameters)
        jsonschema_rs.validator_for(one.parameters)
        assert isinstance(one.binding, PythonBinding)
        assert (one.binding.module, one.binding.file) == (locator, None)


def test_stubs_give_types_where_the_module_has_none() -> None:
    """statistics has neither annotations nor typed docstrings; typeshed has, under other names where need be."""
    loaded = load_python(Locator("python", "statistics"))
    numbers = {"items": {"type": "number"}, "type": "array"}
    assert tool(loaded, "mean").properties == {"data": numbers}
    assert tool(loaded, "linear_regression").properties["x"] == numbers
    method = tool(loaded, "quantiles").properties["method"]
    assert (set(method["enum"]), method["default"]) == ({"inclusive", "exclusive"}, "exclusive")
    assert reasons(loaded)["NormalDist"] == "a class; its methods become tools with #class=NormalDist"


def test_the_digest_is_that_of_the_source_file() -> None:
    """A function's binding says which source it was described from; what is compiled has none."""
    import statistics  # noqa: PLC0415 - only its file is of interest

    expected = hashlib.sha256(Path(statistics.__file__).read_bytes()).hexdigest()[:16]
    binding = tool(load_python(Locator("python", "statistics")), "mean").binding
    assert isinstance(binding, PythonBinding)
    assert binding.digest == expected
    compiled = tool(load_python(Locator("python", "math")), "sqrt").binding
    assert isinstance(compiled, PythonBinding)
    assert compiled.digest == ""


def test_google_docstrings() -> None:
    """Types, descriptions and choices come from a Google docstring; asides and examples stay out."""
    loaded = load("google_style")
    assert tool(loaded, "stay_price").offered() == {
        "name": "stay_price",
        "description": "Price a stay. Children pay half. The price is rounded to cents.",
        "parameters": {
            "type": "object",
            "properties": {
                "nights": {"type": "integer", "description": "Number of nights."},
                "rate": {
                    "type": "number",
                    "description": "Price of one night in euros. Defaults to 80.",
                    "default": 80.0,
                },
                "guests": {
                    "anyOf": [{"type": "integer"}, {"type": "null"}],
                    "description": "Number of guests.",
                    "default": None,
                },
                "board": {
                    "enum": ["none", "half", "full"],
                    "type": "string",
                    "description": "Which meals are included.",
                    "default": "none",
                },
                "tags": {
                    "items": {"type": "string"},
                    "type": "array",
                    "description": "Free words.",
                    "default": [],
                },
            },
            "required": ["nights"],
            "additionalProperties": False,
        },
    }
    assert tool(loaded, "stay_price").category == "Travel"
    assert "no JSON form; the tool is offered without it" in reasons(loaded)["stay_price(on_done)"]


def test_numpy_docstrings() -> None:
    """Types come from a NumPy docstring, also array-likes and names that share a line."""
    loaded = load("numpy_style")
    smooth = tool(loaded, "smooth")
    assert smooth.category == "Other"
    assert smooth.description == "Smooth a series by a moving mean."
    assert smooth.properties["samples"] == {
        "items": {"type": "number"},
        "type": "array",
        "description": "The series.",
    }
    assert smooth.properties["window"]["type"] == "integer"
    assert smooth.properties["mode"]["enum"] == ["same", "valid"]
    assert {one["format"] for one in tool(loaded, "span").properties.values()} == {"date"}


def test_sphinx_docstrings() -> None:
    """Types come from a Sphinx docstring, and from the default where it gives none."""
    loaded = load("sphinx_style")
    properties = tool(loaded, "repeat").properties
    assert [properties[name].get("type") for name in ("text", "times", "upper")] == ["string", "integer", "boolean"]
    assert properties["separator"]["anyOf"] == [{"type": "string"}, {"type": "null"}]
    assert "its type is unknown" in reasons(loaded)["mystery"]


def test_examples_show_types() -> None:
    """Where nothing else says a type, the literal arguments of the doctests do."""
    assert tool(load("sphinx_style"), "exemplify").properties == {
        "words": {"items": {"type": "string"}, "type": "array"},
        "size": {"type": "number"},
    }


def test_every_kind_of_annotation_has_a_schema(annotated: Loaded) -> None:
    """Enums, dates, models, collections and protocols are described in place, without references or titles."""
    properties = tool(annotated, "everything").properties
    jsonschema_rs.validator_for(tool(annotated, "everything").parameters)
    expected: dict[str, Any] = {
        "unit": {"enum": ["meter", "mile"], "type": "string", "description": "A unit of length."},
        "level": {"enum": ["low", "high"], "type": "string"},
        "when": {"format": "date", "type": "string"},
        "moment": {"format": "date-time", "type": "string"},
        "clock": {"format": "time", "type": "string"},
        "span": {"format": "duration", "type": "string"},
        "ident": {"format": "uuid", "type": "string"},
        "path": {"format": "path", "type": "string"},
        "user": {"type": "integer"},
        "share": {"minimum": 0, "maximum": 1, "type": "number", "description": "The part."},
        "count": {"exclusiveMinimum": 0, "type": "integer"},
        "many": {"items": {"type": "number"}, "type": "array"},
        "unique": {"items": {"type": "string"}, "type": "array", "uniqueItems": True},
        "table": {"additionalProperties": {"items": {"type": "integer"}, "type": "array"}, "type": "object"},
        "ratio": {"type": "number"},
        "number": {"type": "number"},
        "flag": {"type": "boolean"},
        "either": {"anyOf": [{"type": "integer"}, {"type": "string"}]},
        "maybe": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "extra": {"additionalProperties": True, "type": "object"},
    }
    assert {name: properties[name] for name in expected} == expected
    assert properties["item"]["required"] == ["name", "price"]
    assert properties["item"]["additionalProperties"] is False
    assert properties["item"]["properties"]["bought"]["default"] == "2024-01-01"
    assert properties["items"]["items"]["properties"] == properties["item"]["properties"]
    assert set(properties["address"]["properties"]) == {"street", "title"}  # a field called title is no title
    assert "required" not in properties["address"]
    assert properties["place"]["properties"]["lon"] == {"type": "number", "default": 0.0}
    assert properties["person"]["properties"]["name"] == {"minLength": 1, "type": "string"}


def test_defaults_are_json(annotated: Loaded) -> None:
    """An enum's default is its value and a date's its ISO form; one that is not of the type is left out."""
    properties = tool(annotated, "defaults").properties
    assert properties["unit"]["default"] == "mile"
    assert properties["when"]["default"] == "2024-02-29"
    assert properties["sentinel"] == {"type": "integer"}
    left_out = {name for name in reasons(annotated) if name.startswith("defaults(")}
    assert left_out == {"defaults(callback)", "defaults(*values)", "defaults(**options)"}
    assert "together with the parameter before it" in reasons(annotated)["defaults(*values)"]


def test_any_number_of_values_is_a_list(annotated: Loaded) -> None:
    """What a function takes as *values a caller gives as a list, which must not miss where there is nothing else."""
    starred = tool(annotated, "starred").parameters
    assert starred["properties"] == {"numbers": {"items": {"type": "integer"}, "type": "array"}}
    assert starred["required"] == ["numbers"]


def test_types_that_nobody_wrote_down_are_noted() -> None:
    """A type taken from a default or from examples is a guess, and said to be one."""
    loaded = load("sphinx_style")
    assert {(note.name, note.text) for note in loaded.notes} >= {
        ("exemplify", "the type of words is inferred from the examples"),
        ("repeat", "the type of upper is inferred from its default"),
    }


def test_names_for_type_checkers_only_are_found(annotated: Loaded) -> None:
    """Annotations may use what is imported under TYPE_CHECKING."""
    assert set(tool(annotated, "checker_only").properties) == {"fraction", "order"}


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("stream", "parameter 'source': IO[str] has no JSON form"),
        ("apply", "parameter 'function': Callable[[int], int] has no JSON form"),
        ("anything", "parameter 'value': its type is unknown: no annotation, docstring, stub or default"),
        ("recursive", "parameter 'tree': the type Tree refers to itself"),
        ("named", "takes only **numbers, which JSON arguments cannot provide"),
        ("silent", "no docstring, so a model cannot know what it does"),
        ("nothing", "takes no parameters"),
        ("misnamed", "parameter 'value': its type cannot be read: the name 'Undefined' is not defined"),
        ("later", "an asynchronous generator; a tool must return a single result"),
        ("twice", "the same function as cached"),
    ],
)
def test_what_cannot_be_a_tool_is_listed_with_the_reason(annotated: Loaded, name: str, reason: str) -> None:
    """Nothing is dropped silently."""
    assert reasons(annotated)[name].startswith(reason)


def test_classes_that_only_give_values_their_form_are_no_news(annotated: Loaded) -> None:
    """Data classes, enums and the like are parameter types, not tools that went missing."""
    assert "Item" not in reasons(annotated)


def test_private_and_imported_names_are_not_public(annotated: Loaded) -> None:
    """Without __all__ only what the module itself defines counts."""
    named = {one.name for one in annotated.tools} | set(reasons(annotated))
    assert not named & {"_hidden", "Field", "dataclass", "lru_cache", "Decimal"}


def test_several_modules_share_one_space_of_names(tmp_path: Path) -> None:
    """Where two modules define the same name, the later gets its module's name in front."""
    for stem in ("first", "second"):
        (tmp_path / f"{stem}.py").write_text('def go(x: int) -> int:\n    """Go."""\n    return x\n')
    loaded = describe_modules([str(tmp_path / "first.py"), str(tmp_path / "second.py")], origin="starter")
    assert [one.name for one in loaded.tools] == ["go", "second_go"]
    assert {one.origin for one in loaded.tools} == {"starter"}


def test_all_decides_what_is_public(tmp_path: Path) -> None:
    """__all__ admits re-exports and names what is no function; other definitions are then private."""
    (tmp_path / "chosen.py").write_text(
        'from statistics import mean\nimport os\n__all__ = ["mean", "os", "LIMIT", "__doc__", "gone"]\nLIMIT = 3\n'
        'def own(x: int) -> int:\n    """Own."""\n    return x\n'
    )
    loaded = load_python(Locator("python", str(tmp_path / "chosen.py")))
    assert [one.name for one in loaded.tools] == ["mean"]
    assert reasons(loaded) == {
        "os": "a module; load it as python:os",
        "LIMIT": "not a function but a value of type int",
    }


def test_modules_of_the_current_folder_are_bound_by_their_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """python:mymodule finds mymodule.py here, imports its neighbours, and can be executed from anywhere."""
    (tmp_path / "neighbour.py").write_text("FACTOR = 3\n")
    (tmp_path / "mymodule.py").write_text(
        'from neighbour import FACTOR\ndef triple(x: int) -> int:\n    """Triple it."""\n    return FACTOR * x\n'
    )
    monkeypatch.chdir(tmp_path)
    (found,) = load_python(Locator("python", "mymodule")).tools
    assert isinstance(found.binding, PythonBinding)
    assert (found.binding.module, found.binding.file) == (None, str(tmp_path / "mymodule.py"))
    assert load_python(Locator("python", "./mymodule.py")).tools[0].binding == found.binding


def test_files_inside_packages_keep_their_relative_imports(tmp_path: Path) -> None:
    """A file beside an __init__.py is imported as its package's module."""
    package = tmp_path / "shop" / "parts"
    package.mkdir(parents=True)
    for init in (package, package.parent):
        (init / "__init__.py").write_text("")
    (package.parent / "prices.py").write_text("RATE = 2\n")
    (package / "sums.py").write_text(
        'from ..prices import RATE\ndef cost(n: int) -> int:\n    """Cost it."""\n    return RATE * n\n'
    )
    assert [one.name for one in load_python(Locator("python", str(package / "sums.py"))).tools] == ["cost"]


def test_nothing_of_the_module_enters_this_process(tmp_path: Path) -> None:
    """A module is imported elsewhere; here it leaves no trace."""
    (tmp_path / "stranger.py").write_text('def f(x: int) -> int:\n    """F."""\n    return x\n')
    load_python(Locator("python", str(tmp_path / "stranger.py")))
    assert "stranger" not in sys.modules
    assert str(tmp_path) not in sys.path
