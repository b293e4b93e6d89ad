"""A split by tool: some tools are held out, and what a model is trained on neither calls nor shows them.

A split by row leaves the same tools on both sides, so a model is asked about what it has learnt by heart. Here a row
that calls a held-out tool goes to the held-out rows, whatever else it calls; so does a negative that was made by taking
one away, since its query is that of such a row. From all others the held-out tools are taken away. Tools that are
nearly the same are held out together.

The rows are read twice, so memory holds the names that each row calls, and each distinct tool once.
"""

import hashlib
import platform
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

import msgspec

from apigen import __version__
from apigen.dataset.held_tools import choose
from apigen.dataset.negatives.base import Kind
from apigen.dataset.own_rows import as_json, calls_of, own_row, provenance_of, shape_of
from apigen.dataset.read.base import Row
from apigen.dataset.read.formats import OWN
from apigen.errors import UserError
from apigen.files import replacing
from apigen.records import Call, Json, Tool

TRAIN = "train.jsonl"
HELD_OUT = "held_out.jsonl"
SPLIT = "split.json"

_PARTS = {TRAIN: "train", HELD_OUT: "held_out"}
"""What split.json calls the two files."""

_MEND = "make room there, or choose another -o"

FORMAT = 1
"""Version of split.json."""

Rows = Callable[[], Iterable[Row]]
"""Begins to read the dataset, from its first row."""


class Placed(msgspec.Struct, frozen=True):
    """Where a row goes, and as what."""

    held_out: bool
    line: dict[str, Json]
    calls: tuple[Call, ...]
    offered: int
    mixed: bool = False
    """A held-out row that calls tools which are not held out as well."""
    taken: int = 0
    """Held-out tools that were taken from what a row for training shows."""
    named_before: bool = False
    """A row that calls no held-out tool, of which one is named in what was said before: it is for neither part."""
    negative: bool = False
    """A row that `apigen augment` made."""
    shows_only: bool = False
    """A row that calls nothing and shows held-out tools only, so that nothing would be left of it for training."""


def place(row: Row, held: frozenset[str]) -> Placed | None:
    """Where a row goes; ``None`` where it cannot be read.

    Args:
        row: of any format.
        held: the held-out tools.
    """
    calls = calls_of(row)
    if calls is None:
        return None
    called = {call.name for call in calls}
    left = [tool for tool in row.tools if tool.name not in held]
    shows_only = not calls and bool(row.tools) and not left
    negative = isinstance(provenance_of(row).get("dropped"), list)
    if (called | _dropped(row)) & held:
        return Placed(
            held_out=True,
            line=own_row(row),
            calls=calls,
            offered=len(row.tools),
            mixed=bool(called - held),
            negative=negative,
            shows_only=shows_only,
        )
    if any(_is_named(name, text) for text in row.context for name in held):
        return Placed(held_out=False, line={}, calls=calls, offered=len(row.tools), named_before=True)
    taken = len(row.tools) - len(left)
    if not left and taken:
        return Placed(True, own_row(row), calls, offered=taken, negative=negative, shows_only=True)
    line = own_row(row, left) if taken else own_row(row)
    return Placed(False, line, calls, offered=len(left), negative=negative, taken=taken)


def require_one_part(path: Path) -> None:
    """Refuse a folder that a split wrote, whose parts are two datasets.

    Args:
        path: where a dataset is said to be.

    Raises:
        UserError: it is one.
    """
    if (path / SPLIT).is_file() and not (path / OWN).is_file():
        raise UserError(f"{path}: holds both parts of a split; name {TRAIN} or {HELD_OUT} in it")


def split(
    rows: Rows,
    out: Path,
    *,
    source: str,
    share: float = 0.1,
    seed: int = 0,
    library: Iterable[Tool] = (),
    watch: Callable[[int, int], None] = lambda rows, held: None,
) -> dict[str, Any]:
    """Write train.jsonl, held_out.jsonl and split.json.

    Args:
        rows: begins to read the dataset; called twice.
        out: a folder, made where it is not there; none of the three files may be in it.
        source: what the dataset is called in split.json.
        share: of the rows that call something, held out about.
        seed: the same seed holds out the same tools.
        library: tools whose category is known.
        watch: told how many rows were written, and how many of them are held out.

    Returns:
        What split.json holds.

    Raises:
        UserError: the share is none, the dataset cannot be split so, or something is in the folder already.
        JobFellShort: a file cannot be written.
    """
    if not 0 < share < 1:
        raise UserError(f"--held-out {share:g}: a share above 0 and below 1, such as 0.1")
    _require_free(out)
    choice = choose(rows(), share, seed, library)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"{out}: cannot be made: {error.strerror}; choose another -o") from None
    counts: Counter[str] = Counter()
    negatives: Counter[str] = Counter()
    styles: dict[str, Counter[str]] = {TRAIN: Counter(), HELD_OUT: Counter()}
    with ExitStack() as files:
        written = {name: _Digesting(files.enter_context(replacing(out / name, _MEND))) for name in styles}
        for placed in _placed(rows(), choice.names, counts):
            name = HELD_OUT if placed.held_out else TRAIN
            styles[name][shape_of(placed.calls, placed.offered)] += 1
            negatives[name] += placed.negative
            written[name].write(as_json(placed.line) + b"\n")
            watch(styles[TRAIN].total() + styles[HELD_OUT].total(), styles[HELD_OUT].total())
    found = {
        "format": FORMAT,
        "source": source,
        "seed": seed,
        "wanted_share": share,
        "share": round(styles[HELD_OUT].total() / choice.rows, 4),
        "rows": {_PARTS[name]: styles[name].total() for name in styles},
        "styles": {_PARTS[name]: dict(sorted(styles[name].items())) for name in styles},
        "negatives": {_PARTS[name]: negatives[name] for name in styles},
        "mixed": counts["mixed"],
        "shows_only_held_out": counts["shows_only"],
        "reduced": counts["reduced"],
        "one_tool_left": counts["one_tool_left"],
        "named_before": counts["named_before"],
        "unreadable": counts["unreadable"],
        "held_out_tools": msgspec.to_builtins(choice.tools),
        "kept_tools": choice.kept,
        "digests": {_PARTS[name]: one.digest.hexdigest() for name, one in written.items()},
        "versions": {"apigen": __version__, "python": platform.python_version()},
    }
    with replacing(out / SPLIT, _MEND) as file:
        file.write(msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n")
    return found


def _placed(rows: Iterable[Row], held: frozenset[str], counts: "Counter[str]") -> Iterator[Placed]:
    for row in rows:
        placed = place(row, held)
        if placed is None:
            counts["unreadable"] += 1
            continue
        if placed.named_before:
            counts["named_before"] += 1
            continue
        counts["mixed"] += placed.mixed
        counts["shows_only"] += placed.shows_only
        counts["reduced"] += placed.taken > 0
        counts["one_tool_left"] += placed.taken > 0 and placed.offered == 1
        yield placed


def _dropped(row: Row) -> set[str]:
    """The tools that the row called from which a negative was made; none for other rows."""
    provenance = provenance_of(row)
    told = provenance.get("dropped")
    dropped = {name for name in told if isinstance(name, str)} if isinstance(told, list) else set()
    if provenance.get("kind") != Kind.DROPPED_PARAMETER:
        return dropped
    # Names of tools and parameters may hold dots; the tool that lacks the parameter is still shown.
    return {tool.name for tool in row.tools if any(one.startswith(f"{tool.name}.") for one in dropped)}


def _is_named(name: str, text: str) -> bool:
    """Whether a text names a tool; a name that is a plain word, such as ``search``, is no sign of it."""
    is_word = name.isalpha() and name in (name.lower(), name.capitalize())
    return not is_word and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) is not None


def _require_free(out: Path) -> None:
    taken = next((name for name in (TRAIN, HELD_OUT, SPLIT) if (out / name).exists()), None)
    if taken is not None:
        raise UserError(f"{out / taken}: is there already and is not overwritten; choose another -o")


class _Digesting:
    """A file with the digest of what was written to it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.digest = hashlib.sha256()

    def write(self, line: bytes) -> None:
        self.digest.update(line)
        self._file.write(line)
