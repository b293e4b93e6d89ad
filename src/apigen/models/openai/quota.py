"""A daily or monthly quota, told apart from a limit on bursts: the one ends a run, the other only slows it down.

Both come as HTTP 429. What shows a quota, as the providers word it:

- OpenAI: the code ``insufficient_quota``. Google uses the same *sentence* ("You exceeded your current quota, please
  check your plan and billing details") for limits per minute, so sentences of this kind prove nothing; its ``quotaId``
  does, such as ``GenerateRequestsPerDayPerProjectPerModel-FreeTier``.
- Groq: "on tokens per day (TPD): Limit 100000, Used 97050"; OpenRouter: "Rate limit exceeded: free-models-per-day".
- Cerebras: ``x-ratelimit-remaining-requests-day: 0``; DigitalOcean: ``x-ratelimit-remaining-tokens-per-day: 0``.
- Anybody: HTTP 402, or a wait of more than :data:`LONGEST_BURST_S`.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from apigen.models.openai.said import Said
from apigen.models.openai.waits import used_up_limits

LONGEST_BURST_S = 600.0
"""A limit that is renewed within this time is waited for."""
SHORTEST_QUOTA_S = 120.0
"""Waits below this say nothing about a quota: Google asks to retry in seconds when the day's is used up."""

_NO_CREDIT = re.compile(
    r"insufficient[_ ](?:quota|balance|credits?|funds)|billing_(?:hard_limit_reached|not_active)"
    r"|credit balance is too low|requires more credits|out of credits|spending limit",
    re.IGNORECASE,
)
_PER_MINUTE = re.compile(r"per[\s_-]?min|\b(?:RPM|TPM)\b", re.IGNORECASE)
_PERIODS = {
    "day": re.compile(r"per[\s_-]?day|\b(?:RPD|TPD)\b|(?:\b|_)daily(?:\b|_)", re.IGNORECASE),
    "month": re.compile(r"per[\s_-]?month|(?:\b|_)monthly(?:\b|_)", re.IGNORECASE),
}
_USED_UP = {"day": "the daily quota is used up", "month": "the monthly quota is used up"}
_ADDRESS = re.compile(r"https?://\S+")
_HEADER_PERIOD = re.compile(r"-(?:per-)?(day|month)$")


class UsedUp(NamedTuple):
    """A quota that waiting does not bring back soon."""

    what: str
    """Such as ``the daily quota is used up``."""
    renewed_s: float | None = None
    """Seconds until it is renewed, if known."""

    def words(self, now: float) -> str:
        """That it is used up, and until when, for people."""
        if self.renewed_s is None:
            return self.what
        try:
            moment = datetime.fromtimestamp(now, UTC) + timedelta(seconds=self.renewed_s)
        except OverflowError:
            return f"{self.what}; the server names no valid renewal time"
        minutes = round(self.renewed_s / 60)
        wait = f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"
        return f"{self.what} until {moment:%Y-%m-%d %H:%M} UTC (in {wait})"


def used_up(status: int, said: Said, headers: Mapping[str, str], wait_s: float | None, now: float) -> UsedUp | None:
    """The quota that an answer reports as used up, if it does.

    Args:
        status: of HTTP.
        said: what the answer reports.
        headers: of the answer.
        wait_s: the wait that it asks for.
        now: seconds since 1970.
    """
    if status == 402 or (status in (400, 403, 429) and _NO_CREDIT.search(f"{said.code} {said.message}")):
        return UsedUp("the account has no credit left")
    if status < 429:
        return None
    if status == 429:
        renewed_s = wait_s if wait_s is not None and wait_s >= SHORTEST_QUOTA_S else None
        for name, reset_s in used_up_limits(headers, now):
            if period := _HEADER_PERIOD.search(name):
                return UsedUp(_USED_UP[period[1]], reset_s or renewed_s)
        if period_worded := _worded(said):
            return UsedUp(_USED_UP[period_worded], renewed_s)
    if wait_s is not None and wait_s > LONGEST_BURST_S:
        return UsedUp("the server asks to wait", wait_s)
    return None


def _worded(said: Said) -> str:
    """The period of the quota that a complaint names; its message first, then its details.

    A message that names minutes as well is about a burst: OpenRouter advertises what a day would allow. Where that is
    wrong the run ends a few tries later; the other mistake would end a run that could continue.
    """
    message, details = (_ADDRESS.sub("", text) for text in (said.message, said.text))
    if _PER_MINUTE.search(message):
        return ""
    for text in (message, details):
        for period, wording in _PERIODS.items():
            if wording.search(text):
                return period
    return ""
