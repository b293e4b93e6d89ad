"""Grounding: every argument value must be traceable to the query or to a default.

No model is asked. The query is read once (:mod:`.reading`): tokens, numbers in digits and words, dates, times, quotes.
Each leaf value of each call (:mod:`.leaves`) is then looked for in every form in which people write such a value
(:mod:`.scalars`, :mod:`.strings`), with a table of synonyms and abbreviations (``synonyms.txt``). A mention that the
query turns down (:mod:`.negation`) grounds nothing.
"""

from apigen.verify.grounding.reading import Reading, Span
from apigen.verify.grounding.trace import Finding, Trace, traces, ungrounded

__all__ = ["Finding", "Reading", "Span", "Trace", "traces", "ungrounded"]
