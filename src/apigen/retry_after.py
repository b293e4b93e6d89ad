"""The ``Retry-After`` header of HTTP (RFC 9110, section 10.2.3)."""

from email.utils import parsedate_to_datetime
from time import time


def seconds_to_wait(header: str | None) -> float | None:
    """Seconds that a server asks its callers to wait, from a number or an HTTP date; ``None`` where it asks nothing."""
    if not header:
        return None
    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(header).timestamp() - time())
    except (ValueError, OverflowError):
        return None
