"""A sandbox process in which nothing runs: it raises the outer walls, says which ones stand, and ends."""

from apigen.execute.sandbox.inside import Inside
from apigen.execute.sandbox.keeper import Place
from apigen.execute.sandbox.wire import send


def live(place: Place) -> None:
    """Raise the walls in a place that the keeper made."""
    send(place.control, Inside(place).ready)
