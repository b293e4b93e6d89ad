"""Grounding: every argument value must be traceable to the query, to a default or to an earlier result.

No model is asked. The query is read once (:mod:`.reading`): tokens, numbers in digits and words, quantities with
their units, dates, times, quotes. Each leaf value of each call (:mod:`.leaves`), and each property name that is not
part of a shape (:mod:`.shapes`), is then looked for in every form in which people write such a value
(:mod:`.scalars`, :mod:`.moments`, :mod:`.flags`, :mod:`.strings`, :mod:`.enums`), with
tables of synonyms, codes and places; then for what it follows from by a stated conversion (:mod:`.derived`,
:mod:`.relative`, :mod:`.composed`); then in what was said and returned before the query; and at last for what query
and schema imply together (:mod:`.implied`, :mod:`.choices`). A mention that the query turns down (:mod:`.negation`)
grounds nothing. *Strict* names every value that is left; *lenient* (:mod:`.lenient`) only those that are clearly
invented.
"""

from apigen.verify.grounding.lenient import invented
from apigen.verify.grounding.levels import LEVELS, Level, check
from apigen.verify.grounding.reading import Reading, Span
from apigen.verify.grounding.trace import Finding, Trace, traces, ungrounded

__all__ = ["LEVELS", "Finding", "Level", "Reading", "Span", "Trace", "check", "invented", "traces", "ungrounded"]
