"""Requests and tokens per minute, kept by spacing requests evenly.

Written here and not taken from aiolimiter (1.3, well kept): its bucket lets a whole minute's worth through at once and
so up to twice the limit in the first minute, it cannot be corrected once an answer says what it cost, it refuses an
amount above the limit, and the smallest amount goes first, so a long prompt may wait for ever. Spacing takes one
number.
"""

from typing import Any

import msgspec

from apigen.models.foreign import Unreadable, parsed_as
from apigen.models.openai.wire import tokens_used

SLACK_S = 0.1
"""Time that may be made up for, so that late timers do not lower the rate."""
BYTES_PER_TOKEN = 4.0
"""Of a request's body, until answers tell: about that of English."""
MEMORY = 0.1
"""Share of the newest answer in what is known of bytes per token."""
FADING = 0.98
"""What each answer leaves of the length of the longest one before it."""
MOST_TOKENS = 10_000_000


class Rate:
    """So much a minute, evenly spaced: what takes more than its share makes the next one wait longer.

    Args:
        per_minute: ``None`` for no limit.
    """

    def __init__(self, per_minute: float | None) -> None:
        self.ready_at = float("-inf")
        """When the next may go."""
        self._seconds_each = 60.0 / per_minute if per_minute else 0.0

    def take(self, amount: float, now: float) -> None:
        """One goes now."""
        if self._seconds_each:
            self.ready_at = max(self.ready_at, now - SLACK_S) + amount * self._seconds_each

    def correct(self, more: float) -> None:
        """What went took this much more than was said, or less."""
        if self._seconds_each:
            self.ready_at += more * self._seconds_each


class _Asked(msgspec.Struct):
    max_tokens: int | None = None
    max_completion_tokens: int | None = None


class _Answered(msgspec.Struct):
    usage: Any = None


_asked = msgspec.json.Decoder(_Asked)


class Limits:
    """What an endpoint allows in a minute.

    Tokens are estimated before a request goes: the prompt's from the size of its body, the answer's as the longest one
    lately, or what the request allows where none has come yet. The usage that comes with an answer corrects both.

    Args:
        requests_per_minute: ``None`` for no limit.
        tokens_per_minute: the same for prompt and answer together.
    """

    def __init__(self, requests_per_minute: float | None, tokens_per_minute: float | None) -> None:
        self._requests = Rate(requests_per_minute)
        self._tokens = Rate(tokens_per_minute)
        self._counts = tokens_per_minute is not None
        self._bytes_per_token = BYTES_PER_TOKEN
        self._longest = 0

    def ready_at(self) -> float:
        """When the next request may go."""
        return max(self._requests.ready_at, self._tokens.ready_at)

    def take(self, body: bytes, now: float) -> float:
        """A request goes; returns the tokens it is thought to take."""
        tokens = self._estimated(body) if self._counts else 0.0
        self._requests.take(1, now)
        self._tokens.take(tokens, now)
        return tokens

    def settle(self, estimated: float, body: bytes, content: bytes) -> None:
        """A request was answered."""
        if not self._counts:
            return
        try:
            prompt, completion, _ = tokens_used(parsed_as(content, _Answered).usage)
        except Unreadable:
            return
        if 0 < prompt < MOST_TOKENS and completion < MOST_TOKENS:  # a server may report anything
            self._longest = max(completion, int(FADING * self._longest))
            self._bytes_per_token += MEMORY * (len(body) / prompt - self._bytes_per_token)
            self._tokens.correct(prompt + completion - estimated)

    def free(self, estimated: float) -> None:
        """A request was turned away and has taken no tokens."""
        self._tokens.correct(-estimated)

    def _estimated(self, body: bytes) -> float:
        if not self._longest:
            asked = _asked.decode(body)
            return len(body) / self._bytes_per_token + (asked.max_completion_tokens or asked.max_tokens or 0)
        return len(body) / self._bytes_per_token + self._longest
