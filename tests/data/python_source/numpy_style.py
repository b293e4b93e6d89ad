# mypy: allow-untyped-defs, allow-untyped-calls
"""Functions whose types are only in NumPy docstrings."""


def smooth(samples, window=3, mode="same"):
    """
    Smooth a series by a moving mean.

    Parameters
    ----------
    samples : array-like of shape (n,)
        The series.
    window : int, default: 3
        Number of neighbours.
    mode : {'same', 'valid'}, optional
        What to do at the ends.

    Returns
    -------
    list of float
        The smoothed series.

    Notes
    -----
    A plain box filter.
    """
    return [round(sum(samples[max(0, i - window) : i + 1]) / window, 3) for i in range(len(samples))] if mode else []


def span(first, last):
    """Count the days between two dates.

    Parameters
    ----------
    first, last : datetime.date
        The dates.
    """
    return (last - first).days
