"""From verified rows to as many negatives as a mix needs: the page to read first.

    rows -> verified -> one thing taken away -> no tool left that could serve -> format -> negative

Each row gives at most one negative of each kind, and one of a second kind only once there are no fresh rows. What a row
gives depends on the seed, its query and the available tools, not on what other rows gave. Rows are told apart by their
place: ids of datasets made elsewhere may repeat.

Rows are in a temporary file: memory holds each distinct tool once, and a few numbers for each row.
"""

import hashlib
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from random import Random

import msgspec

from apigen.dataset.negatives.base import Kind, Negative, Refusal, Verified
from apigen.dataset.negatives.dropping import dropped_parameter, dropped_tool
from apigen.dataset.negatives.row_file import RowFile
from apigen.dataset.negatives.serving import Serving
from apigen.dataset.own_rows import calls_of, own_row, provenance_of
from apigen.dataset.read.base import Row
from apigen.dataset.seen_tools import SeenTools
from apigen.errors import UserError
from apigen.records import Json, Tool
from apigen.verify.format import FormatCheck


class Plan(msgspec.Struct, frozen=True):
    """What is asked for."""

    share: float = 0.1
    """Of the negatives in positives and negatives together. About a tenth, with hard negatives of the same category, is
    what served best in Hammer (arXiv 2410.04587)."""
    kinds: tuple[Kind, ...] = tuple(Kind)
    seed: int = 0


class Augmented(msgspec.Struct, frozen=True):
    """Negatives, with what was found on the way."""

    negatives: tuple[int, ...]
    """Their line numbers."""
    rows: int
    """Rows that can be read."""
    unreadable: int
    there: int
    """Rows among them that call nothing already."""
    wanted: int
    counts: Mapping[str, int]
    """Negatives by kind."""
    verified: Mapping[str, int]
    """Negatives by what their row passed."""
    refused: Mapping[str, Mapping[str, int]]
    """Rows that gave none, by kind and reason."""
    refused_tools: Mapping[str, int]
    """How often a tool was not shown because it might serve, by reason."""
    shown: int
    """Tools that the negatives without the called tools show."""
    shown_same_category: int
    """Those of the category of a called one."""


class _Making:
    """What is known of a dataset, and what was counted so far."""

    def __init__(self, lines: RowFile, seen: SeenTools, plan: Plan) -> None:
        self._lines = lines
        self._plan = plan
        self._format = FormatCheck()
        self._seen = seen
        tools = tuple(seen)
        self._pool: dict[str, list[Tool]] = {}
        for tool in tools:
            self._pool.setdefault(tool.category, []).append(tool)
        self._serving = Serving(tools, seen.alike())
        self.refused: dict[str, Counter[str]] = {kind: Counter() for kind in plan.kinds}
        self.refused_tools: Counter[Refusal] = Counter()
        self.counts: Counter[Kind] = Counter()
        self.verified: Counter[str] = Counter()
        self.shown = 0
        self.same_category = 0

    def negatives(self, rows: Sequence[int], wanted: int, watch: Callable[[int, int], None]) -> list[int]:
        """So many negatives, if the rows give them: first one a row, evenly of each kind, then more of a row."""
        made: dict[int, list[int]] = {}
        tried: set[tuple[Kind, int]] = set()
        orders = {kind: _order(rows, self._plan.seed, kind) for kind in self._plan.kinds}
        for anew in (False, True):
            left = {kind: iter(order) for kind, order in orders.items()}
            while left and self.counts.total() < wanted:
                kind = min(left, key=lambda one: self.counts[one])
                number = next(left[kind], None)
                if number is None:
                    del left[kind]
                    continue
                if (number in made) is anew and (kind, number) not in tried:
                    tried.add((kind, number))
                    line = self._negative(self._lines.row(number), kind)
                    if line is not None:
                        made.setdefault(number, []).append(self._lines.put(line))
                        self.verified[line["provenance"]["verified"]] += 1
                        self.counts[kind] += 1
                    watch(len(tried), self.counts.total())
        return [number for numbers in made.values() for number in numbers]

    def _negative(self, row: Row, kind: Kind) -> dict[str, Json] | None:
        """The line of a row's negative; ``None`` where it gives none, which is counted."""
        made = self._made(row, kind)
        if isinstance(made, Refusal):
            self.refused[kind][made] += 1
            return None
        return _line(row, kind, made)

    def _made(self, row: Row, kind: Kind) -> Negative | Refusal:
        _, faults = self._format.read_row(row.query, row.calls, row.tools, call_due=True, context=row.context)
        if faults or row.problem is not None:
            return Refusal.UNSOUND
        tools = tuple(self._seen.known(tool) for tool in row.tools)
        verified = Verified(row.id, row.query, tools, calls_of(row) or ())
        if any(tool.name in text for tool in verified.called for text in row.context):
            return Refusal.NAMED_BEFORE
        random = Random(f"augment/{self._plan.seed}/{kind}/{_digest(row.query)}")
        made = self._take_away(verified, kind, random)
        if isinstance(made, Negative):
            _, faults = self._format.read_row(row.query, [], made.tools, call_due=False)
            if faults:
                return Refusal.UNSOUND
            if kind is Kind.DROPPED_TOOL:
                categories = {tool.category for tool in verified.called}
                self.shown += len(made.tools)
                self.same_category += sum(tool.category in categories for tool in made.tools)
        return made

    def _take_away(self, row: Verified, kind: Kind, random: Random) -> Negative | Refusal:
        if kind is Kind.DROPPED_TOOL:
            return dropped_tool(row, self._pool, self._serving, random, self.refused_tools)
        return dropped_parameter(row, self._serving, random, self.refused_tools)


def augment(
    rows: Iterable[Row],
    plan: Plan,
    lines: RowFile,
    library: Iterable[Tool] = (),
    watch: Callable[[int, int], None] = lambda tried, made: None,
) -> Augmented:
    """Make the negatives that a mix of that share lacks; fewer if the rows do not give enough.

    Args:
        rows: the dataset; read once.
        plan: what is asked for.
        lines: an empty file; afterwards it holds the readable rows, in order, and the negatives after them.
        library: further tools that may be shown, with their categories.
        watch: given the number of rows tried, and of negatives.

    Raises:
        UserError: the share is none, no row can be used, or the dataset holds negatives enough.
        JobFellShort: there is no space for the file.
    """
    if not 0 < plan.share < 1:
        raise UserError(f"--share {plan.share:g}: must be above 0 and below 1, such as 0.1")
    seen, positives, unreadable = SeenTools(library), array("Q"), 0
    for row in rows:
        calls = calls_of(row)
        if calls is None:
            unreadable += 1
            continue
        number = lines.put(own_row(row))
        seen.add(row, frozenset(call.name for call in calls))
        if calls:
            positives.append(number)
    readable = len(lines)
    there = readable - len(positives)
    if not positives:
        raise UserError("no row of the dataset calls a tool, so there is nothing to make negatives from")
    wanted = round((plan.share * readable - there) / (1 - plan.share))
    if wanted <= 0:
        raise UserError(
            f"{there:,} of the dataset's {readable:,} rows already make no call, a share of about {plan.share:g} or "
            "more; raise --share"
        )
    making = _Making(lines, seen, plan)
    return Augmented(
        negatives=tuple(making.negatives(positives, wanted, watch)),
        rows=readable,
        unreadable=unreadable,
        there=there,
        wanted=wanted,
        counts={kind: making.counts[kind] for kind in plan.kinds},
        verified=dict(making.verified),
        refused={kind: dict(sorted(counts.items())) for kind, counts in making.refused.items()},
        refused_tools=dict(sorted(making.refused_tools.items())),
        shown=making.shown,
        shown_same_category=making.same_category,
    )


def mixed(made: Augmented, seed: int) -> list[int]:
    """The line numbers of rows and negatives, shuffled together."""
    numbers = [*range(made.rows), *made.negatives]
    Random(f"mix/{seed}").shuffle(numbers)
    return numbers


def _order(rows: Sequence[int], seed: int, kind: Kind) -> "array[int]":
    return array("Q", Random(f"augment/{seed}/{kind}").sample(rows, len(rows)))


def _digest(query: str) -> str:
    return hashlib.sha256(query.encode("utf-8", "surrogatepass")).hexdigest()


def _line(row: Row, kind: Kind, negative: Negative) -> dict[str, Json]:
    before = provenance_of(row)
    provenance = {
        "from": row.id,
        "kind": str(kind),
        "dropped": list(negative.dropped),
        # Only what a run wrote says that it passed every stage; of other datasets the format alone is known here.
        "verified": "run" if "attempt" in before else "format",
    }
    provenance |= {key: before[key] for key in ("model", "llm", "categories") if key in before}
    said = {"context": list(row.context)} if row.context else {}
    lacks = {"lacks": list(negative.lacks)} if negative.lacks else {}
    return {
        "id": f"{row.id}:{kind}",
        "query": row.query,
        **said,
        "tools": [tool.offered() for tool in negative.tools],
        "calls": [],
        "results": [],
        **lacks,
        "provenance": provenance,
    }
