"""What a run cost: per verified sample, by role, by writer, and by where candidates ended.

A model is paid by the answer, not by the candidate, so answers are shared out: what a writer was paid evenly among the
candidates that it wrote, what it was paid for mending among those that it mended, and what a judge was paid among the
candidates that it judged.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from apigen.models.accounts import Account, account_of
from apigen.models.prices import Price
from apigen.models.roles import Role
from apigen.records import Stage
from apigen.tally import Tally

ACCEPTED = "accepted"


class Share(msgspec.Struct, frozen=True):
    """A part of what was spent."""

    tokens: float = 0.0
    usd: float | None = 0.0
    """``None`` where it is not known."""

    def __add__(self, other: "Share") -> "Share":
        known = self.usd is not None and other.usd is not None
        return Share(self.tokens + other.tokens, (self.usd or 0.0) + (other.usd or 0.0) if known else None)

    def of(self, part: float, whole: float) -> "Share":
        """So much of it; nothing of it where there is no whole."""
        if not whole:
            return Share()
        return Share(self.tokens * part / whole, None if self.usd is None else self.usd * part / whole)

    def as_json(self) -> dict[str, Any]:
        """As the manifest gives it."""
        return {"tokens": round(self.tokens), "cost_usd": None if self.usd is None else round(self.usd, 9)}


def costs(
    usage: Sequence[Mapping[str, Any]], tally: Tally, samples: int, prices: Mapping[str, Price | None]
) -> dict[str, Any]:
    """What a run cost, as the manifest gives it.

    Args:
        usage: the accounts, a row per model and role.
        tally: what became of candidates.
        samples: rows of the dataset.
        prices: of each model that is asked, by its name.
    """
    accounts = {(row["model"], row["role"]): account_of(row) for row in usage}
    total = sum(accounts.values(), Account())
    ends, writers = _shared_out(accounts, tally)
    return {
        **_share(total).as_json(),
        "unpriced": total.unpriced,
        "per_sample": _each(_share(total), samples),
        "roles": {
            role.value: sum((account for (_, of), account in accounts.items() if of == role), Account()).as_json()
            for role in Role
            if any(of == role for _, of in accounts)
        },
        "writers": writers,
        "ends": ends,
        "prices": {name: price and msgspec.to_builtins(price) for name, price in sorted(prices.items())},
    }


def _shared_out(
    accounts: Mapping[tuple[str, str], Account], tally: Tally
) -> tuple[dict[str, dict[str, Any]], dict[str, dict[str, Any]]]:
    """What was spent on candidates by where they ended, and by who wrote them."""
    by_end: dict[Stage | None, Share] = {}
    by_writer: dict[str, Share] = {}
    candidates: Counter[Stage | None] = Counter()
    written: Counter[tuple[str, bool]] = Counter()
    judged: Counter[str] = Counter()
    for (writer, mended, stage), count in tally.ends.items():
        written[writer, mended] += count
        candidates[stage] += count
    for (judge, _, _), count in tally.judged.items():
        judged[judge] += count
    parts: list[tuple[str, Stage | None, Share]] = []
    for (writer, mended, stage), count in tally.ends.items():
        paid = accounts.get((writer, Role.REPAIR if mended else Role.WRITER), Account())
        parts.append((writer, stage, _share(paid).of(count, written[writer, mended])))
    for (judge, writer, stage), count in tally.judged.items():
        paid = accounts.get((judge, Role.JUDGE), Account())
        parts.append((writer, stage, _share(paid).of(count, judged[judge])))
    for writer, stage, share in parts:
        by_end[stage] = by_end.get(stage, Share()) + share
        by_writer[writer] = by_writer.get(writer, Share()) + share
    ends = {
        (stage.value if stage else ACCEPTED): {"candidates": candidates[stage], **by_end[stage].as_json()}
        for stage in (*Stage, None)
        if candidates[stage]
    }
    return ends, {writer: _writer(writer, tally, share) for writer, share in sorted(by_writer.items())}


def _writer(writer: str, tally: Tally, share: Share) -> dict[str, Any]:
    accepted = _count(tally, writer, (None,))
    return {
        "candidates": _count(tally, writer, (None, *Stage)),
        "accepted": accepted,
        **share.as_json(),
        "per_accepted": _each(share, accepted),
    }


def _count(tally: Tally, writer: str, stages: Iterable[Stage | None]) -> int:
    return sum(tally.ends[writer, mended, stage] for mended in (False, True) for stage in stages)


def _share(account: Account) -> Share:
    return Share(account.tokens, account.cost_usd)


def _each(share: Share, number: int) -> dict[str, Any]:
    """For each of so many; nothing can be said where there is none."""
    if not number:
        return {"tokens": None, "cost_usd": None}
    return share.of(1, number).as_json()
