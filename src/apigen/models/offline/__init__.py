"""The offline model: query/answer pairs without a language model.

It reads the same prompt as any model and answers in the same form, so that a first run needs neither a key nor a GPU:

    prompt    the tools, examples and task that a prompt asks for
    phrases   word lists and pools of values, read from ``data``
    numerals, calendar, terms   how numbers, dates and other values are written in a query, read and rendered
    locate    where a query says the values of its calls
    vary      other values that fit the same place
    rewrite   an example with other values
    combine   several requests in one
    compose   a request from a tool's description and schema alone
    wording   terse, chatty, misspelled and so on
    model     all of it behind the ``Model`` protocol
"""

from apigen.models.offline.model import OfflineModel

__all__ = ["OfflineModel"]
