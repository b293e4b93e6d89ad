"""Why an operation cannot be offered."""


class CannotOffer(Exception):  # noqa: N818 - named for what it says
    """An operation is left out; the message is the reason that users see."""
