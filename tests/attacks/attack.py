"""What an attack on the sandbox is, and what may become of it."""

from typing import Any

import msgspec

from apigen.records import Execution, Reason


class Outcome(msgspec.Struct, frozen=True):
    """One way for an attack to end."""

    reason: Reason | None
    """``None`` where the call counts as done, and what it returned shows that no harm was done."""
    detail: str = ""
    """Words that the detail must hold."""
    result: Any = None
    """What is returned; ``...`` where anything may be."""

    def fits(self, execution: Execution) -> bool:
        if execution.reason is not self.reason or execution.ok is not (self.reason is None):
            return False
        if self.reason is None:
            return self.result is ... or execution.result == self.result
        return self.detail in execution.detail

    def __str__(self) -> str:
        if self.reason is not None:
            return f"`{self.reason}`: {self.detail}" if self.detail else f"`{self.reason}`"
        return "no harm" if self.result is ... else f"no harm, returns `{msgspec.json.encode(self.result).decode()}`"


class Attack(msgspec.Struct, frozen=True):
    """One hostile function, with what it is given and what becomes of it."""

    name: str
    function: str
    """``FILE.FUNCTION`` in tests/data/attacks."""
    outcomes: tuple[Outcome, ...]
    """Usually one; several where the kernel, the architecture or the version of Python decide which."""
    tries: str
    arguments: dict[str, Any] = {}
    """A text that begins with ``$`` stands for something that only the trial knows, such as a port."""
    twice: bool = False
    """Called twice, with the same outcome: what the first call changed, the second does not find."""
    processes: bool = False
    """With leave to start processes."""

    @property
    def endless(self) -> bool:
        """Whether it may have to be ended by the clock."""
        return any(outcome.reason is Reason.TIMEOUT for outcome in self.outcomes)


def harmless(result: Any) -> tuple[Outcome, ...]:
    return (Outcome(None, result=result),)


def fails(reason: Reason, *details: str) -> tuple[Outcome, ...]:
    return tuple(Outcome(reason, detail) for detail in details)


REFUSED = fails(Reason.FORBIDDEN, "[Errno 1] Operation not permitted")
"""By seccomp, or since it takes a privilege."""
DENIED = fails(Reason.FORBIDDEN, "[Errno 13] Permission denied")
"""By Landlock."""
CLOSED = (*DENIED, *fails(Reason.FORBIDDEN, "[Errno 30] Read-only file system"))
"""By Landlock, or before by a mount namespace in which all else is read-only."""
TIMEOUT = fails(Reason.TIMEOUT, "no result within")
MEMORY = fails(Reason.OUT_OF_MEMORY, "MemoryError")
NOT_JSON = Reason.RESULT_NOT_JSON
CRASHED = Reason.CRASHED
RUNTIME = Reason.RUNTIME_ERROR
