"""A module beside another one, with state of its own."""

import itertools

sign = 1
_signs = itertools.cycle([1, -1])


def next_of_helper() -> int:
    return next(_signs)
