"""Importing APIs in the layout of ToolBench: speed, peak memory, and what was left out and why.

Without ``--path`` the input is made up, with a seed: a tree of CATEGORY/TOOL.json and a file of instruction rows in the
manner of StableToolBench, with the noise of the real files (missing fields, nulls, wrong types, files that are no
JSON, names that repeat, letters of other alphabets, defaults that do not fit). Each import runs in a fresh process.

    python -m benchmarks.toolbench [--apis 2500 25000] [--path PATH]
"""

import argparse
import json
import random
import resource
import string
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from apigen.library.categories.labels import of_label
from apigen.library.toolbench.source import load_toolbench
from apigen.locators import Locator
from apigen.toolspecs.validity import schema_problem

CATEGORY_FOLDERS = (
    "Finance",
    "Weather",
    "Sports",
    "eCommerce",
    "Video_Images",
    "News_Media",
    "Health_and_Fitness",
    "SMS",
)
TYPES = (
    "STRING",
    "NUMBER",
    "BOOLEAN",
    "ENUM",
    "DATE (YYYY-MM-DD)",
    "TIME (24-hour HH:MM)",
    "ARRAY",
    "OBJECT",
    "BINARY",
)
WEIGHTS = (600, 250, 40, 20, 10, 1, 2, 1, 1)
"""About as often as each stands in StableToolBench."""

WORDS = (
    "get",
    "list",
    "search",
    "find",
    "user",
    "team",
    "price",
    "city",
    "route",
    "stock",
    "news",
    "état",
    "天气",
    "größe",
)
DEFAULTS: dict[str, tuple[Any, ...]] = {
    "NUMBER": ("", "10", "7.8", 3, "many"),
    "BOOLEAN": ("", "true", False, "1"),
    "DATE (YYYY-MM-DD)": ("2020-03-31", "31/03/2020", ""),
    "ARRAY": ("[]", "a,b", '["x"]'),
    "OBJECT": ("", '{"a": 1}', "cities"),
}


def noisy(random_: random.Random, value: dict[str, Any], *keys: str) -> dict[str, Any]:
    """Now and then a field is missing, null, or of another type."""
    for key in keys:
        chance = random_.random()
        if chance < 0.02:
            value.pop(key, None)
        elif chance < 0.04:
            value[key] = None
        elif chance < 0.045:
            value[key] = random_.choice((5, [], {"a": 1}, True, "text"))
    return value


def parameter(random_: random.Random) -> Any:
    if random_.random() < 0.003:
        return random_.choice((None, "id", 7))
    kind = random_.choices(TYPES, WEIGHTS)[0]
    name = random_.choice(("id", "q", "page", "from", "array[]", "date\t", "accept-language", "class", "名", "limit"))
    default = random_.choice(DEFAULTS.get(kind, ("", "example", "example")))
    told = {"name": f"{name}{random_.choice(('', '', '2'))}", "type": kind, "description": "Of it.", "default": default}
    return noisy(random_, told, "name", "type", "description", "default")


def api(random_: random.Random, host: str, keys: tuple[str, str]) -> dict[str, Any]:
    name = " ".join(random_.choice(WORDS) for _ in range(random_.randint(1, 4))).title()
    told = {
        keys[0]: name,
        keys[1]: f"{name} by what is given. " * random_.randint(0, 6),
        "method": random_.choices(("GET", "POST", "DELETE"), (90, 9, 1))[0],
        "required_parameters": [parameter(random_) for _ in range(random_.randint(0, 3))],
        "optional_parameters": [parameter(random_) for _ in range(random_.randint(0, 5))],
        "template_response": {"result": "str", "count": "int"},
    }
    if host:
        told["url"] = f"https://{host}/{random_.choice(WORDS)}/{random_.choice(('{id}', 'all', '{is_id}', ''))}"
    return noisy(random_, told, *keys, "method", "required_parameters", "optional_parameters", "url")


def make(folder: Path, count: int, seed: int = 0) -> int:
    """Write two thirds of the APIs as tool files and the others as rows; returns how many there are."""
    random_ = random.Random(seed)
    written = 0
    while written < count * 2 // 3:
        tool = "".join(random_.choice(string.ascii_lowercase) for _ in range(7))
        host = f"{tool}.p.rapidapi.com"
        apis = [api(random_, host, ("name", "description")) for _ in range(random_.randint(1, 12))]
        written += len(apis)
        told = {"tool_name": tool.title(), "tool_description": "A service.", "host": host, "api_list": apis}
        path = folder / random_.choice(CATEGORY_FOLDERS) / f"{tool}.json"
        path.parent.mkdir(exist_ok=True)
        text = json.dumps(
            noisy(random_, told, "tool_description", "host", "tool_name"), ensure_ascii=random_.random() < 0.5
        )
        path.write_text(text[:-9] if random_.random() < 0.01 else text, "utf-8")
    rows: list[dict[str, Any]] = []
    before: list[dict[str, Any]] = []
    while written < count:
        named = {"category_name": random_.choice(CATEGORY_FOLDERS), "tool_name": random_.choice(WORDS).title()}
        apis = [named | api(random_, "", ("api_name", "api_description")) for _ in range(random_.randint(1, 8))]
        written += len(apis)
        before = apis + before[:3]  # rows repeat the APIs of others
        rows.append({"api_list": before, "query": "?", "query_id": len(rows)})
    (folder / "rows.json").write_text(json.dumps(rows), "utf-8")
    return written


def measure(path: str) -> None:
    """Import, and print what came of it as JSON."""
    start = time.process_time()
    loaded = load_toolbench(Locator("toolbench", path))
    spent = time.process_time() - start
    scale = 1 if sys.platform == "darwin" else 1024
    print(
        json.dumps(
            {
                "seconds": spent,
                "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale / 1e6,
                "tools": len(loaded.tools),
                "names": len({tool.name for tool in loaded.tools}),
                "called": sum(tool.binding is not None for tool in loaded.tools),
                "compiling": sum(not schema_problem(tool.parameters) for tool in loaded.tools),
                "labelled": sum(of_label(tool.category) is not None for tool in loaded.tools),
                "skipped": Counter(entry.reason.partition(":")[0] for entry in loaded.skipped).most_common(12),
                "notes": Counter(_plain(note.text) for note in loaded.notes).most_common(12),
            }
        )
    )


def _plain(text: str) -> str:
    """A note without what it is about, so that notes of a kind count together."""
    if text.startswith("example "):
        return "example that does not match its type, kept as x-default"
    parts = text.split("'")
    return "'...'".join(parts[::2]) if len(parts) > 2 else text


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--apis", type=int, nargs="+", default=[2_500, 25_000])
    parser.add_argument("--path", help="import this instead of what is made up")
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        measure(options.measure)
        return
    with tempfile.TemporaryDirectory() as folder:
        for count in [0] if options.path else options.apis:
            path = Path(options.path or Path(folder) / str(count))
            written = ""
            if not options.path:
                path.mkdir()
                written = f"{make(path, count):,} APIs written: "
            command = [sys.executable, "-m", "benchmarks.toolbench", "--measure", str(path)]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            found = json.loads(done.stdout)
            print(
                f"{written}{found['tools']:,} tools under {found['names']:,} names in {found['seconds']:.2f} CPU s "
                f"({found['tools'] / found['seconds']:,.0f} tools/s), peak {found['peak']:.0f} MB; "
                f"{found['called']:,} can be called, {found['compiling']:,} have schemas that compile, "
                f"{found['labelled']:,} have a known label"
            )
            for title in ("skipped", "notes"):
                for reason, times in found[title]:
                    print(f"  {title} {times:7,}  {reason}")


if __name__ == "__main__":
    main()
