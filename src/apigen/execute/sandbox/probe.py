"""A sandbox process that runs no tool: it raises the outer walls, reports which ones it has, and exits."""

from apigen.execute.sandbox.inside import Inside
from apigen.execute.sandbox.keeper import Place
from apigen.execute.sandbox.wire import send


def live(place: Place) -> None:
    """Raise the walls in a place that the keeper made."""
    send(place.control, Inside(place).ready)
