# mypy: allow-untyped-defs, allow-untyped-calls
"""Functions whose types are only in Sphinx docstrings, and one whose types nothing tells."""


def repeat(text, times=2, separator=None, upper=False):
    """Repeat a text.

    :param text: What to repeat.
    :type text: str
    :param int times: How often.
    :param separator: What stands between.
    :type separator: str or None
    :param upper: Whether to shout.
    :returns: the repeated text
    """
    repeated = (separator or "").join([text] * times)
    return repeated.upper() if upper else repeated


def mystery(thing):
    """Do something with a thing."""
    return thing


def exemplify(words, size=None):
    """Shown by examples only.

    >>> exemplify(["a", "b"], size=2)
    2
    >>> exemplify(["a"], 1.5)
    1
    """
    return size or len(words)


def lazily(count):
    """Yield the first numbers.

    :param int count: how many
    """
    yield from range(count)
