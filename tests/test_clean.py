"""``apigen library check``: what is taken out and why, what is only told, and that nothing is lost on the way."""

import asyncio
import json
from pathlib import Path

import msgspec
import pytest

from apigen.clean.base import Fall
from apigen.clean.probe import Probe, Prober, State
from apigen.clean.run import Cleaned, Hooks, Plan, clean
from apigen.execute.python import Limits, PythonExecutor
from apigen.library.base import Loaded
from apigen.library.catalogue import load_library
from apigen.library.file_reading import read_library_file
from apigen.records import Call, Execution, McpBinding, Reason, RestBinding, Seed, Tool
from chat_server import serving
from runs import apigen, lines

pytestmark = pytest.mark.slow

MODULE = '''
import random
import time


def add(a: int, b: int) -> int:
    """Adds two whole numbers and gives their sum."""
    return a + b


def add_numbers(a: int, b: int) -> int:
    """Adds two whole numbers and gives their sum."""
    return a + b


def only_berlin(city: str) -> str:
    """The mayor of a city that is known here."""
    if city != "Berlin":
        raise ValueError(f"{city} is not known")
    return "somebody"


def broken(text: str) -> str:
    """Looks a text up in a table that is missing."""
    raise RuntimeError("the table is missing")


def sleeper(seconds: float) -> str:
    """Waits for far longer than anybody wants to."""
    time.sleep(60)
    return "awake"


def get_file(path: str) -> str:
    """Get file."""
    return path


def roll(sides: int) -> int:
    """Rolls a die of that many sides once."""
    return random.randint(1, 10**9)


def noisy(text: str) -> str:
    """<p>Gives the <b>text</b> back&nbsp;as it came in.</p>"""
    return text
'''


@pytest.fixture(scope="module")
def module(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clean") / "mine.py"
    path.write_text(MODULE)
    return path


@pytest.fixture(scope="module")
def mine(module: Path) -> Loaded:
    library = load_library([f"python:{module}"])
    return Loaded(library.tools, library.seeds, library.skipped, library.notes)


@pytest.fixture(scope="module")
def quick(mine: Loaded) -> Loaded:
    """The same without the one that takes long."""
    return msgspec.structs.replace(mine, tools=tuple(tool for tool in mine.tools if tool.name != "sleeper"))


class Counting:
    """The sandbox, and the calls that it was given."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self._sandbox = PythonExecutor(Limits(wall_s=3.0), twice=True)

    async def execute(self, tool: Tool, call: Call) -> Execution:
        self.calls.append(tool.name)
        return await self._sandbox.execute(tool, call)

    async def aclose(self) -> None:
        await self._sandbox.aclose()


def cleaned(
    library: Loaded, plan: Plan | None = None, hooks: Hooks | None = None, known: dict[str, Probe] | None = None
) -> tuple[Cleaned, list[str]]:
    """Clean with a real sandbox; also the tools that it called."""

    async def work() -> tuple[Cleaned, list[str]]:
        executor = Counting()
        try:
            prober = Prober(executor, library.seeds)
            return await clean(library, plan or Plan(concurrency=4), prober, known=known, hooks=hooks), executor.calls
        finally:
            await executor.aclose()

    return asyncio.run(work())


def described(name: str, description: str, properties: dict[str, object] | None = None, **more: object) -> Tool:
    schema = {"type": "object", "properties": properties or {}, "additionalProperties": False, **more}
    return Tool(name, description, schema, origin="openai:/x/t.json")


def test_each_tool_falls_with_its_reason_or_stays(mine: Loaded) -> None:
    """Failures, refusals, time-outs and what is not documented fall; what varies is told."""
    found, calls = cleaned(mine)
    assert {one.tool.name: (one.fall, one.key) for one in found.fallen} == {
        "get_file": (Fall.UNDOCUMENTED, "undocumented"),
        "only_berlin": (Fall.REFUSED, "invalid_argument"),
        "broken": (Fall.FAILED, "runtime_error"),
        "sleeper": (Fall.FAILED, "timeout"),
    }
    assert [tool.name for tool in found.library.tools] == ["add", "add_numbers", "roll", "noisy"]
    assert "get_file" not in calls
    assert calls.count("sleeper") == 1
    assert calls.count("only_berlin") > 1
    notes = {(note.name, note.text) for note in found.library.notes}
    assert ("roll", "returned two different results for the same call") in notes
    assert ("add_numbers", "near-duplicate of add") in notes
    left_out = {entry.name: entry.reason for entry in found.library.skipped}
    assert left_out["sleeper"].startswith("timeout: ")
    assert 'called with values made up from its schema: {"city":' in left_out["only_berlin"]


def test_seeds_are_called_before_anything_is_made_up(mine: Loaded) -> None:
    """A tool that takes only what somebody knows is found alive where a seed knows it."""
    only = Loaded(
        tuple(tool for tool in mine.tools if tool.name == "only_berlin"),
        (Seed("Who is mayor of Berlin?", (Call("only_berlin", {"city": "Berlin"}),)),),
    )
    found, calls = cleaned(only)
    assert calls == ["only_berlin"]
    assert found.probes["only_berlin"].source == "seed"
    assert found.library.seeds == only.seeds


def test_what_would_fall_can_be_kept(quick: Loaded) -> None:
    """It stays with a note that says why it would have fallen."""
    found, _ = cleaned(quick, Plan(keep=frozenset({Fall.REFUSED, Fall.UNDOCUMENTED})))
    names = {tool.name for tool in found.library.tools}
    assert {"only_berlin", "get_file"} <= names
    assert {one.tool.name for one in found.kept} == {"only_berlin", "get_file"}
    assert any(
        note.name == "get_file" and note.text.startswith("kept although undocumented") for note in found.library.notes
    )


def test_an_interrupted_probe_goes_on_where_it_was(quick: Loaded) -> None:
    """What was called is not called again, and nothing falls that was not reached."""
    probed: dict[str, Probe] = {}
    hooks = Hooks(probed=lambda tool, probe: probed.update({tool.name: probe}), stopped=lambda: len(probed) >= 2)
    first, calls = cleaned(quick, Plan(concurrency=1), hooks)
    assert first.interrupted
    assert 2 == len(set(calls)) == len(probed)
    second, more = cleaned(quick, known=probed)
    assert not second.interrupted
    assert not set(more) & set(calls)
    whole, _ = cleaned(quick)
    assert second.library == whole.library


@pytest.mark.parametrize(
    ("tool", "fall"),
    [
        (described("no_schema", "Says something of use.", {"a": {"type": "strnig"}}), Fall.UNPARSABLE),
        (described("never", "Says something of use.", {}, required=["a"]), Fall.UNPARSABLE),
        (Tool("a b", "Says something of use.", {"type": "object"}), Fall.UNPARSABLE),
        (Tool("list", "Says something of use.", {"type": "array"}), Fall.UNPARSABLE),
        (described("getUserById", "get user by id", {"id": {"type": "string"}}), Fall.UNDOCUMENTED),
        (described("getUser", "", {"id": {"type": "string"}}), Fall.UNDOCUMENTED),
        (described("getUser", "TODO", {"id": {"type": "string"}}), Fall.UNDOCUMENTED),
        (described("getUser", "The getUser endpoint.", {"id": {"type": "string"}}), Fall.UNDOCUMENTED),
        (described("ping", "Says whether the service is alive."), Fall.NO_PARAMETERS),
        (described("getUser", "Finds a user.", {"id": {"type": "string"}}), None),
        (described("getUser", "查找用户", {"id": {"type": "string"}}), None),
    ],
)
def test_the_quality_filter(tool: Tool, fall: Fall | None) -> None:
    """Unparsable, undocumented, without parameters; other languages are no fault."""
    found = asyncio.run(clean(Loaded((tool,)), Plan()))
    assert [one.fall for one in found.fallen] == ([fall] if fall else [])
    assert len(found.library.tools) + len(found.library.skipped) == 1


def test_what_must_not_or_cannot_be_called_is_not_probed() -> None:
    """Tools that write, are only described, or whose schema nothing fits stay, and say so."""
    pet = described("delete_pet", "Deletes a pet for ever.", {"id": {"type": "string"}})
    rest = RestBinding("DELETE", "https://api.example.com", "/pets", writes=True)
    mcp = McpBinding("wipe", ("server",), writes=True)
    none = described(
        "impossible", "Takes what there is not.", {"n": {"type": "integer", "minimum": 5, "maximum": 4}}, required=["n"]
    )
    tools = (
        msgspec.structs.replace(pet, binding=rest),
        msgspec.structs.replace(pet, name="wipe_disk", description="Empties a disk.", binding=mcp),
        described("told", "Only told of, never run.", {"id": {"type": "string"}}),
        msgspec.structs.replace(none, binding=msgspec.structs.replace(rest, method="GET", writes=False)),
    )
    found, calls = cleaned(Loaded(tools))
    assert calls == []
    assert {probe.state for probe in found.probes.values()} == {State.UNPROBED}
    assert len(found.library.tools) == 4
    notes = {note.name: note.text for note in found.library.notes}
    assert "may change something" in notes["delete_pet"]
    assert "only described" in notes["told"]
    assert "no arguments" in notes["impossible"]


def test_the_whole_command(module: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One object on stdout, a cleaned file that runs, a report, and a model's words beside the original ones."""
    monkeypatch.chdir(tmp_path)
    Path("config.yaml").write_text("execution: {wall_s: 3}\n")
    asked: list[str] = []

    def describes(prompt: str) -> str:
        asked.append(prompt)
        return 'Sure!\n```json\n{"description": "Gives a text back exactly as it was."}\n```'

    arguments = (
        "library",
        "check",
        f"python:{module}",
        "-o",
        "clean.jsonl",
        "--report",
        "r.html",
        "--config",
        "config.yaml",
    )
    with serving(describes=describes) as server:
        more = ("--model", "openai/describer", "--base-url", server.url, "--drop-duplicates", "--json")
        first = apigen(*arguments, *more, "--no-probe")
        done = apigen(*arguments, *more)
    assert json.loads(first.stdout)["descriptions"]["repaired"] == 1
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["before"], found["tools"], found["skipped"]) == (8, 3, 5)
    assert found["reasons"] == {
        "duplicate": 1,
        "invalid_argument": 1,
        "runtime_error": 1,
        "timeout": 1,
        "undocumented": 1,
    }
    assert found["probe"]["by_source"][f"python:{module}"] == {"answered": 4, "failed": 2, "refused": 1}
    assert found["descriptions"] == {
        "poor": {"noisy (it holds markup)": 1},
        "asked": 1,
        "repaired": 1,
        "unreadable": 0,
        "refused": 0,
    }
    assert len(asked) == 1, "the second time, the answer was there"
    noisy = next(line for line in lines(Path("clean.jsonl")) if line.get("name") == "noisy")
    assert noisy["description"] == "Gives a text back exactly as it was."
    assert noisy["original_description"].startswith("<p>Gives")
    assert not Path("clean.probes.jsonl").exists()
    page = Path("r.html").read_text()
    assert "3 of 8 tools kept" in page
    assert "<p>Gives" not in page
    assert [tool.name for tool in load_library(["clean.jsonl"]).tools] == ["add", "noisy", "roll"]
    assert apigen("library", "drift", "clean.jsonl").returncode == 0


@pytest.mark.parametrize(
    "answer",
    ["I cannot do that.", '{"description": ""}', '{"description": "<b>x</b> y z"}', '{"text": "a b c"}', "{" * 9000],
)
def test_an_answer_that_is_no_better_changes_nothing(
    answer: str, module: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unreadable, empty, as noisy as before: the original stays and the answer is counted."""
    monkeypatch.chdir(tmp_path)
    with serving(describes=lambda prompt: answer) as server:
        done = apigen(
            "library",
            "check",
            f"python:{module}#tool=noisy",
            "--no-probe",
            "-o",
            "c.jsonl",
            "--json",
            "--model",
            "openai/x",
            "--base-url",
            server.url,
        )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["descriptions"]["unreadable"], found["descriptions"]["repaired"]) == (1, 0)
    (tool,) = read_library_file(Path("c.jsonl")).loaded.tools
    assert (tool.description[:3], tool.original_description) == ("<p>", "")


def test_a_model_names_the_categories_that_nobody_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only those; its word is counted, stands in the cleaned file, and is not paid for twice."""
    monkeypatch.chdir(tmp_path)
    names = {"frob": "Frobs the given gizmo twice.", "quux": "Quuxes the given gizmo."}
    listed = [described(name, text, {"gizmo": {"type": "string"}}).offered() for name, text in names.items()]
    weather = described("forecast", "Gives the weather forecast of a city.", {"city": {"type": "string"}}).offered()
    Path("t.json").write_text(json.dumps([*listed, weather]))
    asked: list[str] = []

    def categorises(prompt: str) -> str:
        asked.append(prompt)
        return '{"category": "Music"}' if "frob" in prompt else "No idea."

    with serving(categorises=categorises) as server:
        check = ("library", "check", "openai:t.json", "-o", "c.jsonl", "--model", "openai/x", "--base-url", server.url)
        first = apigen(*check, "--json")
        again = apigen(*check)
    assert first.returncode == 0, first.stderr
    assert json.loads(first.stdout)["categories"] == {"missing": 2, "asked": 2, "found": {"Music": 1}}
    assert len(asked) == 2, "no category was asked for twice, and none that was known"
    assert "No category found, so filed under Other: 2; a model was asked about 2 and found one for 1." in " ".join(
        again.stdout.split()
    )
    kept = {tool.name: tool.category for tool in read_library_file(Path("c.jsonl")).loaded.tools}
    assert (kept["frob"], kept["quux"]) == ("Music", "Other")
    assert "Music" in apigen("library", "list", "--library", "c.jsonl").stdout


def test_what_a_model_costs_counts_the_finding_out_how_it_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A price in the configuration holds for its answers and for what was asked before them."""
    monkeypatch.chdir(tmp_path)
    frob = described("frob", "Frobs the given gizmo twice.", {"gizmo": {"type": "string"}}).offered()
    Path("t.json").write_text(json.dumps([frob]))
    Path("c.yaml").write_text("model: {name: openai/x, price: {prompt: 1000, completion: 10000}}\n")
    with serving(claims_forms=True) as server:
        check = ("library", "check", "openai:t.json", "-o", "c.jsonl", "--model", "openai/x", "--config", "c.yaml")
        ran = apigen(*check, "--base-url", server.url, "--json")
    assert ran.returncode == 0, ran.stderr
    rows = json.loads(ran.stdout)["requests"]
    assert "probe" in {row["role"] for row in rows}
    for row in rows:
        assert row["cost_usd"] == pytest.approx(0.2 * row["requests"])


def test_a_model_that_is_away_loses_no_probe(module: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line that says to run the command again, which then goes on from the probes that are kept."""
    monkeypatch.chdir(tmp_path)
    Path("config.yaml").write_text("model: {name: openai/x, retries: 0}\n")
    arguments = ("library", "check", f"python:{module}#tool=noisy&tool=add", "-o", "c.jsonl", "--config", "config.yaml")
    done = apigen(*arguments, "--model", "openai/x", "--base-url", "http://127.0.0.1:9/v1")
    assert done.returncode == 1
    assert "probes and completions so far are kept; run the same command again" in done.stderr
    assert {line["probe"]["tool"] for line in lines(Path("c.probes.jsonl"))} == {"noisy", "add"}
    assert not Path("c.jsonl").exists()
    assert apigen(*arguments).returncode == 0
    assert not Path("c.probes.jsonl").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--keep", "unparsable"), "--keep unparsable: no such kind; choose from undocumented"),
        (("--model", "offline"), "only a language model can rewrite descriptions"),
        (("--base-url", "http://x/v1"), "has no effect without --model"),
        (("-o", "x.json"), "must end in .jsonl"),
        (("--report", "no/r.html"), "no such folder"),
        (("--allow-private", "somewhere"), "is not HOST:PORT"),
    ],
)
def test_wrong_use_is_said_before_any_work(arguments: tuple[str, ...], said: str) -> None:
    """One line, exit code 2."""
    done = apigen("library", "check", "starter", *arguments)
    assert done.returncode == 2
    assert said in done.stderr


def test_a_library_of_which_nothing_is_left_ends_with_1(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every tool is listed with its reason all the same."""
    monkeypatch.chdir(tmp_path)
    Path("one.py").write_text('def f(x: int) -> int:\n    """Fails in any case."""\n    raise OSError("gone")\n')
    done = apigen("library", "check", "python:one.py", "-o", "c.jsonl")
    assert done.returncode == 1
    assert "no tool remains" in done.stderr
    assert [line["reason"].partition(":")[0] for line in lines(Path("c.jsonl")) if line["line"] == "skipped"] == [
        Reason.RUNTIME_ERROR
    ]


def test_the_model_that_is_named_is_asked_where_the_configuration_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not where another one is; one that the configuration does not name gets no other's address."""
    monkeypatch.chdir(tmp_path)
    listed = described("frob", "Turns the gizmo around.", {"gizmo": {"type": "string"}}).offered()
    Path("t.json").write_text(json.dumps([listed]))
    with serving() as other, serving() as right, serving() as given:
        models = [{"name": f"openai/{name}", "base_url": at.url} for name, at in (("a", other), ("b", right))]
        Path("config.yaml").write_text(json.dumps({"models": models}))
        check = ("library", "check", "openai:t.json", "--config", "config.yaml", "--model")
        for more in (["openai/b"], ["openai/c", "--base-url", given.url]):
            done = apigen(*check, *more)
            assert done.returncode == 0, done.stderr
        assert [bool(server.prompts) for server in (other, right, given)] == [False, True, True]
