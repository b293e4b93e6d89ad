"""One ladder for each model and address, whoever asks there: a model that writes and judges is tried once.

Endpoints of one model share the ladder of the first: requests go to whichever is free, so they are asked in one way.
"""

import msgspec

from apigen.model_config import ModelConfig
from apigen.models.openai.ladder import Ladder
from apigen.models.store import CompletionStore, Pay, unpaid


class Ladders:
    """Hands out ladders.

    Args:
        store: where what is learned about endpoints is kept; ``None`` to learn it anew each time.
        pay: enters what that cost; returns the answer with its cost.
    """

    def __init__(self, store: CompletionStore | None = None, pay: Pay = unpaid) -> None:
        self._store = store
        self._pay = pay
        self._ladders: dict[bytes, Ladder] = {}

    def of(self, config: ModelConfig) -> Ladder:
        """The ladder of the endpoint that a model is configured for; of several, the first."""
        who = (config.name, config.base_url, config.query, config.extra, config.structured)
        key = msgspec.json.encode(who, order="sorted")
        if key not in self._ladders:
            notes = self._store.notes(key, self._pay) if self._store else None
            self._ladders[key] = Ladder(config.structured, notes, config.name)
        return self._ladders[key]
