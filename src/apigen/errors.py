"""Everything that can go wrong, by who can fix it.

    ApigenError
    ├── UserError            wrong input: one line on the terminal, exit code 2
    ├── JobFellShort         the job ran but did not finish: one line, exit code 1
    │   └── BudgetSpent          the budget is spent: the run ends cleanly
    └── Unavailable          something outside did not answer
        ├── ModelUnavailable     a model server is down, or refuses everything (wrong key, wrong address)
        │   └── NotKept              only stored answers may be used, and there is none for this prompt
        ├── AnswersPending       batch answers are pending, and the run should not wait
        ├── ModelRefused         a model server refuses this one prompt (too long, filtered)
        └── ExecutorUnavailable  the executor failed (not the call itself)
            ├── ServiceUnavailable   the service behind a tool is down or refuses everything
            └── NotRecorded          only recordings may be used, and there is none of this call

A wrong *candidate* is none of these. It is data: a :class:`~apigen.records.Verdict` with a reason. Foreign
exceptions (aiohttp, yaml, pydantic, OSError) become ours in one place per seam; one that reaches the terminal is a bug.
"""


def one_line(text: str, most: int = 200) -> str:
    """Foreign text for a message or a record: printable characters, in one line of at most this length."""
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def in_one_line(error: BaseException, most: int = 400) -> str:
    """The message of a foreign exception, for a message of ours; its type if it has none."""
    return one_line(str(error), most) or type(error).__name__


class ApigenError(Exception):
    """The base class of everything that apigen raises on purpose."""

    exit_code = 1


class UserError(ApigenError):
    """Wrong input. The message says in one line what is wrong, where, and how to fix it."""

    exit_code = 2


class JobFellShort(ApigenError):  # noqa: N818 - named for what it says, as StopIteration is
    """The job ended before it was done; the message says why and what is kept."""


class BudgetSpent(JobFellShort):
    """The budget of a run is spent: no more requests are sent, answers are kept."""


class Unavailable(ApigenError):  # noqa: N818 - a state of the world, not a mistake
    """Something outside did not answer, so nothing is known about the candidate."""


class ModelUnavailable(Unavailable):
    """A model server is down, refuses everything or returns nonsense: the run stops and can be resumed."""


class NotKept(ModelUnavailable):
    """Only stored answers may be used, and this prompt has none."""


class AnswersPending(Unavailable):
    """Requests were sent in batches and the run should not wait for them: it ends and is resumed later."""


class ModelRefused(Unavailable):
    """A model server refuses one prompt. That request counts as an error and the run continues."""


class ExecutorUnavailable(Unavailable):
    """The executor failed; nothing is known about the call."""


class ServiceUnavailable(ExecutorUnavailable):
    """The web service or MCP server behind a tool does not answer, even after retries."""


class NotRecorded(ExecutorUnavailable):
    """Only recordings may be used, and this call was never recorded."""
