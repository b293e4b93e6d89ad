"""What a model is asked for, by which the accounts of a run are kept."""

from enum import StrEnum


class Role(StrEnum):
    """Why a request is sent."""

    WRITER = "writer"
    """Write new pairs."""
    REPAIR = "repair"
    """Repair a pair that was rejected."""
    JUDGE = "judge"
    """Judge an executed candidate."""
    PROBE = "probe"
    """Find out what an endpoint can do."""
