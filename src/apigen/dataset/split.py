"""A split by tool: some tools are held out, and what a model is trained on neither calls nor shows them.

A split by row leaves the same tools on both sides, so a model is asked about what it has learnt by heart. Here a row
that calls a held-out tool goes to the held-out rows, whatever else it calls; so does a negative that was made by taking
one away, since its query is that of such a row. From all others the held-out tools are taken away. Tools that are
nearly the same are held out together.

A preference pair goes by the same rule, where a tool counts as called if either answer calls it.

The rows are read twice, so memory holds the names that each row calls, and each distinct tool once.
"""

import hashlib
import itertools
import platform
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

import msgspec

from apigen import __version__
from apigen.dataset.held_tools import choose
from apigen.dataset.own_rows import as_json, shape_of
from apigen.dataset.placing import PAIRS, ROWS, Lines, Placed, place
from apigen.dataset.read.base import Row
from apigen.dataset.read.formats import OWN
from apigen.errors import UserError
from apigen.files import replacing
from apigen.records import Tool

TRAIN = "train.jsonl"
HELD_OUT = "held_out.jsonl"
SPLIT = "split.json"

TRAIN_PREFERENCES = "train_preferences.jsonl"
HELD_OUT_PREFERENCES = "held_out_preferences.jsonl"

_FILES = {ROWS: (TRAIN, HELD_OUT), PAIRS: (TRAIN_PREFERENCES, HELD_OUT_PREFERENCES)}
"""The two files of each kind, that for training first."""
_PARTS = ("train", "held_out")
"""What split.json calls them."""

_MEND = "free some space there, or choose another -o"

FORMAT = 1
"""Version of split.json."""

Rows = Callable[[], Iterable[Row]]
"""Begins to read the dataset, from its first row."""


def require_one_part(path: Path) -> None:
    """Refuse a folder that a split wrote, whose parts are two datasets.

    Args:
        path: where a dataset is said to be.

    Raises:
        UserError: it is one.
    """
    if (path / SPLIT).is_file() and not (path / OWN).is_file():
        train, held_out = next((names for names in _FILES.values() if (path / names[0]).is_file()), _FILES[ROWS])
        raise UserError(f"{path}: contains both parts of a split; name {train} or {held_out} in it")


def split(
    rows: Rows,
    out: Path,
    *,
    source: str,
    share: float = 0.1,
    seed: int = 0,
    library: Iterable[Tool] = (),
    lines: Lines = ROWS,
    pairs: Rows = tuple,
    watch: Callable[[int, int], None] = lambda rows, held: None,
) -> dict[str, Any]:
    """Write train.jsonl, held_out.jsonl and split.json; of pairs train_preferences.jsonl and the like.

    Args:
        rows: begins to read the dataset; called twice.
        out: a folder, made where it is not there; none of the files may be in it.
        source: what the dataset is called in split.json.
        share: of the rows that call something, held out about.
        seed: the same seed holds out the same tools.
        library: tools whose category is known.
        lines: whether the dataset is rows or preference pairs.
        pairs: begins to read preference pairs that go with the rows, split by the same tools.
        watch: given the number of rows written, and of those held out.

    Returns:
        What split.json holds.

    Raises:
        UserError: the share is none, the dataset cannot be split so, or something is in the folder already.
        JobFellShort: a file cannot be written.
    """
    if not 0 < share < 1:
        raise UserError(f"--held-out {share:g}: must be above 0 and below 1, such as 0.1")
    _require_free(out)
    choice = choose(rows(), share, seed, library)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"{out}: cannot be created: {error.strerror}; choose another -o") from None
    with ExitStack() as files:
        main = _write(rows(), lines, choice.names, out, files, watch)
        first = next(beside := iter(pairs()), None)
        preferences = None
        if first is not None:
            preferences = _write(itertools.chain((first,), beside), PAIRS, choice.names, out, files)
    found = {
        "format": FORMAT,
        "source": source,
        "seed": seed,
        "wanted_share": share,
        "share": round(main["rows"]["held_out"] / choice.rows, 4),
        **main,
        "preferences": preferences,
        "held_out_tools": msgspec.to_builtins(choice.tools),
        "kept_tools": choice.kept,
        "versions": {"apigen": __version__, "python": platform.python_version()},
    }
    with replacing(out / SPLIT, _MEND) as file:
        file.write(msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n")
    return found


def _write(
    rows: Iterable[Row],
    lines: Lines,
    held: frozenset[str],
    out: Path,
    files: ExitStack,
    watch: Callable[[int, int], None] = lambda rows, held: None,
) -> dict[str, Any]:
    """Write both files of one kind, which are there once the stack is closed; what is in them by split.json's names."""
    counts: Counter[str] = Counter()
    negatives: Counter[str] = Counter()
    styles: dict[str, Counter[str]] = {part: Counter() for part in _PARTS}
    written = {
        part: _Digesting(files.enter_context(replacing(out / name, _MEND)))
        for part, name in zip(_PARTS, _FILES[lines], strict=True)
    }
    for placed in _placed(rows, held, lines, counts):
        part = _PARTS[placed.held_out]
        styles[part][shape_of(placed.calls, placed.offered)] += 1
        negatives[part] += placed.negative
        written[part].write(as_json(placed.line) + b"\n")
        watch(sum(one.total() for one in styles.values()), styles["held_out"].total())
    return {
        "rows": {part: one.total() for part, one in styles.items()},
        "styles": {part: dict(sorted(one.items())) for part, one in styles.items()},
        "negatives": {part: negatives[part] for part in styles},
        "mixed": counts["mixed"],
        "shows_only_held_out": counts["shows_only"],
        "reduced": counts["reduced"],
        "one_tool_left": counts["one_tool_left"],
        "named_before": counts["named_before"],
        "unreadable": counts["unreadable"],
        "digests": {part: one.digest.hexdigest() for part, one in written.items()},
    }


def _placed(rows: Iterable[Row], held: frozenset[str], lines: Lines, counts: "Counter[str]") -> Iterator[Placed]:
    for row in rows:
        placed = place(row, held, lines)
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


def _require_free(out: Path) -> None:
    taken = next((name for name in (*itertools.chain(*_FILES.values()), SPLIT) if (out / name).exists()), None)
    if taken is not None:
        raise UserError(f"{out / taken}: already exists; not overwriting; choose another -o")


class _Digesting:
    """A file with the digest of what was written to it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.digest = hashlib.sha256()

    def write(self, line: bytes) -> None:
        self.digest.update(line)
        self._file.write(line)
