"""Everything that can go wrong, told apart by who can mend it.

    ApigenError
    ├── UserError            wrong input: one line on the terminal, exit code 2
    ├── JobFellShort         the job ran but did not reach its aim: one line, exit code 1
    │   └── BudgetSpent          nothing more may be asked of a model: the run ends in good order
    └── Unavailable          something outside did not answer
        ├── ModelUnavailable     a model server is down, or refuses everything (wrong key, wrong address)
        │   └── NotKept              only kept answers count, and there is none to this prompt
        ├── AnswersPending       answers are on their way, and nobody is to wait for them
        ├── ModelRefused         a model server refuses this one prompt (too long, filtered)
        └── ExecutorUnavailable  the machinery that runs calls broke (not the call itself)
            ├── ServiceUnavailable   the service behind a tool is down or turns everybody away
            └── NotRecorded          only recordings count, and there is none of this call

A wrong *candidate* is none of these. It is data: a :class:`~apigen.records.Verdict` with a reason. Foreign
exceptions (aiohttp, yaml, pydantic, OSError) become ours in one place per seam, so that only a ``UserError``
reaches the terminal bare and anything else that does is a defect of ours.
"""


def in_one_line(error: BaseException, most: int = 400) -> str:
    """What a foreign exception says, for a message of ours; its type where it says nothing."""
    said = " ".join(str(error).split()) or type(error).__name__
    return said if len(said) <= most else f"{said[: most - 1]}…"


class ApigenError(Exception):
    """The root of everything that apigen raises on purpose."""

    exit_code = 1


class UserError(ApigenError):
    """Wrong input. The message says what is wrong, where, and how to mend it, in one line."""

    exit_code = 2


class JobFellShort(ApigenError):  # noqa: N818 - named for what it says, as StopIteration is
    """The job ended short of what was asked; the message says by how much and why."""


class BudgetSpent(JobFellShort):
    """What a run may spend is spent: nothing more is asked, what was answered is kept."""


class Unavailable(ApigenError):  # noqa: N818 - a state of the world, not a mistake
    """Something outside did not answer, so nothing can be said about the candidate."""


class ModelUnavailable(Unavailable):
    """A model server is down, refuses everything, or answers what is no answer: the run stops and can be resumed."""


class NotKept(ModelUnavailable):
    """Prompts are answered from what was kept only, and this one was never answered."""


class AnswersPending(Unavailable):
    """Requests were sent in batches and nobody is to wait for their answers: the run ends and is resumed later."""


class ModelRefused(Unavailable):
    """A model server refuses one prompt. That request counts as an error and the run goes on."""


class ExecutorUnavailable(Unavailable):
    """The machinery that executes calls broke; the call itself was not judged."""


class ServiceUnavailable(ExecutorUnavailable):
    """The web service or MCP server behind a tool does not answer, also after it was tried again."""


class NotRecorded(ExecutorUnavailable):
    """Calls are answered from recordings only, and this one was never recorded."""
