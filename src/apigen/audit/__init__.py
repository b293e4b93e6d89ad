"""The audit: the same checks that a run makes, on datasets made elsewhere.

A row is read by :mod:`apigen.dataset.read`, meets the stages (:mod:`.rows`), is counted (:mod:`.tally`) and, where that
is wanted, mended and written again (:mod:`.mend`, :mod:`.fix`). :mod:`.run` is the page to read first.
"""
