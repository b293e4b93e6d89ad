"""Reads arguments out of a query or a body, strictly: each function returns a value or says what is wrong with it."""

import math

from answers import ShopError


def wrong(name, what):
    """A complaint about one argument."""
    return ShopError(422, "Unprocessable Content", f"{name} {what}", name)


def text(given, name, *, least, most):
    """A required text of some length."""
    value = given.get(name)
    if value is None:
        raise wrong(name, "is missing")
    if not isinstance(value, str) or not least <= len(value) <= most:
        raise wrong(name, f"must be a text of {least} to {most} characters")
    return value


def choice(given, name, known, *, required=False):
    """One of several words; nothing where it may be left out."""
    value = given.get(name)
    if value is None and not required:
        return None
    if not isinstance(value, str) or value not in known:
        raise wrong(name, f"must be one of {', '.join(known)}")
    return value


def choices(query, name, known):
    """Any number of several words, as a repeated parameter."""
    values = query.getall(name, [])
    for value in values:
        if value not in known:
            raise wrong(name, f"must be of {', '.join(known)}")
    return values


def whole(given, name, *, least, most, default=None):
    """A whole number within bounds."""
    value = given.get(name)
    if value is None and default is not None:
        return default
    if isinstance(value, str) and value.lstrip("-").isascii() and value.lstrip("-").isdigit():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise wrong(name, f"must be a whole number from {least} to {most}")
    return value


def number(query, name, *, above, most=math.inf, required=False):
    """A number within bounds; nothing where it may be left out."""
    value = query.get(name)
    if value is None and not required:
        return None
    try:
        found = float(value)
    except (TypeError, ValueError):
        raise wrong(name, "must be a number") from None
    if not above < found <= most:
        raise wrong(name, f"must be above {above}" + (f" and at most {most}" if most < math.inf else ""))
    return found


def flag(query, name):
    """Yes or no; no where it is left out."""
    value = query.get(name, "false")
    if value not in ("true", "false"):
        raise wrong(name, "must be true or false")
    return value == "true"
