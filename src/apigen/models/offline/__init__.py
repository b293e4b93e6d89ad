"""The offline model: query/answer pairs without a language model.

It reads the same prompt as any model and answers in the same form, so that a first run needs neither a key nor a GPU:

    prompt    the tools, examples and task that a prompt asks for
    phrases   word lists and pools of values, read from ``data``
    numerals, calendar, terms, kinds   how numbers, dates and other values are written in a query, read and rendered
    locate    where a query says the values of its calls
    vary      other values that fit the same place (amounts: numbers; moments: dates and times)
    rewrite   an example with other values
    split     single requests out of an example that makes several
    draft     a query under construction, its values out of reach of any rewording
    combine   several requests in one
    compose, subject, clauses, invent, hints   a request from a tool's description and schema alone
    schema    the part of JSON Schema that decides about values
    sentences, wording   terse, chatty, misspelled and so on
    writer    which of these ways each pair is written
    model     all of it behind the ``Model`` protocol
"""

from apigen.models.offline.model import OfflineModel

__all__ = ["OfflineModel"]
