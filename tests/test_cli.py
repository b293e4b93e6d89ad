"""The command line as a user meets it: help, listings, exports, and one clear line for what is wrong."""

import io
import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from apigen.cli.terminal import Terminal
from runs import apigen, apigen_process, command, lines, told

ROOT = Path(__file__).parent.parent
GOOD = '{"name": "check_stock", "arguments": {"product": "bed frame"}}'
COMPANY = ROOT / "examples" / "company_tools.py"


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("cli") / "out"
    ran = apigen("run", "--library", "starter:data", "--count", "12", "--out", out)
    assert ran.returncode == 0, ran.stderr
    return out


@pytest.mark.parametrize("command", [(), ("run",), ("library",), ("library", "list"), ("export",), ("report",)])
def test_help_is_there_for_every_command(command: tuple[str, ...]) -> None:
    """Each says what it does and what it takes."""
    shown = apigen(*command, "--help")
    assert shown.returncode == 0
    assert "Usage:" in shown.stdout
    assert "--help" in shown.stdout


def test_the_changelog_and_readme_speak_of_every_command() -> None:
    """Documents move with the code."""
    shown = apigen("--help").stdout
    commands = re.findall(r"^  (\w+)  ", shown.partition("Commands:")[2], re.MULTILINE)
    text = (ROOT / "CHANGELOG.md").read_text() + (ROOT / "README.md").read_text()
    assert commands
    for name in commands:
        assert f"apigen {name}" in text, name


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--library", "startr"), "'startr' is not a library"),
        (("--library", "tools.py"), "did you mean `python:tools.py`?"),
        (("--library", "starter:finanse"), "no such category 'finanse'"),
        (("--library", "python:no_such_module_here"), "no_such_module_here"),
        (("--library", "python:no/such/file.py"), "no such file"),
        (("--library", "starter:data", "--seeds", "no_seeds.jsonl"), "no such seed file"),
        (("--model", "gpt-4"), "'gpt-4' is not a model"),
        (("--model", "openai/x", "--base-url", "localhost:1"), "is not an endpoint"),
        (("--count", "0"), "apigen: --count: must be at least 1 (got 0)"),
        (("--max-cost", "0"), "apigen: --max-cost: must be above 0 (got 0)"),
        (("none.yaml",), "no such file"),
        (("--resume", "--out", "nothing_here"), "not a run directory"),
        (("--resume",), "no unfinished run"),
    ],
)
def test_wrong_input_gets_one_line_and_exit_2(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    """What is wrong and how to mend it, without a traceback, and nothing is left behind."""
    ran = apigen(
        "run", *arguments, *(() if "--out" in arguments or "--resume" in arguments else ("--out", "out")), cwd=tmp_path
    )
    assert ran.returncode == 2, ran.stderr
    assert said in ran.stderr
    assert len(told(ran).splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_shell_sees_what_is_wrong() -> None:
    """As a process of its own, the program ends with the same code and line."""
    ran = apigen_process("run", "--library", "startr", "--out", "out")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith("apigen: 'startr' is not a library")
    assert len(told(ran).splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import no_such_dependency", "no_such_dependency"),
        ("def f(:\n", "line 1"),
        ("raise RuntimeError('boom')", "boom"),
        ("import sys; sys.exit(3)", "exit"),
        ("x = 1", "no usable tool found"),
        ("def f(): return 1", "f: takes no parameters"),
    ],
)
def test_a_module_that_cannot_be_loaded_is_said_in_one_line(tmp_path: Path, text: str, said: str) -> None:
    """The file, the place in it and the reason."""
    path = tmp_path / "mine.py"
    path.write_text(text)
    ran = apigen("run", "--library", f"python:{path}", "--out", tmp_path / "out")
    assert ran.returncode == 2, ran.stderr
    assert said in ran.stderr
    assert "mine.py" in ran.stderr
    assert len(told(ran).splitlines()) == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"query": "x"}', "line 2: Object missing required field `calls`"),
        ("not json", "line 2"),
        ('{"query": "x", "calls": [{"name": "check_stok", "arguments": {}}]}', "did you mean 'check_stock'?"),
        ('{"query": "x", "calls": []}', "needs a query and at least one call"),
        ('{"query": "x", "calls": [{"name": "check_stock", "arguments": {"weight": 4}}]}', "does not match its tool"),
    ],
)
def test_a_seed_file_is_held_to_the_library(tmp_path: Path, line: str, said: str) -> None:
    """A line that is no seed, or calls what is not there, is named."""
    seeds = tmp_path / "seeds.jsonl"
    seeds.write_text(f'{{"query": "how many beds", "calls": [{GOOD}]}}\n{line}\n')
    ran = apigen("run", "--library", f"python:{COMPANY}", "--seeds", seeds, "--out", tmp_path / "out")
    assert ran.returncode == 2
    assert said in ran.stderr
    assert len(told(ran).splitlines()) == 1


def test_resuming_with_another_configuration_names_the_keys(finished: Path) -> None:
    """The keys that differ, with both values; what cannot change a result may differ."""
    ran = apigen("run", "--resume", "--out", finished, "--seed", "5", "--model", "openai/x")
    assert ran.returncode == 2
    assert "seed: 0 before, 5 now" in ran.stderr
    assert "models: offline before; openai/x now" in ran.stderr
    assert "only verification may change" in ran.stderr
    assert apigen("run", "--resume", "--out", finished, "--concurrency", "3").returncode == 0


def test_resuming_with_a_changed_library_is_refused(tmp_path: Path) -> None:
    """An edited function would mix two libraries in one dataset."""
    path = tmp_path / "mine.py"
    path.write_text('def double(x: int) -> int:\n    """Double a number."""\n    return 2 * x\n')
    arguments = ("run", "--library", f"python:{path}", "--count", "3", "--out", tmp_path / "out")
    assert apigen(*arguments).returncode == 0
    path.write_text(path.read_text().replace("2 * x", "3 * x"))
    ran = apigen("run", "--resume", "--out", tmp_path / "out", "--count", "9")
    assert ran.returncode == 2
    assert "the library has changed since the run was started (double)" in ran.stderr


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda run: edit(run / "config.yaml", "seed: 0", "seed: 7"), "was edited after the run was started; seed: 0"),
        (
            lambda run: edit(run / "config.yaml", "count: 12", "count: ["),
            "config.yaml: was edited and can no longer be read",
        ),
        (lambda run: (run / "manifest.json").write_text("{}"), "not the manifest of a run"),
        (lambda run: (run / "manifest.json").unlink(), "has no manifest.json"),
        (lambda run: edit(run / "manifest.json", '"config": {', '"config": 5, "x": {'), "can no longer be read"),
        (lambda run: (run / "config.yaml").write_bytes(b"\xff\xfe"), "can no longer be read"),
        (lambda run: drop_line(run / "attempts.jsonl", 4), "attempts.jsonl line 5: found attempt "),
        (lambda run: edit(run / "attempts.jsonl", '"offered":["', '"offered":["no_'), "names the tool 'no_"),
        (
            lambda run: edit(run / "attempts.jsonl", '"targets":["', '"targets":["no_'),
            "differs from the one drawn now",
        ),
        (
            lambda run: edit(run / "attempts.jsonl", '"style":"', '"style":"odd_'),
            "attempts.jsonl line 1: cannot be read",
        ),
    ],
)
def test_resuming_what_was_tampered_with_is_refused(
    finished: Path, tmp_path: Path, damage: Callable[[Path], object], said: str
) -> None:
    """Two runs are never mixed in one dataset, and the line says where the damage is."""
    run = Path(shutil.copytree(finished, tmp_path / "run"))
    damage(run)
    ran = apigen("run", "--resume", "--out", run, "--count", "20")
    assert ran.returncode == 2, ran.stderr
    assert said in ran.stderr.replace("\n", " ")
    assert "Traceback" not in ran.stderr


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def drop_line(path: Path, number: int) -> None:
    kept = path.read_text().splitlines(keepends=True)
    path.write_text("".join(kept[:number] + kept[number + 1 :]))


def test_resuming_with_changed_seeds_is_refused(tmp_path: Path) -> None:
    """Seeds decide what is written as much as tools do."""
    seeds = tmp_path / "seeds.jsonl"
    line = '{"query": "how many beds", "calls": [{"name": "check_stock", "arguments": {"product": "bed frame"}}]}\n'
    seeds.write_text(line)
    arguments = ("run", "--library", f"python:{COMPANY}", "--seeds", seeds, "--out", tmp_path / "out", "--count")
    assert apigen(*arguments, "3").returncode == 0
    seeds.write_text(line.replace("how many", "any"))
    ran = apigen(*arguments, "9", "--resume")
    assert ran.returncode == 2
    assert "the seed examples have changed" in ran.stderr


def test_output_that_cannot_be_written_is_no_traceback(finished: Path) -> None:
    """A full disk behind stdout, a closed pipe, a terminal without letters."""
    for redirect, code in ((">/dev/full", 1), ("| head -c 1 >/dev/null", 0)):
        line = f"{shlex.join(command('report', finished, '--json'))} {redirect}"
        ran = subprocess.run(["/bin/sh", "-c", line], capture_output=True, text=True, check=False)
        assert ran.returncode == code
        assert "Traceback" not in ran.stderr
    ascii_only = {"PYTHONIOENCODING": "ascii", "LC_ALL": "C"}
    plain = apigen_process("library", "list", "--library", "starter:science", env=ascii_only)
    assert plain.returncode == 0


def test_a_run_that_cannot_reach_its_count_says_why(tmp_path: Path) -> None:
    """A library that is exhausted ends the run short, with exit 1 and what was reached."""
    path = tmp_path / "mine.py"
    path.write_text('def flip(on: bool) -> bool:\n    """Flip a switch."""\n    return not on\n')
    config = tmp_path / "run.yaml"
    config.write_text(f"library: ['python:{path}']\ncount: 60\nsampling: {{pairs: [1, 1]}}\n")
    ran = apigen("run", config, "--out", tmp_path / "out")
    assert ran.returncode == 1
    assert re.search(r"Stopped at \d+ of 60 samples", ran.stderr)
    assert json.loads((tmp_path / "out" / "manifest.json").read_text())["status"] == "stalled"


def test_json_prints_one_object_and_nothing_else(finished: Path, tmp_path: Path) -> None:
    """Every command that reports can be read by a program."""
    ran = apigen("run", "--library", "starter:data", "--count", "3", "--out", tmp_path / "out", "--json")
    assert json.loads(ran.stdout)["counts"]["accepted"] >= 3
    listed = json.loads(apigen("library", "list", "--library", "python:statistics", "--json").stdout)
    assert {
        "name": "NormalDist",
        "reason": "a class; its methods become tools with #class=NormalDist",
        "origin": "python:statistics",
    } in listed["skipped"]
    shown = json.loads(apigen("library", "show", "mean", "--library", "python:statistics", "--json").stdout)
    assert shown["parameters"]["required"] == ["data"]
    assert json.loads(apigen("report", finished, "--json").stdout)["samples"] == 12
    exported = apigen("export", finished, "--format", "trl", "-o", tmp_path / "t.jsonl", "--json")
    assert json.loads(exported.stdout)["rows"] == 12


def test_exports_hold_the_same_samples_in_each_format(finished: Path, tmp_path: Path) -> None:
    """xlam as the released file, trl with objects, openai with JSON text; each says beside it where it is from."""
    samples = lines(finished / "dataset.jsonl")
    for name, file in (("xlam", "x.json"), ("trl", "t.jsonl"), ("openai", "o.jsonl")):
        assert apigen("export", finished, "--format", name, "-o", tmp_path / file).returncode == 0
        note = json.loads((tmp_path / f"{file}.provenance.json").read_text())
        assert "No language model wrote this data" in note["notice"]
    assert (tmp_path / "x.json").read_bytes() == (finished / "dataset.xlam.json").read_bytes()
    for sample, trl, openai in zip(samples, lines(tmp_path / "t.jsonl"), lines(tmp_path / "o.jsonl"), strict=True):
        for row in (trl, openai):
            assert row["messages"][0] == {"role": "user", "content": sample["query"]}
            assert [tool["function"] for tool in row["tools"]] == sample["tools"]
        functions = [call["function"] for call in trl["messages"][1]["tool_calls"]]
        assert functions == sample["calls"]
        texts = openai["messages"][1]["tool_calls"]
        assert [json.loads(call["function"]["arguments"]) for call in texts] == [
            c["arguments"] for c in sample["calls"]
        ]
        assert len({call["id"] for call in texts}) == len(texts)
        assert openai["parallel_tool_calls"] == (len(texts) > 1)


def test_an_export_overwrites_nothing_unless_forced_and_never_a_file_of_a_run(finished: Path, tmp_path: Path) -> None:
    """Neither the file nor its provenance; the run's own dataset, and a name that a run writes, not by --force."""
    (tmp_path / "mine.jsonl").write_text("mine")
    (tmp_path / "t.jsonl.provenance.json").write_text("mine")
    before = {path: path.read_bytes() for path in (*finished.iterdir(), *tmp_path.iterdir()) if path.is_file()}
    for target, said, options in (
        (tmp_path / "mine.jsonl", "mine.jsonl: already exists; not overwriting; name another file, or add --force", ()),
        (tmp_path / "t.jsonl", "t.jsonl.provenance.json: already exists", ()),
        (finished / "dataset.jsonl", "dataset.jsonl: is a file of the run in", ("--force",)),
        (finished / "completions.sqlite", "is a file of the run in", ("--force",)),
    ):
        ran = apigen("export", finished, "--format", "trl", "-o", target, *options)
        assert (ran.returncode, ran.stderr.count("\n")) == (2, 1)
        assert said in ran.stderr
    assert before == {path: path.read_bytes() for path in (*finished.iterdir(), *tmp_path.iterdir()) if path.is_file()}
    assert apigen("export", finished, "--format", "trl", "-o", tmp_path / "mine.jsonl", "--force").returncode == 0
    assert len(lines(tmp_path / "mine.jsonl")) == 12


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("export", "nowhere", "--format", "trl", "-o", "t.jsonl"), "has no dataset.jsonl"),
        (("report", "nowhere"), "has no manifest.json"),
        (("library", "show", "meen", "--library", "python:statistics"), "did you mean mean"),
    ],
)
def test_wrong_paths_and_names_are_said_in_one_line(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    """As for `run`."""
    ran = apigen(*arguments, cwd=tmp_path)
    assert ran.returncode == 2
    assert said in ran.stderr
    assert len(told(ran).splitlines()) == 1


def test_an_unknown_format_and_a_missing_folder_are_said(finished: Path, tmp_path: Path) -> None:
    """Before anything is written."""
    assert (
        "no such export format; choose from xlam, trl, openai"
        in apigen("export", finished, "--format", "xlm", "-o", tmp_path / "t").stderr
    )
    assert "no such directory" in apigen("export", finished, "--format", "trl", "-o", tmp_path / "no" / "t").stderr
    assert list(tmp_path.iterdir()) == []


def test_a_dry_run_shows_the_plan_and_writes_nothing(tmp_path: Path) -> None:
    """The whole configuration, the number of requests and the first prompt."""
    ran = apigen("run", "--library", "starter:data", "--count", "40", "--dry-run", cwd=tmp_path)
    assert ran.returncode == 0
    assert "<tools>" in ran.stderr
    assert "at least 10 requests to offline" in ran.stderr
    plan = json.loads(
        apigen("run", "--library", "starter:data", "--count", "40", "--dry-run", "--json", cwd=tmp_path).stdout
    )
    assert plan["styles"] == {"simple": 10, "multiple": 10, "parallel": 10, "parallel_multiple": 10}
    assert plan["config"]["rounds"]["requests"] == 4
    assert list(tmp_path.iterdir()) == []


def test_the_latest_unfinished_run_is_resumed_without_a_path(tmp_path: Path) -> None:
    """`apigen run --resume` alone goes on with what Ctrl-C left under ./runs."""
    assert apigen("run", "--library", "starter:data", "--count", "3", cwd=tmp_path).returncode == 0
    (first,) = (tmp_path / "runs").iterdir()
    manifest = json.loads((first / "manifest.json").read_text())
    (first / "manifest.json").write_text(json.dumps(manifest | {"status": "interrupted"}))
    ran = apigen("run", "--resume", "--count", "6", cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert len(lines(first / "dataset.jsonl")) == 6
    assert len(list((tmp_path / "runs").iterdir())) == 1


def test_text_of_others_cannot_steer_the_terminal() -> None:
    """Control characters are shown as escapes, on the way out as well; styles of our own stay styles."""
    ran = apigen("run", "--model", "\x1b]0;pwn\x07gpt")
    assert ran.returncode == 2
    assert "\x1b" not in ran.stderr
    assert "x1b]0;pwn" in ran.stderr
    console = Terminal(file=io.StringIO(), force_terminal=True, color_system="standard", markup=False, width=200)
    console.print("boom \x1b]0;pwn\x07", style="bold", highlight=False)
    assert isinstance(console.file, io.StringIO)
    assert console.file.getvalue() == "\x1b[1mboom \\x1b]0;pwn\x1b[0m\n", "rich drops the bell by itself"


def test_what_the_system_says_of_a_file_names_the_file() -> None:
    """Only a stream without a name is the output."""
    ran = apigen("check", "a" * 300)
    assert ran.returncode == 1
    assert ran.stderr == f"apigen: {'a' * 300}: File name too long\n"
