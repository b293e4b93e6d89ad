"""Why a function or a value cannot cross the border between Python and JSON."""


class Undescribable(Exception):  # noqa: N818 - a property of a function, which is then skipped, not a failure
    """A function or a type has no description in JSON Schema; the message is the reason to show."""


class ImportFailed(Exception):  # noqa: N818 - named for what happened
    """A module or file cannot be imported; the message says why and where, in one line."""


class Unconvertible(Exception):  # noqa: N818 - a property of an argument
    """A JSON value is not of a parameter's type; the message says what was expected."""


class ResultNotJson(Exception):  # noqa: N818 - a property of a result
    """A value that a function returned has no JSON form; the message names the place inside it and its type."""
