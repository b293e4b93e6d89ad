"""The shape that docs/architecture.md promises: imports point one way, without cycles, and the documents are true."""

import ast
import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from apigen.records import Reason
from apigen.report.words import REASON_TEXT

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "apigen"

LAYERS = (
    (
        "records",
        "errors",
        "files",
        "database",
        "locators",
        "agreement",
        "concurrency",
        "printable",
        "retry_after",
        "secrecy",
        "extra",
        "templates",
        "__init__",
    ),
    ("sections", "model_config", "config", "signatures", "toolspecs", "verify.grounding"),
    ("library", "models", "execute", "faults"),
    ("sampling", "generate", "verify"),
    ("clean", "dataset", "dialogue"),
    ("tally", "costs", "attempts", "swap", "rundir", "training_folder", "resuming", "manifest"),
    ("pipeline", "schedule"),
    ("report",),
    ("audit", "calibrate", "evaluate", "replay", "simulate", "estimate"),
    ("assembly", "stopping", "session", "reverify", "runner"),
    ("train",),
    ("ablate",),
    ("cli", "__main__"),
)
"""From the bottom up; a module imports from its own layer and from those below. Where a package is named and a part of
it as well, the part has a place of its own."""


@cache
def imports() -> dict[str, set[str]]:
    """Every module with the apigen modules that it imports, also inside functions."""
    found: dict[str, set[str]] = {}
    for path in SOURCE.rglob("*.py"):
        name = ".".join(("apigen", *path.relative_to(SOURCE).with_suffix("").parts)).removesuffix(".__init__")
        found[name] = set()
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                found[name] |= {alias.name for alias in node.names if alias.name.split(".")[0] == "apigen"}
            elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "apigen":
                assert node.module
                for alias in node.names:
                    whole = f"{node.module}.{alias.name}"
                    is_module = (SOURCE.parent / Path(*whole.split("."))).with_suffix(".py").exists()
                    found[name].add(whole if is_module else node.module)
    return found


def layer(module: str) -> int:
    parts = module.split(".")[1:] or ["__init__"]
    places = {name: number for number, names in enumerate(LAYERS) for name in names}
    return next(places[name] for end in range(len(parts), 0, -1) if (name := ".".join(parts[:end])) in places)


def test_imports_point_one_way() -> None:
    """No module imports from a layer above its own."""
    wrong = [
        f"{name} -> {target}"
        for name, targets in imports().items()
        for target in targets
        if layer(target) > layer(name)
    ]
    assert wrong == []


def test_there_are_no_import_cycles() -> None:
    """Not between modules, and not hidden inside functions."""
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, " -> ".join((*path[path.index(name) :], name))
        if name not in done:
            for target in imports().get(name, ()):
                if target != name:
                    visit(target, (*path, name))
            done.add(name)

    for name in imports():
        visit(name, ())


def test_a_run_over_functions_does_not_wait_for_what_it_does_not_use() -> None:
    """Neither what reads OpenAPI nor what speaks HTTP or MCP is imported by a whole offline run."""
    program = (
        "import sys, tempfile, pathlib; from apigen.cli.main import main\n"
        "sys.argv = ['apigen', 'run', '--count', '1', '--library', 'starter:math', "
        "'--out', str(pathlib.Path(tempfile.mkdtemp()) / 'run')]\n"
        "try: main()\nexcept SystemExit as end: assert not end.code\n"
        "print('loaded', *sys.modules)"
    )
    printed = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout
    loaded = set(printed.rpartition("loaded ")[2].split())
    assert "apigen.library.starter_source" in loaded
    needless = (
        "aiohttp",
        "httpx2",
        "mcp",
        "yarl",
        "apigen.library.openapi",
        "apigen.library.toolbench",
        "apigen.execute.rest",
    )
    assert loaded & set(needless) == set()


@pytest.mark.parametrize("schema", sorted(path.name for path in (ROOT / "docs" / "schemas").glob("*.json")))
def test_every_field_of_every_file_is_documented(schema: str) -> None:
    """docs/format.md names each property that the schemas know."""
    text = (ROOT / "docs" / "format.md").read_text("utf-8")
    words = set(re.findall(r"[a-z_]+", " ".join(re.findall(r"`[^`]+`", text))))

    def names(value: object) -> set[str]:
        if isinstance(value, list):
            return {name for item in value for name in names(item)}
        if not isinstance(value, dict):
            return set()
        own = set(value["properties"]) if isinstance(value.get("properties"), dict) else set()
        return own | {name for item in value.values() for name in names(item)}

    stages = {"generation", "format", "duplicate", "grounding", "execution", "semantics"}
    missing = names(json.loads((ROOT / "docs" / "schemas" / schema).read_text())) - words - stages
    assert missing == set()


def test_every_reason_is_documented_and_has_words() -> None:
    """docs/format.md and the reports know each reason and each status."""
    text = (ROOT / "docs" / "format.md").read_text("utf-8")
    for reason in Reason:
        assert f"`{reason}`" in text, reason
        assert REASON_TEXT[reason]


def test_the_readmes_first_two_shell_blocks_are_one_line_each() -> None:
    """They are the two promises to a newcomer, and CI runs them as they stand."""
    readme = (ROOT / "README.md").read_text("utf-8")
    blocks = re.findall(r"^```(?:sh|bash|shell)\n(.*?)^```$", readme, re.DOTALL | re.MULTILINE)
    run, test = blocks[:2]
    assert run.count("\n") == test.count("\n") == 1
    assert run.rstrip().endswith("apigen run")
    assert test.rstrip().endswith("pytest")
