"""Everything that can go wrong, told apart by who can mend it.

    ApigenError
    ├── UserError            wrong input: one line on the terminal, exit code 2
    ├── JobFellShort         the job ran but did not reach its aim: one line, exit code 1
    └── Unavailable          something outside did not answer; ``retryable`` says whether trying again may help
        ├── ModelUnavailable     a model server is down, refuses or answers nonsense
        └── ExecutorUnavailable  the machinery that runs calls broke (not the call itself)

A wrong *candidate* is none of these. It is data: a :class:`~apigen.records.Verdict` with a reason. Foreign
exceptions (aiohttp, yaml, pydantic, OSError) become ours in one place per seam, so that only a ``UserError``
reaches the terminal bare and anything else that does is a defect of ours.
"""


class ApigenError(Exception):
    """The root of everything that apigen raises on purpose."""

    exit_code = 1


class UserError(ApigenError):
    """Wrong input. The message says what is wrong, where, and how to mend it, in one line."""

    exit_code = 2


class JobFellShort(ApigenError):  # noqa: N818 - named for what it says, as StopIteration is
    """The job ended short of what was asked; the message says by how much and why."""


class Unavailable(ApigenError):  # noqa: N818 - a state of the world, not a mistake
    """Something outside did not answer, so nothing can be said about the candidate."""

    def __init__(self, message: str, *, retryable: bool = True) -> None:
        super().__init__(message)
        self.retryable = retryable


class ModelUnavailable(Unavailable):
    """A model server is down, refuses the request, or answers something that is no answer."""


class ExecutorUnavailable(Unavailable):
    """The machinery that executes calls broke; the call itself was not judged."""
