# mypy: allow-untyped-defs, allow-untyped-calls
"""Functions whose types are only in Google docstrings."""

CATEGORY = "Travel"


def stay_price(nights, rate=80.0, guests=None, board="none", *, tags=(), on_done=None):
    """Price a stay.

    Children pay half. See :func:`math.floor` and `the terms <https://example.org>`_ for rounding, as in:

        stay_price(3)

    The price is rounded to cents.

    Args:
        nights (int): Number of nights.
        rate (float, optional): Price of one night
            in euros. Defaults to 80.
        guests (int or None): Number of ``guests``.
        board ({'none', 'half', 'full'}): Which meals are included.
        tags (list of str): Free words.
        on_done (callable): Called with the price.

    Returns:
        float: The price.

    Source: an invented hotel.

    >>> stay_price(2)
    160.0
    """
    assert on_done is None
    return round(nights * rate * (guests or 1), 2)
