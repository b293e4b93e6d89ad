"""Right answers to make wrong: the starter library's seeds, and BFCL's single-turn Python rows."""

import json
import random
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import mkdtemp
from typing import NamedTuple

from apigen.dataset.read import bfcl as reader
from apigen.dataset.read.base import Item
from apigen.library.starter_source import load_starter
from apigen.records import Call, Candidate, Json

BFCL_CATEGORIES = (
    "simple_python",
    "multiple",
    "parallel",
    "parallel_multiple",
    "live_simple",
    "live_multiple",
    "live_parallel",
    "live_parallel_multiple",
)
"""The single-turn categories whose answers are calls in Python's types."""

MOST_DISTRACTORS = 5
GET_BFCL = "pip download --no-deps bfcl-eval==2026.3.23 -d DIR, then --bfcl DIR/bfcl_eval-2026.3.23-py3-none-any.whl"


class Row(NamedTuple):
    """A right answer."""

    id: str
    candidate: Candidate
    accepts: Callable[[Sequence[Call]], bool]
    """Whether other calls are right as well, where the corpus says so."""
    category: str = ""
    raw: Json = None


def starter(seed: int) -> list[Row]:
    """Every starter seed with its own tools and up to five others of its category, drawn with a seed."""
    loaded = load_starter()
    tools = {tool.name: tool for tool in loaded.tools}
    rows = []
    for index, given in enumerate(loaded.seeds):
        rng = random.Random(f"{seed}/offered/{index}")
        own = [tools[name] for name in dict.fromkeys(call.name for call in given.calls)]
        others = [tool for tool in loaded.tools if tool.category == own[0].category and tool not in own]
        offered = [*own, *rng.sample(others, min(len(others), rng.randint(0, MOST_DISTRACTORS)))]
        rng.shuffle(offered)
        rows.append(Row(f"seed {index}", Candidate(given.query, given.calls, tuple(offered)), lambda _: False))
    return rows


def bfcl(path: Path) -> list[Row]:
    """BFCL's rows with the first of its acceptable answers.

    Args:
        path: the wheel of ``bfcl-eval``, or the folder that holds ``BFCL_v4_multiple.json``.

    Raises:
        SystemExit: there is no such data; the message says how to get it.
    """
    folder = _data(path)
    return [row for category in BFCL_CATEGORIES for row in _category(folder, category)]


def _category(folder: Path, category: str) -> Iterator[Row]:
    path = folder / f"BFCL_v4_{category}.json"
    read = reader.reader(path)
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        for row in read(Item(number, json.loads(line))):
            if row.problem:
                continue
            calls = tuple(Call(call["name"], call["arguments"]) for call in row.calls)
            candidate = Candidate(row.query, calls, row.tools, context=row.context)
            yield Row(row.id, candidate, _acceptance(row.raw), category, row.raw)


def _acceptance(raw: Json) -> Callable[[Sequence[Call]], bool]:
    wanted = reader.acceptable(raw)

    def accepts(calls: Sequence[Call]) -> bool:
        left = list(wanted)
        for call in calls:
            match = next((one for one in left if _is(call, one)), None)
            if match is None:
                return False
            left.remove(match)
        return not left

    return accepts


def _is(call: Call, wanted: reader.Acceptable) -> bool:
    if call.name != wanted.name or not call.arguments.keys() <= wanted.arguments.keys():
        return False
    given = all(_plain(value) in map(_plain, wanted.arguments[name]) for name, value in call.arguments.items())
    return given and all(name in call.arguments or name in wanted.may_omit for name in wanted.arguments)


def _plain(value: Json) -> str:
    text = json.dumps(value, sort_keys=True, default=str).lower() if not isinstance(value, str) else value.lower()
    return "".join(character for character in text if character not in " ,./-_*^\"'")


def _data(path: Path) -> Path:
    if path.is_file() and path.suffix == ".whl":
        folder = Path(mkdtemp(prefix="bfcl"))
        with zipfile.ZipFile(path) as wheel:
            wheel.extractall(folder, [name for name in wheel.namelist() if name.startswith("bfcl_eval/data/")])
        return folder / "bfcl_eval" / "data"
    for folder in (path, path / "data", path / "bfcl_eval" / "data"):
        if (folder / "BFCL_v4_multiple.json").is_file():
            return folder
    raise SystemExit(f"{path}: no BFCL data there; get it by `{GET_BFCL}`")
