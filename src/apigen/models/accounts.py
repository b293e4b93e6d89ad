"""What models were asked and what that cost, by model and role."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from apigen.records import Completion


class Account(msgspec.Struct, frozen=True):
    """What the requests of one role to one model came to."""

    requests: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    known_usd: float = 0.0
    """What those cost whose cost is known."""
    unpriced: int = 0
    """Requests whose cost is not known."""

    @property
    def tokens(self) -> int:
        """All of them."""
        return self.prompt_tokens + self.completion_tokens

    @property
    def cost_usd(self) -> float | None:
        """What all of them cost; ``None`` where that is not known of one."""
        return None if self.unpriced else self.known_usd

    def __add__(self, other: "Account") -> "Account":
        return Account(
            self.requests + other.requests,
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            self.known_usd + other.known_usd,
            self.unpriced + other.unpriced,
        )

    def as_json(self) -> dict[str, Any]:
        """As the manifest gives it."""
        return {
            "requests": self.requests,
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "cost_usd": None if self.unpriced else round(self.known_usd, 9),
            "unpriced": self.unpriced,
        }


class Accounts:
    """The accounts of a run over all its sessions.

    Args:
        rows: what earlier sessions left, from :meth:`apigen.models.store.CompletionStore.usage`.
    """

    def __init__(self, rows: Iterable[Mapping[str, Any]] = ()) -> None:
        self._accounts = {(row["model"], row["role"]): account_of(row) for row in rows}

    def add(self, model: str, role: str, completion: Completion) -> None:
        """Enter an answer with its cost."""
        cost = completion.cost_usd
        entry = Account(1, completion.prompt_tokens, completion.completion_tokens, cost or 0.0, int(cost is None))
        self._accounts[model, role] = self.of(model, role) + entry

    def of(self, model: str, role: str) -> Account:
        """The account of one role of one model."""
        return self._accounts.get((model, role), Account())

    def total(self, *roles: str) -> Account:
        """All accounts together, or those of some roles."""
        kept = (account for (_, role), account in self._accounts.items() if not roles or role in roles)
        return sum(kept, Account())

    def rows(self) -> list[dict[str, Any]]:
        """One row per model and role, as the manifest gives them."""
        return [
            {"model": model, "role": role, **self._accounts[model, role].as_json()}
            for model, role in sorted(self._accounts)
        ]


def account_of(row: Mapping[str, Any]) -> Account:
    """An account as a manifest or a store gives it; a cost that is not known is not known of any request there."""
    cost = row["cost_usd"]
    unpriced = row.get("unpriced", 0 if cost is not None else row["requests"])  # manifests of earlier versions
    return Account(row["requests"], row["prompt_tokens"], row["completion_tokens"], cost or 0.0, unpriced)
