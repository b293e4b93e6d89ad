"""How long a client waits between tries; tests wait less."""

import msgspec


class Patience(msgspec.Struct, frozen=True):
    """Waits of a client that names none itself, in seconds."""

    first_s: float = 0.5
    """Before the second try, and before the first check of a server that is down; each later wait doubles it."""
    longest_s: float = 60.0
    """Where the doubling ends."""

    def wait(self, number: int) -> float:
        """The wait before try ``number + 1``, from 1, without jitter."""
        return min(self.longest_s, self.first_s * 2.0 ** min(number - 1, 60))
