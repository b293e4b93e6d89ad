"""When a server wants the next request, in any of the ways in which servers report it.

``Retry-After`` in seconds or as a date, Azure's and OpenAI's ``retry-after-ms``, and the reset of whichever limit is
used up: ``x-ratelimit-reset-requests: 6m0s`` (OpenAI, Groq), ``x-ratelimit-reset-tokens-minute: 11.4`` (Cerebras),
``X-RateLimit-Reset: 1741305600000`` (OpenRouter), ``anthropic-ratelimit-tokens-reset: 2025-01-01T00:00:00Z``. Where
headers have none, the message may: "Please try again in 9m38.016s" (Groq, OpenAI), "Please retry after 37 seconds"
(Azure), "Please retry in 45.5s" (Google).
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime

from apigen.retry_after import seconds_to_wait

_UNITS = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_PART = r"\d+(?:\.\d+)?\s*(?:ms|d(?:ays?)?|h(?:ours?|rs?)?|m(?:in(?:ute)?s?)?|s(?:ec(?:ond)?s?)?)(?![a-z])"
_PARTS = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|d|h|m|s)[a-z]*", re.IGNORECASE)
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|d|h|m|s))+")
_IN_WORDS = re.compile(rf"\b(?:try|retry|wait)\b[^.\d]{{0,30}}((?:{_PART}[\s,and]*)+)", re.IGNORECASE)
_EPOCH_S, _EPOCH_MS = 1e9, 1e11
"""Numbers from here on are not durations but times since 1970."""


def asked_wait(headers: Mapping[str, str], message: str, now: float) -> float | None:
    """Seconds that a server asks its callers to wait.

    Args:
        headers: of its answer; names in any case.
        message: its error message.
        now: seconds since 1970.
    """
    named = {name.lower(): value.strip() for name, value in headers.items()}
    milliseconds = named.get("retry-after-ms", "")
    if _number(milliseconds) is not None:
        return max(0.0, float(milliseconds) / 1000)
    after = named.get("retry-after", "")
    if (wait_s := seconds_to_wait(after)) is not None or (wait_s := _seconds_until(after, now)) is not None:
        return wait_s
    resets = [seconds for _, seconds in used_up_limits(named, now) if seconds is not None]
    if resets:
        return max(resets)
    found = _IN_WORDS.search(message)
    return _summed(found[1]) if found else None


def used_up_limits(headers: Mapping[str, str], now: float) -> Iterator[tuple[str, float | None]]:
    """The limits that headers report as used up, each with the seconds until it is renewed, if known."""
    named = {name.lower(): value.strip() for name, value in headers.items()}
    for name, value in named.items():
        if "ratelimit" in name and "remaining" in name and _number(value) == 0:
            yield name, _seconds_until(named.get(name.replace("remaining", "reset"), ""), now)


def _seconds_until(text: str, now: float) -> float | None:
    """Seconds until a moment that is written as a number, a duration or a date."""
    number = _number(text)
    if number is not None:
        if number >= _EPOCH_S:
            number = (number / 1000 if number >= _EPOCH_MS else number) - now
        return max(0.0, number)
    if _DURATION.fullmatch(text):
        return _summed(text)
    try:
        return max(0.0, datetime.fromisoformat(text).timestamp() - now)
    except (ValueError, OverflowError):
        return None


def _number(text: str) -> float | None:
    return float(text) if re.fullmatch(r"\d{1,15}(?:\.\d{1,15})?", text) else None


def _summed(text: str) -> float:
    return sum(float(number) * _UNITS[unit.lower()] for number, unit in _PARTS.findall(text))
