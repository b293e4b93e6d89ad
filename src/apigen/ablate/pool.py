"""A run's candidates as rows, in two parts: those that may be trained on, and those that become questions."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping

import msgspec

from apigen.ablate.arms import may_be_trained_on, rejecting_stage
from apigen.dataset.duplicates import fingerprint
from apigen.records import Attempt, Json, Outcome, Stage, Tool


class Trainable(msgspec.Struct, frozen=True):
    """A candidate, with the stage that rejected it."""

    id: str
    rejected_at: Stage | None
    """``None`` for a verified one."""
    row: dict[str, Json]
    """The fields of a line of dataset.jsonl that training reads."""

    @property
    def tools(self) -> tuple[str, ...]:
        """The tools that it calls, each once."""
        return tuple(dict.fromkeys(call["name"] for call in self.row["calls"]))


class Pool(msgspec.Struct, frozen=True):
    """The rows that an ablation trains on and asks about."""

    train: tuple[Trainable, ...]
    unseen: tuple[Trainable, ...]
    """Verified rows that call a held-out tool, which no training row calls or offers."""
    seen: tuple[Trainable, ...]
    """Verified rows that were set aside, whose tools every training set calls."""
    held_out: tuple[str, ...]
    """The held-out tools."""
    unreadable: int
    """Candidates without parseable calls: there is nothing to train on."""
    unchecked: int
    """Candidates whose checks could not be made."""
    neither: int
    """Candidates that are neither trained on nor asked: rejects that call a held-out tool or are offered nothing else,
    verified ones beyond the number of questions, and those with the query of another question."""
    unshown: int = 0
    """Verified rows set aside but not asked, because some training set has no room for one of their tools."""
    too_long: tuple[Trainable, ...] = ()
    """Rows that are longer than the cutoff, and therefore in no training set."""
    longest: int | None = None
    """Tokens of the longest row that might have been trained on; ``None`` if that was not found out."""

    def asked_tools(self) -> frozenset[str]:
        """The tools of the questions about seen tools."""
        return frozenset(name for one in self.seen for name in one.tools)

    def verified(self) -> list[Trainable]:
        """The verified rows that are not asked, those that are too long included."""
        return [one for one in (*self.train, *self.too_long) if one.rejected_at is None]

    def without(self, too_long: frozenset[str], longest: int) -> "Pool":
        """The pool with rows moved from ``train`` to ``too_long``.

        Args:
            too_long: their ids.
            longest: tokens of the longest row.
        """
        return msgspec.structs.replace(
            self,
            train=tuple(one for one in self.train if one.id not in too_long),
            too_long=tuple(one for one in self.train if one.id in too_long),
            longest=longest,
        )


def by_stage(rows: Iterable[Trainable]) -> dict[str, int]:
    """How many rows there are by the stage that rejected them, the most first; verified ones under ``verified``."""
    return dict(Counter(one.rejected_at or "verified" for one in rows).most_common())


def make_pool(
    attempts: Iterable[Attempt],
    tools: Mapping[str, Tool],
    held_out: frozenset[str],
    *,
    asked_share: float,
    most_asked: int,
    seed: int,
) -> Pool:
    """Sort a run's candidates.

    Args:
        attempts: all of the run.
        tools: its library by name.
        held_out: names of the tools that training must not see.
        asked_share: share of the verified rows of other tools that is set aside as questions.
        most_asked: maximum number of questions per suite.
        seed: decides which rows are set aside.
    """
    train: list[Trainable] = []
    unseen: list[Trainable] = []
    counts: Counter[str] = Counter()
    for attempt in attempts:
        if not may_be_trained_on(attempt):
            counts["unchecked" if attempt.outcome is Outcome.ERROR else "unreadable"] += 1
            continue
        one = _trainable(attempt, tools)
        if any(call.name in held_out for call in attempt.calls):
            if one.rejected_at is None:
                unseen.append(one)
            else:
                counts["neither"] += 1
            continue
        shown = _without(one, held_out)
        if shown.row["tools"]:
            train.append(shown)
        else:
            counts["neither"] += 1
    asked = _shuffled(unseen, seed)[:most_asked]
    counts["neither"] += len(unseen) - len(asked)
    verified = _shuffled((one for one in train if one.rejected_at is None), seed)
    seen = verified[: min(most_asked, round(asked_share * len(verified)))]
    aside = {one.id for one in seen} | _same_queries(train, (*seen, *unseen))
    left = tuple(one for one in train if one.id not in aside)
    return Pool(
        train=left,
        unseen=tuple(asked),
        seen=tuple(seen),
        held_out=tuple(sorted(held_out)),
        unreadable=counts["unreadable"],
        unchecked=counts["unchecked"],
        neither=counts["neither"] + len(train) - len(left) - len(seen),
    )


def _trainable(attempt: Attempt, tools: Mapping[str, Tool]) -> Trainable:
    row = {
        "id": attempt.id,
        "query": attempt.query,
        "tools": [tools[name].offered() for name in attempt.offered if name in tools],
        "calls": msgspec.to_builtins(attempt.calls, builtin_types=()),
    }
    return Trainable(attempt.id, rejecting_stage(attempt), row)


def _without(one: Trainable, held_out: frozenset[str]) -> Trainable:
    """A row without the held-out tools that it offers."""
    offered = [tool for tool in one.row["tools"] if tool["name"] not in held_out]
    return msgspec.structs.replace(one, row=one.row | {"tools": offered})


def _same_queries(train: Iterable[Trainable], asked: Iterable[Trainable]) -> set[str]:
    """Ids of rows with the query of a question, compared as a run finds duplicates."""
    queries = {fingerprint(one.row["query"]) for one in asked}
    return {one.id for one in train if fingerprint(one.row["query"]) in queries}


def _shuffled(rows: Iterable[Trainable], seed: int) -> list[Trainable]:
    return sorted(rows, key=lambda one: shuffle_key(seed, one.id))


def shuffle_key(seed: int, name: str) -> bytes:
    """The place of an item in a shuffle, which depends on its own name alone."""
    return hashlib.sha256(f"{seed}/{name}".encode()).digest()
