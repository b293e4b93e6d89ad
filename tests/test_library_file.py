"""Library files: one format for imports and runs, the same bytes each time, and one clear line for what is wrong."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from apigen.errors import UserError
from apigen.library.base import Loaded
from apigen.library.catalogue import load_library
from apigen.library.drift import drift
from apigen.library.file_format import schema_digest
from apigen.library.file_reading import read_library_file
from apigen.library.file_writing import write_library
from apigen.library.starter_source import load_starter
from apigen.library.statistics import statistics
from apigen.locators import Locator
from apigen.records import Call, McpBinding, Note, RestBinding, RestCredential, RestParameter, Seed, Skipped, Tool
from runs import apigen, lines

ROOT = Path(__file__).parent.parent
SCHEMA = json.loads((ROOT / "docs" / "schemas" / "library.schema.json").read_text())
SHOP = '''
def price(item: str, pieces: int = 1) -> float:
    """The price of some pieces of an item in euros."""
    return 2.5 * pieces


def stock(item: str) -> int:
    """How many pieces of an item are there."""
    return len(item)
'''
NESTED: dict[str, Any] = {
    "type": "object",
    "properties": {
        "z": {"type": ["string", "null"], "enum": ["b", "a", None], "default": "b"},
        "a": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/Line"}},
        "of": {"oneOf": [{"type": "integer", "exclusiveMinimum": 0}, {"type": "string", "format": "date"}]},
    },
    "required": ["a"],
    "additionalProperties": False,
    "$defs": {
        "Line": {"type": "object", "properties": {"größe": {"type": "number", "multipleOf": 0.5, "examples": [1.5]}}}
    },
}
REST = RestBinding(
    "GET",
    "https://api.example.com/v2",
    "/pets/{petId}",
    (RestParameter("pet_id", "path", "petId"), RestParameter("tags", "query", style="form", explode=False)),
    security=((RestCredential("PET_KEY", "header", "X-Key"),), ()),
    writes=True,
)
FULL = Loaded(
    tools=(
        Tool("zoo", "Finds a pet.", NESTED, "Data", "openapi:/x/pets.yaml", REST, "Finds a <b>pet</b>."),
        Tool(
            "ask", "Asks a server.", NESTED, "Other", "mcp:uvx x", McpBinding("ask-it", ("uvx", "x"), variables=("A",))
        ),
        Tool("described", "Only told of.", NESTED, "Other", "openai:/x/tools.json"),
    ),
    seeds=(Seed("Wo ist der größte Löwe?", (Call("zoo", {"a": [{"größe": 1.0}]}),)),),
    skipped=(Skipped("gone", "it takes no parameters", "openapi:/x/pets.yaml"),),
    notes=(Note("zoo", "a reference cycle was cut"),),
)


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a module of two functions, which is the current one."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop.py").write_text(SHOP)
    return tmp_path


def imported(folder: Path, *sources: str, out: str = "lib.jsonl") -> Path:
    ran = apigen("library", "import", *sources, "-o", out)
    assert ran.returncode == 0, ran.stderr
    return folder / out


def test_what_is_written_is_read_back_whole(tmp_path: Path) -> None:
    """Nested schemas, three kinds of bindings, repaired descriptions, seeds, what was left out, and notes."""
    write_library(tmp_path / "a.jsonl", FULL, ["openapi:/x/pets.yaml", "mcp:uvx x"])
    read = read_library_file(tmp_path / "a.jsonl")
    assert read.loaded.tools == tuple(sorted(FULL.tools, key=lambda tool: tool.name))
    assert list(read.loaded.tools[-1].properties) == list(NESTED["properties"])
    assert read.loaded.seeds == FULL.seeds
    assert (read.loaded.skipped, read.loaded.notes) == (FULL.skipped, FULL.notes)
    assert read.sources == ("openapi:/x/pets.yaml", "mcp:uvx x")
    assert read.edited == frozenset()


def test_the_same_tools_give_the_same_bytes_in_any_order(tmp_path: Path) -> None:
    """So that two files differ in what differs, whatever order the sources were named in."""
    turned = Loaded(*(tuple(reversed(part)) for part in msgspec.structs.astuple(FULL)))
    write_library(tmp_path / "a.jsonl", FULL)
    write_library(tmp_path / "b.jsonl", turned)
    assert (tmp_path / "a.jsonl").read_bytes() == (tmp_path / "b.jsonl").read_bytes()
    kinds = [line["line"] for line in lines(tmp_path / "a.jsonl")]
    assert kinds == ["library", "tool", "tool", "tool", "seed", "skipped", "note"]


def test_every_line_fits_the_published_schema(tmp_path: Path) -> None:
    """docs/schemas/library.schema.json knows all kinds of lines and bindings, and nothing besides."""
    write_library(tmp_path / "a.jsonl", FULL, ["mcp:uvx x"])
    check = jsonschema.Draft202012Validator(SCHEMA)
    for line in lines(tmp_path / "a.jsonl"):
        check.validate(line)
    assert not check.is_valid({"line": "tool", "name": "x"})
    assert not check.is_valid({"line": "library", "version": 1, "more": 1})


def test_the_digest_is_of_what_a_call_depends_on() -> None:
    """The schema and what it is bound to; not its name, words, order of keys, or the code of a Python function."""
    zoo = FULL.tools[0]
    digest = schema_digest(zoo)
    turned = dict(reversed(zoo.parameters.items()))
    same = msgspec.structs.replace(zoo, name="x", description="y", category="z", origin="o", parameters=turned)
    assert schema_digest(same) == digest
    for other in (
        msgspec.structs.replace(zoo, parameters={**NESTED, "required": []}),
        msgspec.structs.replace(zoo, binding=msgspec.structs.replace(REST, path="/dogs/{petId}")),
        msgspec.structs.replace(zoo, binding=None),
    ):
        assert schema_digest(other) != digest


def test_a_run_over_a_library_file_needs_nothing_else(shop: Path) -> None:
    """Tools, bindings and seeds come from the file, and the run's own library.jsonl is such a file again."""
    imported(shop, "python:shop.py", "starter:data")
    for library, out in (("lib.jsonl", "first"), ("first/library.jsonl", "second")):
        ran = apigen("run", "--library", library, "--count", "8", "--out", out)
        assert ran.returncode == 0, ran.stderr
        assert len(lines(shop / out / "dataset.jsonl")) == 8
    assert (shop / "first" / "library.jsonl").read_bytes() == (shop / "second" / "library.jsonl").read_bytes()
    for line in lines(shop / "first" / "library.jsonl"):
        jsonschema.Draft202012Validator(SCHEMA).validate(line)


def test_a_folder_with_its_library_file_can_be_moved(shop: Path) -> None:
    """Paths below the file are written relative to it, all others as absolute ones."""
    (shop / "libs").mkdir()
    imported(shop, "python:shop.py")
    imported(shop, "python:shop.py", out="libs/lib.jsonl")
    assert lines(shop / "lib.jsonl")[1]["binding"]["file"] == "shop.py"
    assert lines(shop / "libs" / "lib.jsonl")[1]["binding"]["file"] == str(shop / "shop.py")
    moved = shop.rename(shop.with_name("moved"))
    loaded = load_library([str(moved / "lib.jsonl")])
    assert [tool.binding.file for tool in loaded.tools] == [str(moved / "shop.py")] * 2  # type: ignore[union-attr]
    with pytest.raises(UserError, match=r"price: its source file .* no longer exists"):
        load_library([str(moved / "libs" / "lib.jsonl")])


def test_changed_code_is_noted_and_resuming_is_refused(shop: Path) -> None:
    """A tool stays bound to its file; what it was when a run began is what the run goes on with, or not at all."""
    imported(shop, "python:shop.py", "starter:data")
    assert apigen("run", "--library", "lib.jsonl", "--count", "4", "--out", "out").returncode == 0
    (shop / "shop.py").write_text(SHOP.replace("2.5", "3.5"))
    library = load_library([str(shop / "lib.jsonl")])
    assert {note.name for note in library.notes if "source file has changed" in note.text} == {"price", "stock"}
    ran = apigen("run", "--resume", "--out", "out", "--count", "6")
    assert ran.returncode == 2
    assert "the library has changed since the run was started (price, stock)" in ran.stderr


def test_drift_names_what_changed_and_ends_with_1(shop: Path) -> None:
    """Tools that are new, gone, renamed or different, and what is different about them."""
    imported(shop, "python:shop.py", "python:statistics#tool=mean")
    same = apigen("library", "drift", "lib.jsonl")
    assert (same.returncode, same.stdout) == (0, "No tool differs from lib.jsonl.\n")
    text = SHOP.replace("pieces: int = 1", "pieces: float = 2, currency: str = 'EUR'").replace(
        "def stock", "def in_stock"
    )
    (shop / "shop.py").write_text(
        f'{text}\n\ndef more(x: int) -> int:\n    """One more than a number."""\n    return x + 1\n'
    )
    ran = apigen("library", "drift", "lib.jsonl", "--json")
    found = json.loads(ran.stdout)
    assert ran.returncode == 1
    assert found["drift"] is True
    assert found["added"] == ["in_stock", "more"]
    assert [change["name"] for change in found["removed"]] == ["stock"]
    assert found["changed"] == [
        {
            "name": "price",
            "what": ["currency is new", "default of pieces was 1, is 2", "type of pieces was integer, is number"],
        }
    ]


def test_drift_compares_what_is_alive_and_names_what_is_not(shop: Path) -> None:
    """A source that is gone is no reason to say nothing of the others, and its tools are not told as removed."""
    assert apigen("library", "import", "python:shop.py", "starter:math", "-o", "both.jsonl").returncode == 0
    (shop / "shop.py").unlink()
    ran = apigen("library", "drift", "both.jsonl", "--json")
    found = json.loads(ran.stdout)
    assert ran.returncode == 1
    assert found["drift"] is False
    ((source, problem),) = found["dead"].items()
    assert source.endswith("shop.py")
    assert "no such file" in problem
    shown = apigen("library", "drift", "both.jsonl").stdout
    assert "No tool differs" in shown
    assert "not compared, since it cannot be loaded: python:" in shown


def test_drift_of_every_part_of_a_schema() -> None:
    """Required, enums, bounds, descriptions, nested objects, items, bindings: each is said with its place."""
    other: dict[str, Any] = json.loads(json.dumps(NESTED))
    other["required"] = ["z"]
    other["properties"]["z"]["enum"] = ["b", "c", None]
    other["properties"]["a"] |= {"minItems": 2, "description": "Lines."}
    other["$defs"]["Line"]["properties"]["größe"]["type"] = "integer"
    del other["properties"]["of"]
    zoo = FULL.tools[0]
    now = msgspec.structs.replace(zoo, parameters=other, binding=msgspec.structs.replace(REST, method="POST"))
    (change,) = drift(FULL, Loaded((now, *FULL.tools[1:]))).changed
    assert change.name == "zoo"
    assert set(change.what) == {
        "z is now required",
        "a is now optional",
        'the values allowed for z lost ["a"] and gained ["c"]',
        "minItems of a was 1, is 2",
        "the description of a has changed",
        "type of $defs/Line.größe was number, is integer",
        "of is gone",
        "its method was GET, is POST",
    }
    assert drift(FULL, FULL).is_empty


def test_a_tool_that_was_left_out_on_purpose_is_no_drift(shop: Path) -> None:
    """What cleaning took out stays listed in the file, and is not new the next time."""
    path = imported(shop, "python:shop.py")
    read = read_library_file(path)
    left = Loaded(read.loaded.tools[:1], skipped=(Skipped("stock", "timeout: it took too long", ""),))
    write_library(path, left, read.sources)
    assert apigen("library", "drift", path).returncode == 0


def test_importing_again_says_what_is_different(shop: Path) -> None:
    """The file is replaced, and what is new, gone or changed is told."""
    imported(shop, "python:shop.py")
    (shop / "shop.py").write_text(SHOP.replace("item: str) -> int", "item: str, shelf: int) -> int"))
    ran = apigen("library", "import", "python:shop.py", "-o", "lib.jsonl")
    assert ran.returncode == 0
    assert "stock: shelf is now required; shelf is new" in ran.stdout
    assert apigen("library", "drift", "lib.jsonl").returncode == 0


def test_a_file_made_of_a_file_speaks_of_the_live_sources(shop: Path) -> None:
    """Importing a library file keeps its sources, so that drift is told against what is alive."""
    imported(shop, "python:shop.py")
    second = imported(shop, "lib.jsonl", "starter:math", out="second.jsonl")
    assert lines(second)[0]["sources"] == ["python:shop.py", "starter:math"]
    narrowed = imported(shop, "lib.jsonl#tool=price", out="third.jsonl")
    assert [line["name"] for line in lines(narrowed) if line["line"] == "tool"] == ["price"]
    assert apigen("library", "drift", "third.jsonl").returncode == 0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: text[:-20], "the last line is incomplete"),
        (lambda text: text + text.splitlines(keepends=True)[1], "the tool 'ask' is already defined in line 2"),
        (lambda text: text + text, "a second header line"),
        (
            lambda text: text.replace('"version":1', '"version":9'),
            "has library file version 9, but this apigen reads 1; install a newer",
        ),
        (lambda text: '{"query":"x","calls":[]}\n', "pass it with `--seeds lib.jsonl`"),
        (lambda text: '{"name":"x","parameters":{}}\n', "use `openai:lib.jsonl`"),
        (lambda text: "id,name\n1,2\n", "is not a library file"),
        (lambda text: "", "is empty"),
        (lambda text: "\x00\xff" + text, "is not a library file"),
        (lambda text: text.replace('"name":"ask"', '"name":"to ask"'), "'to ask' is not a valid tool name"),
        (lambda text: text.replace('"category"', '"categry"'), "line 2: cannot be read"),
        (lambda text: text.replace('"parameters":{"type"', '"parameters":[{"type"'), "line 2: cannot be read"),
    ],
)
def test_a_broken_file_is_one_clear_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Any, said: str
) -> None:
    """What is wrong, in which line, and how to mend it."""
    monkeypatch.chdir(tmp_path)
    path = Path("lib.jsonl")
    write_library(path, FULL)
    path.write_text(change(path.read_text()))
    with pytest.raises(UserError) as error:
        load_library(["lib.jsonl"])
    assert said in str(error.value)
    assert str(error.value).startswith("lib.jsonl")
    assert "\n" not in str(error.value)


def test_an_edit_by_hand_counts_and_is_told(shop: Path) -> None:
    """A description may be edited freely; an edited schema is taken as it stands, with a note."""
    path = imported(shop, "python:shop.py")
    path.write_text(
        path.read_text().replace("How many pieces", "Says how many pieces").replace('"default":1', '"default":4')
    )
    library = load_library([str(path)])
    assert library.by_name()["price"].properties["pieces"]["default"] == 4
    assert library.by_name()["stock"].description.startswith("Says")
    assert [note.name for note in library.notes if "edited by hand" in note.text] == ["price"]


@pytest.mark.parametrize(
    ("out", "said"),
    [
        ("lib.json", "must end in .jsonl"),
        ("no/lib.jsonl", "no such folder"),
        (".", "is a folder"),
        ("other.jsonl", "--force"),
    ],
)
def test_import_writes_only_where_it_should(shop: Path, out: str, said: str) -> None:
    """Nothing that is no library file is replaced without being told to."""
    (shop / "other.jsonl").write_text('{"my": "data"}\n')
    ran = apigen("library", "import", "python:shop.py", "-o", out)
    assert ran.returncode == 2
    assert said in ran.stderr
    assert (shop / "other.jsonl").read_text() == '{"my": "data"}\n'
    assert sorted(path.name for path in shop.iterdir()) == ["other.jsonl", "shop.py"]


def test_repaired_descriptions_are_not_lost_to_another_import(shop: Path) -> None:
    """What a model was paid for is replaced only with --force."""
    path = imported(shop, "python:shop.py")
    read = read_library_file(path)
    tools = tuple(msgspec.structs.replace(tool, original_description="x") for tool in read.loaded.tools)
    write_library(path, msgspec.structs.replace(read.loaded, tools=tools), read.sources)
    again = ("library", "import", "python:shop.py", "-o", "lib.jsonl")
    assert "2 descriptions rewritten by a model" in apigen(*again).stderr
    assert apigen(*again, "--force").returncode == 0
    assert not any("original_description" in line for line in lines(path))


def test_import_and_list_print_one_object(shop: Path) -> None:
    """With --json, counts of tools, of what was left out, and of the reasons."""
    (shop / "shop.py").write_text(f"{SHOP}\nLIMIT = 3\ndef now() -> int:\n    '''The time.'''\n    return 1\n")
    math = len(load_starter(Locator("starter", "math")).tools)
    found = json.loads(apigen("library", "import", "python:shop.py", "starter:math", "-o", "l.jsonl", "--json").stdout)
    assert (found["tools"], found["skipped"], found["reasons"]) == (2 + math, 1, {"takes no parameters": 1})
    listed = json.loads(apigen("library", "list", "-l", "l.jsonl", "--category", "commerce", "--json").stdout)
    assert [tool["name"] for tool in listed["tools"]] == ["price", "stock"]
    assert listed["skipped"][0]["name"] == "now"
    by_source = apigen("library", "list", "-l", "l.jsonl", "--source", "starter").stdout
    assert f"{math} tools" in by_source
    assert "price" not in by_source
    nothing = apigen("library", "list", "-l", "l.jsonl", "--category", "Sprots")
    assert nothing.returncode == 2
    assert "available: Commerce, Math" in nothing.stderr
    shown = apigen("library", "show", "price", "-l", "l.jsonl").stdout
    assert f"calls price of {shop / 'shop.py'}" in shown


def test_a_library_in_numbers() -> None:
    """Shares are of all tools or all parameters, and every feature of a schema that is used is counted."""
    found = statistics(FULL.tools, seeds=1, skipped=2)
    assert (found.tools, found.executable, found.writing) == (3, 2, 1)
    assert found.bindings == {"mcp": 1, "none": 1, "rest": 1}
    assert (found.parameters, found.required, found.parameters_per_tool) == (9, 3, (3, 3.0, 3))
    assert found.without_description == 9
    assert found.features["anyOf/oneOf"] == found.features["nullable"] == found.features["$ref"] == 3
